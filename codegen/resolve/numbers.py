"""Numbers by which one header announces another.

Reports F114 (no number is known for the header that follows) and F133 (the lowest header does
not begin frames of the link type).
"""

from __future__ import annotations

from itertools import pairwise

from codegen.diagnostics import Code
from codegen.layout import Fixed
from codegen.model import Header, LinkType, NextHeader, Packet
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place
from codegen.resolve.values import number


def check_carried(found: Findings, packet: Packet) -> None:
    """Check that a header that does not announce its content is followed by a suitable one."""
    for below, above in pairwise(packet.layers):
        if not (isinstance(below, Header) and isinstance(above, Header)):
            continue
        if below.carries is not None and below.carries not in above.numbers:
            found.report(
                Code.F114,
                f"header {below.name!r}",
                f"it carries {below.carries!r}, and {above.name!r} above it has no such number",
                f"put a header between them, or give {above.name!r} "
                f"numbers={{{below.carries!r}: ...}}",
            )


def check_link(found: Findings, packet: Packet) -> None:
    """Check that the lowest header is one with which frames of the link type begin."""
    link, lowest = packet.link, packet.layers[0]
    known = lowest.linktypes if isinstance(lowest, Header) else ()
    where = f"packet {packet.name!r}"
    if not 0 <= link <= 0xFFFF:
        problem = f"{link} is no link type"
        found.report(Code.F133, where, problem, "use LinkType.ETHERNET, or another of 0 to 65535")
    elif known and link not in known:
        found.report(
            Code.F133,
            where,
            f"frames of the link type {_name(link)} do not begin with the header {lowest.name!r}",
            f"leave linktype out, or use {' or '.join(map(_name, known))}",
        )


def _name(link: int) -> str:
    return next((f"LinkType.{each.name}" for each in LinkType if each == link), str(link))


def next_header(found: Findings, packet: Packet, place: Place, source: NextHeader) -> Fixed | None:
    """Return the number of the header above, None after a report."""
    layers = packet.layers
    above = layers[layers.index(place.header) + 1 :][:1]
    if above and isinstance(above[0], Header):
        announced = above[0].numbers.get(source.registry)
        if announced is None:
            found.report(
                Code.F114,
                place.path,
                f"the header {above[0].name!r} has no number as {source.registry!r}",
                f"give it numbers={{{source.registry!r}: ...}}, or write "
                f"{place.header.name.upper()}.bind({place.field.name}=...)",
            )
            return None
    elif source.last is not None:
        announced = source.last
    else:
        found.report(
            Code.F114,
            place.path,
            "no header follows that it could announce",
            f"put a header above {place.header.name!r}, or declare "
            f"NextHeader({source.registry!r}, last=...)",
        )
        return None
    return Fixed(number(found, place.path, place.field, announced), checked=True)
