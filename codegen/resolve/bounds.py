"""The size of a packet's declaration, checked before any pass goes through it.

The other passes go into groups by recursion, and the emitted C grows with each field. The
bounds are far above what protocols have, so that whoever meets them has made a mistake, such
as a loop that does not end where it should.

Reports F132 (more headers, fields or levels of groups than codegen handles).
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.model import Format, Group, Header, Packet, Stack
from codegen.resolve.findings import Findings

#: The most headers of a packet, of fields and groups in all of them, and of groups in groups.
HEADERS, FIELDS, DEPTH = 256, 1024, 32


def check(found: Findings, format: Format) -> None:
    """Check the size of a declaration, the types of which are not checked yet."""
    packet: object = getattr(format, "packet", None)
    if not isinstance(packet, Packet):
        return
    layers: object = packet.stack.layers if isinstance(packet.stack, Stack) else (packet.stack,)
    if not isinstance(layers, tuple):
        return
    if len(layers) > HEADERS:
        _report(found, packet, f"it has {len(layers)} layers", f"{HEADERS} at most")
        return
    pending: list[tuple[object, int]] = [
        (each, 0) for layer in layers if isinstance(layer, Header) for each in _members(layer)
    ]
    fields = 0
    while pending:
        member, depth = pending.pop()
        fields += 1
        if fields > FIELDS:
            _report(found, packet, f"it has more than {FIELDS} fields", "so many at most")
            return
        if isinstance(member, Group):
            if depth == DEPTH:
                problem = f"its groups are nested more than {DEPTH} levels deep"
                _report(found, packet, problem, "fewer levels")
                return
            pending += [(each, depth + 1) for each in _members(member)]


def _members(declared: Header | Group) -> tuple[object, ...]:
    """Return the fields of a header or group, as far as they are a tuple."""
    trailer: object = declared.trailer if isinstance(declared, Header) else ()
    parts: tuple[object, ...] = (declared.fields, trailer)
    return tuple(each for part in parts if isinstance(part, tuple) for each in part[: FIELDS + 1])


def _report(found: Findings, packet: Packet, problem: str, allowed: str) -> None:
    """Report a packet, without a walk through what it declares."""
    found.report(
        Code.F132,
        f"packet {packet.name!r}",
        problem,
        f"declare {allowed}; bytes without a meaning of their own are one field Bytes(...), "
        "or the payload",
        packet.place,
    )
