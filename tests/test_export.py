"""Exports of formats, read by the tools that they are for."""

from __future__ import annotations

import collections
import functools
import io
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from kaitaistruct import KaitaiStream

from codegen import formats, oracle
from codegen.cli.export import command
from codegen.errors import UsageError
from codegen.export import as_json, c_struct, kaitai, scapy_classes, wireshark
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.ipv6 import IPV6
from codegen.formats.udp import UDP
from codegen.layout import FrameLength, Layout, Placed
from codegen.model import (
    BIT,
    CRC,
    HEADER,
    HEADER_AND_PAYLOAD,
    MAC,
    PAYLOAD,
    Algorithm,
    Bytes,
    Checksum,
    Const,
    Count,
    Counter,
    Default,
    Fill,
    Format,
    Group,
    Header,
    Int,
    Length,
    NextHeader,
    OwnAlgorithm,
    Packet,
    Pad,
    Parameter,
    Range,
    Reserved,
    Span,
    UInt,
    UpperLength,
    VarInt,
    crc,
    repeat,
)
from codegen.resolve import resolve
from codegen.verify import outside, values
from tests.test_formats_of_ones_own import OWN, search
from tests.tools import find_tool, missing

Require = Callable[[str], str]

ROOT = Path(__file__).parent.parent

ENTRY = Group("entry", (UInt("key", 4, Parameter("key", 1)), UInt("weight", 12, Default(9))))

