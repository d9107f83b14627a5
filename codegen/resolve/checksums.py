"""Checksums: what each covers, and the order in which they can be computed.

Reports F102 (two CRCs have one name), F107 (what is sent for zero does not fit), F110 (a pseudo
header names a field that does not exist), F111 (a pseudo header is no whole number of words),
F112 (checksums cover each other), F113 (a field cannot hold or align its checksum), F114 (a
pseudo header needs a number that is not known), F115 (no header below has a pseudo header), F135
(the parameters of a CRC), F136 (its spans overlap) and F137 (what counts as zero is not covered),
with :mod:`codegen.resolve.spans` F111 of the span, with :mod:`codegen.resolve.names` F101 of a
user's own function.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

from codegen.diagnostics import Code
from codegen.errors import shown
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
    CRC,
    Algorithm,
    Checksum,
    Header,
    OwnAlgorithm,
    Packet,
    Span,
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
    extents = _extents(found, places, place, source.over)
    zeroed = _zeroed(found, places, place, source, extents)
    if isinstance(source.algorithm, CRC) and not _check_crc(found, place, source.algorithm):
        return None
    if isinstance(source.algorithm, OwnAlgorithm):
        names.check_algorithm(found, source.algorithm)
    if not extents:
        return None
    if (unfit := _unfit(place, source, extents, zeroed)) is not None:
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
    paths = tuple(each.path for each in zeroed)
    return Sum(extents, source.algorithm, pseudo, source.zero_as, optional, paths)


def _extents(
    found: Findings, places: Places, place: Place, over: Span | tuple[Span, ...]
) -> tuple[Extent, ...]:
    """Return the bytes that are covered; none after a report."""
    if over == ():
        found.report(Code.F111, place.path, "it covers no span", "give it one, such as HEADER")
    declared = over if isinstance(over, tuple) else (over,)
    all_found = [spans.extent(found, places, place, each) for each in declared]
    extents = tuple(each for each in all_found if each is not None)
    for first, second in combinations([each for each in extents if each.start != each.end], 2):
        if first.covers(second.start, second.end):
            found.report(
                Code.F136,
                place.path,
                f"its spans overlap: {first} and {str(second).removeprefix('bytes ')}",
                "let each byte be in one span alone",
            )
    return extents if len(extents) == len(all_found) else ()


def _zeroed(
    found: Findings,
    places: Places,
    place: Place,
    source: Checksum,
    extents: tuple[Extent, ...],
) -> list[Place]:
    """Return the fields that count as zero, in wire order."""
    wanted: set[str] = set()
    for name in source.zeroed:
        path = places.path_of(place.scope, name)
        if path is None:
            places.unknown(found, place.path, place.scope, name)
            continue
        inside = [each for each in places.fields if f"{each.path}.".startswith(f"{path}.")]
        wanted |= {each.path for each in inside}
        for each in inside:
            if extents and not any(one.covers(each.start, each.end) for one in extents):
                found.report(
                    Code.F137,
                    place.path,
                    f"{each.path!r} is to count as zero, and no span of it has that field",
                    "leave it out of zeroed=(...), or let a span cover it",
                )
    return [each for each in places.fields if each.path in wanted]


def _check_crc(found: Findings, place: Place, algorithm: CRC) -> bool:
    """Report parameters that do not fit, or a name that C cannot have; return if there is a CRC."""
    names.check_crc(found, algorithm, place.path)
    width = algorithm.width
    if not 1 <= width <= 64:
        found.report(
            Code.F135,
            place.path,
            f"{algorithm.title} has {shown(width)} bits",
            "1 to 64 are possible",
        )
        return False
    for name in ("polynomial", "init", "xor_out"):
        value = getattr(algorithm, name)
        if not 0 <= value < 1 << width:
            left_out = ""
            if name == "polynomial" and value >> width == 1:
                left_out = f"; without its highest term, it is {value - (1 << width):#x}"
            found.report(
                Code.F135,
                place.path,
                f"the {name} {shown(value)} of {algorithm.title} does not fit into {width} bits",
                f"use 0 to {(1 << width) - 1:#x}{left_out}",
            )
    return True


def _unfit(
    place: Place, source: Checksum, extents: tuple[Extent, ...], zeroed: Sequence[Place]
) -> tuple[str, str] | None:
    """Return why a field cannot hold or align its checksum, and the remedy."""
    algorithm, bits = source.algorithm, source.algorithm.bits
    internet = algorithm is Algorithm.INTERNET
    if isinstance(algorithm, OwnAlgorithm) and bits not in (8, 16, 32, 64):
        return f"{algorithm.title} has {bits} bits", "give it 8, 16, 32 or 64"
    swapped = internet and place.field.byteorder == "little"
    if place.field.bits != bits or swapped or (place.start.bit and not is_crc(algorithm)):
        whole = "" if is_crc(algorithm) else " on whole bytes"
        return (
            f"an {algorithm.title} is {bits} {'big-endian ' if internet else ''}bits{whole}",
            f"declare UInt(name, {bits}, ...){whole and ' at a whole byte'}",
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
    if internet:
        return _unaligned(place, extents, zeroed)
    if not is_crc(algorithm) and (len(extents) > 1 or zeroed):
        what = "several spans" if len(extents) > 1 else "fields that count as zero"
        return (
            f"{what} go with a CRC or an {Algorithm.INTERNET.title}, not with {algorithm.title}",
            "use one of these, or one span without zeroed=(...)",
        )
    return None


def is_crc(algorithm: Algorithm | CRC | OwnAlgorithm) -> bool:
    """Return whether a checksum is a CRC, which takes bytes as they come."""
    return isinstance(algorithm, CRC) or algorithm in (Algorithm.CRC32, Algorithm.CRC32C)


def _unaligned(
    place: Place, extents: tuple[Extent, ...], zeroed: Sequence[Place]
) -> tuple[str, str] | None:
    """Return why what is covered are no 16-bit words to sum up, and the remedy."""
    for each in extents[:-1]:
        if each.varies or each.size(0) % 2:
            return (
                f"{each} are no whole number of 16-bit words, and a span follows them",
                "let all spans but the last have an even number of bytes, whatever the frame's "
                "length, or use a checksum that knows no words, as a CRC",
            )
    for extent in extents:
        for blank in (place, *zeroed):
            if not extent.covers(blank.start, blank.end):
                continue
            which = "it" if blank is place else repr(blank.path)
            if blank.start.from_end and not extent.start.from_end:
                return (
                    f"whether {which} starts at a word of what is covered follows the frame's "
                    "length",
                    "put it into the header, or use a checksum that knows no words, as a CRC",
                )
            if blank is place and blank.start.since(extent.start) % 16:
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


def check_names(found: Findings, fields: Sequence[Placed]) -> None:
    """Report algorithms that differ and would have the same name in C."""
    known: dict[str, CRC | OwnAlgorithm] = {}
    for each in fields:
        if not isinstance(each.origin, Sum) or isinstance(each.origin.algorithm, Algorithm):
            continue
        algorithm = each.origin.algorithm
        name = algorithm.identifier if isinstance(algorithm, CRC) else algorithm.name
        if known.setdefault(name, algorithm) != algorithm:
            found.report(
                Code.F102,
                each.path,
                f"two of the packet's algorithms differ, and are both {name!r} in C",
                "give one of them another name",
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
