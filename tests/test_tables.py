"""Lengths that are sent as codes, such as the DLC of CAN FD."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from codegen import describe, emit, oracle
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.export import as_json
from codegen.formats.ethernet import ETHERNET
from codegen.host import build
from codegen.layout import FrameLength
from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    PAYLOAD,
    STRATEGIES,
    Algorithm,
    Checksum,
    Cycle,
    Default,
    Fill,
    Format,
    Header,
    Length,
    Packet,
    Parameter,
    Range,
    Reserved,
    UInt,
)
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify import outside
from codegen.verify.compare import parse, verify
from codegen.verify.subject import Subject

Require = Callable[[str], str]

DLC = {code: code for code in range(9)} | {9: 12, 10: 16, 11: 20, 12: 24, 13: 32, 14: 48, 15: 64}

#: What Linux sends for each length of 0 to 64 bytes, which it fills up (can_fd_len2dlc()).
LINUX = [
    *range(9),
    *(code for code, last in ((9, 12), (10, 16), (11, 20), (12, 24)) for _ in range(4)),
    *([13] * 8 + [14] * 16 + [15] * 16),
]

CANFD = Packet(
    "canfd",
    Header(
        "can",
        (
            UInt("flags", 4, Default(0)),
            UInt("dlc", 4, Length(PAYLOAD, table=DLC)),
            UInt("ident", 32, Parameter("ident", 0x123)),
        ),
        trailer=(UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32)),),
    )
    / Fill(0xEE),
    min_length=1,
    max_length=200,
)


def agrees(format: Format, strategy: str = "pool-dup") -> None:
    chosen = next(each for each in STRATEGIES if each.name == strategy)
    report = verify(Subject.build(resolve(format), chosen, optimize="-O1"), 30, seed=0)
    assert report.counterexample is None, report.counterexample


def test_codes_are_those_of_linux() -> None:
    layout = resolve(CANFD)
    assert [each - 9 for each in layout.lengths] == sorted(DLC.values())
    for length in layout.lengths:
        frame = oracle.encode(layout, {}, length)
        assert frame[0] & 0xF == LINUX[length - 9]
        assert oracle.decode(layout, frame).result is Result.VALID
    assert describe.lengths(layout) == "9 to 17, 21, 25, 29, 33, 41, 57, 73 bytes"


def test_c_agrees() -> None:
    agrees(CANFD)


def test_c_agrees_where_the_length_is_swept() -> None:
    agrees(CANFD.preset("swept", "", {"length": Cycle((9, 73, 21, 17))}), "ring-patch")


def test_the_parser_cuts_a_frame_at_the_size_of_its_code() -> None:
    layout = resolve(CANFD)
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    frame = bytearray(oracle.encode(layout, {}, 21))
    assert parse(subject, bytes(frame) + b"padding") is Result.VALID
    for code in range(16):
        frame[0] = code
        assert (parse(subject, bytes(frame) + b"padding") is Result.VALID) == (code == 9)
    assert parse(subject, bytes(oracle.encode(layout, {}, 73))[:60]) is Result.LENGTH


def test_other_codes_and_units_go_together() -> None:
    """Codes in any order, of 64 bits too, beside a length that counts in other units."""
    header = Header(
        "h",
        (
            UInt("code", 64, Length(PAYLOAD, table={(1 << 63) + 5: 4, 7: 12, 3: 16, 0: 40, 9: 41})),
            UInt("words", 8, Length(HEADER_AND_PAYLOAD, unit=4)),
            UInt("size", 16, Length(HEADER, plus=1, table={500: 12, 501: 13})),
            Reserved(8),
        ),
    )
    packet = Packet("both", header / Fill(1), min_length=1, max_length=100)
    layout = resolve(packet)
    assert list(layout.lengths) == [16, 24, 28, 52]
    assert oracle.encode(layout, {}, 16)[:12].hex() == "800000000000000504" + "01f500"
    agrees(packet)


def test_sizes_at_even_distances_are_steps() -> None:
    field = UInt("code", 8, Length(PAYLOAD, table={0: 8, 1: 16, 2: 24}))
    layout = resolve(Packet("p", Header("h", (field,)) / Fill(), min_length=1))
    assert (layout.lengths, layout.length_list) == (range(9, 26, 8), ())


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({0: 4, 1: 8}, "its table has no code for 6, nearest to it 4 and 8"),
        ({0: 8}, "its table has no code for 6, nearest to it 8"),
        ({0: 6, 1: 6}, "the size 6 has the codes 0 and 1"),
        ({256: 6}, "the code 256 of its table does not fit into 8 bits; use 0 to 255"),
        ({0: -6}, "the code 0 stands for -6"),
    ],
)
def test_sizes_without_a_code_are_refused(table: dict[int, int], problem: str) -> None:
    fields = (UInt("size", 8, Length(HEADER, table=table)), UInt("key", 40, Default(0)))
    with pytest.raises(FormatError) as caught:
        resolve(Packet("p", Header("h", fields) / Fill()))
    assert problem in str(caught.value)


def test_a_frame_of_another_size_is_refused() -> None:
    layout = resolve(CANFD)
    with pytest.raises(UsageError, match="has 9 to 17, 21, 25, 29, 33, 41, 57, 73 bytes, not 18"):
        oracle.encode(layout, {}, 18)
    with pytest.raises(FormatError, match=r"of 18 bytes is asked for.* nearest to it 17 and 21"):
        resolve(CANFD.preset("swept", "", {"length": Range(9, 73)}))


def test_the_program_refuses_another_size(tmp_path: Path) -> None:
    emit.write(emit.render(resolve(CANFD), STRATEGIES[0]), tmp_path / "app")
    program = build.build_program(tmp_path / "app", optimize="-O1")

    def run(length: int) -> subprocess.CompletedProcess[str]:
        words = [str(program), f"device=pcap:{tmp_path / 'p'}", "--", "count=1", f"length={length}"]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert run(57).returncode == 0
    refused = run(58)
    assert refused.returncode == 2
    assert "length takes: 9 to 17, 21, 25, 29, 33, 41, 57, 73 bytes" in refused.stderr


def test_exports_have_the_codes(require: Require, tmp_path: Path) -> None:
    fields = (UInt("dlc", 8, Length(PAYLOAD, table=DLC | {20: 60})), UInt("n", 8, Default(1)))
    header = Header("own", fields, numbers={"ethertype": 0x88B5})
    layout = resolve(Packet("coded", ETHERNET / header / Fill(1), max_length=120))
    document = json.loads(as_json.document(layout))
    jsonschema.Draft202012Validator(as_json.schema()).validate(document)
    codes = next(each for each in document["fields"] if each["path"] == "own.dlc")["value"]["codes"]
    assert codes["9"] == 12
    assert len(codes) == 17
    dissection = outside.Dissection(layout, require("tshark"), exported=True)
    frames = [oracle.encode(layout, {"mac_src": 2}, each) for each in layout.lengths]
    assert isinstance(layout["own.dlc"].origin, FrameLength)
    expected = [oracle.decode(layout, each).values for each in frames]
    outside.write_pcap(tmp_path / "frames.pcap", frames)
    assert dissection.faults(tmp_path / "frames.pcap", expected) == []
    damaged = bytearray(frames[0])
    damaged[14] = 21
    outside.write_pcap(tmp_path / "damaged.pcap", [bytes(damaged)])
    faults = dissection.faults(
        tmp_path / "damaged.pcap", [oracle.decode(layout, bytes(damaged)).values]
    )
    assert any("own.dlc is 21, and should be " in each for each in faults)
