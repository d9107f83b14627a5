"""Conditions of optional fields: which fields are there, and what a receiver makes of others."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen import oracle
from codegen.cli.show import command
from codegen.diagnostics import FormatError
from codegen.export import wireshark
from codegen.formats.ethernet import ETHERNET
from codegen.layout import Layout
from codegen.model import (
    STRATEGIES,
    AtLeast,
    AtMost,
    Const,
    Default,
    Fill,
    Group,
    Header,
    Int,
    Is,
    Packet,
    Parameter,
    Switch,
    UInt,
)
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify import outside
from codegen.verify.compare import parse, verify
from codegen.verify.subject import Subject

Require = Callable[[str], str]

V, L, T = "version", "length", "level"
CONDITIONS: list[tuple[Switch, Callable[[int, int, int], bool]]] = [
    (Is(V, 2), lambda v, n, t: v == 2),
    (~Is(V, 2), lambda v, n, t: v != 2),
    (AtLeast(L, 8), lambda v, n, t: n >= 8),
    (~AtMost(T, -3), lambda v, n, t: t > -3),
    (Is(V, 2) & AtLeast(L, 8), lambda v, n, t: v == 2 and n >= 8),
    (Is(V, 2) | AtMost(T, -1), lambda v, n, t: v == 2 or t <= -1),
    (V & (AtLeast(L, 8) | ~Is(T, 0)), lambda v, n, t: v != 0 and (n >= 8 or t != 0)),
    (~(Is(V, 1) | Is(V, 2)) & ~AtLeast(L, 9), lambda v, n, t: v not in (1, 2) and n < 9),
    ((V, 2) | AtLeast(L, 9) & Is(T, 0), lambda v, n, t: v == 2 or (n >= 9 and t == 0)),
]


def header(when: Switch, *values: int, made: type[Const] | type[Default] = Default) -> Header:
    version, length, level = (made(each) for each in values)
    fields = (
        UInt(V, 8, version),
        UInt(L, 16, length),
        Int(T, 8, level),
        Group("optional", (UInt("key", 16, Parameter("key", 0x1234)),), when=when),
        UInt("rest", 8, Parameter("rest", 1)),
    )
    return Header("h", fields, numbers={"ethertype": 0x88B5})


def resolved(when: Switch, *values: int, made: type[Const] | type[Default] = Default) -> Layout:
    return resolve(Packet("own", header(when, *values, made=made) / Fill(7), min_length=1))


GRID = list(itertools.product((0, 1, 2), (7, 8, 9), (-4, -3, -1, 0, 3)))


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
@pytest.mark.parametrize("made", [Const, Default])
def test_fields_are_there_where_their_condition_holds(
    number: int, made: type[Const] | type[Default]
) -> None:
    when, wanted = CONDITIONS[number]
    for values in GRID:
        layout = resolved(when, *values, made=made)
        paths = [each.path for each in layout.fields]
        assert ("h.optional.key" in paths) == wanted(*values), values
        frame = oracle.encode(layout, {}, layout.min_length)
        key = b"\x12\x34" if wanted(*values) else b""
        assert frame == struct.pack(">BHb", *values) + key + b"\x01"


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_a_frame_with_other_fields_is_other_traffic(number: int) -> None:
    """A default may have another value, as long as the condition holds as it does here."""
    when, wanted = CONDITIONS[number]
    layout = resolved(when, 2, 8, -1)
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    report = verify(subject, 30, seed=number)
    assert report.counterexample is None, report.counterexample
    length = layout.min_length
    found = set()
    for values in GRID:
        frame = struct.pack(">BHb", *values) + oracle.encode(layout, {}, length)[4:]
        result = parse(subject, frame)  # which compares the emitted parser with the oracle
        assert result in (Result.VALID, Result.NEXT_HEADER)
        # Fields that are there for another reason are as welcome as those of the format.
        if result is Result.VALID:
            assert wanted(*values) == wanted(2, 8, -1)
        found.add(result)
    assert Result.VALID in found


def test_parts_behind_the_one_that_settles_a_condition_are_not_looked_at() -> None:
    fields = (
        UInt("has_size", 8, Const(0)),
        UInt("size", 8, Const(4), when="has_size"),
        UInt("key", 8, Default(0), when="has_size" & AtLeast("size", 2)),
    )
    h = Header("h", fields)
    assert len(resolve(Packet("p", h, min_length=1)).fields) == 1
    assert len(resolve(Packet("p", h.bind(has_size=1), min_length=1)).fields) == 3
    assert len(resolve(Packet("p", h.bind(has_size=1, size=1), min_length=1)).fields) == 2


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        (AtLeast(V, 0), "its condition, version is at least 0, always holds"),
        (~AtMost(V, 255), "its condition, not version is at most 255, never holds"),
        (AtLeast(V, 0) & Is(L, 1), "h.version >= 0 in its condition always holds"),
        (AtMost(T, -129), "-129 does not fit into 8 bits; use -128 to 127"),
        (Is(V, 2) & ~Is(V, 2), "(version is 2 and not version is 2), never holds"),
        (AtLeast(L, 9) | AtMost(L, 8), "always holds"),
        (AtLeast(L, 9) & AtMost(L, 8), "never holds"),
    ],
)
def test_a_condition_that_cannot_vary_is_refused(when: Switch, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        resolved(when, 1, 1, 1)
    assert problem in str(caught.value)


def test_the_exported_dissector_takes_frames_with_these_fields_only(
    require: Require, tmp_path: Path
) -> None:
    when, _ = CONDITIONS[6]
    layout = resolve(Packet("own", ETHERNET / header(when, 2, 8, -1) / Fill(7)))
    frame = bytearray(oracle.encode(layout, {"mac_src": 2}, layout.min_length))
    frames = []
    for values in GRID:
        frame[14:18] = struct.pack(">BHb", *values)
        frames.append(bytes(frame))
    expected = [oracle.decode(layout, each) for each in frames]
    ours = [each for each in expected if each.result is Result.VALID]
    assert 0 < len(ours) < len(frames)
    dissection = outside.Dissection(layout, require("tshark"), exported=True)
    outside.write_pcap(
        tmp_path / "ours.pcap",
        [
            each
            for each, decoded in zip(frames, expected, strict=True)
            if decoded.result is Result.VALID
        ],
    )
    assert dissection.faults(tmp_path / "ours.pcap", [each.values for each in ours]) == []
    outside.write_pcap(
        tmp_path / "others.pcap",
        [
            each
            for each, decoded in zip(frames, expected, strict=True)
            if decoded.result is not Result.VALID
        ],
    )
    others = [each.values for each in expected if each.result is not Result.VALID]
    faults = dissection.faults(tmp_path / "others.pcap", others)
    missing = [each for each in faults if "h.version reads nothing" in each or ".h.version" in each]
    assert len({each.partition(":")[0] for each in missing}) == len(others)
    assert "conditions" in wireshark.dissector(layout)


def test_show_prints_what_decides(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from codegen.model import AtLeast, Default, Header, Is, Packet, UInt\n"
        'H = Header("h", (UInt("a", 8, Default(5)), UInt("b", 8, Default(0),\n'
        '    when=AtLeast("a", 2) & ~Is("a", 9))))\n'
        'P = Packet("p", H, min_length=1)\n'
    )
    done = CliRunner().invoke(command, [str(file)])
    assert "h.a >= 2 && h.a != 9" in done.stdout
