"""The second pass: every field that is there gets a place in the frame.

Headers follow one another from the start of the frame, trailers in the opposite order
behind what the headers carry: from the end of the frame where that is a payload, whose
size varies. Which optional fields are there is settled here.

Reports F104 (a header ends inside of a byte), F117 (a payload below another layer), F118 (no
field at all), F128 (an optional field that is bound is not there), and with
:mod:`codegen.resolve.shapes` F103, F105, F106, F107, F122, F124 and F125, with
:mod:`codegen.resolve.conditions` what is wrong with conditions, with
:mod:`codegen.resolve.paddings` what is wrong with padding behind a payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from codegen.diagnostics import Code
from codegen.layout import END, START, Position
from codegen.model import Field, Fill, Group, Header, Member, Packet, Pad, PayloadPad, Switch
from codegen.resolve import conditions, paddings, shapes
from codegen.resolve.conditions import Conditions
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places, Region, by_path


def place(found: Findings, packet: Packet) -> Places:
    """Return the fields of a packet at their places; of no use after a report."""
    places, pad = _place(found, packet, None)
    if pad is None or found.diagnostics:
        return places
    padding = paddings.padding(found, places, pad)
    if padding is None:
        return places
    if not isinstance(packet.layers[-1], Fill):
        # All sizes are known: the padding is a field like others.
        return _place(found, packet, paddings.field(pad, padding, places.least_length))[0]
    return paddings.moved(places, pad, padding)


def _place(
    found: Findings, packet: Packet, known: Field | None
) -> tuple[Places, paddings.Pad | None]:
    """Return the places, and the padding behind a payload of any size, which has no room yet.

    Where its size is ``known``, the field that it is then stands in its place.
    """
    headers = [layer for layer in packet.layers if isinstance(layer, Header)]
    placing = _Placing(found, known)
    here = START
    for header in headers:
        here = placing.header(header, here)
    header_length = here.octet
    in_headers, regions = len(placing.fields), set(placing.regions)
    payload_ends, trailer_ends = {}, {}
    for header in reversed(headers):
        payload_ends[header.name] = here
        here = placing.trailer(header, here)
        trailer_ends[header.name] = here
    least_length = here.octet
    _check_layers(found, packet, header_length)

    def moved(position: Position) -> Position:
        """Return the place of something behind the headers: behind a payload, from the end."""
        payload = isinstance(packet.layers[-1], Fill)
        return END - (8 * least_length - position.bits) if payload else position

    places = Places(
        fields=(
            *placing.fields[:in_headers],
            *(
                replace(each, start=moved(each.start), in_trailer=True)
                for each in placing.fields[in_headers:]
            ),
        ),
        regions={
            path: region
            if path in regions
            else replace(region, start=moved(region.start), end=moved(region.end))
            for path, region in placing.regions.items()
        },
        payload_ends={name: moved(end) for name, end in payload_ends.items()},
        trailer_ends={name: moved(end) for name, end in trailer_ends.items()},
        header_length=header_length,
        least_length=least_length,
        switches=frozenset(placing.conditions.switches),
        conditions=tuple(placing.conditions.needed),
    )
    pad = placing.pad
    if pad is not None and isinstance(packet.layers[-1], Fill) and pad.start.octet > header_length:
        paddings.misplaced(found, pad.path)
    return places, pad


def _check_layers(found: Findings, packet: Packet, header_length: int) -> None:
    fills = [index for index, layer in enumerate(packet.layers) if isinstance(layer, Fill)]
    if any(index != len(packet.layers) - 1 for index in fills):
        found.report(
            Code.F117,
            f"packet {packet.name!r}",
            "a payload stands before another layer",
            "keep one Fill, and put it last",
        )
    if not header_length:
        no_field(found, packet)


def no_field(found: Findings, packet: Packet) -> None:
    """Report a packet that has no field before its payload."""
    found.report(
        Code.F118,
        f"packet {packet.name!r}",
        "it has no field before the payload",
        "start the stack with a header, such as ETHERNET",
    )


@dataclass
class _Placing:
    """The fields, headers and groups that have a place so far, one behind the other."""

    found: Findings
    padding: Field | None = None
    pad: paddings.Pad | None = None
    fields: list[Place] = field(default_factory=list)
    regions: dict[str, Region] = field(default_factory=dict)
    conditions: Conditions = field(init=False)

    def __post_init__(self) -> None:
        self.conditions = Conditions(self.found)

    def header(self, header: Header, start: Position) -> Position:
        """Place a header without its trailer; return its end."""
        end = self._whole(header, header.fields, start, f"header {header.name!r}")
        self.regions[header.name] = Region(start, end, header.members)
        return end

    def trailer(self, header: Header, start: Position) -> Position:
        """Place a header's trailer, if it has one; return its end."""
        if not header.trailer:
            return start
        return self._whole(header, header.trailer, start, f"trailer of {header.name!r}")

    def _whole(
        self, header: Header, members: tuple[Member, ...], start: Position, where: str
    ) -> Position:
        """Place a header or trailer, which takes whole bytes; return its end."""
        shapes.check_padding(self.found, members, where)
        end = self._members(header, header.name, members, start, start)
        empty = not header.members
        missing = 8 if empty else -end.since(start) % 8
        if missing:
            self.found.report(
                Code.F104,
                where,
                "it has no fields"
                if empty
                else f"its fields take {end.since(start)} bits, which is no whole number of bytes",
                f"add Reserved({missing}) or widen a field",
            )
        return end + missing

    def _members(
        self,
        header: Header,
        scope: str,
        members: tuple[Member, ...],
        start: Position,
        outer: Position,
    ) -> Position:
        """Place the members of a header or group that are there; return the end of the last.

        ``outer`` is where the header or trailer starts.
        """
        here = start
        as_drawn = True  # as long as no optional field came before
        for each in members:
            path = f"{scope}.{each.name}"
            as_drawn = as_drawn and each.when is None
            if each.when is not None:
                fields = by_path(self.fields)
                known = {*fields, *self.regions}
                there = self.conditions.holds(path, scope, each.when, fields, known)
                if there is False and scope == header.name and each.name in header.bound:
                    self._absent(header, path, each.when)
                if not there:
                    self.conditions.absent.update(_paths(path, each))
                    continue
            if isinstance(each, Group):
                self.regions[path] = Region(here, here, each.fields)
                end = self._members(header, path, each.fields, here, outer)
                self.regions[path] = Region(here, end, each.fields)
                here = end
                continue
            if isinstance(each, PayloadPad):
                placed = self._payload_pad(header, scope, path, each, here)
            elif isinstance(each, Pad):
                placed = self._padding(path, each, here, outer)
            else:
                placed = each
            if placed is None:
                continue
            self._check_shape(path, placed, here)
            if as_drawn:
                shapes.check_at(self.found, path, placed, here.since(start))
            self.fields.append(Place(path, scope, header, placed, placed.source, here))
            here += max(placed.bits, 0)
        return here

    def _payload_pad(
        self, header: Header, scope: str, path: str, pad: PayloadPad, here: Position
    ) -> Field | None:
        """Return the field that padding behind a payload is, None where its size varies."""
        if self.pad is not None:
            paddings.second(self.found, path, self.pad.path)
        self.pad = paddings.Pad(path, scope, header, pad, here)
        if self.padding is None:
            self.regions[path] = Region(here, here, ())
        return self.padding

    def _padding(self, path: str, pad: Pad, here: Position, outer: Position) -> Field | None:
        """Return the field that padding is, None where it takes no room."""
        missing = shapes.padding(self.found, path, pad, here.since(outer))
        if not missing:
            return None
        order = self.fields[-1].field.byteorder if here.bit else "big"
        return shapes.padding_field(pad, missing, order)

    def _check_shape(self, path: str, each: Field, here: Position) -> None:
        shapes.check_width(self.found, path, each, here)
        if here.bit:
            before = self.fields[-1]
            shapes.check_order(self.found, path, each, here, (before.path, before.field))
        shapes.check_enumeration(self.found, path, each)

    def _absent(self, header: Header, path: str, switch: Switch) -> None:
        """Report a member that was bound, and is not there."""
        match switch:
            case str(name):
                why, remedy = f"{name!r} is not set", f"bind {name}=1 together with it"
            case (name, wanted):
                why = f"{name!r} is not {wanted!r}"
                remedy = f"bind {name}={wanted!r} together with it"
            case _:
                why = f"its condition does not hold: {conditions.words(switch)}"
                remedy = "bind values for which it holds together with it"
        self.found.report(
            Code.F128,
            path,
            f"{header.name!r} binds it, and it is not there, as {why}",
            f"{remedy}, or leave it out",
        )


def _paths(path: str, member: Member) -> Iterator[str]:
    """Yield the paths of the fields of a member, those in groups too."""
    if isinstance(member, Group):
        for each in member.fields:
            yield from _paths(f"{path}.{each.name}", each)
    elif not isinstance(member, Pad):
        yield path
