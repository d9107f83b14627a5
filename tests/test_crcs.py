"""CRCs of any width: those of the published catalogue, as another library computes them.

``crccheck`` carries the parameters and the check values of the catalogue, and computes by
itself. The oracle divides polynomials a bit at a time, the emitted C goes by a table; both
must agree with it.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from crccheck.crc import ALLCRCCLASSES

from codegen import emit, oracle, runtime
from codegen.errors import UsageError
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.lower.crcs import CrcPlan
from codegen.model import (
    CRC,
    HEADER,
    HEADER_AND_PAYLOAD,
    PAYLOAD,
    Algorithm,
    Checksum,
    Counter,
    Default,
    Edge,
    Fill,
    Format,
    Header,
    Packet,
    Parameter,
    Range,
    Reserved,
    Span,
    UInt,
    crc,
)
from codegen.model.crcs import CATALOGUE
from codegen.model.strategy import STRATEGIES
from codegen.resolve import resolve
from codegen.targets import c
from codegen.verify.compare import verify
from codegen.verify.subject import Subject
from tests.tools import need

#: The algorithms of the catalogue by name, as the other library has them.
ELSEWHERE: dict[str, Any] = {each._names[0]: each for each in ALLCRCCLASSES if each._width <= 64}
CHECKED = b"123456789"
DATA = [b"", b"\0", b"a", CHECKED, bytes(20), random.Random(5).randbytes(99)]


def test_the_catalogue_is_whole() -> None:
    assert [each.name for each in CATALOGUE] == list(ELSEWHERE)
    for each in CATALOGUE:
        other = ELSEWHERE[each.name]
        assert (each.width, each.polynomial) == (other._width, other._poly)
        assert (each.init, each.xor_out) == (other._initvalue, other._xor_output)
        assert (each.reflect_in, each.reflect_out) == (other._reflect_input, other._reflect_output)


@pytest.mark.parametrize("algorithm", CATALOGUE, ids=lambda each: each.name)
def test_the_oracle_has_the_published_check_value(algorithm: CRC) -> None:
    other = ELSEWHERE[algorithm.name]
    assert oracle.crc(algorithm, CHECKED) == other._check_result
    assert [oracle.crc(algorithm, data) for data in DATA] == [other.calc(data) for data in DATA]


COMPILERS = {
    "gcc": (["gcc", "-std=c11"], []),
    "sanitizers": (["gcc", "-std=c11", "-fsanitize=address,undefined"], []),
    "clang": (["clang", "-std=c11"], []),
    "clang++": (["clang++", "-x", "c++", "-std=c++17"], []),
    "big-endian": (["s390x-linux-gnu-gcc", "-static", "-std=c11"], ["qemu-s390x"]),
}
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-align -Werror".split()


@pytest.mark.parametrize("case", COMPILERS)
def test_the_emitted_c_has_the_published_check_values(case: str, tmp_path: Path) -> None:
    """Each CRC twice: in one run, and with each byte by itself and zeros in the middle."""
    command, runner = COMPILERS[case]
    need(command[0], *runner)
    lines = ["#include <inttypes.h>", "#include <stdio.h>"]
    body = []
    for each in CATALOGUE:
        name = f"csum_{each.identifier}"
        text = emit.render_template("checksum_crc.h", crc=CrcPlan(each))
        assert len(text.splitlines()) <= 300
        (tmp_path / f"checksum_{each.identifier}.h").write_text(text)
        lines.append(f'#include "checksum_{each.identifier}.h"')
        register = CrcPlan(each).register.name
        body += [
            "\t{",
            f"\t\t{register} crc = {name}_add({name.upper()}_INIT, digits, 9);",
            f"\t\t{register} other = {name}_octet({name.upper()}_INIT, digits[0]);",
            f"\t\tother = {name}_add({name}_zeros(other, 3), digits + 1, 8);",
            f'\t\tprintf("%" PRIu64 " %" PRIu64 "\\n", (uint64_t){name}_end(crc),',
            f"\t\t       (uint64_t){name}_end(other));",
            "\t}",
        ]
    lines += ["static const uint8_t digits[] = {49, 50, 51, 52, 53, 54, 55, 56, 57};"]
    source = tmp_path / "crcs.c"
    source.write_text("\n".join([*lines, "int main(void)", "{", *body, "\treturn 0;", "}", ""]))
    compiler, *options = command
    flags = ["-O1", *options, *WARNINGS, f"-I{runtime.FOLDER}"]
    subprocess.run([compiler, *flags, source, "-o", tmp_path / "crcs"], check=True, timeout=240)
    done = subprocess.run(
        [*runner, tmp_path / "crcs"], capture_output=True, text=True, check=True, timeout=60
    )
    found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    wanted = [
        (ELSEWHERE[each.name]._check_result, ELSEWHERE[each.name].calc(b"1\0\0\0" + CHECKED[1:]))
        for each in CATALOGUE
    ]
    assert found == wanted


def test_a_name_that_the_catalogue_does_not_have() -> None:
    with pytest.raises(UsageError, match="no CRC 'crc15/can' of up to 64 bits; near to it: CRC-15"):
        crc("crc15/can")


# --- In formats ----------------------------------------------------------------------

#: Fields of any width inside bytes, both bit orders, several spans, zeros, each in one packet.
MANY = Packet(
    "many",
    ETHERNET
    / IPV4
    / Header(
        "own",
        (
            UInt("marks", 5, Parameter("marks", 3)),
            UInt("c15", 15, Checksum((HEADER, PAYLOAD), crc("CRC-15/CAN"))),
            UInt("rest", 4, Parameter("rest", 1)),
            UInt("hops", 8, Parameter("hops", 64)),
            UInt("low", 3, Default(5), "little"),
            UInt(
                "c17",
                17,
                Checksum(
                    Span("ipv4", Edge.HEADER_END),
                    crc("CRC-17/CAN-FD"),
                    zeroed=(
                        "ipv4.ttl",
                        "ipv4.dscp",
                        "ipv4.checksum",
                        "c15",
                        "c24",
                        "c32",
                        "c64",
                        "sum",
                    ),
                ),
                "little",
            ),
            UInt("high", 4, Default(1), "little"),
            Reserved(8),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, zeroed=("marks", "hops", "c15", "c24"))),
            UInt("c64", 64, Checksum(Span("marks", "hops"), crc("CRC-64/XZ"), zeroed=("c15",))),
            UInt("c24", 24, Checksum((PAYLOAD, Span("hops", "hops")), crc("CRC-24/OPENPGP"))),
            UInt("c32", 32, Checksum((Span("low", "high"), PAYLOAD), Algorithm.CRC32)),
        ),
        trailer=(
            UInt("c12", 12, Checksum(HEADER_AND_PAYLOAD, crc("CRC-12/UMTS"), zeroed=("c32",))),
            UInt("c3", 3, Checksum(PAYLOAD, crc("CRC-3/ROHC"), zero_as=7, optional=True)),
            UInt("c1", 1, Checksum(PAYLOAD, CRC("parity", 1, 1))),
        ),
        numbers={"ip_protocol": 253},
    )
    / Fill("123456789"),
    max_length=300,
)
SWEPT = MANY.preset(
    "many_swept",
    "its sweeps, and swept lengths",
    {"marks": Counter(), "hops": Range(1, 200), "length": Range(90, 300, 7)},
)
WORDS = Packet(
    "words",
    Header(
        "own",
        (
            UInt("sum", 16, Checksum((Span("a", "b"), Span("d", Edge.PAYLOAD_END)), zeroed=("b",))),
            UInt("a", 4, Parameter("the_a", 1)),
            UInt("b", 12, Parameter("the_b", 1)),
            UInt("c", 8, Parameter("the_c", 1)),
            UInt("d", 8, Parameter("the_d", 1)),
        ),
    )
    / Fill(0x5A),
    max_length=99,
)


@pytest.mark.parametrize("format", [MANY, SWEPT, WORDS], ids=lambda each: each.name)
def test_in_a_format(format: Format) -> None:
    subject = Subject.build(resolve(format), STRATEGIES[0], optimize="-O1")
    report = verify(subject, 60, seed=0)
    assert report.counterexample is None, report.counterexample


def test_the_bytes_are_those_of_the_other_library() -> None:
    layout = resolve(MANY)
    frame = oracle.encode(
        layout, {"mac_src": "02:00:00:00:00:01", "marks": 9, "rest": 2, "hops": 77}, 200
    )
    values = oracle.decode(layout, frame).values
    payload = frame[layout.header_length : -2]
    header = bytearray(frame[34 : layout.header_length])
    assert values["own.c24"] == ELSEWHERE["CRC-24/OPENPGP"].calc(payload + b"\x4d")
    assert values["own.c3"] == (ELSEWHERE["CRC-3/ROHC"].calc(payload) or 7)
    assert values["own.c1"] == sum(each.bit_count() for each in payload) % 2
    assert values["own.c64"] == ELSEWHERE["CRC-64/XZ"].calc(bytes([9 << 3, 0, 2, 77]))
    # The CRC itself is in the first bytes of the header it covers.
    header[0], header[1], header[2] = 9 << 3, 0, 2
    assert values["own.c15"] == ELSEWHERE["CRC-15/CAN"].calc(bytes(header) + payload)


def test_what_counts_as_zero_does_not_matter() -> None:
    layout = resolve(WORDS)
    sums = {oracle.encode(layout, {"the_b": b}, 70)[:2] for b in range(9)}
    assert len(sums) == 1
    assert len({oracle.encode(layout, {"the_a": a}, 70)[:2] for a in range(9)}) == 9


def test_two_formats_share_the_header_of_a_crc(tmp_path: Path) -> None:
    files = c.render([resolve(MANY), resolve(SWEPT)])
    assert "checksum_crc_15_can.h" in files
    assert "crc.h" in files
    (tmp_path / "out").mkdir()
    emit.write(files, tmp_path / "out")
    for source in ("many.c", "many_swept.c"):
        command = ["gcc", "-std=c11", "-O1", *WARNINGS, "-c", source, "-o", f"{source}.o"]
        subprocess.run(command, cwd=tmp_path / "out", check=True, timeout=60)
