"""A layout as JSON, for programs in other languages; ``layout.schema.json`` is its schema.

Values and masks are decimal numbers in text, because readers of JSON keep only 53 bits of a
number. Positions are in bits, from the start of the frame or, what lies behind a payload of
any size, from its end (zero or less).
"""

from __future__ import annotations

import json
from fractions import Fraction
from importlib import resources
from typing import assert_never

from codegen import describe
from codegen.layout import (
    UNPADDED,
    All,
    Argument,
    Compared,
    Condition,
    Either,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Padding,
    Payload,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    PseudoLength,
    RandomOctetsSweep,
    Sum,
)
from codegen.model import (
    CRC,
    MAC,
    Bytes,
    Field,
    Int,
    IPv4Address,
    IPv6Address,
    NextHeader,
    OwnAlgorithm,
    Reserved,
    UInt,
    VarInt,
)

#: What changes when a document of the same format changes its meaning.
VERSION = 1

_KINDS = {
    UInt: "number",
    Int: "signed",
    MAC: "mac",
    IPv4Address: "ipv4",
    IPv6Address: "ipv6",
    Bytes: "bytes",
    Reserved: "reserved",
}


def document(layout: Layout) -> str:
    """Return the JSON text of a layout, as its schema describes it."""
    return json.dumps(value(layout), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, object]:
    """Return the schema that each document satisfies."""
    text = (resources.files("codegen.export") / "layout.schema.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text)
    return found


def value(layout: Layout) -> dict[str, object]:
    """Return a layout as values of JSON."""
    payload = layout.payload
    return {
        "version": VERSION,
        "name": layout.name,
        "summary": layout.format.summary,
        "linktype": int(layout.link),
        "frame": {
            "min_length": layout.min_length,
            "max_length": layout.max_length,
            "length_step": layout.length_step,
        },
        "header_length": layout.header_length,
        "trailer_length": layout.trailer_length,
        "fields": [_field(each) for each in layout.fields],
        "conditions": [_condition(each) for each in layout.conditions],
        "padding": layout.padding and _padding(layout.padding),
        "payload": payload
        and {
            "path": payload.path,
            "extent": _extent(payload.extent),
            **_content(payload),
        },
    }


def _content(payload: Payload) -> dict[str, object]:
    """Return what a payload consists of: what all repeat, or what they have in turn, or a seed."""
    if isinstance(payload.content, RandomOctetsSweep):
        return {"seed": str(payload.content.seed)}
    patterns = [each.hex() for each in payload.content.patterns]
    return {"pattern": patterns[0]} if len(patterns) == 1 else {"patterns": patterns}


def _field(placed: Placed) -> dict[str, object]:
    found: dict[str, object] = {
        "path": placed.path,
        "header": placed.header.name,
        "kind": _kind(placed.field),
        "position": _position(placed.start),
        "bits": placed.bits,
        "byteorder": placed.field.byteorder,
        "in_trailer": placed.in_trailer,
        "value": _value(placed),
        "words": describe.origin(placed),
    }
    if isinstance(placed.field, UInt) and placed.field.names:
        found["names"] = {str(number): name for number, name in placed.field.names.items()}
    return found


def _kind(field: Field) -> str:
    return field.encoding if isinstance(field, VarInt) else _KINDS[type(field)]


def _condition(condition: Condition) -> dict[str, object]:
    """Return what a frame must have, so that its optional fields are those of the layout."""
    match condition:
        case Compared(path=path, operator=operator, value=value):
            return {"path": path, "operator": operator, "value": str(value)}
        case All(parts=parts):
            return {"all": [_condition(each) for each in parts]}
        case Either(parts=parts):
            return {"any": [_condition(each) for each in parts]}
    assert_never(condition)


def _value(placed: Placed) -> dict[str, object]:
    """Return where the value of a field comes from."""
    match placed.origin:
        case Fixed() as fixed:
            found: dict[str, object] = {"value": str(fixed.value), "checked": fixed.checked}
            if fixed.decides:
                found["decides"] = str(fixed.decides)
            elif fixed.checked and isinstance(placed.field.source, NextHeader):
                found["decides"] = str((1 << placed.bits) - 1)
            return {"from": "fixed"} | found
        case Argument() as argument:
            return {
                "from": "argument",
                "name": argument.name,
                "default": None if argument.default is None else str(argument.default),
                "minimum": str(argument.minimum),
                "maximum": str(argument.maximum),
            }
        case FrameLength(of=of, unit=unit, plus=plus, codes=codes):
            unit = Fraction(unit)
            found = {
                "from": "length",
                "of": _extent(of),
                "unit": [unit.numerator, unit.denominator],
                "plus": plus,
            }
            if codes:
                found["codes"] = {str(code): size for size, code in codes}
            return found
        case Sum() as total:
            return _sum(total)
    return {"from": "sweep"}


def _sum(total: Sum) -> dict[str, object]:
    pseudo: list[dict[str, object]] = []
    for part in total.pseudo:
        match part:
            case PseudoField(path=path, bits=bits):
                pseudo.append({"part": "field", "bits": bits, "path": path})
            case PseudoConst(value=value, bits=bits):
                pseudo.append({"part": "constant", "bits": bits, "value": str(value)})
            case PseudoLength(bits=bits):
                pseudo.append({"part": "length", "bits": bits})
    return {
        "from": "checksum",
        "over": [_extent(each) for each in total.over],
        "zeroed": list(total.zeroed),
        "algorithm": total.algorithm.title,
        "crc": _crc(total.algorithm) if isinstance(total.algorithm, CRC) else None,
        "own": isinstance(total.algorithm, OwnAlgorithm),
        "pseudo_header": pseudo,
        "zero_as": None if total.zero_as is None else str(total.zero_as),
        "optional": total.optional,
    }


def _crc(algorithm: CRC) -> dict[str, object]:
    return {
        "width": algorithm.width,
        "polynomial": str(algorithm.polynomial),
        "init": str(algorithm.init),
        "reflect_in": algorithm.reflect_in,
        "reflect_out": algorithm.reflect_out,
        "xor_out": str(algorithm.xor_out),
    }


def _position(position: Position) -> dict[str, object]:
    side = "end" if position.from_end else "start"
    if position.padding == UNPADDED:
        side = "unpadded end"
    return {"from": side, "bits": position.bits}


def _padding(padding: Padding) -> dict[str, object]:
    return {
        "path": padding.path,
        "uncounted": padding.uncounted,
        "multiple": padding.multiple,
        "least": padding.least,
        "pattern": padding.pattern.hex(),
    }


def _extent(extent: Extent) -> dict[str, object]:
    return {"start": _position(extent.start), "end": _position(extent.end)}
