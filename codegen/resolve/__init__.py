"""From a format to its layout: every field gets a place and a definite origin.

The passes come one after the other, a file each, and each takes what those before it found
out: names, places, bindings, then the origins (values and sweeps, spans and lengths,
checksums). What is wrong with a format is reported together, as far as the passes come:
each diagnostic has its number, its place, and the remedy. A module's docstring lists
those that it reports.

This module reports F118 (no layer at all) and F127 (a declaration of the wrong type).
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.layout import END, START, Extent, Layout, Payload, Placed
from codegen.model import Fill, Format, Preset
from codegen.resolve import bindings, checksums, examples, lengths, names, numbers, origins, placing
from codegen.resolve.findings import Findings
from codegen.typecheck import mistakes

__all__ = ["resolve"]


def resolve(format: Format) -> Layout:
    """Return the layout of a format.

    Raises FormatError with all that is wrong with it, or with the packet of a preset.
    """
    found = Findings(format)
    _check_types(found, format)
    names.check(found, format)
    placed = placing.place(found, format.packet)
    names.check_variables(found, placed)
    found.stop()
    numbers.check_carried(found, format.packet)
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
    frames = lengths.whole_units(found, placed, found_origins, frames)
    found.stop()
    length, length_sweep = lengths.frame_length(found, bound.length, frames)
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
    if isinstance(fill, Fill):
        extent = Extent(START + 8 * header_length, END - 8 * trailer_length)
        payload = Payload(fill.name, fill, extent, bound.pattern)
    layout = Layout(
        format=format,
        fields=fields,
        payload=payload,
        header_length=header_length,
        trailer_length=trailer_length,
        min_length=frames[0],
        max_length=frames[-1],
        length_step=frames.step,
        arguments=arguments,
        checksums=in_order,
        length=length,
        length_sweep=length_sweep,
    )
    if not layout.is_preset:
        examples.check(found, layout)
        found.stop()
    return layout
