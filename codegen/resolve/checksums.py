"""Checksums: what each covers, and the order in which they can be computed.

Reports F107 (what is sent for zero does not fit), F110 (a pseudo header names a field that
does not exist), F111 (a pseudo header is no whole number of words), F112 (checksums cover
each other), F113 (a field cannot hold or align its checksum), F114 (a pseudo header needs a
number that is not known) and F115 (no header below has a pseudo header), with
:mod:`codegen.resolve.spans` F111 of the span, with :mod:`codegen.resolve.names` F101 of
a user's own function.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from codegen.diagnostics import Code
from codegen.layout import (
    Extent,
    Placed,
    Pseudo,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Sum,
)
from codegen.model import (
    Algorithm,
    Checksum,
    Header,
    OwnAlgorithm,
    Packet,
    UpperLength,
    UpperNumber,
    Zeros,
)
from codegen.resolve import names, spans
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places


def checksum(
    found: Findings, packet: Packet, places: Places, place: Place, source: Checksum
) -> Sum | None:
    """Return what a checksum sums up, None after a report."""
    extent = spans.extent(found, places, place, source.over)
    if extent is None:
        return None
    if isinstance(source.algorithm, OwnAlgorithm):
        names.check_algorithm(found, source.algorithm)
    if (unfit := _unfit(place, source, extent)) is not None:
        found.report(Code.F113, place.path, *unfit)
    largest = (1 << place.field.bits) - 1
    if source.zero_as is not None and not 0 <= source.zero_as <= largest:
        found.report(
            Code.F107,
            place.path,
            f"zero_as={source.zero_as} does not fit into {place.field.bits} bits",
            f"use 0 to {largest}",
        )
    pseudo = _pseudo_header(found, packet, places, place) if source.pseudo_header else ()
    if pseudo is None:
        return None
    below = _lender(packet, place.header)
    optional = source.optional and not (below is not None and below.requires_checksums)
    return Sum(extent, source.algorithm, pseudo, source.zero_as, optional)


def _unfit(place: Place, source: Checksum, extent: Extent) -> tuple[str, str] | None:
    """Return why a field cannot hold or align its checksum, and the remedy."""
    algorithm, bits = source.algorithm, source.algorithm.bits
    internet = algorithm is Algorithm.INTERNET
    if bits not in (8, 16, 32, 64):
        return f"{algorithm.title} has {bits} bits", "give it 8, 16, 32 or 64"
    swapped = internet and place.field.byteorder == "little"
    if place.field.bits != bits or place.start.bit or swapped:
        return (
            f"an {algorithm.title} is {bits} {'big-endian ' if internet else ''}bits "
            "on whole bytes",
            f"declare UInt(name, {bits}, ...) at a whole byte",
        )
    if source.optional and not source.zero_as:
        return (
            "zero means that there is none, and it would be sent where that is the result",
            "declare what is sent for it, such as zero_as=0xFFFF",
        )
    if not internet and source.pseudo_header:
        return (
            f"a pseudo header goes with an {Algorithm.INTERNET.title}, not with {algorithm.title}",
            "use pseudo_header=False",
        )
    if not internet or not extent.covers(place.start, place.end):
        return None
    if place.start.from_end and not extent.start.from_end:
        return (
            "whether it starts at a word of what it covers follows the frame's length",
            "put it into the header, or use a checksum that knows no words, as a CRC",
        )
    if place.start.since(extent.start) % 16:
        return (
            "it starts at an odd byte of what it covers, where RFC 1071 has no 16-bit word",
            "move the field or the start of the span by one byte",
        )
    return None


def _pseudo_header(
    found: Findings, packet: Packet, places: Places, place: Place
) -> tuple[Pseudo, ...] | None:
    """Return the pseudo header of the header below, None after a report."""
    below = _lender(packet, place.header)
    if below is None or not below.pseudo_header:
        found.report(
            Code.F115,
            place.path,
            f"its checksum needs a pseudo header, and {_has_none(below, place.header)}",
            "put it above a header with pseudo_header=(...), such as IPV4, let those between "
            "them have extends=True, or use pseudo_header=False",
        )
        return None
    parts: list[Pseudo] = []
    for part in below.pseudo_header:
        match part:
            case str():
                target = places.find(below.name, part)
                if target is None:
                    places.unknown(found, place.path, below.name, part)
                    return None
                _check_order(found, below.name, target, sum(each.bits for each in parts))
                parts.append(PseudoField(target.path, target.field.bits))
            case Zeros():
                parts.append(PseudoConst(0, part.bits))
            case UpperNumber():
                number = place.header.numbers.get(part.registry)
                if number is None:
                    found.report(
                        Code.F114,
                        place.path,
                        f"its pseudo header needs the number of {place.header.name!r} "
                        f"as {part.registry!r}",
                        f"give the header numbers={{{part.registry!r}: ...}}",
                    )
                    return None
                parts.append(PseudoConst(number, part.bits))
            case UpperLength():
                parts.append(PseudoLength(part.bits))
    if sum(part.bits for part in parts) % 16:
        found.report(
            Code.F111,
            place.path,
            f"the pseudo header of {below.name!r} is no whole number of 16-bit words",
            "fill it up with Zeros(bits)",
        )
    return tuple(parts)


def _has_none(below: Header | None, header: Header) -> str:
    if below is None:
        return f"nothing below {header.name!r} has one"
    return f"{below.name!r} below {header.name!r} has none"


def _lender(packet: Packet, header: Header) -> Header | None:
    """Return the header below, skipping those that extend the one below them."""
    for below in reversed(packet.layers[: packet.layers.index(header)]):
        if isinstance(below, Header) and not below.extends:
            return below
    return None


def _check_order(found: Findings, below: str, target: Place, here: int) -> None:
    """Without whole bytes there is no order of bytes."""
    if target.field.byteorder == "little" and (target.field.bits % 8 or here % 8):
        found.report(
            Code.F111,
            target.path,
            f"it is little-endian, and takes no whole bytes of the pseudo header of {below!r}",
            "let it have a whole number of bytes, and fill up what is before it with Zeros()",
        )


def order(found: Findings, fields: Sequence[Placed]) -> tuple[Placed, ...]:
    """Return the checksums, each after those that it covers; none after a report."""
    sums = {each.path: each for each in fields if isinstance(each.origin, Sum)}
    # Lists, not sets: of what could come in any order, the order is that of the fields.
    graph = {
        path: [
            other
            for other, target in sums.items()
            if other != path and isinstance(total := each.origin, Sum) and total.depends_on(target)
        ]
        for path, each in sums.items()
    }
    try:
        return tuple(sums[path] for path in TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = list(dict.fromkeys(error.args[1]))
        found.report(
            Code.F112,
            " and ".join(cycle),
            "each needs the other's value first",
            "let one of them leave the other out of its span",
        )
        return ()
