"""Resolve a format: every field gets a place and a definite origin, or a diagnostic.

All that is wrong with a format is told at once, each with its number and how to
mend it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from codegen.declared import mistakes
from codegen.diagnostics import Code, Diagnostic, FormatError
from codegen.layout import (
    END,
    START,
    Argument,
    Counted,
    Drawn,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Listed,
    Origin,
    Payload,
    Placed,
    Position,
    Pseudo,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Ranged,
    Sum,
    Swept,
    Timed,
    few_values,
)
from codegen.model import (
    MAC,
    Algorithm,
    Binding,
    Bytes,
    Checksum,
    Const,
    Count,
    Counter,
    Cycle,
    Default,
    Edge,
    Field,
    Fill,
    Format,
    FromDevice,
    Group,
    Header,
    IPv4Address,
    IPv6Address,
    Length,
    Member,
    NextHeader,
    OwnAlgorithm,
    Pad,
    Parameter,
    Preset,
    Random,
    Range,
    Reserved,
    Source,
    Span,
    Sweep,
    Switch,
    Timestamp,
    UInt,
    UpperLength,
    UpperNumber,
    Value,
    Zeros,
)
from codegen.model.field import parameters as all_parameters

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

#: Keywords of C11 and of C++, which shares the emitted headers.
_KEYWORDS = frozenset(
    word
    for line in (
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl",
        "concept const const_cast consteval constexpr constinit continue co_await co_return",
        "co_yield decltype default delete do double dynamic_cast else enum explicit export extern",
        "false float for friend goto if inline int long mutable namespace new noexcept not not_eq",
        "nullptr operator or or_eq private protected public register reinterpret_cast requires",
        "restrict return short signed sizeof static static_assert static_cast struct switch",
        "template this thread_local throw true try typedef typeid typename typeof union unsigned",
        "using virtual void volatile wchar_t while xor xor_eq",
    )
    for word in line.split()
)

#: Names of arguments of the emitted functions and of the emitted program.
_EMITTED = frozenset(
    "a args bufalign count duration errno headroom idle interval length linux match "
    "mode NULL pkt pktlen rate unix".split()
)

#: How functions of the emitted headers start.
_HELPERS = ("csum_", "frame_", "genpkt_", "get_", "put_", "random_at")


@dataclass
class _Place:
    """A field with its place, before its origin is known.

    ``scope`` is the path of the header or group whose fields it can refer to.
    """

    path: str
    scope: str
    header: Header
    field: Field
    source: Source
    start: Position
    in_trailer: bool = False
    bound: bool = False


@dataclass
class _Resolver:
    """One resolution: collects every diagnostic instead of stopping at the first."""

    format: Format
    found: list[Diagnostic] = field(default_factory=list)
    places: list[_Place] = field(default_factory=list)
    #: Where headers and groups start and end, by path; members of groups.
    starts: dict[str, Position] = field(default_factory=dict)
    ends: dict[str, Position] = field(default_factory=dict)
    members: dict[str, tuple[Member, ...]] = field(default_factory=dict)
    #: Where what a header carries ends, and where its trailer does.
    payload_ends: dict[str, Position] = field(default_factory=dict)
    trailer_ends: dict[str, Position] = field(default_factory=dict)
    #: The bits of all headers, and of trailers too.
    headers_end: int = 0
    least_end: int = 0
    #: The fields that decide whether others are there.
    switches: set[str] = field(default_factory=set)
    length_binding: Binding | None = None

    def report(self, code: Code, where: str, problem: str, remedy: str) -> None:
        self.found.append(Diagnostic(code, where, problem, remedy))

    def stop_if_reported(self) -> None:
        """Later steps rest on what the earlier ones established."""
        if self.found:
            raise FormatError(self.format.name, self.found)

    # Names

    def check_names(self) -> None:
        packet = self.format.packet
        self.check_name(packet.name, f"packet {packet.name!r}")
        if isinstance(self.format, Preset):
            self.check_name(self.format.name, f"preset {self.format.name!r}")
            name = self.format.name
            if name.upper() == packet.name.upper() or name == f"{packet.name}_args":
                self.report(
                    Code.F102,
                    f"preset {name!r}",
                    f"in C its names are those of its packet {packet.name!r}",
                    "give the preset a name of its own",
                )
        headers = [layer for layer in packet.layers if isinstance(layer, Header)]
        self.check_unique(
            [header.name for header in headers],
            f"packet {packet.name!r}",
            "header",
            "name one of them with .named('inner')",
        )
        for header in headers:
            self.check_name(header.name, f"header {header.name!r}")
            self.check_members(header.name, header.members, f"header {header.name!r}")
        parameters = [name for header in headers for name in all_parameters(header.members)]
        self.check_unique(
            parameters,
            f"packet {packet.name!r}",
            "parameter",
            "rename one of them; a header that stands twice takes .named('inner')",
        )
        for name in dict.fromkeys(parameters):
            self.check_name(name, f"parameter {name!r}", reserved=_EMITTED)
        fill = packet.layers[-1]
        if isinstance(fill, Fill) and fill.name in ("length", *parameters):
            self.report(
                Code.F102,
                f"payload {fill.name!r}",
                "a preset could not tell it from what else has this name",
                "give Fill() or the parameter another name",
            )

    def check_members(self, path: str, members: tuple[Member, ...], where: str) -> None:
        names = [each.name for each in members]
        self.check_unique(names, where, "field", "rename one of them")
        for name in dict.fromkeys(names):
            self.check_name(name, f"field {path}.{name}", reserved=frozenset())
        for each in members:
            if isinstance(each, Group):
                inside = f"{path}.{each.name}"
                self.check_members(inside, each.fields, f"group {inside!r}")

    def check_name(self, name: str, where: str, reserved: frozenset[str] = frozenset()) -> None:
        if not _IDENTIFIER.match(name):
            problem = f"{name!r} is not a C identifier"
        elif name in _KEYWORDS:
            problem = f"{name!r} is a keyword of C or C++"
        elif name in reserved:
            problem = f"{name!r} is a name that the emitted C uses itself"
        else:
            return
        self.report(
            Code.F101,
            where,
            problem,
            f"use another name of letters, digits and underscores, such as {_suggest(name)!r}",
        )

    def check_unique(self, names: list[str], where: str, what: str, remedy: str) -> None:
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.report(Code.F102, where, f"{what} {name!r} stands more than once", remedy)

    def check_variables(self) -> None:
        """Fields have variables of their own in C, named after header and field."""
        named: dict[str, str] = {}
        for each in self.places:
            other = named.setdefault(each.path.replace(".", "_"), each.path)
            if other != each.path:
                self.report(
                    Code.F102,
                    each.path,
                    f"in C it has the name of {other!r}",
                    "rename one of the fields or headers",
                )

    # Places

    def place(self) -> None:
        packet = self.format.packet
        headers = [layer for layer in packet.layers if isinstance(layer, Header)]
        here = START
        for header in headers:
            self.starts[header.name], self.members[header.name] = here, header.members
            here = self.place_whole(header, header.fields, here, f"header {header.name!r}")
            self.ends[header.name] = here
        self.headers_end = here.bits
        self.place_trailers(headers)
        fills = [index for index, layer in enumerate(packet.layers) if isinstance(layer, Fill)]
        if any(index != len(packet.layers) - 1 for index in fills):
            self.report(
                Code.F117,
                f"packet {packet.name!r}",
                "a payload stands before another layer",
                "keep one Fill, and put it last",
            )
        if not self.headers_end:
            self.no_header()

    def place_trailers(self, headers: list[Header]) -> None:
        """Place the trailers, that of the innermost header first.

        Behind a payload they count from the end of the frame.
        """
        first, before = len(self.places), set(self.starts)
        here = START + self.headers_end
        for header in reversed(headers):
            self.payload_ends[header.name] = here
            if header.trailer:
                where = f"trailer of {header.name!r}"
                here = self.place_whole(header, header.trailer, here, where)
            self.trailer_ends[header.name] = here
        self.least_end = here.bits
        for place in self.places[first:]:
            place.in_trailer = True
        if self.has_payload:
            for place in self.places[first:]:
                place.start = END - here.since(place.start)
            groups = set(self.starts) - before
            for ends in (self.payload_ends, self.trailer_ends):
                ends.update({name: END - here.since(end) for name, end in ends.items()})
            for edges in (self.starts, self.ends):
                edges.update({name: END - here.since(edges[name]) for name in groups})

    @property
    def has_payload(self) -> bool:
        return isinstance(self.format.packet.layers[-1], Fill)

    def place_whole(
        self, header: Header, members: tuple[Member, ...], start: Position, where: str
    ) -> Position:
        """Place a header or trailer, which takes whole bytes; return the bit behind it."""
        here = self.place_members(header, header.name, members, start, start)
        empty = not header.members
        missing = 8 if empty else -here.since(start) % 8
        if missing:
            self.report(
                Code.F104,
                where,
                "it has no fields"
                if empty
                else f"its fields take {here.since(start)} bits, which is no whole number of bytes",
                f"add Reserved({missing}) or widen a field",
            )
        return here + missing

    def place_members(
        self,
        header: Header,
        scope: str,
        members: tuple[Member, ...],
        start: Position,
        outer: Position,
    ) -> Position:
        """Place the members of a header or group that are there; return the bit behind them.

        ``outer`` is where the header or trailer starts.
        """
        here = start
        as_drawn = True  # as long as no optional field came before
        for each in members:
            path = f"{scope}.{each.name}"
            as_drawn = as_drawn and each.when is None
            if each.when is not None and not self.switched_on(scope, path, each.when):
                continue
            if isinstance(each, Group):
                self.starts[path], self.members[path] = here, each.fields
                here = self.place_members(header, path, each.fields, here, outer)
                self.ends[path] = here
                continue
            if isinstance(each, Pad):
                missing = self.padding(path, each, here.since(outer))
                if not missing:
                    continue
                each = self.padding_field(each, missing, here)
            self.check_width(path, each, here)
            self.check_order(path, each, here)
            self.check_enumeration(path, each)
            if as_drawn:
                self.check_at(path, each, here.since(start))
            self.places.append(_Place(path, scope, header, each, each.source, here))
            here += max(each.bits, 0)
        return here

    def padding(self, path: str, pad: Pad, size: int) -> int:
        """Return the bits up to the next multiple of a header that has so many."""
        missing = -size % (8 * pad.multiple) if pad.multiple > 0 else 0
        if missing > 64 and size % 8:
            self.report(
                Code.F103,
                path,
                f"padding of {missing} bits starts inside of a byte",
                f"put Reserved({-size % 8}) before it",
            )
            return 0
        if not 1 <= pad.multiple <= 256:
            self.report(
                Code.F103,
                path,
                f"padding to a multiple of {pad.multiple} bytes is not possible",
                "use 1 to 256 bytes",
            )
            return 0
        return missing

    def padding_field(self, pad: Pad, bits: int, here: Position) -> Field:
        """Return the field that padding is; a receiver ignores it."""
        if bits > 64 and here.bit == 0:
            return Bytes(pad.name, Default(bytes(bits // 8)))
        order = self.places[-1].field.byteorder if here.bit else "big"
        return Reserved(bits, pad.name, byteorder=order)

    def switched_on(self, scope: str, path: str, switch: Switch) -> bool:
        """Tell whether an optional field is there: its switch is a number by now."""
        name, wanted = (switch, None) if isinstance(switch, str) else switch
        target = self.find(scope, name)
        if target is None:
            self.unknown(path, scope, name)
            return False
        if not isinstance(target.source, Const | Default):
            self.report(
                Code.F121,
                path,
                f"whether it is there hangs on {target.path!r}, "
                "whose value is not known when the C is emitted",
                f"give {target.path!r} a Const or a Default, "
                f"as {target.header.name.upper()}.bind({target.field.name}=1) does, "
                "and make a packet for each case",
            )
            return False
        self.switches.add(target.path)
        value = self.value(target, target.source.value)
        return value != 0 if wanted is None else value == self.value(target, wanted)

    def find(self, scope: str, name: str) -> _Place | None:
        """Return the field of that name of a header or group, or of what is around it."""
        while True:
            for each in self.places:
                if each.path == f"{scope}.{name}":
                    return each
            if "." not in scope:
                return None
            scope = scope.rpartition(".")[0]

    def find_group(self, scope: str, name: str) -> str | None:
        """Return the path of the group of that name, looked for as :meth:`find` does."""
        while f"{scope}.{name}" not in self.members:
            if "." not in scope:
                return None
            scope = scope.rpartition(".")[0]
        return f"{scope}.{name}"

    def unknown(self, path: str, scope: str, name: str) -> None:
        known = [each.path for each in self.places if each.path.startswith(f"{scope}.")]
        known += [each for each in self.members if each.startswith(f"{scope}.")]
        known = [each.removeprefix(f"{scope}.") for each in known]
        self.report(
            Code.F110,
            path,
            f"{scope!r} has no {name!r} here",
            f"name one of: {', '.join(known)}" if known else "name a field that stands before it",
        )

    def check_width(self, path: str, each: Field, here: Position) -> None:
        if isinstance(each, Bytes | IPv6Address):
            if each.bits < 8:
                self.report(
                    Code.F103,
                    path,
                    "it has no bytes",
                    "give it a size, or a value with one byte at least",
                )
            elif here.bit:
                self.report(
                    Code.F122,
                    path,
                    f"it starts at bit {here.bit} of a byte",
                    f"put Reserved({8 - here.bit}) before it",
                )
        elif not 1 <= each.bits <= 64:
            self.report(
                Code.F103,
                path,
                f"{each.bits} bits are not possible",
                "use 1 to 64 bits, and several fields for more",
            )

    def check_enumeration(self, path: str, each: Field) -> None:
        """Each number of an enumeration fits, and each name means one of them."""
        names = _names(each)
        for number, name in names.items():
            others = [one for one in names if one != number]
            if not 0 <= number < 1 << max(each.bits, 0):
                self.report(
                    Code.F107,
                    path,
                    f"{number} ({name}) does not fit into {each.bits} bits",
                    "widen the field, or leave the name out",
                )
            elif not name.isprintable() or name.strip() != name or not name:
                problem = f"{name!r} is no name that can be written as an argument"
                self.report(Code.F125, path, problem, "use letters and digits")
            elif any(name in (names[one], str(one)) for one in others):
                problem = f"{name!r} could be {number} or another number"
                self.report(Code.F125, path, problem, "give each number a name of its own")

    def check_order(self, path: str, each: Field, here: Position) -> None:
        """In a byte that fields share, all count from the same end."""
        if here.bit == 0:
            return
        before = self.places[-1]
        if before.field.byteorder != each.byteorder:
            self.report(
                Code.F124,
                path,
                f"it is {each.byteorder}-endian, and shares a byte with {before.path!r}, "
                f"which is {before.field.byteorder}-endian",
                f"give it byteorder={before.field.byteorder!r}, or put "
                f"Reserved({8 - here.bit}, byteorder={before.field.byteorder!r}) before it",
            )

    def check_at(self, path: str, each: Field, here: int) -> None:
        if each.at is None or each.at == here:
            return
        if each.at < here:
            self.report(
                Code.F105,
                path,
                f"it is declared at bit {each.at}, but the fields before it end at bit {here}",
                f"narrow the fields before it, or declare at={here}",
            )
        else:
            self.report(
                Code.F106,
                path,
                f"it is declared at bit {each.at}, but the fields before it end at bit {here}",
                f"put Reserved({each.at - here}) before it, or declare at={here}",
            )

    def check_carried(self) -> None:
        """What a header carries without a word must be what it is for."""
        for below, above in pairwise(self.format.packet.layers):
            if not (isinstance(below, Header) and isinstance(above, Header)):
                continue
            if below.carries is not None and below.carries not in above.numbers:
                self.report(
                    Code.F114,
                    f"header {below.name!r}",
                    f"it carries {below.carries!r}, and {above.name!r} above it has no such number",
                    f"put a header between them, or give {above.name!r} "
                    f"numbers={{{below.carries!r}: ...}}",
                )

    # Presets

    def bind(self) -> bytes:
        """Apply the preset's bindings to the sources; return the pattern of the payload."""
        fill = self.format.packet.layers[-1]
        payload: Binding = fill.value if isinstance(fill, Fill) else 0
        by_parameter = {
            place.source.name: place for place in self.places if isinstance(place.source, Parameter)
        }
        by_path = {place.path: place for place in self.places}
        for key, value in self.format.bindings:
            if isinstance(fill, Fill) and key == fill.name:
                payload = value
            elif key == "length":
                self.length_binding = value
            elif key in by_parameter:
                place = by_parameter[key]
                assert isinstance(place.source, Parameter)
                if isinstance(value, Sweep):
                    place.source = value
                else:
                    place.source = replace(place.source, default=value)
                    place.bound = True
            elif key in by_path and isinstance(by_path[key].source, Parameter):
                source = by_path[key].source
                assert isinstance(source, Parameter)
                self.report(
                    Code.F119,
                    f"preset {self.format.name!r}",
                    f"{key!r} is the parameter {source.name!r}",
                    f"bind {source.name!r}",
                )
            elif key in self.switches:
                header = by_path[key].header.name
                self.report(
                    Code.F119,
                    f"preset {self.format.name!r}",
                    f"{key!r} decides which fields there are",
                    f"make another packet, with {header.upper()}.bind(...)",
                )
            elif key in by_path and isinstance(by_path[key].source, Const):
                self.report(
                    Code.F119,
                    f"preset {self.format.name!r}",
                    f"{key!r} is a constant of the format",
                    "leave it out, or make the field's source Default(...)",
                )
            elif key in by_path:
                by_path[key].source = value if isinstance(value, Sweep) else Default(value)
            else:
                known = [*by_parameter, *by_path, *([fill.name] if isinstance(fill, Fill) else [])]
                self.report(
                    Code.F119,
                    f"preset {self.format.name!r}",
                    f"the packet {self.format.packet.name!r} has no {key!r}",
                    f"bind one of: {', '.join(known)}",
                )
        if not isinstance(fill, Fill):
            return b""
        try:
            if isinstance(payload, Sweep):
                raise ValueError("the payload cannot be swept")
            return fill.parse(payload)
        except ValueError as error:
            self.report(Code.F108, fill.name, str(error), "mend the value")
            return b""

    # Origins

    def frame_bounds(self) -> tuple[int, int]:
        packet = self.format.packet
        header_length = self.least_end // 8
        has_fill = self.has_payload
        low = max(packet.min_length, header_length) if has_fill else header_length
        high = packet.max_length if has_fill else header_length
        where = f"packet {packet.name!r}"
        if header_length < packet.min_length and not has_fill:
            self.report(
                Code.F118,
                where,
                f"its headers take {header_length} bytes, and the least frame {packet.min_length}",
                "end the stack with / Fill()",
            )
        if header_length > packet.max_length or low > high:
            self.report(
                Code.F118,
                where,
                f"its headers take {header_length} bytes, and the frame may take "
                f"{packet.min_length} to {packet.max_length}",
                "drop a header, or mend min_length and max_length",
            )
        if not 1 <= packet.min_length <= packet.max_length <= 0xFFFF:
            self.report(
                Code.F118,
                where,
                f"a frame of {packet.min_length} to {packet.max_length} bytes is not possible",
                "use 1 <= min_length <= max_length <= 65535",
            )
        return low, high

    def value(self, place: _Place, value: Value) -> int:
        """Return the number of ``value`` in the field, 0 after a report."""
        try:
            number = place.field.parse(value)
        except ValueError as error:
            self.report(Code.F108, place.path, str(error), "mend the value")
            return 0
        if not 0 <= number < 1 << place.field.bits:
            self.report(
                Code.F107,
                place.path,
                f"{value!r} does not fit into {place.field.bits} bits",
                f"use 0 to {(1 << place.field.bits) - 1}, or widen the field",
            )
            return 0
        names = _names(place.field)
        if names and number not in names:
            self.report(
                Code.F107,
                place.path,
                f"{value!r} is none of the numbers that have a name",
                f"use one of: {', '.join(f'{each} ({name})' for each, name in names.items())}",
            )
        return number

    def extent(self, place: _Place, span: Span) -> Extent | None:
        """Return the bytes of a span, None after a report."""
        header = place.header
        start = self.edge(place, span.start, "start")
        end = self.edge(place, span.end, "end")
        if start is None or end is None:
            return None
        # What a group holds may be nothing; any other empty span is a mistake.
        empty = end == start and span.start == span.end
        if empty and start == END:
            return Extent(START, START)
        if not (start < end or empty) or start.bit or end.bit:
            first = "the end of the frame" if start == END else f"bit {start.bits}"
            until = "the end of the frame" if end == END else f"bit {end.bits}"
            problem = f"its span starts at {first} and ends before {until}"
            self.report(
                Code.F111,
                place.path,
                "its span is empty" if start == end else problem,
                "let the span start and end on whole bytes, its start before its end, "
                f"or use HEADER for all of {header.name!r}",
            )
            return None
        return Extent(start, end)

    def edge(self, place: _Place, edge: Edge | str, side: str) -> Position | None:
        """Return where a span starts or ends, None after a report."""
        group = self.find_group(place.scope, str(edge))
        if edge in (Edge.HEADER_START, Edge.HEADER_END):
            group = place.scope
        if edge is Edge.PAYLOAD_END:
            return self.payload_ends[place.header.name]
        if edge is Edge.FRAME_END:
            return self.trailer_ends[place.header.name]
        if group is not None:
            at_start = side == "start" if isinstance(edge, str) else edge is Edge.HEADER_START
            return self.starts[group] if at_start else self.ends[group]
        target = self.find(place.scope, str(edge))
        if target is None:
            self.unknown(place.path, place.scope, str(edge))
            return None
        return target.start + (target.field.bits if side == "end" else 0)

    def origin(self, place: _Place, low: int, high: int) -> Origin | None:
        """Return where the field's value comes from, None after a report."""
        source = place.source
        computed = isinstance(source, Length | Checksum | NextHeader | Count)
        if computed and not isinstance(place.field, UInt):
            self.report(
                Code.F126,
                place.path,
                f"a {type(source).__name__} is a number, and the field is "
                f"a {type(place.field).__name__}",
                f"declare UInt({place.field.name!r}, {place.field.bits}, ...)",
            )
            return None
        match source:
            case Const():
                return Fixed(self.value(place, source.value), checked=True)
            case Default():
                return Fixed(self.value(place, source.value), checked=False)
            case Parameter():
                return self.argument(place, source)
            case Counter() | Cycle() | Random() | Range() | Timestamp():
                return self.sweep(place, source)
            case Length():
                return self.length(place, source, low, high)
            case Checksum():
                return self.checksum(place, source)
            case NextHeader():
                return self.next_header(place, source)
            case Count():
                return self.count(place, source)
        raise TypeError(f"{place.path}: no resolution for the source {source!r}")

    def argument(self, place: _Place, source: Parameter) -> Argument:
        largest = (1 << place.field.bits) - 1
        if place.field.bits > 64 and (source.minimum, source.maximum) != (None, None):
            self.report(
                Code.F109,
                place.path,
                f"a range of {source.name!r} goes with at most 64 bits",
                "leave minimum and maximum out",
            )
        minimum = 0 if source.minimum is None else source.minimum
        maximum = largest if source.maximum is None else source.maximum
        if not 0 <= minimum <= maximum <= largest:
            self.report(
                Code.F109,
                place.path,
                f"the range {minimum}..{maximum} of {source.name!r} is empty or exceeds "
                f"{place.field.bits} bits",
                f"use 0 <= minimum <= maximum <= {largest}",
            )
        default = None
        if isinstance(source.default, FromDevice):
            if not isinstance(place.field, MAC):
                self.report(
                    Code.F108,
                    place.path,
                    f"{source.default.value} is a MAC address",
                    "use it for MAC fields only",
                )
        else:
            default = self.value(place, source.default)
            if minimum <= maximum and not minimum <= default <= maximum:
                self.report(
                    Code.F107,
                    place.path,
                    f"{source.default!r} is outside the range {minimum}..{maximum} "
                    f"of {source.name!r}",
                    "give a value inside, or widen the range",
                )
        numbers = tuple(each for each in _names(place.field) if minimum <= each <= maximum)
        return Argument(source.name, default, minimum, maximum, place.bound, numbers)

    def sweep(self, place: _Place, source: Sweep) -> Swept:
        swept = self.swept(place, source)
        names = _names(place.field)
        if names and not isinstance(source, Cycle) and not _all_in(swept, names):
            self.report(
                Code.F123,
                place.path,
                f"a {type(source).__name__} has numbers that have no name",
                f"use Cycle({tuple(names.values())!r})",
            )
        return swept

    def swept(self, place: _Place, source: Sweep) -> Swept:
        wide = place.field.bits > 64
        if wide and (isinstance(source, Counter | Timestamp)):
            self.report(
                Code.F123,
                place.path,
                f"a {type(source).__name__} goes with at most 64 bits",
                "use Range(first, last), or Cycle(values)",
            )
        elif isinstance(place.field, Bytes) and not isinstance(source, Cycle):
            self.report(
                Code.F123,
                place.path,
                f"a {type(source).__name__} needs a number, and bytes are none",
                "use Cycle(values)",
            )
        match source:
            case Counter():
                return self.counted(place, source)
            case Cycle(values=values):
                if not values:
                    self.report(Code.F109, place.path, "a Cycle of no values", "give it one")
                return Listed(tuple(self.value(place, each) for each in values))
            case Random():
                return self.drawn(place, source)
            case Range():
                return self.ranged(place, source)
            case Timestamp(unit=unit):
                if unit not in _UNITS:
                    self.report(
                        Code.F108,
                        place.path,
                        f"there is no unit of time {unit!r}",
                        f"use one of: {', '.join(_UNITS)}",
                    )
                return Timed(_UNITS.get(unit, 1))

    def counted(self, place: _Place, source: Counter) -> Counted:
        limit = 1 << place.field.bits
        if not (0 <= source.start < limit and 0 < source.step < limit):
            self.report(
                Code.F109,
                place.path,
                f"a counter from {source.start} in steps of {source.step} does not fit into "
                f"{place.field.bits} bits",
                f"use 0 <= start < {limit} and 0 < step < {limit}, or widen the field",
            )
        return Counted(source.start, source.step)

    def drawn(self, place: _Place, source: Random) -> Drawn:
        low = 0 if source.minimum is None else self.value(place, source.minimum)
        high = (1 << place.field.bits) - 1
        if source.maximum is not None:
            high = self.value(place, source.maximum)
        self.check_range(place, low, high)
        if not 0 <= source.seed < 1 << 64:
            self.report(
                Code.F109,
                place.path,
                f"the seed {source.seed} does not fit into 64 bits",
                f"use 0 to {(1 << 64) - 1}",
            )
        return Drawn(source.seed, low, high - low + 1)

    def ranged(self, place: _Place, source: Range) -> Ranged:
        if source.last is None:
            low, high = self.prefix(place, source.first)
        else:
            low, high = self.value(place, source.first), self.value(place, source.last)
        self.check_range(place, low, high)
        if not 1 <= source.step <= max(high - low, 1):
            self.report(
                Code.F109,
                place.path,
                f"steps of {source.step} do not fit into the range",
                f"use 1 to {max(high - low, 1)}",
            )
            return Ranged(low, 1, 1)
        return Ranged(low, (high - low) // source.step + 1, source.step)

    def check_range(self, place: _Place, low: int, high: int) -> None:
        show = place.field.show
        if low > high:
            self.report(
                Code.F109,
                place.path,
                f"the range {show(low)} to {show(high)} is empty",
                "give the smaller end first",
            )
        elif low >> 64 != high >> 64:
            self.report(
                Code.F123,
                place.path,
                f"{show(low)} to {show(high)} differ in more than the last 64 bits",
                "let them share the first ones, as the addresses of a /64 do",
            )

    def prefix(self, place: _Place, value: Value) -> tuple[int, int]:
        """Return the first and last address of a prefix."""
        try:
            if not isinstance(place.field, IPv4Address | IPv6Address):
                raise ValueError("an IPv4 address or IPv6 address has prefixes, and nothing else")
            network = ipaddress.ip_network(str(value))
            place.field.parse(str(network[0]))
        except ValueError as error:
            self.report(
                Code.F108,
                place.path,
                f"{value!r} is no prefix of it: {error}",
                "give a prefix such as '192.0.2.0/24', or first and last",
            )
            return 0, 0
        return int(network[0]), int(network[-1])

    def frame_length(self, binding: Binding | None, lengths: range) -> tuple[int, Swept | None]:
        """Return the length of the frames that the program sends, and how it is swept."""
        low, high = lengths[0], lengths[-1]
        if binding is None:
            return low, None
        field = UInt("length", 16, Default(0))
        place = _Place("length", "", Header("", ()), field, field.source, START)
        if isinstance(binding, Counter | Timestamp):
            self.report(
                Code.F123,
                "length",
                f"a {type(binding).__name__} leaves the bounds of the frame",
                "use Cycle(lengths), Range(first, last) or Random(minimum=, maximum=)",
            )
            return low, None
        swept: Swept | None = None
        if isinstance(binding, Random):
            binding = replace(
                binding,
                minimum=low if binding.minimum is None else binding.minimum,
                maximum=high if binding.maximum is None else binding.maximum,
            )
        if isinstance(binding, Cycle | Random | Range):
            swept = self.sweep(place, binding)
            if isinstance(swept, Drawn):
                swept = _among(swept, lengths)
            wanted = few_values(swept)
        else:
            wanted = [self.value(place, binding)]
        refused = [each for each in wanted if each not in lengths]
        if refused or not wanted:
            steps = f" in steps of {lengths.step}" if lengths.step > 1 else ""
            self.report(
                Code.F118,
                "length",
                f"a frame of {refused[0]} bytes is asked for, and it has {low} to {high}{steps}"
                if refused
                else f"none of the lengths is {low} to {high}{steps}",
                "mend the lengths, or min_length and max_length of the packet",
            )
        return max(wanted, default=low), swept

    def length(self, place: _Place, source: Length, low: int, high: int) -> Origin | None:
        extent = self.extent(place, source.of)
        if extent is None:
            return None
        size = extent.size(low)
        variable = extent.varies and low != high
        if source.unit <= 0 or abs(source.plus) >= 1 << 32:
            self.report(
                Code.F116,
                place.path,
                f"no length has a unit of {source.unit} bytes and {source.plus} more",
                "use a positive unit, and plus of less than 2^32",
            )
            return None
        if not variable and size % source.unit:
            self.report(
                Code.F116,
                place.path,
                f"{size} bytes are no whole number of units of {source.unit} bytes",
                "count in bytes (unit=1), or fill the span up with Pad()",
            )
            return None
        origin = FrameLength(extent, Fraction(source.unit), source.plus)
        if variable:
            return origin
        self.check_length(place, origin, low, high)
        return Fixed(origin.value(low), checked=True)

    def check_length(self, place: _Place, origin: FrameLength, low: int, high: int) -> None:
        """A length fits its field in frames of that length."""
        largest = (1 << place.field.bits) - 1
        least, most = origin.value(low), origin.value(high)
        if least < 0 or most > largest:
            self.report(
                Code.F116,
                place.path,
                f"the length is {least} to {most}, and {place.field.bits} bits hold 0 to {largest}",
                "raise plus, or the packet's min_length"
                if least < 0
                else "widen the field, count in larger units, or lower the packet's max_length",
            )

    def whole_units(self, origins: list[Origin | None], low: int, high: int) -> range:
        """Return the lengths of a frame of which each length field counts whole units."""
        lengths = range(low, high + 1)
        for place, origin in zip(self.places, origins, strict=True):
            if not isinstance(origin, FrameLength):
                continue
            fits = [each for each in lengths if origin.of.size(each) % origin.unit == 0]
            if not fits:
                self.report(
                    Code.F116,
                    place.path,
                    f"no frame of {low} to {high} bytes is a whole number of units of "
                    f"{origin.unit} bytes here and in the length fields before",
                    "count in other units, or mend min_length and max_length of the packet",
                )
                return lengths
            step = fits[1] - fits[0] if len(fits) > 1 else 1
            lengths = range(fits[0], fits[-1] + 1, step)
        for place, origin in zip(self.places, origins, strict=True):
            if isinstance(origin, FrameLength):
                self.check_length(place, origin, lengths[0], lengths[-1])
        return lengths

    def checksum(self, place: _Place, source: Checksum) -> Sum | None:
        extent = self.extent(place, source.over)
        if extent is None:
            return None
        self.check_checksum(place, source, extent)
        pseudo = self.pseudo_header(place) if source.pseudo_header else ()
        return None if pseudo is None else Sum(extent, source.algorithm, pseudo, source.zero_as)

    def check_checksum(self, place: _Place, source: Checksum, extent: Extent) -> None:
        algorithm = source.algorithm
        internet = algorithm is Algorithm.INTERNET
        if isinstance(algorithm, OwnAlgorithm):
            self.check_name(algorithm.name, f"checksum {algorithm.name!r}")
            if algorithm.name.startswith(_HELPERS):
                self.report(
                    Code.F101,
                    f"checksum {algorithm.name!r}",
                    "the emitted C has functions with such names itself",
                    f"use a name that does not start with {' or '.join(_HELPERS)}",
                )
        little = place.field.byteorder == "little"
        # How far from there the checksum is follows the frame's length.
        adrift = place.start.from_end and not extent.start.from_end
        inside = extent.covers(place.start, place.start + place.field.bits)
        if algorithm.bits not in (8, 16, 32, 64):
            self.report(
                Code.F113,
                place.path,
                f"{algorithm.title} has {algorithm.bits} bits",
                "give it 8, 16, 32 or 64",
            )
        elif place.field.bits != algorithm.bits or place.start.bit or (internet and little):
            self.report(
                Code.F113,
                place.path,
                f"an {algorithm.title} is {algorithm.bits} "
                f"{'big-endian ' if internet else ''}bits on whole bytes",
                f"declare UInt(name, {algorithm.bits}, ...) at a whole byte",
            )
        elif internet and adrift and inside:
            self.report(
                Code.F113,
                place.path,
                "whether it starts at a word of what it covers follows the frame's length",
                "put it into the header, or use a checksum that knows no words, as a CRC",
            )
        elif internet and inside and place.start.since(extent.start) % 16:
            self.report(
                Code.F113,
                place.path,
                "it starts at an odd byte of what it covers, where RFC 1071 has no word",
                "move the field or the start of the span by one byte",
            )
        elif not internet and source.pseudo_header:
            self.report(
                Code.F113,
                place.path,
                f"a pseudo header goes with an {Algorithm.INTERNET.title}, "
                f"not with {algorithm.title}",
                "use pseudo_header=False",
            )
        largest = (1 << place.field.bits) - 1
        if source.zero_as is not None and not 0 <= source.zero_as <= largest:
            self.report(
                Code.F107,
                place.path,
                f"zero_as={source.zero_as} does not fit into {place.field.bits} bits",
                f"use 0 to {largest}",
            )

    def count(self, place: _Place, source: Count) -> Fixed | None:
        group = self.find_group(place.scope, source.group)
        if group is None:
            self.unknown(place.path, place.scope, source.group)
            return None
        return Fixed(self.value(place, len(self.members[group])), checked=True)

    def pseudo_header(self, place: _Place) -> tuple[Pseudo, ...] | None:
        layers = self.format.packet.layers
        here = layers.index(place.header)
        below = layers[here - 1] if here else None
        while here and isinstance(below, Header) and below.extends:
            here -= 1
            below = layers[here - 1] if here else None
        if not isinstance(below, Header) or not below.pseudo_header:
            self.report(
                Code.F115,
                place.path,
                f"its checksum needs a pseudo header, and "
                f"{'nothing' if below is None else repr(below.name)} below "
                f"{place.header.name!r} has none",
                "put it above a header with pseudo_header=(...), such as IPV4, "
                "or use pseudo_header=False",
            )
            return None
        parts: list[Pseudo] = []
        for part in below.pseudo_header:
            match part:
                case str():
                    target = self.find(below.name, part)
                    if target is None:
                        self.unknown(place.path, below.name, part)
                        return None
                    self.check_pseudo_order(below.name, target, sum(each.bits for each in parts))
                    parts.append(PseudoField(target.path, target.field.bits))
                case Zeros():
                    parts.append(PseudoConst(0, part.bits))
                case UpperNumber():
                    number = place.header.numbers.get(part.registry)
                    if number is None:
                        self.report(
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
            self.report(
                Code.F111,
                place.path,
                f"the pseudo header of {below.name!r} is no whole number of 16-bit words",
                "fill it up with Zeros(bits)",
            )
        return tuple(parts)

    def check_pseudo_order(self, below: str, target: _Place, here: int) -> None:
        """Without whole bytes there is no order of bytes."""
        if target.field.byteorder == "little" and (target.field.bits % 8 or here % 8):
            self.report(
                Code.F111,
                target.path,
                f"it is little-endian, and takes no whole bytes of the pseudo header of {below!r}",
                "let it have a whole number of bytes, and fill up what is before it with Zeros()",
            )

    def next_header(self, place: _Place, source: NextHeader) -> Fixed | None:
        layers = self.format.packet.layers
        above = layers[layers.index(place.header) + 1 :][:1]
        if above and isinstance(above[0], Header):
            number = above[0].numbers.get(source.registry)
            if number is None:
                self.report(
                    Code.F114,
                    place.path,
                    f"the header {above[0].name!r} has no number as {source.registry!r}",
                    f"give it numbers={{{source.registry!r}: ...}}, or bind {place.path!r} "
                    "in a preset",
                )
                return None
        elif source.last is not None:
            number = source.last
        else:
            self.report(
                Code.F114,
                place.path,
                "no header follows that it could announce",
                f"put a header above {place.header.name!r}, or declare "
                f"NextHeader({source.registry!r}, last=...)",
            )
            return None
        return Fixed(self.value(place, number), checked=True)

    # The whole

    def order(self, fields: tuple[Placed, ...]) -> tuple[Placed, ...]:
        """Return the checksums, each after those that it covers."""
        sums = {each.path: each for each in fields if isinstance(each.origin, Sum)}
        graph = {
            path: {
                other
                for other, target in sums.items()
                if other != path
                and isinstance(total := each.origin, Sum)
                and total.depends_on(target)
            }
            for path, each in sums.items()
        }
        try:
            return tuple(sums[path] for path in TopologicalSorter(graph).static_order())
        except CycleError as error:
            cycle = list(dict.fromkeys(error.args[1]))
            self.report(
                Code.F112,
                " and ".join(cycle),
                "each needs the other's value first",
                "let one of them leave the other out of its span",
            )
            return ()

    def arguments(self, fields: tuple[Placed, ...]) -> tuple[Placed, ...]:
        """Return the parameters in the order of the emitted function."""
        by_name = {each.argument.name: each for each in fields if isinstance(each.origin, Argument)}
        packet = self.format.packet
        order = packet.arguments
        if order is None:
            return tuple(by_name.values())
        # A parameter that a preset sweeps is an argument no longer.
        order = tuple(name for name in order if name not in self.swept_parameters())
        if sorted(order) != sorted(by_name):
            self.report(
                Code.F120,
                f"packet {packet.name!r}",
                f"arguments={order!r}, and its parameters are {tuple(by_name)!r}",
                "name each parameter once, or leave arguments out",
            )
            return ()
        return tuple(by_name[name] for name in order)

    def swept_parameters(self) -> set[str]:
        return {key for key, value in self.format.bindings if isinstance(value, Sweep)}

    def check_types(self) -> None:
        for where, problem, remedy in mistakes(self.format):
            self.report(Code.F127, where, problem, remedy)
        self.stop_if_reported()
        if not self.format.packet.layers:
            self.no_header()
        self.stop_if_reported()

    def no_header(self) -> None:
        self.report(
            Code.F118,
            f"packet {self.format.packet.name!r}",
            "it has no field before the payload",
            "start the stack with a header, such as ETHERNET",
        )

    def resolve(self) -> Layout:
        self.check_types()
        self.check_names()
        self.place()
        self.check_variables()
        self.stop_if_reported()
        self.check_carried()
        pattern = self.bind()
        low, high = self.frame_bounds()
        self.stop_if_reported()
        origins = [self.origin(place, low, high) for place in self.places]
        self.stop_if_reported()
        lengths = self.whole_units(origins, low, high)
        self.stop_if_reported()
        length, length_sweep = self.frame_length(self.length_binding, lengths)
        self.stop_if_reported()
        fields = tuple(
            Placed(place.path, place.header, place.field, place.start, origin, place.in_trailer)
            for place, origin in zip(self.places, origins, strict=True)
            if origin is not None
        )
        checksums = self.order(fields)
        arguments = self.arguments(fields)
        self.stop_if_reported()
        fill = self.format.packet.layers[-1]
        header_length = self.headers_end // 8
        trailer_length = self.least_end // 8 - header_length
        payload = None
        if isinstance(fill, Fill):
            extent = Extent(START + self.headers_end, END - 8 * trailer_length)
            payload = Payload(fill.name, fill, extent, pattern)
        else:
            # Where nothing is between them, a trailer is no more than fields that follow.
            header_length, trailer_length = self.least_end // 8, 0
        return Layout(
            format=self.format,
            fields=fields,
            payload=payload,
            header_length=header_length,
            trailer_length=trailer_length,
            min_length=lengths[0],
            max_length=lengths[-1],
            length_step=lengths.step,
            arguments=arguments,
            checksums=checksums,
            length=length,
            length_sweep=length_sweep,
        )


_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000}


def _among(drawn: Drawn, lengths: range) -> Drawn:
    """Return the same draw from those of its values that are lengths of the frame.

    Where its bounds are no lengths of the frame at all, it stays as it is.
    """
    if drawn.low < lengths[0] or drawn.last > lengths[-1]:
        return drawn
    first = drawn.low + (lengths[0] - drawn.low) % lengths.step
    count = len(range(first, drawn.last + 1, lengths.step))
    return replace(drawn, low=first, count=count, step=lengths.step)


def _all_in(swept: Swept, names: Mapping[int, str]) -> bool:
    """Tell whether a sweep has no other numbers than those."""
    match swept:
        case Ranged(count=count) | Drawn(count=count):
            return count <= len(names) and set(few_values(swept)) <= set(names)
    return False


def _names(field: Field) -> Mapping[int, str]:
    """Return the names of an enumeration's numbers, none of any other field."""
    return field.names if isinstance(field, UInt) else {}


def _suggest(name: str) -> str:
    """Return a usable name near to ``name``."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", name).lstrip("_0123456789") or "field"
    return cleaned if cleaned != name else f"{cleaned}_"


def resolve(format: Format) -> Layout:
    """Return the layout of a format; raise FormatError with all that is wrong with it."""
    return _Resolver(format).resolve()
