"""Diagrams: one is compared with a stored text, all are read back into the fields they draw.

The stored text is for the eye, and shows in review what a change of the drawing
does. Reading back needs no stored text: what stands between the bars must be
the fields, in order and each as wide as it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import describe, formats
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.layout import Layout, Placed
from codegen.model import (
    HEADER_AND_PAYLOAD,
    MAC,
    Checksum,
    Const,
    Default,
    Fill,
    Header,
    IPv4Address,
    Length,
    NextHeader,
    Packet,
    Parameter,
    Reserved,
    UInt,
)
from codegen.resolve import resolve

GOLDEN = Path(__file__).parent / "golden"
ROW = 32


def header(*widths: int) -> Header:
    """Return a header of fields of these widths, whose names are longer than most of them."""
    return Header(
        "h", tuple(UInt(f"field_{at}_of_{bits}", bits, Const(0)) for at, bits in enumerate(widths))
    )


def packet(*widths: int) -> Layout:
    return resolve(Packet("p", header(*widths) / Fill("x"), min_length=1))


LAYOUTS = {
    "udp4": resolve(formats.load("udp4")),
    "usoc21": resolve(formats.load("usoc21")),
    "awkward": packet(1, 3, 33, 64, 3),
    "one byte": packet(8),
    "one bit each": packet(*[1] * 40),
    "a row and a bit more": packet(32, 8),
    "across two rows": packet(31, 2, 63),
    "over three rows": packet(24, 64, 64, 8),
    "aligned and wide": packet(64, 64),
    "wide from the middle": packet(16, 48, 48, 16),
    "address from the middle": resolve(
        Packet("p", Header("h", (Reserved(16), MAC("mac", Const("02:00:00:00:00:01")))) / Fill())
    ),
}
layouts = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


def headers(layout: Layout) -> list[list[Placed]]:
    names = dict.fromkeys(placed.header.name for placed in layout.fields)
    return [[each for each in layout.fields if each.header.name == name] for name in names]


def blocks(layout: Layout) -> list[list[str]]:
    return [block.splitlines() for block in describe.diagram(layout).split("\n\n")]


def owners(fields: list[Placed]) -> list[list[int]]:
    """Return which field each bit belongs to, in rows as they are drawn."""
    bits = [index for index, placed in enumerate(fields) for _ in range(placed.bits)]
    return [bits[at : at + ROW] for at in range(0, len(bits), ROW)]


@layouts
def test_every_header_has_a_block_and_the_payload_a_line(layout: Layout) -> None:
    found = blocks(layout)
    assert len(found) == len(headers(layout)) + 1
    assert found[-1] == [
        f"Payload, bytes {layout.header_length}..end: each byte "
        f"{layout.payload.fill.show(layout.payload.pattern or b'') if layout.payload else ''}"
    ]
    for (title, *_), fields in zip(found, headers(layout), strict=False):
        first, last = fields[0].start.octet, fields[-1].end.octet - 1
        assert f", bytes {first}..{last}" in title


@layouts
def test_the_ruler_counts_the_bits(layout: Layout) -> None:
    for (_, tens, ones, *_), fields in zip(blocks(layout), headers(layout), strict=False):
        width = len(owners(fields)[0])
        assert ones == "".join(f" {bit % 10}" for bit in range(width))
        assert tens.split() == [str(ten) for ten in range(-(-width // 10))]
        for ten in range(-(-width // 10)):
            assert tens[1 + 20 * ten] == str(ten)


@layouts
def test_bars_stand_where_fields_begin_and_end(layout: Layout) -> None:
    for (_, _, _, *lines), fields in zip(blocks(layout), headers(layout), strict=False):
        cells = lines[1::2]
        rows = owners(fields)
        assert len(cells) == len(rows)
        for line, row in zip(cells, rows, strict=True):
            assert len(line) == 2 * len(row) + 1
            bars = [0, *(bit for bit in range(1, len(row)) if row[bit] != row[bit - 1]), len(row)]
            assert [at for at, char in enumerate(line) if char == "|"] == [2 * bit for bit in bars]


@layouts
def test_borders_join_the_bars_and_are_open_inside_a_field(layout: Layout) -> None:
    for (_, _, _, *lines), fields in zip(blocks(layout), headers(layout), strict=False):
        rows = [[], *owners(fields), []]
        borders = lines[::2]
        assert len(borders) == len(rows) - 1
        for border, above, below in zip(borders, rows[:-1], rows[1:], strict=True):
            width = max(len(above), len(below))
            line = border.ljust(2 * width + 1)
            assert len(line) == 2 * width + 1
            assert not line[0::2].strip("+ ")
            assert not line[1::2].strip("- ")
            for bit in range(width):
                up = above[bit] if bit < len(above) else None
                down = below[bit] if bit < len(below) else None
                assert (line[2 * bit + 1] == " ") == (up == down), (border, bit)
            # A bar above or below never ends in the air.
            for corner in range(width + 1):
                around = {
                    row[bit] if 0 <= bit < len(row) else None
                    for row in (above, below)
                    for bit in (corner - 1, corner)
                }
                assert (line[2 * corner] == " ") == (len(around) == 1), (border, corner)


@layouts
def test_each_name_stands_once_where_its_field_is_widest(layout: Layout) -> None:
    for (_, _, _, *lines), fields in zip(blocks(layout), headers(layout), strict=False):
        texts: dict[int, list[str]] = {}
        for line, row in zip(lines[1::2], owners(fields), strict=True):
            for index, text in zip(dict.fromkeys(row), line[1:-1].split("|"), strict=True):
                texts.setdefault(index, []).append(text)
        for index, placed in enumerate(fields):
            written = [text for text in texts[index] if text.strip()]
            assert len(written) == 1, placed.path
            (text,) = written
            assert len(text) == max(map(len, texts[index]))
            # What does not fit is cut at the end, never drawn over its neighbour.
            assert text.strip() == placed.field.name[: len(text)]
            left, right = len(text) - len(text.lstrip()), len(text) - len(text.rstrip())
            assert abs(left - right) <= 1


@layouts
def test_no_line_has_blanks_at_its_end(layout: Layout) -> None:
    assert not re.search(r"[ \t]$", describe.diagram(layout), re.MULTILINE)


def test_a_payload_that_is_missing_is_not_drawn() -> None:
    layout = resolve(Packet("p", header(8, 8), min_length=2))
    assert "Payload" not in describe.diagram(layout)


def show(*arguments: str, **options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "show", *arguments],
        capture_output=True,
        text=True,
        check=True,
        **options,  # type: ignore[call-overload]
    )
    return str(done.stdout)


@pytest.mark.parametrize("name", ["udp4", "awkward"])
def test_show_is_the_stored_text(name: str, tmp_path: Path) -> None:
    spec = name
    if name == "awkward":
        (tmp_path / "awkward.py").write_text(AWKWARD)
        spec = f"{tmp_path / 'awkward.py'}:AWKWARD"
    stored = GOLDEN / f"show-{name}.txt"
    found = show(spec)
    assert found == stored.read_text(), f"when it is meant: codegen show {name} > {stored.name}"


AWKWARD = """
from codegen.model import MAC, Const, Default, Fill, Header, Packet, Parameter, Reserved, UInt