#: Formats of one's own, each registered otherwise.
BY_TYPE = Packet(
    "by_type",
    ETHERNET
    / Header(
        "own",
        (
            UInt("first", 12, Parameter("first", 1)),
            UInt("second", 4, Const(3)),
            UInt("size", 16, Length(PAYLOAD)),
            UInt("kind", 8, Parameter("kind", 1), names={1: "request", 2: 'a "reply"'}),
            UInt("count", 8, Count("entries")),
            Group("entries", repeat(ENTRY, 3)),
            Pad(8),
        ),
        trailer=(
            UInt("last", 24, Parameter("last", 5), "little"),
            UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32), "little"),
        ),
        numbers={"ethertype": 0x88B5},
    )
    / Fill(1),
)
BY_PROTOCOL = Packet(
    "by_protocol",
    ETHERNET
    / IPV6
    / Header(
        "own",
        (
            UInt("first", 12, Parameter("first", 1), "little"),
            UInt("second", 52, Parameter("second", 3), "little"),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True, zero_as=0xFFFF)),
            UInt("bits", 16, Length(PAYLOAD, unit=BIT)),
        ),
        numbers={"ip_protocol": 253},
    )
    / Fill(1),
)
BY_PORT = Packet(
    "by_port",
    ETHERNET
    / IPV4
    / UDP.bind(dst=NextHeader("udp_port"))
    / Header(
        "own",
        (
            Bytes("ident", Parameter("ident", b"abc")),
            UInt("big", 64, Parameter("big", 5)),
            UInt("has_key", 8, Const(1)),
            UInt("key", 32, Parameter("key", 7), when="has_key"),
            UInt("absent", 32, Default(7), when=("has_key", 2)),
            UInt("adler", 32, Checksum(HEADER, Algorithm.ADLER32)),
        ),
        numbers={"udp_port": 45678},
    )
    / Fill(1),
)
BY_CONSTANT = Packet(
    "by_constant",
    ETHERNET
    / IPV4
    / UDP
    / Header("own", (UInt("magic", 16, Const(0xC0DE)), UInt("number", 64, Counter())))
    / Fill(1),
)
FROM_THE_START = Packet(
    "from_the_start",
    Header(
        "own",
        (
            UInt("magic", 12, Const(0xC0D)),
            MAC("unaligned", Parameter("mac", "02:00:00:00:00:01")),
            UInt("rest", 4, Default(0)),
            UInt("fletcher", 16, Checksum(HEADER, Algorithm.FLETCHER16)),
            UInt("crc", 32, Checksum(PAYLOAD, Algorithm.CRC32C)),
        ),
    )
    / Fill(1),
)
SIGNED = Packet(
    "signed_numbers",
    ETHERNET
    / Header(
        "own",
        (
            Int("byte", 8, Parameter("byte", -1)),
            Int("narrow", 5, Parameter("narrow", -16)),
            Int("wide", 43, Parameter("wide", -(1 << 42))),
            Int("little", 64, Parameter("little", -2), "little"),
            Int("three", 24, Parameter("three", -3), "little"),
            Int("bit", 1, Parameter("bit", -1), "little"),
            Int("rest", 31, Range(-5, 5), "little"),
            Int("constant", 16, Const(-300)),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD)),
        ),
        numbers={"ethertype": 0x88B5},
    )
    / Fill(1),
)
VARIABLE = Packet(
    "variable_numbers",
    ETHERNET
    / Header(
        "own",
        (
            VarInt("one", Parameter("one", 37)),
            VarInt("two", Parameter("two", 15293)),
            VarInt("four", Parameter("four", 494878333)),
            VarInt("eight", Parameter("eight", 151288809941952652)),
            VarInt("constant", Const(300), "leb128"),
            VarInt("three", Parameter("three", 16384), "leb128"),
            VarInt("four_too", Parameter("four_too", 1 << 27), "leb128"),
            VarInt("five", Parameter("five", 1 << 34), "leb128"),
            VarInt("eight_too", Parameter("eight_too", (1 << 56) - 1), "leb128"),
            UInt("sum", 16, Checksum(PAYLOAD)),
        ),
        numbers={"ethertype": 0x88B5},
    )
    / Fill(1),
)
#: A number that shares both its first and its last byte, with the least significant bits first.
NINE_BYTES = Packet(
    "nine_bytes",
    Header(
        "own",
        (
            UInt("magic", 4, Const(9), "little"),
            UInt("wide", 64, Parameter("wide", 0), "little"),
            UInt("rest", 4, Parameter("rest", 5), "little"),
        ),
    )
    / Fill(1),
)
#: CRCs inside bytes, over several spans, and fields that count as zero.
CRCS = Packet(
    "crcs",
    ETHERNET
    / Header(
        "own",
        (
            UInt("magic", 8, Const(0x5C)),
            UInt("size", 16, Length(PAYLOAD)),
            UInt("marks", 5, Parameter("marks", 3)),
            UInt("c15", 15, Checksum((HEADER, PAYLOAD), crc("CRC-15/CAN"), zeroed=("c33",))),
            UInt("hops", 4, Parameter("hops", 1)),
            UInt("c33", 33, Checksum(Span("magic", "magic"), CRC("own33", 33, 0x123456789))),
            UInt("low", 7, Parameter("low", 1)),
            UInt("c64", 64, Checksum(PAYLOAD, crc("CRC-64/XZ"), zero_as=(1 << 64) - 1), "little"),
            UInt("sum", 16, Checksum((Span("c64", "c64"), PAYLOAD))),
        ),
        trailer=(UInt("c12", 12, Checksum(PAYLOAD, crc("CRC-12/UMTS"))), Reserved(4)),
        numbers={"ethertype": 0x88B6},
    )
    / Fill(b"\x01\xfe\x55"),
)
OPTIONAL_SUM = Packet(
    "optional_sum",
    ETHERNET
    / Header(
        "own",
        (
            UInt("size", 16, Length(HEADER_AND_PAYLOAD)),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, zero_as=0xFFFF, optional=True)),
        ),
        numbers={"ethertype": 0x88B5},
    )
    / Fill(1),
)
OWN_FORMATS = {
    "the number 34997 of ethertype": BY_TYPE,
    "the number 253 of ip.proto": BY_PROTOCOL,
    "the number 45678 of udp.port": BY_PORT,
    "a postdissector, for each frame": BY_CONSTANT,
}


def some_frames(layout: Layout, count: int) -> list[bytes]:
    chosen = random.Random(1)
    return [
        oracle.encode(layout, values.some(layout, chosen), chosen.choice(layout.lengths))
        for _ in range(count)
    ]


def faults(layout: Layout, frames: list[bytes], tshark: str, folder: Path) -> list[str]:
    """Return what the exported dissector, and tshark's own below it, read differently."""
    outside.write_pcap(folder / "frames.pcap", frames)
    expected = [oracle.decode(layout, frame).values for frame in frames]
    dissection = outside.Dissection(layout, tshark, exported=True)
    return dissection.faults(folder / "frames.pcap", expected)


