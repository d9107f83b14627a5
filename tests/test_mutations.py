"""Defects are put into emitted C, and the comparisons have to find each of them.

Most are those of the 2021 tutorial's own C. A comparison that has never been
seen to fail proves little; the same applications without a defect pass all of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from codegen import emit, formats, runtime
from codegen.cheader import ContractError
from codegen.host import build
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Checksum,
    Fill,
    Format,
    Header,
    Packet,
    Parameter,
    UInt,
)
from codegen.model.strategy import STRATEGIES
from codegen.resolve import resolve
from codegen.verify.compare import Report, verify
from codegen.verify.subject import Subject

App = Callable[[str, str], Path]


@dataclass(frozen=True)
class Mutation:
    """A defect: the texts in a file that it replaces, and what the report must say."""

    id: str
    format: str
    file: str
    changes: tuple[tuple[str, str], ...]
    told: str


MUTATIONS = (
    Mutation(
        "sum of 20 words instead of 10",
        "udp4",
        "udp4.c",
        (
            (
                "\tipv4_checksum = csum_fold(sum);\n",
                "\tfor (unsigned int i = 10; i < 20; i++)\n"
                "\t\tsum += (uint64_t)frame[14 + 2 * i] << 8 | frame[15 + 2 * i];\n"
                "\tipv4_checksum = csum_fold(sum);\n",
            ),
        ),
        r"^  ipv4\.checksum: .* wanted, .* found",
    ),
    Mutation(
        "carries taken for 2",
        "udp4",
        "runtime/csum.h",
        # As the tutorial has it: what does not fit is cut off, and 2 added for it.
        (
            ("\tsum += (sum << 32) | (sum >> 32);\n", ""),
            ("\thalf = (uint32_t)(sum >> 32);\n", "\thalf = (uint32_t)sum;\n"),
            ("\thalf += (half << 16) | (half >> 16);\n", ""),
            (
                "\treturn (uint16_t)~(half >> 16);\n",
                "\treturn (uint16_t)~((half & 0xffff) + 2);\n",
            ),
        ),
        r"^  (ipv4|udp)\.checksum: .* wanted, .* found",
    ),
    Mutation(
        "sum in 16 bits",
        "udp4",
        "runtime/csum.h",
        (
            (
                "\tsum += (sum << 32) | (sum >> 32);\n",
                "\tsum &= 0xffff;\n\tsum += (sum << 32) | (sum >> 32);\n",
            ),
        ),
        r"^  (ipv4|udp)\.checksum: .* wanted, .* found",
    ),
    Mutation(
        "length with the header below it",
        "udp4",
        "udp4.c",
        (
            (
                "pktlen - 14U",
                "pktlen",
            ),
        ),
        r"^  ipv4\.total_length: 46 \(0x2e\) wanted, 60 \(0x3c\) found",
    ),
    Mutation(
        "length with the header below it, in the preset",
        "usoc21",
        "usoc21.c",
        (
            (
                "pktlen - 34U",
                "pktlen",
            ),
        ),
        r"^  udp\.length: 26 \(0x1a\) wanted, 60 \(0x3c\) found",
    ),
    Mutation(
        "byte order",
        "udp4",
        "udp4.c",
        (
            (
                "put_be16(frame + 36, args->port_dst)",
                "put_le16(frame + 36, args->port_dst)",
            ),
        ),
        r"^  udp\.dst: .* wanted, .* found",
    ),
    Mutation(
        "payload of another byte",
        "usoc21",
        "usoc21.c",
        (
            (
                "frame_fill(frame + 42, 0x55,",
                "frame_fill(frame + 42, 0x56,",
            ),
        ),
        r"^  fill: byte 0 is 0x56, 0x55 wanted",
    ),
    Mutation(
        "zero sent as zero",
        "udp4",
        "udp4.c",
        (
            (
                "\tif (udp_checksum == 0)\n\t\tudp_checksum = 0xffff;\n",
                "",
            ),
        ),
        r"^  udp\.checksum: 65535 \(0xffff\) wanted, 0 \(0x0\) found",
    ),
    Mutation(
        "a byte behind the frame",
        "udp4",
        "udp4.c",
        (
            (
                "pktlen - 42U",
                "pktlen - 41U",
            ),
        ),
        r"a byte behind the frame was written",
    ),
    Mutation(
        "a byte in front of the frame",
        "udp4",
        "udp4.c",
        (
            (
                "\tframe_copy(frame, udp4_template, sizeof(udp4_template));\n",
                "\tframe_copy(frame, udp4_template, sizeof(udp4_template));\n\tframe[-1] = 0;\n",
            ),
        ),
        r"a byte of the headroom was written",
    ),
    Mutation(
        "a byte that is not written",
        "udp4",
        "udp4.c",
        (
            (
                "pktlen - 42U",
                "pktlen - 43U",
            ),
        ),
        r"^  fill: byte 17 is 0xa5, 0x00 wanted",
    ),
    Mutation(
        "two defects, each for some headrooms",
        "udp4",
        "genpkt.c",
        (
            (
                "\tpkt->len = pktlen;\n",
                "\tpkt->len = pktlen;\n"
                "\tif (headroom > 100)\n\t\tpkt->len--;\n"
                "\telse if (headroom > 16)\n\t\tpkt->buf = (uint8_t *)pkt->buf + 8;\n",
            ),
        ),
        r"(the packet's len is|the headroom is)",
    ),
    Mutation(
        "duplicate without its last byte",
        "udp4",
        "runtime/netbuf.c",
        (
            (
                "frame_copy(pkt->data, src->data, src->len);",
                "frame_copy(pkt->data, src->data, src->len - 1U);",
            ),
        ),
        r"the duplicate of a packet has other bytes",
    ),
    Mutation(
        "no lower bound",
        "udp4",
        "udp4.c",
        (
            (
                "pktlen < UDP4_MIN_LEN || ",
                "",
            ),
        ),
        r"^udp4: length=59: a packet was returned where NULL is due",
    ),
    Mutation(
        "no upper bound",
        "udp4",
        "udp4.c",
        (
            (
                " || pktlen > UDP4_MAX_LEN",
                "",
            ),
        ),
        r"^udp4: length=1515: a packet was returned where NULL is due",
    ),
    Mutation(
        "no bounds",
        "usoc21",
        "usoc21.c",
        (
            (
                "pktlen < USOC21_MIN_LEN || pktlen > USOC21_MAX_LEN",
                "((void)pktlen, 0)",
            ),
        ),
        r"^usoc21: length=1515: a packet was returned where NULL is due",
    ),
    Mutation(
        "alignment that is none",
        "udp4",
        "genpkt.c",
        (
            (
                "(bufalign & (bufalign - 1))",
                "0",
            ),
        ),
        r"^udp4: bufalign=3: ",
    ),
    Mutation(
        "another error code",
        "udp4",
        "genpkt.c",
        (
            (
                "\t\terrno = ENOMEM;\n",
                "\t\terrno = EINVAL;\n",
            ),
        ),
        r"^udp4: no memory gives errno 22, not ENOMEM",
    ),
)


def mutated(app: Path, folder: Path, file: str, *changes: tuple[str, str]) -> Path:
    """Return a copy of an application with a text replaced wherever it stands in a file.

    Files of the runtime are those of a folder ``runtime/`` that the copy has of its own.
    """
    shutil.copytree(app, folder)
    shutil.copytree(runtime.FOLDER, folder / "runtime")
    text = (folder / file).read_text()
    for old, new in changes:
        assert old in text, f"{file} no longer has {old!r}: the mutation must follow it"
        text = text.replace(old, new)
    (folder / file).write_text(text)
    return folder


def compared(format: Format, app: Path) -> Report:
    return verify(Subject.from_folder(resolve(format), app, optimize="-O1"), examples=50, seed=0)


@pytest.mark.parametrize("name", ["udp4", "usoc21"])
def test_without_a_defect_nothing_is_found(emitted: App, name: str) -> None:
    report = compared(formats.load(name), emitted(name, "heap-gen"))
    assert report.counterexample is None
    assert report.counts["no memory gives NULL and ENOMEM"] == 1


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_defect_is_found(emitted: App, tmp_path: Path, mutation: Mutation) -> None:
    app = mutated(
        emitted(mutation.format, "heap-gen"), tmp_path / "app", mutation.file, *mutation.changes
    )
    found = compared(formats.load(mutation.format), app).counterexample
    assert found is not None
    assert re.search(mutation.told, found, re.M), found


NARROW = Packet(
    "narrow",
    Header(
        "narrow",
        (
            UInt("high", 8, Parameter("high", 1)),
            UInt("low", 8, Parameter("low", 2, minimum=2, maximum=250)),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, zero_as=0xABCD)),
        ),
    )
    / Fill(0x01),
    min_length=5,
    max_length=40,
)


def test_a_zero_rule_of_ones_own_is_compared(tmp_path: Path) -> None:
    """Where no single argument reaches zero, two do."""
    strategy = next(each for each in STRATEGIES if each.name == "heap-gen")
    emit.write(emit.render(resolve(NARROW), strategy), tmp_path / "right")
    report = compared(NARROW, tmp_path / "right")
    assert report.counterexample is None
    assert report.counts["narrow.sum comes out as zero, and is sent as it should be"] >= 5
    wrong = mutated(
        tmp_path / "right",
        tmp_path / "wrong",
        "narrow.c",
        ("\tif (narrow_sum == 0)\n\t\tnarrow_sum = 0xabcd;\n", ""),
    )
    found = compared(NARROW, wrong).counterexample
    assert found is not None
    assert "  narrow.sum: 43981 (0xabcd) wanted, 0 (0x0) found" in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("uint16_t port_src, uint16_t port_dst", "uint16_t port_dst, uint16_t port_src"),
        ("uint32_t ipv4_src, uint32_t ipv4_dst", "uint32_t ipv4_dst, uint32_t ipv4_src"),
        ("uint16_t headroom, uint16_t pktlen", "uint16_t pktlen, uint16_t headroom"),
    ],
)
def test_swapped_arguments_break_the_contract(
    emitted: App, tmp_path: Path, old: str, new: str
) -> None:
    app = mutated(emitted("udp4", "heap-gen"), tmp_path / "app", "genpkt.h", (old, new))
    with pytest.raises(ContractError, match="genpkt_udp4") as caught:
        Subject.from_folder(resolve(formats.load("udp4")), app)
    declared = [line for line in str(caught.value).splitlines() if "declared:" in line]
    assert " ".join(new.split()) in declared[0]


def test_swapped_values_are_found(emitted: App, tmp_path: Path) -> None:
    """The prototype is right, but the function takes one argument for the other."""
    app = mutated(
        emitted("udp4", "heap-gen"),
        tmp_path / "app",
        "genpkt.c",
        ("args.port_src = port_src;\n\targs.port_dst = port_dst;",
         "args.port_src = port_dst;\n\targs.port_dst = port_src;"),
    )  # fmt: skip
    report = verify(Subject.from_folder(resolve(formats.load("udp4")), app), examples=50, seed=0)
    assert report.counterexample is not None
    assert "udp.src: " in report.counterexample
    assert "udp.dst: " in report.counterexample


KEPT = ("\tbuffers_give_back(&tx->buffers, pkt);\n\tseen->failed++;\n", "\tseen->failed++;\n")
#: A wire that takes no more after 8 packets: from then on every packet is dropped.
FULL = ("device=loop:8", "ring=16", "--", "mode=tx", "duration=0.001", "interval=0")


def full_ring(app: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    program = build.build_program(app, optimize="-O1", extra_flags=flags)
    return subprocess.run(
        [program, *FULL],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"ASAN_OPTIONS": "detect_leaks=1"},
    )


def test_packets_that_are_not_given_back_are_leaks(emitted: App, tmp_path: Path) -> None:
    app = emitted("udp4", "heap-gen")
    sanitizers = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    right = full_ring(app, *sanitizers)
    assert (right.returncode, right.stderr) == (0, "")
    wrong = full_ring(mutated(app, tmp_path / "app", "runtime/sender.h", KEPT), *sanitizers)
    assert wrong.returncode != 0
    assert "LeakSanitizer: detected memory leaks" in wrong.stderr


def test_packets_that_are_not_given_back_drain_the_pool(emitted: App, tmp_path: Path) -> None:
    app = emitted("udp4", "pool-dup")
    right = full_ring(app)
    assert (right.returncode, right.stderr) == (0, "")
    wrong = full_ring(mutated(app, tmp_path / "app", "runtime/sender.h", KEPT))
    assert wrong.returncode == 1
    assert "no object is left" in wrong.stderr
