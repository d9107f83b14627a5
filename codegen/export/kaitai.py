"""A layout as a Kaitai Struct file (``.ksy``): readers in a dozen languages are made from it.

It is the layout alone: which bits are which field. Lengths, checksums and constants are
described in words, and not checked by what is made of it.
"""

from __future__ import annotations

import itertools
import json
import keyword
import re
from collections.abc import Iterable, Iterator

from codegen import describe
from codegen.layout import Layout, Placed
from codegen.model import MAC, Bytes, Int, IPv4Address, IPv6Address, UInt, VarInt

#: Numbers of whole bytes that Kaitai Struct has a type for.
_WHOLE = {8: "u1", 16: "u2", 32: "u4", 64: "u8"}


def struct(layout: Layout) -> str:
    """Return the text of the file."""
    sections = parts(layout)
    lines = [
        "# Written by codegen export.",
        "meta:",
        f"  id: {identifier(layout.name)}",
        f"  title: {_text(layout.format.summary or layout.name)}",
        "  endian: be",
        "  bit-endian: be",
        "seq:",
    ]
    for name, fields in sections:
        if fields is None:
            rest = layout.header_length + layout.trailer_length
            lines += [f"  - id: {name}", f"    size: _io.size - {rest}"]
        else:
            lines += [f"  - id: {name}", f"    type: {name}"]
    lines.append("types:")
    for name, fields in sections:
        if fields is not None:
            lines += [f"  {name}:", "    seq:"]
            for each, called in field_names(fields):
                lines += [f"      {line}" for line in _field(each, called)]
    return "\n".join([*lines, *_enums(layout)]) + "\n"


def parts(layout: Layout) -> list[tuple[str, list[Placed] | None]]:
    """Return the headers and trailers with their fields, and the payload, in wire order."""
    taken: set[str] = set()
    found: list[tuple[str, list[Placed] | None]] = []
    runs = [
        (header.name, in_trailer, list(fields))
        for (header, in_trailer), fields in itertools.groupby(
            layout.fields, lambda each: (each.header, each.in_trailer)
        )
    ]
    at = next((i for i, (_, _, fields) in enumerate(runs) if fields[0].start.from_end), len(runs))
    for index, (header, in_trailer, fields) in enumerate(runs):
        if index == at and layout.payload is not None:
            found.append((_unused("payload", taken), None))
        found.append((_unused(f"{header}_trailer" if in_trailer else header, taken), fields))
    if at == len(runs) and layout.payload is not None:
        found.append((_unused("payload", taken), None))
    return found


def field_names(fields: Iterable[Placed]) -> Iterator[tuple[Placed, str]]:
    """Yield the fields of a header with their names: lower case, ``_`` in place of dots."""
    taken: set[str] = set()
    for each in fields:
        yield each, _unused(each.path.removeprefix(f"{each.header.name}."), taken)


def identifier(name: str) -> str:
    """Return a name as Kaitai Struct allows it, and the languages that it writes."""
    cleaned = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "field"
    cleaned = cleaned if cleaned[0].isalpha() else f"n_{cleaned}"
    return f"{cleaned}_" if keyword.iskeyword(cleaned) else cleaned


def _unused(name: str, taken: set[str]) -> str:
    cleaned = identifier(name)
    chosen = next(
        each
        for number in itertools.count(1)
        if (each := cleaned if number == 1 else f"{cleaned}_{number}") not in taken
    )
    taken.add(chosen)
    return chosen


def _field(placed: Placed, name: str) -> Iterator[str]:
    yield f"- id: {name}"
    bits, whole = placed.bits, placed.start.bit == 0 and placed.bits % 8 == 0
    little = placed.field.byteorder == "little"
    if whole and isinstance(placed.field, MAC | IPv4Address | IPv6Address | Bytes | VarInt):
        yield f"  size: {bits // 8}"
    elif whole and bits in _WHOLE and isinstance(placed.field, Int):
        yield f"  type: s{bits // 8}{'' if bits == 8 else 'le' if little else 'be'}"
    elif whole and bits in _WHOLE:
        yield f"  type: {_WHOLE[bits]}{'' if bits == 8 else 'le' if little else 'be'}"
    else:
        yield f"  type: b{bits}{'le' if little else 'be'}"
    if isinstance(placed.field, UInt) and placed.field.names:
        yield f"  enum: {_enum(placed)}"
    yield f"  doc: {_text(f'{placed.field.kind}; {describe.origin(placed)}')}"


def _enum(placed: Placed) -> str:
    return identifier(placed.path)


def _enums(layout: Layout) -> Iterator[str]:
    named = [each for each in layout.fields if isinstance(each.field, UInt) and each.field.names]
    if named:
        yield "enums:"
    for each in named:
        assert isinstance(each.field, UInt)
        yield f"  {_enum(each)}:"
        taken: set[str] = set()
        for number, name in each.field.names.items():
            yield f"    {number}:"
            yield f"      id: {_unused(name, taken)}"
            yield f"      -orig-id: {_text(name)}"


def _text(text: str) -> str:
    """Return a text as YAML reads it: a text of JSON is one of YAML."""
    return json.dumps(text)
