"""The third pass: what a preset binds takes the place of what its packet declares.

Reports F119 (the packet does not have what is bound, or it cannot be bound), and with
:mod:`codegen.resolve.payloads` what is wrong with the content of a payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codegen.diagnostics import Code
from codegen.errors import shown
from codegen.layout import Patterns, RandomOctetsSweep
from codegen.model import (
    Binding,
    Const,
    Fill,
    Format,
    Increment,
    Parameter,
    Repetition,
    Sweep,
    Value,
)
from codegen.model.source import overridden
from codegen.resolve import payloads
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places, by_path


@dataclass(frozen=True)
class Bound:
    """A packet's places with the sources that a format has for them.

    ``content`` is what the payload consists of, None without one; ``length`` what a preset
    gives as the length of the program's frames.
    """

    places: Places
    content: Patterns | RandomOctetsSweep | None
    length: Value | Sweep | Repetition | None


def bind(found: Findings, format: Format, places: Places) -> Bound:
    """Return the places with the bindings of a format, of which a packet has none."""
    fill = format.packet.layers[-1]
    payload: Binding = fill.value if isinstance(fill, Fill) else b""
    length: Value | Sweep | Repetition | None = None
    fields = by_path(places.fields)
    parameters = {
        each.source.name: path
        for path, each in fields.items()
        if isinstance(each.source, Parameter)
    }
    for key, value in format.bindings:
        if isinstance(fill, Fill) and key == fill.name:
            payload = value
        elif key == "length" and not isinstance(value, Increment):
            length = value
        elif isinstance(value, Increment | Repetition):
            problem = f"{key!r} is bound to {shown(value)}, which goes with a payload only"
            remedy = "bind a value or a sweep, or the payload under its name"
            found.report(Code.F119, f"preset {format.name!r}", problem, remedy)
        elif key in parameters:
            fields[parameters[key]] = _parameter(fields[parameters[key]], value)
        elif (refusal := _refusal(format, places, fields, parameters, key)) is not None:
            found.report(Code.F119, f"preset {format.name!r}", *refusal)
        else:
            place = fields[key]
            source = value if isinstance(value, Sweep) else overridden(place.source, value)
            fields[key] = replace(place, source=source)
    return Bound(
        replace(places, fields=tuple(fields.values())),
        payloads.content(found, fill, payload) if isinstance(fill, Fill) else None,
        length,
    )


def _parameter(place: Place, value: Value | Sweep) -> Place:
    if isinstance(value, Sweep):
        return replace(place, source=value)
    assert isinstance(place.source, Parameter)
    return replace(place, source=replace(place.source, default=value), bound=True)


def _refusal(
    format: Format,
    places: Places,
    fields: Mapping[str, Place],
    parameters: Mapping[str, str],
    key: str,
) -> tuple[str, str] | None:
    """Return why a key that is no parameter cannot be bound, and the remedy."""
    if key not in fields:
        fill = format.packet.layers[-1]
        known = [*parameters, *fields, *([fill.name] if isinstance(fill, Fill) else [])]
        problem = f"the packet {format.packet.name!r} has no {key!r}"
        return problem, f"bind one of: {', '.join(known)}"
    source = fields[key].source
    if isinstance(source, Parameter):
        return f"{key!r} is the parameter {source.name!r}", f"bind {source.name!r}"
    if key in places.switches:
        header = fields[key].header.name.upper()
        return (
            f"{key!r} decides which fields there are",
            f"make another packet, with {header}.bind(...)",
        )
    if isinstance(source, Const):
        return (
            f"{key!r} is a constant of the format",
            "leave it out, or make the field's source Default(...)",
        )
    return None