def read(layout: Layout, frames: list[bytes], folder: Path, *columns: str) -> list[list[str]]:
    """Return columns of what tshark reads with the exported dissector, a row per frame."""
    outside.write_pcap(folder / "frames.pcap", frames)
    (folder / "own.lua").write_text(wireshark.dissector(layout))
    done = subprocess.run(
        ["tshark", "-n", "-Xlua_script:own.lua", "-rframes.pcap"]
        + ["-T", "fields", "-E", "aggregator=|", *(f"-e{each}" for each in columns)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", formats.catalogue())
def test_tshark_reads_each_field_of_the_catalogue(
    name: str, require: Require, tmp_path: Path
) -> None:
    layout = resolve(formats.load(name))
    assert faults(layout, some_frames(layout, 50), require("tshark"), tmp_path) == []


@pytest.mark.parametrize(
    "format",
    [*OWN_FORMATS.values(), FROM_THE_START, NINE_BYTES, SIGNED, VARIABLE, CRCS],
    ids=lambda f: f.name,
)
def test_tshark_reads_each_field_of_ones_own(
    format: Format, require: Require, tmp_path: Path
) -> None:
    layout = resolve(format)
    assert faults(layout, some_frames(layout, 50), require("tshark"), tmp_path) == []


def test_a_pseudo_header_has_little_endian_numbers_between_bytes(
    require: Require, tmp_path: Path
) -> None:
    """Their bytes count in the order in which they are sent, wherever they start."""
    low = Header(
        "low",
        (
            Reserved(17, byteorder="little"),
            UInt("key", 16, Parameter("key", 0x1234), "little"),
            UInt("rest", 7, Parameter("rest", 0x55), "little"),
        ),
        numbers={"upper": 0},
        pseudo_header=("key", UpperLength(16)),
    )
    top = Header("top", (UInt("sum", 16, Checksum(HEADER, pseudo_header=True)),))
    layout = resolve(Packet("between", low / top, "a key between bytes", min_length=1))
    assert faults(layout, some_frames(layout, 20), require("tshark"), tmp_path) == []


@pytest.mark.parametrize("where", OWN_FORMATS)
def test_the_layers_decide_where_it_is_registered(where: str) -> None:
    assert f"-- Registered as {where}.\n" in wireshark.dissector(resolve(OWN_FORMATS[where]))


@pytest.mark.parametrize("part", range(2))
def test_tshark_reads_any_format(part: int, require: Require, tmp_path: Path) -> None:
    tshark = require("tshark")

    def prove(format: Format) -> None:
        layout = resolve(format)
        assert faults(layout, some_frames(layout, 5), tshark, tmp_path) == []

    search(prove, 10, part)


def test_a_wrong_place_is_seen(require: Require, tmp_path: Path) -> None:
    """A control: a dissector that reads a field one byte further on disagrees."""
    layout = resolve(BY_PORT)
    wrong = tuple(
        replace(each, start=each.start + 8) if each.path == "own.key" else each
        for each in layout.fields
    )
    outside.write_pcap(tmp_path / "frames.pcap", some_frames(layout, 3))
    expected = [oracle.decode(layout, frame).values for frame in some_frames(layout, 3)]
    moved = outside.Dissection(replace(layout, fields=wrong), require("tshark"))
    found = moved.faults(tmp_path / "frames.pcap", expected)
    assert any("own.key is" in each for each in found)


def damaged(layout: Layout, begin: int) -> Iterable[bytes]:
    """Yield frames of a format with one byte changed from ``begin`` on, or padding behind them."""
    chosen = random.Random(2)
    for frame in some_frames(layout, 60):
        wrong = bytearray(frame)
        wrong[chosen.randrange(begin, min(len(frame), begin + 24))] ^= chosen.randrange(1, 256)
        yield bytes(wrong)
        yield frame + bytes(chosen.randrange(1, 9))


@pytest.mark.parametrize("format", [BY_TYPE, BY_PROTOCOL, BY_PORT, CRCS], ids=lambda f: f.name)
def test_the_same_is_invalid_as_for_the_oracle(
    format: Format, require: Require, tmp_path: Path
) -> None:
    require("tshark")
    layout = resolve(format)
    begin = layout.fields[[each.header.name for each in layout.fields].index("own")].start.octet
    frames = list(damaged(layout, begin))
    rows = read(layout, frames, tmp_path, f"{format.name}.fault", "_ws.expert.message")
    invalid = 0
    for frame, (found, expert) in zip(frames, rows, strict=True):
        decoded = oracle.parse(layout, frame)
        # Those of the headers below are left to tshark's own dissectors.
        problems = [each.split(" ")[0] for each in decoded.problems]
        wanted = sorted(each for each in problems if each.startswith("own."))
        assert sorted(each.split(" ")[0] for each in found.split("|") if each) == wanted
        assert all(each in expert for each in found.split("|"))
        invalid += bool(wanted)
    assert 20 < invalid < len(frames)


@pytest.mark.parametrize(
    ("at", "octets", "wanted"),
    [
        (16, b"\0\0", ""),  # The sender computed no checksum.
        (16, b"\0\1", "own.sum"),
        (14, b"\0\4", "own.size own.sum"),  # The least frame is never cut.
    ],
)
def test_lengths_and_optional_checksums(
    at: int, octets: bytes, wanted: str, require: Require, tmp_path: Path
) -> None:
    require("tshark")
    layout = resolve(OPTIONAL_SUM)
    frame = bytearray(oracle.encode(layout, {"mac_src": "02:00:00:00:00:01"}, 60))
    frame[at : at + 2] = octets
    problems = oracle.parse(layout, bytes(frame)).problems
    assert [each.split(" ")[0] for each in problems] == wanted.split()
    ((found, length),) = read(
        layout, [bytes(frame)], tmp_path, "optional_sum.fault", "optional_sum.own.size"
    )
    assert [each.split(" ")[0] for each in found.split("|") if each] == wanted.split()
    assert int(length) == layout.min_length - 14 or at == 14


def test_frames_of_others_are_left_alone(require: Require, tmp_path: Path) -> None:
    require("tshark")
    others = some_frames(resolve(formats.load("udp4")), 3)
    rows = read(resolve(BY_CONSTANT), others, tmp_path, "by_constant.own.magic", "frame.protocols")
    assert [each[0] for each in rows] == [""] * 3
    assert all("by_constant" not in each[1] for each in rows)


def test_an_algorithm_of_ones_own_is_not_checked(require: Require, tmp_path: Path) -> None:
    require("tshark")
    own = Header("own", (UInt("magic", 16, Const(0xC0DE)), UInt("sum", 16, Checksum(HEADER, OWN))))
    layout = resolve(Packet("unknown_sum", own / Fill(1)))
    frame = bytearray(some_frames(layout, 1)[0])
    frame[2] ^= 1
    ((found, value),) = read(
        layout, [bytes(frame)], tmp_path, "unknown_sum.fault", "unknown_sum.own.sum"
    )
    assert found == ""
    assert int(value, 0) == oracle.decode(layout, bytes(frame)).values["own.sum"]


def test_only_what_is_unknown_is_shown() -> None:
    layout = resolve(BY_PORT)
    assert {each.header.name for each in wireshark.exported(layout)} == {"own"}
    assert wireshark.exported(resolve(formats.load("udp4"))) == list(
        resolve(formats.load("udp4")).fields
    )


def test_lengths_of_the_format_are_checked(require: Require, tmp_path: Path) -> None:
    """A control for each length field: one more than it should be is a fault."""
    require("tshark")
    layout = resolve(BY_TYPE)
    fields: list[Placed] = [each for each in layout.fields if isinstance(each.origin, FrameLength)]
    assert [each.path for each in fields] == ["own.size"]
    frame = bytearray(some_frames(layout, 1)[0])
    frame[fields[0].start.octet + 1] ^= 0x80
    ((found,),) = read(layout, [bytes(frame)], tmp_path, "by_type.fault")
    assert "own.size is" in found or "own.crc is" in found


# --- JSON ----------------------------------------------------------------------------


def validated(layout: Layout) -> dict[str, Any]:
    """Return the JSON of a layout, after the package jsonschema has validated it."""
    found: dict[str, Any] = json.loads(as_json.document(layout))
    jsonschema.Draft202012Validator(as_json.schema()).validate(found)
    return found


def read_by_json(found: dict[str, Any], frame: bytes) -> dict[str, int]:
    """Return the values of a frame, by what the JSON has about its fields and nothing else."""
    bits = {
        "big": "".join(f"{octet:08b}" for octet in frame),
        "little": "".join(f"{octet:08b}"[::-1] for octet in frame),
    }
    values = {}
    for each in found["fields"]:
        start = each["position"]["bits"]
        start += 8 * len(frame) if each["position"]["from"] == "end" else 0
        digits = bits[each["byteorder"]][start : start + each["bits"]]
        value = int(digits if each["byteorder"] == "big" else digits[::-1], 2)
        if each["kind"] == "signed" and value >> (each["bits"] - 1):
            value -= 1 << each["bits"]
        elif each["kind"] == "quic":
            value = int(digits[2:], 2)
        elif each["kind"] == "leb128":
            groups = [digits[at + 1 : at + 8] for at in range(0, len(digits), 8)]
            value = int("".join(reversed(groups)), 2)
        values[each["path"]] = value
    return values


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(as_json.schema())


def test_a_reader_of_the_json_reads_any_format() -> None:
    def prove(format: Format) -> None:
        layout = resolve(format)
        found = validated(layout)
        for frame in some_frames(layout, 3):
            assert read_by_json(found, frame) == oracle.decode(layout, frame).values

    own = [*OWN_FORMATS.values(), FROM_THE_START, SIGNED, VARIABLE, CRCS]
    for each in [*formats.catalogue().values(), *own]:
        prove(each)
    search(prove, 60, 3)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("fields", 0, "kind"), "float"),
        (("fields", 0, "position", "bits"), -8),
        (("fields", 0, "value", "from"), "chance"),
        (("frame", "min_length"), "60"),
        (("more",), 1),
    ],
    ids=str,
)
def test_the_schema_refuses_other_documents(path: tuple[Any, ...], value: object) -> None:
    found = validated(resolve(BY_TYPE))
    *parents, last = path
    functools.reduce(lambda each, key: each[key], parents, found)[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(as_json.schema()).validate(found)


def test_a_name_goes_with_wireshark_alone() -> None:
    done = invoke(["udp4", "--to", "json", "--name", "other"])
    assert isinstance(done.exception, UsageError)
    assert "omit it with --to json" in str(done.exception)


# --- Lua 5.4 -------------------------------------------------------------------------


def read_by_lua(layout: Layout, frames: list[bytes], folder: Path) -> list[list[tuple[str, str]]]:
    """Return what the dissector shows of each frame, run by Lua 5.4."""
    script = folder / "own.lua"
    script.write_text(wireshark.dissector(layout))
    begin = min(each.start for each in wireshark.exported(layout)).octet
    done = subprocess.run(
        [find_tool("lua5.4"), Path(__file__).with_name("wireshark_api.lua"), script, str(begin)],
        input="".join(f"{frame.hex()}\n" for frame in frames),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: list[list[tuple[str, str]]] = [[]]
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        if name == ".":
            shown.append([])
        elif not name.endswith(".payload"):
            shown[-1].append((name, value))
    return shown[:-1]


def test_lua_5_4_reads_any_format(tmp_path: Path) -> None:
    """Wireshark 4.4 has Lua 5.4, which divides and combines bits otherwise than 5.2."""

    def prove(format: Format) -> None:
        layout = resolve(format)
        frames = some_frames(layout, 6)
        name = wireshark.default_name(layout)
        for frame, shown in zip(frames, read_by_lua(layout, frames, tmp_path), strict=True):
            found = oracle.decode(layout, frame).values
            wanted = []
            for each in wireshark.exported(layout):
                value = found[each.path]
                text = wireshark._text(each, value)
                wanted.append((wireshark.field_name(name, each), text))
            assert shown == wanted

    for each in [*OWN_FORMATS.values(), FROM_THE_START, NINE_BYTES, formats.load("vxlan-udp4")]:
        prove(each)
    search(prove, 30, 7)


def test_lua_5_4_reports_what_is_invalid(tmp_path: Path) -> None:
    for format in OWN_FORMATS.values():
        layout = resolve(format)
        checked = [each for each in wireshark.exported(layout) if wireshark.is_checked(each)]
        frames = []
        for each in checked:
            (frame,) = some_frames(layout, 1)
            changed = bytearray(frame)
            changed[each.start.in_frame(len(frame)) // 8] ^= 1
            frames.append(bytes(changed))
        name = f"{wireshark.default_name(layout)}.fault"
        for frame, shown in zip(frames, read_by_lua(layout, frames, tmp_path), strict=True):
            reported = [value for found, value in shown if found == name]
            paths = tuple(each.path for each in wireshark.exported(layout))
            problems = oracle.decode(layout, frame).problems
            assert reported == [each for each in problems if each.startswith(paths)]
            assert any("should be" in each for each in reported)


# --- Classes of scapy ----------------------------------------------------------------


def read_by_scapy(layout: Layout, frame: bytes) -> None:
    """Check each field that the exported classes read in a frame."""
    module: dict[str, Any] = {"__name__": "exported"}
    exec(scapy_classes.source(layout), module)
    found = oracle.decode(layout, frame).values
    for header in scapy_classes.own_headers(layout):
        fields = [each for each in layout.fields if each.header is header]
        start = min(each.start for each in fields).octet
        layer = module[scapy_classes.class_name(header)](frame[start:])
        for each in fields:
            value = layer.getfieldval(scapy_classes.field_name(each))
            if isinstance(value, bytes):
                value = int.from_bytes(value, "big")
            elif isinstance(value, str):
                value = each.field.parse(value)
            assert value == found[each.path], each.path


#: A computed number that begins inside of a byte, with the least significant bits first.
INSIDE = Packet(
    "inside",
    Header(
        "low",
        (
            UInt("kind", 5, Parameter("kind", 1), "little"),
            UInt("size", 11, Length(HEADER_AND_PAYLOAD), "little"),
        ),
    )
    / Fill(1),
)


def test_scapy_builds_and_reads_any_format() -> None:
    pytest.importorskip("scapy")
    seen: collections.Counter[bool] = collections.Counter()

    def prove(format: Format) -> None:
        layout = resolve(format)
        seen[scapy_classes.unsupported(layout) is None] += 1
        if scapy_classes.unsupported(layout) is not None:
            return
        chosen = random.Random(4)
        for _ in range(4):
            given, length = values.some(layout, chosen), chosen.choice(layout.lengths)
            frame = oracle.encode(layout, given, length)
            assert outside.built_by_scapy(layout, given, length) == frame
            read_by_scapy(layout, frame)

    for each in [*OWN_FORMATS.values(), NINE_BYTES, INSIDE, formats.load("vxlan-udp4")]:
        prove(each)
    search(prove, 160, 5)
    assert seen[True] > 8


def test_the_file_for_scapy_is_used_as_it_is(tmp_path: Path) -> None:
    pytest.importorskip("scapy")
    (tmp_path / "own.py").write_text(invoke(["udp4_seq", "--to", "scapy"]).output)
    program = (
        "from own import *\nfrom scapy.all import Ether, IP, UDP\n"
        "made = Ether() / IP() / UDP() / SeqnoLayer(number=5) / b'abc'\n"
        "assert bytes(made[SeqnoLayer])[-3:] == b'abc', bytes(made)\n"
        "print(SeqnoLayer(bytes(made[SeqnoLayer])).number)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr


def test_names_that_scapy_has_itself() -> None:
    packet = pytest.importorskip("scapy.packet").Packet
    assert {each for each in dir(packet) if each[0] != "_"} <= scapy_classes.TAKEN
    names = ("payload", "class", "time", "lengths", "plain")
    fields = tuple(UInt(each, 8, Parameter(f"p_{each}", 1)) for each in names)
    layout = resolve(Packet("own", Header("packet", fields) / Fill()))
    read_by_scapy(layout, bytes(range(60)))
    found = [scapy_classes.field_name(each) for each in layout.fields]
    assert found == ["payload_", "class_", "time_", "lengths_", "plain"]


def test_what_scapys_layers_lack_is_refused() -> None:
    with pytest.raises(UsageError, match="'by_type' cannot be exported to scapy: it has a trailer"):
        scapy_classes.source(resolve(BY_TYPE))
    own = Checksum(PAYLOAD, OwnAlgorithm("xor8", 8, lambda data: 0, "static int xor8;"))
    header = Header("own", (UInt("sum", 8, own),))
    with pytest.raises(UsageError, match=r"own\.sum is a Python function of the format"):
        scapy_classes.source(resolve(Packet("own", header / Fill())))


# --- Kaitai Struct -------------------------------------------------------------------

#: The compiler is a package of npm; ``.ci/run`` installs it there.
KAITAI = ROOT / "build" / "node" / "node_modules" / "kaitai-struct-compiler"
INSTALL = "npm install --prefix build/node kaitai-struct-compiler@0.11.0"

COMPILE = """
const [folder] = process.argv.slice(1);
const compiler = require(folder);
const document = JSON.parse(require("fs").readFileSync(0));
compiler.compile("python", document, null, false).then(
    (files) => process.stdout.write(Object.values(files)[0]),
    (error) => { console.error(String(error)); process.exit(1); });
"""


def compiled(text: str) -> dict[str, Any]:
    """Return the Python module that Kaitai Struct's own compiler makes of a file."""
    done = subprocess.run(
        [find_tool("node"), "-e", COMPILE, str(KAITAI)],
        input=json.dumps(yaml.safe_load(text)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    module: dict[str, Any] = {"__name__": "compiled"}
    exec(done.stdout, module)
    return module


def read_by_kaitai(layout: Layout, module: dict[str, Any], frame: bytes) -> list[int]:
    """Return the fields of a frame in wire order, as the compiled module reads them."""
    name = "".join(part.capitalize() for part in kaitai.identifier(layout.name).split("_"))
    parsed = module[name](KaitaiStream(io.BytesIO(frame)))
    found = []
    for part, fields in kaitai.parts(layout):
        inside = getattr(parsed, part)
        if fields is None:
            assert inside == frame[layout.header_length : len(frame) - layout.trailer_length]
            continue
        for _, called in kaitai.field_names(fields):
            value = getattr(inside, called)
            found.append(int.from_bytes(value, "big") if isinstance(value, bytes) else int(value))
    assert parsed._io.is_eof()
    return found


def kaitai_numbers(layout: Layout, frame: bytes) -> list[int]:
    """Return the fields of a frame as Kaitai Struct has them: bits are unsigned there."""
    values = oracle.decode(layout, frame).values
    return [
        values[each.path]
        if isinstance(each.field, Int) and not each.start.bit and each.bits in (8, 16, 32, 64)
        else oracle.wire_bits(frame, each)
        for each in layout.fields
    ]


def test_kaitai_reads_each_field_of_any_format() -> None:
    if not KAITAI.is_dir():
        find_tool("node")
        missing(f"the compiler of Kaitai Struct is not installed: {INSTALL}")

    def prove(format: Format) -> None:
        layout = resolve(format)
        module = compiled(kaitai.struct(layout))
        for frame in some_frames(layout, 4):
            assert read_by_kaitai(layout, module, frame) == kaitai_numbers(layout, frame)

    for each in [*OWN_FORMATS.values(), FROM_THE_START, NINE_BYTES, formats.load("vxlan-udp4")]:
        prove(each)
    search(prove, 6, 6)


def test_names_that_kaitai_allows() -> None:
    names = ("Ab", "ab", "class", "payload")
    fields = tuple(UInt(each, 8, Parameter(f"p_{each}", 1)) for each in names)
    found = yaml.safe_load(
        kaitai.struct(resolve(Packet("Own", Header("payload", fields) / Fill())))
    )
    assert found["meta"]["id"] == "own"
    assert [each["id"] for each in found["seq"]] == ["payload", "payload_2"]
    listed = [each["id"] for each in found["types"]["payload"]["seq"]]
    assert listed == ["ab", "ab_2", "class_", "payload"]


# --- Accessors in C ------------------------------------------------------------------

FLAGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-align -Werror".split()


def read_by_c(layout: Layout, frames: list[bytes], folder: Path, compiler: str) -> list[str]:
    """Return each field that the accessors read, in hex, and frames that they write anew."""
    reads, writes = [], []
    for name, placed in c_struct.names(layout):
        end = ", len" if placed.start.from_end else ""
        get, put = (f"{layout.name}_{each}_{name}" for each in ("get", "set"))
        if c_struct.is_octets(placed):
            size = placed.bits // 8
            reads.append(f'for (i = 0; i < {size}; i++) printf("%02x", {get}(f{end})[i]);')
        else:
            reads.append(f'printf("%llx", (unsigned long long){get}(f{end}));')
        reads.append('printf(" ");')
        writes.append(f"{put}(made{end}, {get}(f{end}));")
    (folder / "own.h").write_text(c_struct.accessors(layout))
    (folder / "main.c").write_text(
        '#include "own.h"\n#include <stdio.h>\n#include <string.h>\n'
        "static void each(const uint8_t *f, size_t len, uint8_t *made)\n{\nsize_t i = 0;\n"
        f"(void)len; (void)i;\n{chr(10).join(reads + writes)}\n"
        'for (i = 0; i < len; i++) printf("%02x", made[i]);\nputs("");\n}\n'
        "int main(void)\n{\nstatic uint8_t f[70000], made[70000];\nunsigned int octet;\n"
        'size_t len = 0;\nwhile (scanf("%x", &octet) == 1) {\n'
        "if (octet < 256) { f[len++] = (uint8_t)octet; continue; }\n"
        f"memset(made, octet == 256 ? 0xff : 0, sizeof(made)); each(f, len, made); len = 0;\n"
        "}\nreturn 0;\n}\n"
    )
    subprocess.run(
        [compiler, "-std=c11", *FLAGS, "-fsanitize=undefined,address", "-o", "main", "main.c"],
        cwd=folder,
        check=True,
    )
    text = "".join(
        f"{' '.join(f'{octet:x}' for octet in frame)} {end:x}\n"
        for frame, end in zip(frames, itertools.cycle((256, 257)), strict=False)
    )
    done = subprocess.run([folder / "main"], input=text, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_accessors_read_and_write_each_field(
    compiler: str, require: Require, tmp_path: Path
) -> None:
    compiler = require(compiler)

    def prove(format: Format) -> None:
        layout = resolve(format)
        frames = some_frames(layout, 4)
        lines = read_by_c(layout, frames, tmp_path, compiler)
        for number, (frame, line) in enumerate(zip(frames, lines, strict=True)):
            *found, made = line.split(" ")
            values = oracle.decode(layout, frame).values
            # C prints a negative number as one of 64 bits.
            wanted = [value % (1 << 64) if value < 0 else value for value in values.values()]
            assert [int(each, 16) for each in found] == wanted
            # All fields are written over ones, or zeros; the payload is not theirs.
            rest = b"\0" if number % 2 else b"\xff"
            size = len(frame) - layout.header_length - layout.trailer_length
            behind = frame[len(frame) - layout.trailer_length :]
            assert bytes.fromhex(made) == frame[: layout.header_length] + rest * size + behind

    for each in [
        *OWN_FORMATS.values(),
        FROM_THE_START,
        SIGNED,
        VARIABLE,
        formats.load("vxlan-udp4"),
    ]:
        prove(each)
    search(prove, 12, 4)


def test_accessors_are_c_plus_plus_as_well(require: Require, tmp_path: Path) -> None:
    (tmp_path / "own.cpp").write_text(c_struct.accessors(resolve(BY_TYPE)))
    compiler = require("g++")
    subprocess.run([compiler, *FLAGS, "-fsyntax-only", tmp_path / "own.cpp"], check=True)


# --- The command ---------------------------------------------------------------------

invoke = functools.partial(CliRunner().invoke, command)


def test_the_file_is_what_is_printed(tmp_path: Path) -> None:
    printed = invoke(["udp4_seq", "--to", "wireshark-lua"])
    assert printed.exit_code == 0
    target = tmp_path / "seq.lua"
    written = invoke(["udp4-seq", "--to", "wireshark-lua", "--output", str(target)])
    assert (written.exit_code, written.output) == (0, "")
    assert target.read_text() == printed.output
    assert [each.name for each in tmp_path.iterdir()] == ["seq.lua"]


def test_a_protocol_can_be_called_otherwise(require: Require, tmp_path: Path) -> None:
    """Wireshark has a protocol of the format's name, and refuses a second one."""
    tshark = require("tshark")
    taken = resolve(replace(BY_TYPE, name="lldp"))
    outside.write_pcap(tmp_path / "one.pcap", some_frames(taken, 1))

    def loaded(name: str | None) -> str:
        script = tmp_path / "own.lua"
        script.write_text(wireshark.dissector(taken, name))
        done = subprocess.run(
            [tshark, "-Xlua_script:own.lua", "-rone.pcap"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr

    assert "same" in loaded(None)
    assert "lua" not in loaded("my_lldp")


@pytest.mark.parametrize("name", ["UDP", "", "two words", "ü"])
def test_a_name_that_wireshark_refuses_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a protocol in Wireshark"):
        wireshark.dissector(resolve(BY_TYPE), name)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    target = tmp_path / "absent" / "own.lua"
    done = invoke(["udp4", "--to", "wireshark-lua", "--output", str(target)])
    assert isinstance(done.exception, FileNotFoundError)
    assert done.exception.filename == str(target)
