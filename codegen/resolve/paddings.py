"""Padding behind a payload of any size: how much there is, and where its end is found.

Reports F108 (content of the wrong form), F134 (padding that is not possible, or that a
receiver cannot find), and with :mod:`codegen.resolve.spans` F110 and F111.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codegen.diagnostics import Code
from codegen.layout import UNPADDED, FrameLength, Origin, Padding, Position
from codegen.model import Bytes, Default, Field, Fill, Header, PayloadPad, Reserved
from codegen.resolve import spans
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places, Region


@dataclass(frozen=True)
class Pad:
    """Where padding is declared; it takes no room yet."""

    path: str
    scope: str
    header: Header
    member: PayloadPad
    start: Position


def misplaced(found: Findings, path: str) -> None:
    """Report padding that does not follow the payload."""
    found.report(
        Code.F134,
        path,
        "it is not the first thing behind the payload",
        "put it first in its trailer, and leave out the trailers of the headers above",
    )


def second(found: Findings, path: str, other: str) -> None:
    """Report that there is more than one padding."""
    found.report(
        Code.F134,
        path,
        f"the payload has the padding {other!r} already",
        "keep one PayloadPad in a packet",
    )


def padding(found: Findings, places: Places, pad: Pad) -> Padding | None:
    """Return how much padding there is, None after a report."""
    member = pad.member
    place = Place(pad.path, pad.scope, pad.header, Reserved(8), Default(0), pad.start)
    # The padding itself has no room yet.
    extent = spans.extent(found, places, place, member.of, may_be_empty=True)
    if extent is None:
        return None
    here = places.regions[pad.path].start
    if extent.start.from_end or not extent.start <= here <= extent.end:
        found.report(
            Code.F134,
            pad.path,
            f"{extent} does not include both the payload and it",
            "let of= start before the payload, and end with the padding or behind it",
        )
        return None
    if (member.multiple > 1) == (member.least > 0) or not (
        1 <= member.multiple <= 256 and 0 <= member.least <= 0xFFFF
    ):
        found.report(
            Code.F134,
            pad.path,
            f"multiple={member.multiple} and least={member.least} do not decide how much there is",
            "give it multiple=2 to 256, or least=1 to 65535",
        )
        return None
    try:
        pattern = b"\0" if member.content is None else Fill().parse(member.content)
    except ValueError as error:
        found.report(Code.F108, pad.path, str(error), "mend the content")
        return None
    uncounted = extent.start.octet - extent.end.octet
    if not extent.end.from_end:
        uncounted += places.least_length
    return Padding(pad.path, uncounted, member.multiple, member.least, pattern)


def field(pad: Pad, padding: Padding, length: int) -> Field | None:
    """Return the field that padding of a known size is, None where there is none.

    ``length`` is the size of the frame without it, in bytes.
    """
    size = padding.size(length)
    if size == 0:
        return None
    if size <= 8 and not any(padding.pattern):
        return Reserved(8 * size, pad.member.name)
    repeated = padding.pattern * -(-size // len(padding.pattern))
    return Bytes(pad.member.name, Default(repeated[:size]))


def moved(places: Places, pad: Pad, padding: Padding) -> Places:
    """Return the places with those behind the padding counted from the padded end."""
    unpadded = replace(places.regions[pad.path].start, padding=UNPADDED)

    def behind(position: Position) -> Position:
        return replace(position, padding=padding) if position.from_end else position

    # The innermost header comes first.
    payload_ends, trailer_ends = dict(places.payload_ends), dict(places.trailer_ends)
    is_behind = False
    for name in payload_ends:
        payload_ends[name] = behind(payload_ends[name]) if is_behind else unpadded
        is_behind = is_behind or name == pad.header.name
        trailer_ends[name] = behind(trailer_ends[name]) if is_behind else unpadded
    regions = {
        path: replace(region, start=behind(region.start), end=behind(region.end))
        for path, region in places.regions.items()
    }
    regions[pad.path] = Region(unpadded, behind(unpadded), ())
    return replace(
        places,
        fields=tuple(replace(each, start=behind(each.start)) for each in places.fields),
        regions=regions,
        payload_ends=payload_ends,
        trailer_ends=trailer_ends,
        padding=padding,
    )


def check_found(
    found: Findings, padding: Padding, origins: Sequence[Origin | None], frames: Sequence[int]
) -> None:
    """Check that a receiver can find out how much padding a frame has."""
    if len(frames) > 1 and not any(
        isinstance(each, FrameLength) and each.locates_padding for each in origins
    ):
        name = padding.path.rpartition(".")[2]
        found.report(
            Code.F134,
            padding.path,
            "a receiver cannot find where it starts",
            f"add a field Length(Span({name!r}, {name!r})), or a Length that ends before it",
        )
