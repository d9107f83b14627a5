"""Describe a layout in words and diagrams.

``codegen show``, the comments of the emitted C and the diagrams use the same words, so
that a person can match them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from codegen.errors import plain
from codegen.layout import (
    All,
    Argument,
    Compared,
    Condition,
    CounterSweep,
    CycleSweep,
    Either,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Padding,
    Payload,
    PermutationSweep,
    Placed,
    PseudoConst,
    PseudoField,
    PseudoLength,
    RandomOctetsSweep,
    RandomSweep,
    RangeSweep,
    Sum,
    Sweep,
    Swept,
    TimestampSweep,
    TriangleSweep,
    few_values,
)
from codegen.model import BIT, IMIX, Const, NextHeader, limits

_ROW = 32


def origin(placed: Placed) -> str:
    """Return where the value of a field comes from, in a few words."""
    show = placed.field.show
    match placed.origin:
        case Fixed(value=value, decides=decides):
            source = placed.field.source
            if isinstance(source, NextHeader) and placed.derived:
                return f"next header, {source.registry} 0x{value:0{-(-placed.bits // 4)}x}"
            kind = "constant" if isinstance(source, Const) else "fixed"
            return f"{kind} {show(value)}{_decides(placed, decides)}"
        case Argument() as argument:
            default = "the device's own" if argument.default is None else show(argument.default)
            allowed = ""
            if (argument.minimum, argument.maximum) != limits(placed.field):
                allowed = f" in {argument.minimum}..{argument.maximum}"
            state = "bound to" if argument.bound else "default"
            return f"parameter {argument.name}{allowed}, {state} {default}"
        case Swept() as swept:
            return sweep(swept, show)
        case FrameLength() as length:
            unit = ""
            if length.unit != 1:
                unit = " in bits" if length.unit == BIT else f" in units of {length.unit} bytes"
            plus = f" {length.plus:+d}" if length.plus else ""
            code = f", as one of {len(length.codes)} codes" if length.codes else ""
            return f"length of {length.of}{unit}{plus}{code}"
        case Sum() as total:
            pseudo = " with pseudo header" if total.pseudo else ""
            zero = "" if total.zero_as is None else f", 0 sent as 0x{total.zero_as:04x}"
            optional = ", a received 0 means none" if total.optional else ""
            without = f", with {' and '.join(total.zeroed)} as zero" if total.zeroed else ""
            of = f"{covered(total)}{pseudo}{without}"
            return f"{total.algorithm.title} of {of}{zero}{optional}"
    assert_never(placed.origin)


def covered(total: Sum) -> str:
    """Return the bytes that a checksum covers."""
    first, *others = total.over
    return str(first) + "".join(f" and {str(each).removeprefix('bytes ')}" for each in others)


def _decides(placed: Placed, bits: int) -> str:
    """Return the description of a field's bits that decide what follows its header."""
    if not bits:
        return ""
    whole = bits == (1 << placed.bits) - 1
    return ", decides what follows" if whole else f", bits 0x{bits:x} decide what follows"


def sweep(swept: Sweep, show: Callable[[int], str]) -> str:
    """Return how a value differs from packet to packet, in a few words."""
    each = "" if swept.every == 1 else f", each for {swept.every} packets"
    return f"{_sweep(swept, show)}{each}"


def _sweep(swept: Sweep, show: Callable[[int], str]) -> str:
    match swept:
        case CounterSweep(start=start, step=step):
            return f"counter from {show(start)} in steps of {step}"
        case RangeSweep(first=first, step=step):
            steps = "" if step == 1 else f" in steps of {step}"
            return f"{show(first)} to {show(swept.last)}{steps} in turn"
        case TriangleSweep(first=first, step=step):
            steps = "" if step == 1 else f" in steps of {step}"
            return f"{show(first)} to {show(swept.last)} and back{steps}, in turn"
        case PermutationSweep(first=first, seed=seed):
            return f"{show(first)} to {show(swept.last)} in random order, seed {seed}"
        case CycleSweep(values=values):
            shown = ", ".join(show(each) for each in values[:4])
            return f"{shown}{', ...' if len(values) > 4 else ''} in turn"
        case RandomSweep(seed=seed, low=low, step=step):
            steps = "" if step == 1 else f" in steps of {step}"
            return f"random in {show(low)}..{show(swept.last)}{steps}, seed {seed}"
        case TimestampSweep():
            return f"time of sending, {_time(swept)}"
        case RandomOctetsSweep(seed=seed):
            return f"random bytes, seed {seed}"
    assert_never(swept)


