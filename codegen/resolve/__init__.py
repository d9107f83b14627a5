"""From a format to its layout: every field gets a place and a definite origin.

The passes come one after the other, a file each, and each takes what those before it found
out: names, places, bindings, then the origins (values and sweeps, spans and lengths,
checksums). What is wrong with a format is reported together, as far as the passes come:
each diagnostic has its number, its place, and the remedy. A module's docstring lists
those that it reports.

This module reports F118 (no layer at all) and F127 (a declaration of the wrong type).
"""

from __future__ import annotations

from dataclasses import replace

from codegen.diagnostics import Code
from codegen.layout import END, START, UNPADDED, Extent, Layout, Payload, Placed
from codegen.model import Fill, Format, Preset, Repetition
from codegen.resolve import (
    bindings,
    bounds,
    checksums,
    examples,
    lengths,
    names,
    numbers,
    origins,
    paddings,
    payloads,
    placing,
)
from codegen.resolve.findings import Findings
from codegen.typecheck import mistakes

__all__ = ["resolve"]


def resolve(format: Format) -> Layout:
    """Return the layout of a format.

    Raises FormatError with all that is wrong with it, or with the packet of a preset.
    """
    found = Findings(format)
    bounds.check(found, format)
    found.stop()
    _check_types(found, format)
    names.check(found, format)
    placed = placing.place(found, format.packet)
    names.check_variables(found, placed)
    found.stop()
    numbers.check_carried(found, format.packet)
    numbers.check_link(found, format.packet)
    if isinstance(format, Preset):
        # What is wrong with the packet itself is reported as the packet's.
        _layout(found, format.packet, bindings.bind(found, format.packet, placed))
    return _layout(found, format, bindings.bind(found, format, placed))


def _check_types(found: Findings, format: Format) -> None:
    """Check what Python does not: the passes rest on a declaration having its types."""
    for where, problem, remedy in mistakes(format):
        found.report(Code.F127, where, problem, remedy)
    found.stop()
    if not format.packet.layers:
        placing.no_field(found, format.packet)
    found.stop()


def _layout(found: Findings, format: Format, bound: bindings.Bound) -> Layout:
    """Return the layout of a format whose values are bound."""
    packet, placed = format.packet, bound.places
    frames = lengths.bounds(found, packet, placed)
    found.stop()
    found_origins = [
        origins.origin(found, packet, placed, place, frames) for place in placed.fields
    ]
    found.stop()
    lengths_ = lengths.whole_units(found, placed, found_origins, frames)
    found.stop()
    wanted = bound.length
    if isinstance(wanted, Repetition):
        wanted = payloads.once(found, bound.content, placed.least_length)
    if placed.padding is not None:
        paddings.check_found(found, placed.padding, found_origins, lengths_)
    length, length_sweep = lengths.frame_length(found, wanted, lengths_)
    found.stop()
    fields = tuple(
        Placed(place.path, place.header, place.field, place.start, origin, place.in_trailer)
        for place, origin in zip(placed.fields, found_origins, strict=True)
        if origin is not None
    )
    checksums.check_names(found, fields)
    in_order = checksums.order(found, fields)
    arguments = origins.arguments(found, format, fields)
    found.stop()
    fill = packet.layers[-1]
    # Where no payload is between them, a trailer is no more than fields that follow.
    header_length = placed.header_length if isinstance(fill, Fill) else placed.least_length
    trailer_length = placed.least_length - header_length
    payload = None
    if isinstance(fill, Fill) and bound.content is not None:
        end = replace(END, padding=UNPADDED if placed.padding else None)
        extent = Extent(START + 8 * header_length, end - 8 * trailer_length)
        payload = Payload(fill.name, fill, extent, bound.content)
    layout = Layout(
        format=format,
        fields=fields,
        payload=payload,
        header_length=header_length,
        trailer_length=trailer_length,
        min_length=lengths_[0],
        max_length=lengths_[-1],
        length_step=lengths_.step if isinstance(lengths_, range) else 1,
        arguments=arguments,
        checksums=in_order,
        length=length,
        length_sweep=length_sweep,
        conditions=placed.conditions,
        length_list=() if isinstance(lengths_, range) else lengths_,
        padding=placed.padding,
    )
    if not layout.is_preset:
        examples.check(found, layout)
        found.stop()
    return layout
