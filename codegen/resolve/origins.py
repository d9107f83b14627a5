"""The fourth pass: where each field's value comes from, a source a case.

Reports F120 (the order of arguments does not name each parameter once) and F126 (a computed
value in a field that is no number); the other diagnostics are those of
:mod:`codegen.resolve.values`, :mod:`~codegen.resolve.sweeps`,
:mod:`~codegen.resolve.lengths`, :mod:`~codegen.resolve.checksums` and
:mod:`~codegen.resolve.numbers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from codegen.diagnostics import Code
from codegen.layout import Argument, Fixed, Origin, Placed
from codegen.model import (
    Checksum,
    Const,
    Count,
    Counter,
    Cycle,
    Default,
    Format,
    Length,
    NextHeader,
    Packet,
    Parameter,
    Permutation,
    Random,
    Range,
    Sweep,
    Timestamp,
    UInt,
)
from codegen.resolve import checksums, lengths, numbers, sweeps, values
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places


def origin(
    found: Findings, packet: Packet, places: Places, place: Place, frames: range
) -> Origin | None:
    """Return where a field's value comes from in frames of those lengths, None after a report."""
    source, path, field = place.source, place.path, place.field
    computed = isinstance(source, Length | Checksum | NextHeader | Count)
    if computed and not isinstance(field, UInt):
        found.report(
            Code.F126,
            path,
            f"a {type(source).__name__} is an unsigned number, and the field is of the shape "
            f"{type(field).__name__}",
            f"declare UInt({field.name!r}, {field.bits}, ...)",
        )
        return None
    match source:
        case Const():
            return Fixed(values.number(found, path, field, source.value), checked=True)
        case Default():
            return values.default(found, path, field, source)
        case Parameter():
            return values.argument(found, path, field, source, bound=place.bound)
        case Counter() | Cycle() | Permutation() | Random() | Range() | Timestamp():
            return sweeps.of_place(found, places, place, source)
        case Length():
            return lengths.length(found, places, place, source, frames)
        case Checksum():
            return checksums.checksum(found, packet, places, place, source)
        case NextHeader():
            return numbers.next_header(found, packet, place, source)
        case Count():
            return lengths.count(found, places, place, source)
    assert_never(source)


def arguments(found: Findings, format: Format, fields: Sequence[Placed]) -> tuple[Placed, ...]:
    """Return the parameters in the order of the emitted function; none after a report."""
    by_name = {each.argument.name: each for each in fields if isinstance(each.origin, Argument)}
    packet = format.packet
    if packet.arguments is None:
        return tuple(by_name.values())
    # A parameter that a preset sweeps is an argument no longer.
    swept = {key for key, value in format.bindings if isinstance(value, Sweep)}
    order = tuple(name for name in packet.arguments if name not in swept)
    if sorted(order) != sorted(by_name):
        found.report(
            Code.F120,
            f"packet {packet.name!r}",
            f"arguments={order!r}, and its parameters are {tuple(by_name)!r}",
            "name each parameter once, or leave arguments out",
        )
        return ()
    return tuple(by_name[name] for name in order)