def _time(swept: TimestampSweep) -> str:
    """Return what a time stamp counts, and since when."""
    per_second = swept.per_second
    unit = "in seconds"
    if 10**9 % per_second:
        unit = f"in units of 2^-{per_second.bit_length() - 1} s"
    elif per_second > 1:
        unit = f"in units of {10**9 // per_second} ns"
    clock = "" if swept.epoch is None else " of the wall clock"
    if swept.fraction:
        return f"{unit} behind the second{clock}"
    since = {None: "", 0: ", since 1970", 37: ", since 1970, TAI"}.get(swept.epoch, ", since 1900")
    return f"{unit}{clock}{since}"


def condition(of: Condition) -> str:
    """Return a condition in words, with the operators of C."""
    match of:
        case Compared(path=path, operator=operator, value=value):
            return f"{path} {operator} {value}"
        case All(parts=parts):
            return " && ".join(
                f"({each})" if " || " in each else each for each in map(condition, parts)
            )
        case Either(parts=parts):
            return " || ".join(
                f"({each})" if " && " in each else each for each in map(condition, parts)
            )
    assert_never(of)


def lengths(layout: Layout) -> str:
    """Return the possible lengths of a frame."""
    if layout.length_list:
        return f"{runs(layout.length_list)} bytes"
    steps = f" in steps of {layout.length_step}" if layout.length_step > 1 else ""
    without = " without their padding" if layout.padding else ""
    return f"{layout.min_length} to {layout.max_length} bytes{steps}{without}"


def runs(numbers: Sequence[int]) -> str:
    """Return numbers in order, those that follow one another as a range: ``0 to 8, 12, 16``."""
    found: list[list[int]] = []
    for each in numbers:
        if found and each == found[-1][-1] + 1:
            found[-1].append(each)
        else:
            found.append([each])
    return ", ".join(
        f"{each[0]} to {each[-1]}" if len(each) > 2 else ", ".join(map(str, each)) for each in found
    )


def clipping(layout: Layout) -> str | None:
    """Return which frames of the internet mix are longer here than there, None for none."""
    swept = layout.length_sweep
    mixed = dict(layout.format.bindings).get("length") == IMIX
    if swept is None or not mixed or few_values(swept) == list(IMIX.values):
        return None
    least = layout.min_length
    return (
        f"format {layout.name!r}: frames of IMIX that are shorter than its least, {least} bytes, "
        f"are sent with {least}"
    )


def declaration(placed: Placed) -> str:
    """Return a field's declaration in one line, as the emitted comments carry it."""
    return f"{placed.path}: {placed.field.kind}, {origin(placed)}"


def position(placed: Placed) -> str:
    """Return the offset of a field: its byte, and its bit where it starts inside one."""
    start = placed.start
    return f"{start.octet}.{start.bit}" if start.bit else str(start.octet)


def pseudo_header(total: Sum) -> list[str]:
    """Return the parts of a pseudo header in order, a line each."""
    lines = []
    for part in total.pseudo:
        match part:
            case PseudoConst(value=value, bits=bits):
                lines.append(f"{value}, {bits} bits")
            case PseudoField(path=path, bits=bits):
                lines.append(f"{path}, {bits} bits")
            case PseudoLength(bits=bits):
                lines.append(f"size of {covered(total)}, {bits} bits")
    return lines


def diagram(layout: Layout) -> str:
    """Return the bit diagrams of all headers and the payload, 32 bits a row as in RFCs."""
    blocks: dict[bool, list[str]] = {False: [], True: []}
    for (name, in_trailer), fields in groupby(
        layout.fields, lambda placed: (placed.header.name, placed.in_trailer)
    ):
        inside = list(fields)
        header = inside[0].header
        extent = Extent(inside[0].start, inside[-1].end)
        title = f"{header.title or name}{', trailer' if in_trailer else ''}, {extent}"
        if header.reference:
            title += f" ({header.reference})"
        blocks[in_trailer].append(f"{plain(title)}\n{_header_diagram(inside)}")
    between = []
    if layout.payload is not None:
        between.append(f"Payload, {layout.payload.extent}: {payload(layout.payload)}")
    if layout.padding is not None:
        between.append(f"Padding, {padding(layout.padding)}")
    return "\n\n".join(blocks[False] + between + blocks[True])