AWKWARD = Packet(
    "awkward",
    Header(
        "bits",
        (
            UInt("urgent", 1, Const(1)),
            UInt("kind", 3, Parameter("kind", 1, minimum=1, maximum=6)),
            UInt("a_counter_of_33_bits", 33, Default(0)),
            Reserved(3),
            UInt("timestamp", 64, Parameter("timestamp", 0)),
        ),
        title="A header of [odd] fields, none on a row's end",
    )
    / Header("tail", (MAC("address", Const("aa:ab:cd:00:00:01")),))
    / Fill("["),
    "every width that is awkward to draw [sic] :smile:",
)
"""


def test_text_is_printed_as_it_is(tmp_path: Path) -> None:
    # rich would take :ab: and :smile: for pictures and [odd] for a style.
    (tmp_path / "awkward.py").write_text(AWKWARD)
    found = show(f"{tmp_path / 'awkward.py'}:AWKWARD")
    assert found.startswith("awkward: every width that is awkward to draw [sic] :smile:\n")
    assert "constant aa:ab:cd:00:00:01\n" in found
    assert "A header of [odd] fields, none on a row's end, bytes 0..12" in found
    assert "each byte 0x5b '['\n" in found


def test_a_table_row_for_every_field() -> None:
    layout = LAYOUTS["usoc21"]
    table = show("usoc21").split("\n\n")[-1].splitlines()
    assert table[0].split() == ["byte.bit", "bits", "field", "shape", "value"]
    assert [line.split()[2] for line in table[1:-1]] == [each.path for each in layout.fields]
    assert table[-1].split() == ["42", "fill", "payload", "each", "byte", "0x55", "'U'"]


ORIGINS = resolve(
    Packet(
        "p",
        ETHERNET
        / IPV4
        / Header(
            "h",
            (
                UInt("fixed", 8, Const(3)),
                UInt("may_change", 8, Default(4)),
                UInt("plain", 16, Parameter("plain", 5)),
                UInt("narrow", 16, Parameter("narrow", 6, minimum=1, maximum=9)),
                IPv4Address("address", Parameter("address", "192.0.2.9")),
                UInt("length", 16, Length(HEADER_AND_PAYLOAD, plus=-4)),
                UInt("next", 16, NextHeader("ethertype", last=0x88B5)),
                UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True, zero_as=0xFFFF)),
                Reserved(16),
            ),
            numbers={"ip_protocol": 253},
        )
        / Fill(),
    )
)


def test_least_significant_bits_first_are_drawn_where_they_are() -> None:
    """Of a field that goes on in the next byte each part says which bits it has."""
    header = Header(
        "h",
        (
            UInt("low", 4, Default(0), "little"),
            UInt("across", 13, Default(0), "little"),
            UInt("rest", 7, Default(0), "little"),
            UInt("whole", 24, Default(0), "little"),
        ),
    )
    assert (
        describe.diagram(resolve(Packet("p", header, min_length=1)))
        == """\
