"""Spans: which bytes a length counts and a checksum covers.

Reports F110 (an edge names a field that does not exist) and F111 (the span is no run of
whole bytes).
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.layout import END, START, Extent, Position
from codegen.model import Edge, Span
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places


def extent(
    found: Findings, places: Places, place: Place, span: Span, *, may_be_empty: bool = False
) -> Extent | None:
    """Return the bytes of a span of a field, None after a report."""
    start = _edge(found, places, place, span.start, "start")
    end = _edge(found, places, place, span.end, "end")
    if start is None or end is None:
        return None
    # What a group holds may be nothing; any other empty span is a mistake.
    empty = start == end and (may_be_empty or span.start == span.end)
    if empty and start == END and not may_be_empty:
        return Extent(START, START)
    if not (start < end or empty) or start.bit or end.bit:
        problem = f"its span starts at {_words(start)} and ends before {_words(end)}"
        found.report(
            Code.F111,
            place.path,
            "its span is empty" if start == end else problem,
            "let the span start and end on whole bytes, its start before its end, "
            f"or use HEADER for all of {place.header.name!r}",
        )
        return None
    return Extent(start, end)


def _edge(
    found: Findings, places: Places, place: Place, edge: Edge | str, side: str
) -> Position | None:
    """Return where a span starts or ends, None after a report."""
    if edge is Edge.PAYLOAD_END:
        return places.payload_ends[place.header.name]
    if edge is Edge.FRAME_END:
        return places.trailer_ends[place.header.name]
    if isinstance(edge, Edge):
        own = places.regions[place.scope]
        return own.start if edge is Edge.HEADER_START else own.end
    named = places.find_either(place.scope, edge)
    if named is None:
        places.unknown(found, place.path, place.scope, edge)
        return None
    return named.start if side == "start" else named.end


def _words(position: Position) -> str:
    return "the end of the frame" if position == END else f"bit {position.bits}"
