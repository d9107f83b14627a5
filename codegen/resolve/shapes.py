"""Whether a field can have its shape where it stands; padding becomes a field.

Reports F103 (impossible width), F105 (overlap), F106 (gap), F107 (a named number does not
fit), F122 (bytes inside of a byte), F124 (both byte orders in one byte) and F125 (names
that are not unique).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from codegen.diagnostics import Code
from codegen.errors import shown
from codegen.layout import Position
from codegen.model import (
    Bytes,
    Default,
    Field,
    Group,
    IPv6Address,
    Member,
    Pad,
    Reserved,
    UInt,
    VarInt,
)
from codegen.model.field import ByteOrder
from codegen.resolve.findings import Findings


def names_of(field: Field) -> Mapping[int, str]:
    """Return the names of an enumeration's numbers, none of any other field."""
    return field.names if isinstance(field, UInt) else {}


def check_width(found: Findings, path: str, field: Field, here: Position) -> None:
    """Check that a field has a width that is possible, bytes a start on a whole byte."""
    if isinstance(field, Bytes | IPv6Address):
        if field.bits < 8:
            found.report(
                Code.F103,
                path,
                "it has no bytes",
                "give it a size, or a value with one byte at least",
            )
        elif here.bit:
            found.report(
                Code.F122,
                path,
                f"it starts at bit {here.bit} of a byte",
                f"put Reserved({8 - here.bit}) before it",
            )
    elif isinstance(field, VarInt) and (field.bytes not in field.sizes or here.bit):
        sizes = ", ".join(map(str, field.sizes))
        if here.bit:
            problem, remedy = f"it starts at bit {here.bit} of a byte", f"Reserved({8 - here.bit})"
            found.report(Code.F122, path, problem, f"put {remedy} before it")
            return
        found.report(
            Code.F103,
            path,
            "its size does not follow from a value"
            if not field.bytes
            else f"{field.bytes} bytes are no size of {field.encoding}",
            f"give it size=, one of {sizes}: the places of other fields follow from it, so "
            "each size is a packet of its own",
        )
    elif not 1 <= field.bits <= 64:
        found.report(
            Code.F103,
            path,
            f"{field.bits} bits are not possible",
            "use 1 to 64 bits, and several fields for more",
        )


def check_enumeration(found: Findings, path: str, field: Field) -> None:
    """Check that each number of an enumeration fits, and each name means one of them."""
    names = names_of(field)
    given = Counter(names.values())
    numbers = {shown(one): one for one in names}
    for number, name in names.items():
        if not 0 <= number < 1 << max(field.bits, 0):
            found.report(
                Code.F107,
                path,
                f"{number} ({name}) does not fit into {field.bits} bits",
                "widen the field, or leave the name out",
            )
        elif not name.isprintable() or name.strip() != name or not name:
            problem = f"{name!r} is no name that can be written as an argument"
            found.report(Code.F125, path, problem, "use letters and digits")
        elif given[name] > 1 or numbers.get(name, number) != number:
            problem = f"{name!r} could be {number} or another number"
            found.report(Code.F125, path, problem, "give each number a name of its own")


def check_order(
    found: Findings, path: str, field: Field, here: Position, before: tuple[str, Field]
) -> None:
    """Check that fields that share a byte count from the same end of it.

    ``before`` is the path of the field before, and that field.
    """
    other, order = before[0], before[1].byteorder
    if order != field.byteorder:
        found.report(
            Code.F124,
            path,
            f"it is {field.byteorder}-endian, and shares a byte with {other!r}, "
            f"which is {order}-endian",
            f"give it byteorder={order!r}, or put "
            f"Reserved({8 - here.bit}, byteorder={order!r}) before it",
        )


def check_at(found: Findings, path: str, field: Field, here: int) -> None:
    """Check that a field starts at the bit of its header at which it is declared."""
    if field.at is None or field.at == here:
        return
    problem = f"it is declared at bit {field.at}, but the fields before it end at bit {here}"
    if field.at < here:
        remedy = f"narrow the fields before it, or declare at={here}"
        found.report(Code.F105, path, problem, remedy)
    else:
        remedy = f"put Reserved({field.at - here}) before it, or declare at={here}"
        found.report(Code.F106, path, problem, remedy)


def check_padding(found: Findings, members: tuple[Member, ...], where: str) -> None:
    """Check that a header or trailer does not start with padding, which would be empty."""
    first = members[0] if members else None
    while isinstance(first, Group) and first.fields:
        first = first.fields[0]
    if isinstance(first, Pad):
        found.report(
            Code.F103,
            where,
            f"{first.name!r} is padding at its start, and takes no room: it counts from there",
            "put it behind what it fills up; a field Length(PAYLOAD, "
            f"unit={first.multiple}) lets payloads have whole units only",
        )


def padding(found: Findings, path: str, pad: Pad, size: int) -> int:
    """Return the bits from ``size`` bits up to the next multiple; 0 after a report."""
    missing = -size % (8 * pad.multiple) if pad.multiple > 0 else 0
    if missing > 64 and size % 8:
        found.report(
            Code.F103,
            path,
            f"padding of {missing} bits starts inside of a byte",
            f"put Reserved({-size % 8}) before it",
        )
        return 0
    if not 1 <= pad.multiple <= 256:
        found.report(
            Code.F103,
            path,
            f"padding to a multiple of {pad.multiple} bytes is not possible",
            "use 1 to 256 bytes",
        )
        return 0
    return missing


def padding_field(pad: Pad, bits: int, order: ByteOrder) -> Field:
    """Return the field that padding of so many bits is; a receiver ignores it."""
    if bits > 64:
        return Bytes(pad.name, Default(bytes(bits // 8)))
    return Reserved(bits, pad.name, byteorder=order)
