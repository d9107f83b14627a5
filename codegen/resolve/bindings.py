"""The third pass: what a preset binds takes the place of what its packet declares.

Reports F108 (a payload of the wrong type or form) and F119 (the packet does not have what
is bound, or it cannot be bound).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codegen.diagnostics import Code
from codegen.model import Binding, Const, Fill, Format, Parameter, Sweep
from codegen.model.source import overridden
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places, by_path


@dataclass(frozen=True)
class Bound:
    """A packet's places with the sources that a format has for them.

    ``pattern`` is what the payload repeats, no byte at all without a payload; ``length``
    what a preset gives as the length of the program's frames.
    """

    places: Places
    pattern: bytes
    length: Binding | None


def bind(found: Findings, format: Format, places: Places) -> Bound:
    """Return the places with the bindings of a format, of which a packet has none."""
    fill = format.packet.layers[-1]
    payload: Binding = fill.value if isinstance(fill, Fill) else b""
    length: Binding | None = None
    fields = by_path(places.fields)
    parameters = {
        each.source.name: path
        for path, each in fields.items()
        if isinstance(each.source, Parameter)
    }
    for key, value in format.bindings:
        if isinstance(fill, Fill) and key == fill.name:
            payload = value
        elif key == "length":
            length = value
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
        _pattern(found, fill, payload) if isinstance(fill, Fill) else b"",
        length,
    )


def _parameter(place: Place, value: Binding) -> Place:
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


def _pattern(found: Findings, fill: Fill, payload: Binding) -> bytes:
    """Return what the payload repeats, no byte after a report."""
    try:
        if isinstance(payload, Sweep):
            raise ValueError("the payload cannot be swept")
        return fill.parse(payload)
    except ValueError as error:
        found.report(Code.F108, fill.name, str(error), "mend the value")
        return b""