def padding(padding: Padding) -> str:
    """Return how much padding follows a payload, and what it consists of."""
    size = f"they are a multiple of {padding.multiple} bytes"
    if padding.least:
        size = f"they are {padding.least} bytes"
    what = f"all but {padding.uncounted} bytes of the frame" if padding.uncounted else "the frame"
    size = size if padding.uncounted else size.replace("they are", "it has")
    pattern = "zeros"
    if any(padding.pattern):
        first = ", ".join(str(each) for each in padding.pattern[:3])
        pattern = f"{first} ..."
    return f"{padding.path}: {pattern} behind {what}, until {size}"


def payload(payload: Payload) -> str:
    """Return what a payload consists of, in a few words."""
    if isinstance(payload.content, RandomOctetsSweep):
        return sweep(payload.content, str)
    patterns = payload.content.patterns
    shown = ", ".join(payload.fill.show(each) for each in patterns[:4])
    if len(patterns) > 1:
        return f"{shown}{', ...' if len(patterns) > 4 else ''} in turn, each again and again"
    return f"each byte {shown}" if len(patterns[0]) == 1 else f"{shown}, again and again"


@dataclass(frozen=True)
class _Cell:
    """Bits that are drawn as one: all of a field, or those of it in one byte.

    ``start`` counts from the start of the header, the most significant bit of a byte first.
    ``part`` is the range of bits of the field (``[7:0]``) where they are not all.
    """

    start: int
    bits: int
    name: str
    part: str = ""

    def label(self, width: int) -> str:
        """Return the name in at most ``width`` characters; the range of bits stays whole."""
        room = width - len(self.part)
        return self.name[:room] + self.part if room > 0 else self.name[:width]


def _drawn(fields: list[Placed]) -> list[_Cell]:
    """Return the fields of a header as they are drawn, from left to right.

    Least significant bits first, those of a byte stand to the right of what comes after.
    A field that goes on in the next byte is then drawn in parts: ``name[7:0]``.
    """
    start = fields[0].start
    cells = []
    for placed in fields:
        pieces = placed.pieces
        whole = all(piece.bits == 8 for piece in pieces)
        if placed.field.byteorder == "big" or whole:
            cells.append(_Cell(placed.start.since(start), placed.bits, placed.field.name))
            continue
        for piece in pieces:
            part = ""
            if len(pieces) > 1:
                last = piece.of + piece.bits - 1
                part = f"[{last}]" if piece.bits == 1 else f"[{last}:{piece.of}]"
            left = piece.at.since(start) + 8 - piece.low - piece.bits
            cells.append(_Cell(left, piece.bits, placed.field.name, part))
    return sorted(cells, key=lambda cell: cell.start)


def _header_diagram(fields: list[Placed]) -> str:
    """Draw the fields of one header."""
    cells = _drawn(fields)
    owners = [index for index, cell in enumerate(cells) for _ in range(cell.bits)]
    rows = [owners[at : at + _ROW] for at in range(0, len(owners), _ROW)]
    labels = _label_rows(cells)
    width = min(len(owners), _ROW)
    lines = [
        " " + " ".join(str(bit // 10) if bit % 10 == 0 else " " for bit in range(width)).rstrip(),
        " " + " ".join(str(bit % 10) for bit in range(width)),
    ]
    above: list[int] = []
    for number, row in enumerate(rows):
        lines += [_border(above, row), _row(cells, row, number, labels)]
        above = row
    lines.append(_border(above, []))
    return "\n".join(line.rstrip() for line in lines)


def _label_rows(cells: list[_Cell]) -> dict[int, int]:
    """Choose the row that carries each cell's name: the one with most of its bits."""
    chosen = {}
    for index, cell in enumerate(cells):
        first, last = cell.start, cell.start + cell.bits
        rows = range(first // _ROW, (last - 1) // _ROW + 1)
        chosen[index] = max(
            rows, key=lambda row: min(last, (row + 1) * _ROW) - max(first, row * _ROW)
        )
    return chosen


def _border(above: list[int], below: list[int]) -> str:
    """Draw the line between two rows; it stays open inside a field."""
    line = "+"
    width = max(len(above), len(below))
    for bit in range(width):
        inside = bit < len(above) and bit < len(below) and above[bit] == below[bit]
        next_inside = bit + 1 < min(len(above), len(below)) and above[bit + 1] == below[bit + 1]
        same = inside and next_inside and above[bit] == above[bit + 1]
        line += " " if inside else "-"
        line += " " if same else "+"
    return line


def _row(cells: list[_Cell], row: list[int], number: int, labels: dict[int, int]) -> str:
    """Draw the names of one row between bars."""
    line = "|"
    for index in dict.fromkeys(row):
        width = row.count(index) * 2 - 1
        label = cells[index].label(width) if labels[index] == number else ""
        line += label.center(width) + "|"
    return line