h, bytes 0..5
 0                   1                   2                   3
 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|ac[3:0]|  low  |  across[11:4] |     rest    |a|               |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
|             whole             |
+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+"""
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("h.fixed", "constant 3"),
        ("h.may_change", "fixed 4"),
        ("h.plain", "parameter plain, default 5"),
        ("h.narrow", "parameter narrow in 1..9, default 6"),
        ("h.address", "parameter address, default 192.0.2.9"),
        ("h.length", "length of bytes 34..end -4"),
        ("h.next", "next header, ethertype 0x88b5"),
        (
            "h.sum",
            "RFC 1071 internet checksum of bytes 34..end with pseudo header, 0 sent as 0xffff",
        ),
        ("h.reserved", "fixed 0"),
        ("ipv4.flags", "fixed 0, bits 0x1 decide what follows"),
        ("ipv4.fragment_offset", "fixed 0, decides what follows"),
        ("ethernet.src", "parameter mac_src, default the device's own"),
    ],
)
def test_where_a_value_comes_from(path: str, words: str) -> None:
    assert describe.origin(ORIGINS[path]) == words
    assert describe.declaration(ORIGINS[path]) == f"{path}: {ORIGINS[path].field.kind}, {words}"


def test_what_a_preset_binds_is_said() -> None:
    assert describe.origin(LAYOUTS["usoc21"]["ipv4.ttl"]) == "parameter ttl, bound to 64"


def test_positions() -> None:
    awkward = LAYOUTS["awkward"]
    assert [describe.position(each) for each in awkward.fields] == [
        "0",
        "0.1",
        "0.4",
        "4.5",
        "12.5",
    ]


def test_the_parts_of_a_pseudo_header() -> None:
    origin = ORIGINS["h.sum"].origin
    assert describe.pseudo_header(origin) == [  # type: ignore[arg-type]
        "ipv4.src, 32 bits",
        "ipv4.dst, 32 bits",
        "0, 8 bits",
        "253, 8 bits",
        "size of bytes 34..end, 16 bits",
    ]
