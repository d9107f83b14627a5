"""Lower a layout to a plan: what the templates print.

All that can be computed before the program runs is computed here: the constant
bytes form one template, and the ones' complement sum over constant words is
folded, so that the emitted function stores and adds only what varies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from codegen import describe
from codegen.errors import UsageError
from codegen.layout import (
    Argument,
    Counted,
    Drawn,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Listed,
    Payload,
    Piece,
    Placed,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Ranged,
    Sum,
    Swept,
    Timed,
    resolve,
)
from codegen.model import (
    MAC,
    WIRE_OVERHEAD,
    Algorithm,
    Bytes,
    Default,
    Fetch,
    Field,
    Format,
    IPv4Address,
    IPv6Address,
    NextHeader,
    OwnAlgorithm,
    Strategy,
    UInt,
)
from codegen.model.strategy import COMBINATIONS

#: The end of the frame in C, from which trailers are found.
_END = "frame_end"

# --- What a plan consists of -----------------------------------------------------


@dataclass(frozen=True)
class ArgumentPlan:
    """An argument: a ``member`` of the struct, a ``declaration`` in the functions.

    ``assign`` is the statement that copies the function's argument into the
    struct; a ``pointer`` must not be NULL there. ``initializer`` is None when the
    program asks its device, and ``zero`` what it is then. ``checks`` are conditions on
    the member that are true when it is out of range. ``parser`` is the kind of the
    program's argument.
    """

    name: str
    summary: str
    member: str
    declaration: str
    assign: str
    pointer: bool
    initializer: str | None
    zero: str
    checks: tuple[str, ...]
    parser: str
    minimum: int
    maximum: int
    bound: bool


@dataclass(frozen=True)
class TemplateRow:
    """Bytes of the constant template that belong together, as C literals."""

    octets: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """Statements that put one field, or fields that share bytes, into the frame."""

    comments: tuple[str, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """An addend of a checksum that is known only when the packet is built."""

    expression: str
    comment: str


@dataclass(frozen=True)
class ChecksumPlan:
    """A checksum: ``fold(constant + terms + swept)``, or what a ``call`` over the frame gives.

    ``swept`` are the addends that differ from packet to packet; the sum of all
    others is kept between packets. A checksum that another one with swept addends
    covers is ``kept`` too, so that the other finds its value.
    """

    variable: str
    type: str
    comments: tuple[str, ...]
    constant: str
    terms: tuple[Term, ...]
    swept: tuple[Term, ...]
    call: str | None
    kept: bool
    store: str
    zero_as: str | None


@dataclass(frozen=True)
class AlgorithmPlan:
    """A C function that checksums call: from the template of that ``name``, or the user's own."""

    name: str
    source: str | None


@dataclass(frozen=True)
class SweepPlan:
    """A field that differs from packet to packet, or the length of the frame.

    ``value`` follows from the packet's number ``n``, the time ``now`` and the ``table``
    of values, the rows of a C array, if there is one. A length field has no
    ``declaration`` of a variable: it is computed where it is stored.
    """

    declaration: str | None
    value: str
    table: TablePlan | None
    is_timed: bool
    is_drawn: bool
    store: Store | None


@dataclass(frozen=True)
class TablePlan:
    """The values of a list as a C array, in lines."""

    declaration: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class TrailerPlan:
    """The fields behind the payload: their constant bytes, and what is stored among them.

    A trailer ``moves`` where the length is swept: it is kept beside the sweep then, and
    written into each packet together with the payload before it.
    """

    length: int
    template: tuple[TemplateRow, ...]
    stores: tuple[Store, ...]
    moves: bool


@dataclass(frozen=True)
class LengthPlan:
    """The length of the program's frames; ``mean_bits`` are those of a frame, on average."""

    length: int
    sweep: SweepPlan | None
    mean_bits: int


@dataclass(frozen=True)
class Check:
    """A condition on a received frame.

    Of a checksum it is a sum that ``terms`` go on with, or what a ``call`` gives,
    and ``field`` the checksum that came with the frame.
    """

    condition: str
    comment: str
    terms: tuple[Term, ...] = ()
    call: bool = False
    bits: int = 16
    field: str = ""
    zero_as: str | None = None


@dataclass(frozen=True)
class ParsePlan:
    """How a received frame is read, and held against the format.

    ``length`` is the expression of the length that the frame declares, to be
    believed when no condition of ``guards`` holds. A condition of the ``checks``
    tells what is wrong, by the name of the result, in the order of looking.
    ``reads`` put values into the arguments. ``compared`` are conditions that hold
    when a frame carries other values than were asked for.
    """

    guards: tuple[Check, ...]
    length: Check | None
    next_headers: tuple[Check, ...]
    reads: tuple[Store, ...]
    checks: tuple[tuple[str, Check], ...]
    checksums: tuple[Check, ...]
    compared: tuple[Check, ...]

    @property
    def checksum_bits(self) -> int:
        """The width of a variable that holds any of the checksums."""
        return max((each.bits for each in self.checksums), default=16)

    @property
    def looks(self) -> bool:
        """Whether anything of the frame is looked at."""
        return bool(self.next_headers or self.reads or self.checks or self.checksums)

    @property
    def looks_at_end(self) -> bool:
        """Whether anything is found from the end of the frame on."""
        checks = [*self.next_headers, *(check for _, check in self.checks), *self.checksums]
        texts = [statement for each in self.reads for statement in each.statements]
        for each in checks:
            texts += [each.condition, each.field, *(term.expression for term in each.terms)]
        return any(_END in text for text in texts)


@dataclass(frozen=True)
class FormatPlan:
    """All that the templates print of one format.

    ``shorthand`` are the arguments of the function with the tutorial's
    signature; a packet's are all, a preset's those that it leaves open.
    """

    name: str
    summary: str
    is_preset: bool
    arguments: tuple[ArgumentPlan, ...]
    header_length: int
    min_length: int
    max_length: int
    length_step: int
    template: tuple[TemplateRow, ...]
    trailer: TrailerPlan | None
    fill: str | None
    stores: tuple[Store, ...]
    checksums: tuple[ChecksumPlan, ...]
    algorithms: tuple[AlgorithmPlan, ...]
    sweeps: tuple[SweepPlan, ...]
    length: LengthPlan
    parse: ParsePlan
    diagram: tuple[str, ...]

    @property
    def macro(self) -> str:
        """The prefix of the format's macros."""
        return self.name.upper()

    @property
    def is_swept(self) -> bool:
        """Whether anything differs from packet to packet."""
        return bool(self.all_sweeps)

    @property
    def all_sweeps(self) -> tuple[SweepPlan, ...]:
        """The fields that are swept, and the length."""
        return self.sweeps + ((self.length.sweep,) if self.length.sweep else ())

    @property
    def is_timed(self) -> bool:
        """Whether a packet carries the time when it is sent."""
        return any(each.is_timed for each in self.sweeps)

    @property
    def shortest(self) -> str:
        """The C expression of the bytes of all headers and trailers."""
        length = f"{self.macro}_HDR_LEN"
        return f"{length} + {self.macro}_TRAILER_LEN" if self.trailer else length

    @property
    def trailer_moves(self) -> bool:
        """Whether there is a trailer, at another place in each packet."""
        return self.trailer is not None and self.trailer.moves

    @property
    def keeps_length(self) -> bool:
        """Whether what is written for each packet depends on the length of its frame."""
        return bool(self.length.sweep) or self.sweeps_by_length

    @property
    def sweeps_length_alone(self) -> bool:
        """Whether frames differ in nothing but where they end."""
        return (
            self.is_swept and not self.sweeps and not self.kept_checksums and not self.trailer_moves
        )

    @property
    def sweeps_by_length(self) -> bool:
        """Whether a swept store, or a checksum that follows one, looks at ``pktlen``."""
        return self.sweeps_at_end or any("pktlen" in text for text in self.swept_texts)

    @property
    def sweeps_at_end(self) -> bool:
        """Whether a packet of a sweep is written from its end on."""
        return self.trailer_moves or any(_END in text for text in self.swept_texts)

    @property
    def swept_texts(self) -> list[str]:
        """The C of what is written into each packet of a sweep."""
        texts = [text for each in self.sweeps if each.store for text in each.store.statements]
        for checksum in self.kept_checksums:
            texts += [checksum.call or "", checksum.store]
            texts += [term.expression for term in checksum.swept]
        return texts

    @property
    def sums(self) -> bool:
        """Whether a received frame's words are summed up."""
        return any(not each.call for each in self.parse.checksums)

    @property
    def fixed_checksums(self) -> tuple[ChecksumPlan, ...]:
        """The checksums that are the same in each packet of a sweep."""
        return tuple(each for each in self.checksums if not each.kept)

    @property
    def kept_checksums(self) -> tuple[ChecksumPlan, ...]:
        """The checksums that are computed anew for each packet of a sweep."""
        return tuple(each for each in self.checksums if each.kept)

    @property
    def shorthand(self) -> tuple[ArgumentPlan, ...]:
        """The arguments of ``genpkt_<name>()``."""
        return tuple(each for each in self.arguments if not each.bound)


@dataclass(frozen=True)
class Plan:
    """An application: the formats whose functions it has, and the one that it sends.

    A preset's application also has the function of its packet.
    """

    formats: tuple[FormatPlan, ...]
    strategy: Strategy

    @property
    def format(self) -> FormatPlan:
        """The format that the emitted program sends."""
        return self.formats[-1]

    @property
    def draws(self) -> bool:
        """Whether random numbers are wanted."""
        return any(each.is_drawn for format in self.formats for each in format.all_sweeps)

    @property
    def algorithms(self) -> tuple[AlgorithmPlan, ...]:
        """The functions that checksums call, each once."""
        return tuple(dict.fromkeys(each for format in self.formats for each in format.algorithms))

    @property
    def packet(self) -> FormatPlan:
        """The packet on which the formats rest; its name is that of the argument struct."""
        return self.formats[0]


def lower(format: Format, strategy: Strategy) -> Plan:
    """Return the plan of an application.

    Raises FormatError as :func:`resolve` does, and UsageError for a strategy that
    is unsound, or unsound for this packet.
    """
    check_strategy(resolve(format), strategy)
    formats = dict.fromkeys((format.packet, format))
    return Plan(tuple(lower_format(resolve(each)) for each in formats), strategy)


def check_strategy(layout: Layout, strategy: Strategy) -> None:
    """Raise UsageError for a point of the strategies' space where packets would be wrong."""
    if strategy.fetch not in COMBINATIONS[strategy.buffers]:
        allowed = ", ".join(each.value for each in COMBINATIONS[strategy.buffers])
        raise UsageError(
            f"strategy {strategy.name!r}: buffers {strategy.buffers.value!r} do not go with "
            f"packets by {strategy.fetch.value!r}; they go with: {allowed}"
        )
    if strategy.objects is not None and strategy.objects < 1:
        raise UsageError(f"strategy {strategy.name!r}: objects={strategy.objects}; use 1 or more")
    if strategy.fetch is Fetch.SHARE and layout.is_swept:
        swept = ", ".join(
            [each.path for each in layout.sweeps]
            + (["the length"] if layout.length_sweep is not None else [])
        )
        raise UsageError(
            f"strategy {strategy.name!r} sends one netbuf for all packets, and {layout.name!r} "
            f"sweeps {swept}: packets that are still on their way would change; "
            "use ring-patch, which writes only what differs"
        )


def lower_format(layout: Layout) -> FormatPlan:
    """Return the plan of one format."""
    return _Lowering(layout).plan()


# --- C kinds: how an argument of each kind of field is passed and read -------------


@dataclass(frozen=True)
class _Kind:
    """How C spells a kind of field.

    ``member`` declares it in the argument struct and ``pointer`` in a function that
    takes it by pointer; ``integer`` is the expression of its value on the wire,
    ``parser`` the name of its parser in the program. A kind with ``octets``, an
    expression of its bytes in wire order, is passed by pointer.
    """

    member: str
    parser: str
    integer: str = "{}"
    octets: str | None = None
    pointer: str = ""
    zero: str = "0"


def _kind(field: Field) -> _Kind:
    match field:
        case UInt():
            return _Kind(f"uint{_c_width(field.bits)}_t {{}}", "UINT")
        case MAC():
            return _Kind(
                "struct ether_addr {}",
                "MAC",
                integer="get_be48({}.addr_bytes)",
                octets="{}.addr_bytes",
                pointer="const struct ether_addr *{}",
                zero="{ { 0 } }",
            )
        case IPv4Address():
            return _Kind("uint32_t {}", "IPV4")
        case IPv6Address():
            return _Kind(
                "struct ipv6_addr {}",
                "IPV6",
                octets="{}.addr_bytes",
                pointer="const struct ipv6_addr *{}",
                zero="{ { 0 } }",
            )
        case Bytes():
            return _Kind(
                f"uint8_t {{}}[{field.octets}]",
                "OCTETS",
                octets="{}",
                pointer="const uint8_t *{}",
                zero="{ 0 }",
            )
    raise TypeError(f"no C kind for an argument of the shape {field!r}")


def _initializer(field: Field, value: int) -> str:
    """Return ``value`` as a person would write it in C."""
    match field:
        case UInt():
            return c_literal(value)
        case MAC() | IPv6Address():
            return "{ " + _octets(value, field.octets or 0) + " }"
        case Bytes():
            return _octets(value, field.octets)
        case IPv4Address():
            return "IPv4(" + ", ".join(str(byte) for byte in value.to_bytes(4, "big")) + ")"
    raise TypeError(f"no C initializer for the shape {field!r}")


def _octets(value: int, count: int) -> str:
    """Return the braced initializer of bytes; many of them in lines of eight."""
    octets = [f"0x{byte:02x}" for byte in value.to_bytes(count, "big")]
    if count <= 8:
        return "{ " + ", ".join(octets) + " }"
    rows = (", ".join(octets[at : at + 8]) for at in range(0, count, 8))
    return "{\n" + "".join(f"\t\t\t{row},\n" for row in rows) + "\t\t}"


def _c_width(bits: int) -> int:
    """Return the bits of the smallest C integer that holds ``bits``."""
    return next(width for width in (8, 16, 32, 64) if bits <= width)


def c_literal(value: int) -> str:
    """Return a C literal, decimal where people count and with a suffix where it is needed."""
    return f"{value}" if value <= 0x7FFFFFFF else f"0x{value:x}ULL"


# --- The lowering of one format ----------------------------------------------------


class _Lowering:
    """One format on its way from a layout to a plan."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.is_preset = layout.format is not layout.format.packet
        #: The bytes of headers, and of trailers, whose positions are negative.
        self.constant = bytearray(layout.header_length)
        self.constant_trailer = bytearray(layout.trailer_length)
        self.kept = _kept(layout)
        #: The checksums that never vary, by path.
        self.constant_sums: dict[str, int] = {}
        for placed in layout.fields:
            if isinstance(placed.origin, Fixed):
                self.write_constant(placed, placed.origin.value)
            elif (halves := _halves(placed)) is not None:
                self.write_constant(*halves[0])

    def plan(self) -> FormatPlan:
        layout = self.layout
        # A checksum over nothing but constants becomes a constant itself, so
        # the checksums come before the template that they may go into.
        checksums = [self.checksum(placed) for placed in layout.checksums]
        payload = layout.payload
        return FormatPlan(
            name=layout.name,
            summary=layout.format.summary,
            is_preset=self.is_preset,
            arguments=tuple(self.argument(placed) for placed in layout.arguments),
            header_length=layout.header_length,
            min_length=layout.min_length,
            max_length=layout.max_length,
            length_step=layout.length_step,
            template=tuple(self.template(in_trailer=False)),
            trailer=self.trailer() if layout.trailer_length else None,
            fill=None if payload is None else f"0x{payload.value:02x}",
            stores=tuple(self.stores(in_trailer=False)),
            checksums=tuple(each for each in checksums if each is not None),
            algorithms=tuple(
                _algorithm(each.origin.algorithm)
                for each in layout.checksums
                if isinstance(each.origin, Sum) and each.origin.algorithm is not Algorithm.INTERNET
            ),
            sweeps=tuple(
                self.sweep(placed) for placed in layout.fields if _is_swept(layout, placed)
            ),
            length=self.length(),
            parse=self.parse(),
            diagram=tuple(describe.diagram(layout).splitlines()),
        )

    # Arguments

    def argument(self, placed: Placed) -> ArgumentPlan:
        argument = placed.argument
        kind = _kind(placed.field)
        name = argument.name
        member = f"args->{name}"
        checks = []
        widest = placed.bits if kind.octets else _c_width(placed.bits)
        if argument.minimum > 0 and not argument.numbers:
            checks.append(f"{kind.integer.format(member)} < {c_literal(argument.minimum)}")
        if argument.numbers:
            checks.append(
                " && ".join(
                    f"{kind.integer.format(member)} != {c_literal(each)}"
                    for each in argument.numbers
                )
            )
        elif argument.maximum < (1 << widest) - 1:
            checks.append(f"{kind.integer.format(member)} > {c_literal(argument.maximum)}")
        if kind.octets is None:
            declaration = kind.member.format(name)
            assign = f"args.{name} = {name};"
        else:
            # The device gives its own address in a type of the device API.
            own = self.is_preset and argument.default is None
            pointer = "const struct uk_hwaddr *{}" if own else kind.pointer
            declaration = pointer.format(name)
            into = kind.octets.format(f"args.{name}")
            given = kind.octets.format(name).replace(".", "->")
            assign = f"memcpy({into}, {given},\n\t       sizeof({into}));"
        return ArgumentPlan(
            name=name,
            summary=f"{placed.path}, {placed.field.kind}",
            member=kind.member.format(name),
            declaration=declaration,
            assign=assign,
            pointer=kind.octets is not None,
            initializer=None
            if argument.default is None
            else _initializer(placed.field, argument.default),
            zero=kind.zero,
            checks=tuple(checks),
            parser=kind.parser,
            minimum=argument.minimum,
            # What is wider than a number has no range that a number could tell.
            maximum=argument.maximum if placed.bits <= 64 else 0,
            bound=argument.bound,
        )

    # The constant template

    def write_constant(self, placed: Placed, value: int) -> None:
        """Put a value into the template, byte by byte."""
        for piece in placed.pieces:
            part = value >> piece.of & ((1 << piece.bits) - 1)
            self.constants_at(piece.octet)[piece.octet] |= part << piece.low

    def constants_at(self, octet: int) -> bytearray:
        """Return the template that has that byte of the frame."""
        return self.constant if octet >= 0 else self.constant_trailer

    def template(self, in_trailer: bool) -> list[TemplateRow]:
        return [
            TemplateRow(
                tuple(f"0x{self.constants_at(octet)[octet]:02x}" for octet in octets),
                tuple(describe.declaration(placed) for placed in together),
            )
            for octets, together in self.shared_bytes(in_trailer)
        ]

    def trailer(self) -> TrailerPlan:
        """Return what stands behind the payload."""
        return TrailerPlan(
            self.layout.trailer_length,
            tuple(self.template(in_trailer=True)),
            tuple(self.stores(in_trailer=True)),
            moves=self.layout.length_sweep is not None,
        )

    def shared_bytes(self, in_trailer: bool) -> list[tuple[range, list[Placed]]]:
        """Return the fields before or behind the payload in groups that share no byte."""
        groups: list[tuple[range, list[Placed]]] = []
        for placed in self.layout.fields:
            if (placed.offset < 0) != in_trailer:
                continue
            first, behind = placed.offset // 8, -(-placed.end // 8)
            if groups and first < groups[-1][0].stop:
                octets, together = groups[-1]
                groups[-1] = (range(octets.start, max(behind, octets.stop)), [*together, placed])
            else:
                groups.append((range(first, behind), [placed]))
        return groups

    # Stores

    def stores(self, in_trailer: bool) -> list[Store]:
        stores = []
        for octets, together in self.shared_bytes(in_trailer):
            varying = [
                each
                for each in together
                if isinstance(each.origin, Argument | FrameLength)
                and not _is_swept(self.layout, each)
            ]
            if not varying:
                continue
            if len(together) == 1 and (statement := self.whole_store(together[0])):
                statements = [statement]
            else:
                pieces = [(each, piece) for each in varying for piece in each.pieces]
                statements = [
                    self.octet_store(octet, inside)
                    for octet in octets
                    if (inside := [each for each in pieces if each[1].octet == octet])
                ]
            stores.append(
                Store(tuple(describe.declaration(each) for each in varying), tuple(statements))
            )
        return stores

    def length(self) -> LengthPlan:
        """Return how long the program's frames are."""
        layout, swept = self.layout, self.layout.length_sweep
        mean_bits = round(8 * (layout.mean_length + WIRE_OVERHEAD))
        if swept is None:
            return LengthPlan(layout.length, None, mean_bits)
        field = UInt("length", 16, Default(0))
        value, table = _swept_value(swept, "frame_length", field, "n")
        plan = SweepPlan(None, value, table, False, isinstance(swept, Drawn), None)
        return LengthPlan(layout.length, plan, mean_bits)

    def sweep(self, placed: Placed) -> SweepPlan:
        """Return how a field that differs from packet to packet is written."""
        comments = (describe.declaration(placed),)
        halves = _halves(placed)
        if halves is not None:
            placed = halves[1]
        statement = self.whole_store(placed)
        statements = (
            [statement]
            if statement
            else [self.swept_octet_store(placed, piece) for piece in placed.pieces]
        )
        store = Store(comments, tuple(statements))
        origin = placed.origin
        if not isinstance(origin, Swept):
            return SweepPlan(None, "", None, False, False, store)
        variable = _variable(placed)
        declaration = (
            f"const uint8_t *const {variable}"
            if _is_octets(placed.field)
            else f"const uint{_c_width(placed.bits)}_t {variable}"
        )
        value, table = _swept_value(origin, variable, placed.field, "sweep->n")
        return SweepPlan(
            declaration, value, table, isinstance(origin, Timed), isinstance(origin, Drawn), store
        )

    def swept_octet_store(self, placed: Placed, piece: Piece) -> str:
        """Return the store of a swept field's bits in one byte, its other bits left alone."""
        octet = _octet(piece.octet)
        others = 0xFF & ~(((1 << piece.bits) - 1) << piece.low)
        value = self.octet_part(placed, piece)
        if others:
            return f"{octet} = (uint8_t)(({octet} & 0x{others:02x}) | ({value}));"
        return f"{octet} = (uint8_t)({value});"

    def whole_store(self, placed: Placed) -> str | None:
        """Return the store of a field on whole bytes, None when it has no such store."""
        if placed.offset % 8:
            return None
        where = _at(placed.offset // 8)
        if isinstance(placed.origin, Argument):
            octets = _kind(placed.field).octets
            if octets is not None:
                given = octets.format(f"args->{placed.origin.name}")
                return f"memcpy({where}, {given}, {placed.field.octets});"
        if _is_octets(placed.field):
            return f"memcpy({where}, {self.value(placed)}, {placed.field.octets});"
        if placed.bits not in _whole(placed):
            return None
        value = self.value(placed)
        if isinstance(placed.origin, FrameLength):
            value = f"(uint{placed.bits}_t){_primary(value)}"
        return _put(placed, value)

    def octet_store(self, octet: int, inside: list[tuple[Placed, Piece]]) -> str:
        """Return the store of one byte from the bits of all fields in it."""
        constant = self.constants_at(octet)[octet]
        parts = [f"0x{constant:02x}"] if constant else []
        for placed, piece in inside:
            part = self.octet_part(placed, piece)
            parts.append(part if len(inside) == 1 and len(parts) == 0 else f"({part})")
        return f"{_octet(octet)} = (uint8_t)({' | '.join(parts)});"

    def octet_part(self, placed: Placed, piece: Piece) -> str:
        """Return the expression of a field's bits at their place in one byte."""
        part = value = f"(uint64_t){_primary(self.value(placed))}"
        if piece.of:
            part = f"{part} >> {piece.of}"
        if piece.of + piece.bits < placed.bits:
            part = f"{part if part == value else f'({part})'} & 0x{(1 << piece.bits) - 1:x}"
        if piece.low:
            part = f"{part if part == value else f'({part})'} << {piece.low}"
        return part

    # Values in C

    def value(self, placed: Placed) -> str:
        """Return the C expression of a varying field's number."""
        match placed.origin:
            case Argument(name=name):
                kind = _kind(placed.field)
                if _is_octets(placed.field):
                    return str(kind.octets).format(f"args->{name}")
                return kind.integer.format(f"args->{name}")
            case FrameLength() as length:
                return _length(length, "pktlen")
            case Swept():
                return _variable(placed)
        raise TypeError(f"{placed.path}: no C value for {placed.origin!r}")

    # Checksums

    def checksum(self, placed: Placed) -> ChecksumPlan | None:
        """Return the plan of a checksum; None when all of it could be computed here."""
        total = placed.origin
        assert isinstance(total, Sum)
        if total.algorithm is not Algorithm.INTERNET:
            return self.called_checksum(placed, total)
        over = total.over
        in_trailer = over.start < 0
        words = self.constants_at(over.start)[over.start : None if over.varies else over.end]
        constant = sum(
            int.from_bytes(words[at : at + 2].ljust(2, b"\0"), "big")
            for at in range(0, len(words), 2)
        )
        terms: list[Term] = []
        swept: list[Term] = []
        by_length = swept if self.layout.length_sweep is not None else terms

        def add(source: Placed, at: int) -> None:
            changes = _is_swept(self.layout, source) or source.path in self.kept
            (swept if changes else terms).extend(self.field_terms(source, at))

        for each in self.layout.fields:
            if (
                over.covers(each.offset, each.end)
                and each is not placed
                and (each.offset < 0) == in_trailer
            ):
                add(each, each.offset - over.start * 8)
        at = 0
        for part in total.pseudo:
            shift = _to_word_end(at + part.bits)
            match part:
                case PseudoField(path=path):
                    source = self.layout[path]
                    if isinstance(source.origin, Fixed):
                        constant += source.origin.value << _weight(source, at)
                    elif (halves := _halves(source)) is not None:
                        constant += halves[0][1] << _weight(halves[0][0], at)
                    constant += self.constant_sums.get(path, 0) << _weight(source, at)
                    add(source, at)
                case PseudoConst(value=value):
                    constant += value << shift
                case PseudoLength():
                    if over.varies:
                        size = _size(over, "pktlen")
                        by_length.append(_term(size, shift, f"pseudo header: {over}"))
                    else:
                        constant += over.size(self.layout.header_length) << shift
            at += part.bits
        if over.varies and self.layout.payload is not None:
            by_length += _payload_terms(self.layout.payload, over.start)
            # By now the trailer is in the frame, checksums that this one covers included.
            (swept if placed.path in self.kept else terms).extend(self.trailer_terms(over))
        while constant > 0xFFFF:
            constant = (constant & 0xFFFF) + (constant >> 16)
        if not terms and not swept:
            result = ~constant & 0xFFFF
            if result == 0 and total.zero_as is not None:
                result = total.zero_as
            self.constant_sums[placed.path] = result
            self.write_constant(placed, result)
            return None
        return ChecksumPlan(
            variable=_variable(placed),
            type="uint16_t",
            call=None,
            comments=(
                describe.declaration(placed),
                *(f"pseudo header: {each}" for each in describe.pseudo_header(total)),
            ),
            constant=f"0x{constant:04x}",
            terms=tuple(terms),
            swept=tuple(swept),
            kept=placed.path in self.kept,
            store=_put(placed, _variable(placed)),
            zero_as=_zero_as(placed, total),
        )

    def trailer_terms(self, over: Extent) -> list[Term]:
        """Return what the trailers add to a sum from the headers on.

        A payload of an odd size turns the bytes in their words around.
        """
        trailer = Extent(-self.layout.trailer_length, over.end)
        size = trailer.size(0)
        if size == 0:
            return []
        expression = f"csum_add({_at(trailer.start)}, {_size(trailer, '')})"
        to_trailer = Extent(over.start, trailer.start)
        if self.layout.length_step % 2:
            expression += f" << 8 * (({_size(to_trailer, 'pktlen')}) % 2)"
        elif to_trailer.size(self.layout.min_length) % 2:
            expression += " << 8"
        return [Term(expression, f"trailers, {trailer}")]

    def called_checksum(self, placed: Placed, total: Sum) -> ChecksumPlan:
        """Return the plan of a checksum that does not add up word by word."""
        return ChecksumPlan(
            variable=_variable(placed),
            type=f"uint{placed.bits}_t",
            comments=(describe.declaration(placed),),
            constant="",
            terms=(),
            swept=(),
            call=_call(placed, total, "pktlen"),
            kept=placed.path in self.kept,
            store=_put(placed, _variable(placed)),
            zero_as=_zero_as(placed, total),
        )

    # Parsing

    def parse(self) -> ParsePlan:
        """Return how a received frame is read."""
        next_headers: list[Check] = []
        found: dict[str, list[Check]] = {"CONSTANT": [], "UNKNOWN": [], "LENGTH": []}
        for placed in self.layout.fields:
            comment = describe.declaration(placed)
            read = _read(placed)
            numbers = tuple(placed.field.names) if isinstance(placed.field, UInt) else ()
            match placed.origin:
                case Fixed(value=value, checked=True):
                    check = Check(self.differs(placed, read, value), comment)
                    if isinstance(placed.field.source, NextHeader):
                        next_headers.append(check)
                    else:
                        found["LENGTH" if placed.derived else "CONSTANT"].append(check)
                case FrameLength():
                    wanted = _length(placed.origin, "len")
                    found["LENGTH"].append(Check(f"{read} != {wanted}", comment))
                case Fixed() | Argument() | Swept() if numbers:
                    condition = " && ".join(f"{read} != {c_literal(each)}" for each in numbers)
                    found["UNKNOWN"].append(Check(condition, comment))
        length, guards = self.match_length()
        return ParsePlan(
            guards=guards,
            length=length,
            next_headers=tuple(next_headers),
            reads=tuple(self.read_argument(placed) for placed in self.layout.arguments),
            checks=tuple((result, each) for result, checks in found.items() for each in checks),
            checksums=tuple(self.match_checksum(placed) for placed in self.layout.checksums),
            compared=tuple(
                _compared(placed)
                for placed in self.layout.arguments
                if placed.argument.default is not None
            ),
        )

    def differs(self, placed: Placed, read: str, value: int) -> str:
        """Return the condition under which a field is not the constant that it should be."""
        if _is_octets(placed.field):
            template = f"{self.layout.name}_template + {placed.offset // 8}"
            if placed.offset < 0:
                at = self.layout.trailer_length + placed.offset // 8
                template = f"{self.layout.name}_trailer + {at}"
            return f"memcmp({read}, {template}, {placed.field.octets}) != 0"
        return f"{read} != 0x{value:0{-(-placed.bits // 4)}x}"

    def read_argument(self, placed: Placed) -> Store:
        """Return the statement that puts a field of a frame into the arguments."""
        member = f"args->{placed.argument.name}"
        octets = _kind(placed.field).octets
        if octets is not None and placed.offset % 8 == 0:
            into = octets.format(member)
            statement = f"memcpy({into}, {_at(placed.offset // 8)}, {placed.field.octets});"
        elif octets is not None:
            statement = f"put_be48({octets.format(member)}, {_read(placed)});"
        else:
            statement = f"{member} = (uint{_c_width(placed.bits)}_t){_primary(_read(placed))};"
        return Store((describe.declaration(placed),), (statement,))

    def match_length(self) -> tuple[Check | None, tuple[Check, ...]]:
        """Return where the frame says that it ends, and what speaks against believing it."""
        ending = self.layout.length_field
        if ending is None or not isinstance(ending.origin, FrameLength):
            return None, ()
        guards = [
            Check(f"{_read(each)} != 0x{each.origin.value:x}", each.path)
            for each in self.layout.announcing()
            if 0 <= each.offset < ending.offset and isinstance(each.origin, Fixed)
        ]
        of, unit, plus = ending.origin.of, ending.origin.unit, ending.origin.plus
        # Signed: what a frame declares may be less than what is not counted.
        read = f"(int64_t)({_read(ending)})"
        if ending.bits > 32:
            # Far more than a frame has, and no overflow in what follows.
            read = f"(int64_t)MIN({_read(ending)}, (uint64_t)UINT32_MAX)"
        start = of.start - (of.end or 0)
        if unit == 1:
            start -= plus
        else:
            read = f"({_plus(read, -plus, '')})" if plus else read
            read += f" * {unit.numerator}" if unit.numerator > 1 else ""
            read += f" / {unit.denominator}" if unit.denominator > 1 else ""
        return Check(_plus(read, start, ""), describe.declaration(ending)), tuple(guards)

    def match_checksum(self, placed: Placed) -> Check:
        """Return the sum of a received frame from which its checksum follows.

        It leaves out the checksum itself. Summed up with the rest as receivers
        often do, the two zeros of ones' complement could not be told apart.
        """
        total = placed.origin
        assert isinstance(total, Sum)
        if total.algorithm is not Algorithm.INTERNET:
            return Check(
                _call(placed, total, "len"),
                describe.declaration(placed),
                call=True,
                bits=placed.bits,
                field=_read(placed),
                zero_as=_zero_as(placed, total),
            )
        over = total.over
        covered = _around(over, placed) if over.covers(placed.offset, placed.end) else [over]
        sums = [f"csum_add({_at(each.start)}, {_size(each, 'len')})" for each in covered]
        terms = []
        at = constant = 0
        for part in total.pseudo:
            shift = _to_word_end(at + part.bits)
            match part:
                case PseudoField(path=path):
                    source = self.layout[path]
                    terms += _terms(_read(source), source, at)
                case PseudoConst(value=value):
                    constant += value << shift
                case PseudoLength():
                    terms.append(_term(_size(over, "len"), shift, f"pseudo header: size of {over}"))
            at += part.bits
        if constant:
            terms.append(Term(f"0x{constant:04x}", "pseudo header: what never varies"))
        return Check(
            sums[0] if sums else "0",
            describe.declaration(placed),
            tuple([Term(each, "behind the checksum") for each in sums[1:]] + terms),
            field=_read(placed),
            zero_as=_zero_as(placed, total),
        )

    def field_terms(self, placed: Placed, at: int) -> list[Term]:
        """Return what a field adds to a sum when it starts at bit ``at`` of what is summed."""
        if isinstance(placed.origin, Fixed):
            return []
        if isinstance(placed.origin, Sum):
            # Either a constant by now, or a variable of the emitted function.
            if placed.path in self.constant_sums:
                return []
            return _terms(_variable(placed), placed, at)
        halves = _halves(placed)
        if halves is not None:
            placed, at = halves[1], at + 64
        return _terms(self.value(placed), placed, at)


def _is_octets(field: Field) -> bool:
    """Tell whether C has bytes for a field, and no number."""
    return isinstance(field, Bytes | IPv6Address)


def _halves(placed: Placed) -> tuple[tuple[Placed, int], Placed] | None:
    """Return the upper half of an address and its value, and the half that is swept.

    None where a field is swept whole, or not at all.
    """
    origin = placed.origin
    if placed.bits != 128 or not isinstance(origin, Ranged | Drawn):
        return None
    field = UInt(placed.field.name, 64, placed.field.source)
    low = origin.first if isinstance(origin, Ranged) else origin.low
    rest = low & ((1 << 64) - 1)
    swept = replace(origin, first=rest) if isinstance(origin, Ranged) else replace(origin, low=rest)
    upper = replace(placed, field=field, origin=Fixed(low >> 64, checked=False))
    return (upper, low >> 64), replace(placed, field=field, offset=placed.offset + 64, origin=swept)


def _is_swept(layout: Layout, placed: Placed) -> bool:
    """Tell whether a field is written for each packet; a checksum's reasons are its own."""
    return isinstance(placed.origin, Swept) or (
        layout.length_sweep is not None and isinstance(placed.origin, FrameLength)
    )


def _swept_value(swept: Swept, variable: str, field: Field, n: str) -> tuple[str, TablePlan | None]:
    """Return the C expression of a sweep's value, and the table that it is looked up in."""
    bits = field.bits
    width = _c_width(min(bits, 64))
    match swept:
        case Counted(start=start, step=step):
            value = n if step == 1 else f"{n} * {c_literal(step)}"
            value = f"{c_literal(start)} + {value}" if start else value
            if bits < width:
                value = f"({value}) & 0x{(1 << bits) - 1:x}"
        case Ranged(first=first, count=count, step=step):
            value = f"{n} % {c_literal(count)}" if count < 1 << 64 else n
            value = value if step == 1 else f"{value} * {c_literal(step)}"
            value = f"{c_literal(first)} + {value}" if first else value
        case Drawn(seed=seed, low=low, count=count, step=step):
            value = f"random_at({c_literal(seed)}, {n})"
            value = f"{value} % {c_literal(count)}" if count < 1 << 64 else value
            value = value if step == 1 else f"{value} * {c_literal(step)}"
            value = f"{c_literal(low)} + {value}" if low else value
        case Timed(unit=unit):
            value = "sweep->now" if unit == 1 else f"sweep->now / {unit}"
            if bits < width:
                value = f"({value}) & 0x{(1 << bits) - 1:x}"
        case Listed(values=values):
            name = f"{variable}_values"
            index = f"{name}[{n} % {len(values)}]"
            if _is_octets(field):
                rows = tuple(f"{_octets(each, bits // 8)}," for each in values)
                return index, TablePlan(f"uint8_t {name}[][{bits // 8}]", rows)
            literals = [c_literal(each) for each in values]
            rows = tuple(
                ", ".join(literals[at : at + 4]) + "," for at in range(0, len(literals), 4)
            )
            return index, TablePlan(f"uint{width}_t {name}[]", rows)
        case _:
            raise TypeError(f"no C value for {swept!r}")
    return (value if width == 64 else f"(uint{width}_t)({value})"), None


def _algorithm(algorithm: Algorithm | OwnAlgorithm) -> AlgorithmPlan:
    if isinstance(algorithm, OwnAlgorithm):
        return AlgorithmPlan(algorithm.name, algorithm.c.strip())
    return AlgorithmPlan(f"csum_{algorithm.name.lower()}", None)


def _call(placed: Placed, total: Sum, length: str) -> str:
    """Return the call that computes a checksum over a frame of that length."""
    over, field = total.over, placed.offset // 8
    size = _size(over, length)
    # From the start of what is covered to the checksum; any place outside will do.
    here = f"{field - over.start}U"
    if over.start >= 0 > field:
        here = _plus(length, field - over.start)
    elif over.start < 0 <= field:
        here = size
    return f"{_algorithm(total.algorithm).name}({_at(over.start)}, {size}, {here})"


def _zero_as(placed: Placed, total: Sum) -> str | None:
    return None if total.zero_as is None else f"0x{total.zero_as:0{placed.bits // 4}x}"


def _put(placed: Placed, value: str) -> str:
    """Return the store of a number on whole bytes, of a width that :func:`_whole` has."""
    octet = placed.offset // 8
    if placed.bits == 8:
        return f"{_octet(octet)} = {value};"
    return f"put_{_access(placed)}({_at(octet)}, {value});"


def _compared(placed: Placed) -> Check:
    """Return the condition under which a frame has another value than was asked for."""
    name = placed.argument.name
    octets = _kind(placed.field).octets
    if octets is None:
        return Check(f"found.{name} != args->{name}", placed.path)
    found, wanted = octets.format(f"found.{name}"), octets.format(f"args->{name}")
    return Check(f"memcmp({found}, {wanted}, sizeof({found})) != 0", placed.path)


def _read(placed: Placed) -> str:
    """Return the C expression of a field's number in a received frame.

    Of bytes, which are no number, it is where they are.
    """
    first, bit = divmod(placed.offset, 8)
    if _is_octets(placed.field):
        return _at(first)
    if bit == 0 and placed.bits in _whole(placed):
        return _octet(first) if placed.bits == 8 else f"get_{_access(placed)}({_at(first)})"
    parts = []
    for piece in placed.pieces:
        part = f"(uint64_t){_octet(piece.octet)}"
        if piece.low:
            part = f"({part} >> {piece.low})"
        if piece.low + piece.bits < 8:
            part = f"({part} & 0x{(1 << piece.bits) - 1:x})"
        if piece.of:
            part = f"({part} << {piece.of})"
        parts.append(part)
    return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})"


def _whole(placed: Placed) -> tuple[int, ...]:
    """Return the widths of numbers that C reads and writes at once, in that byte order."""
    return (8, 16, 32, 48, 64) if placed.field.byteorder == "big" else (8, 16, 32, 64)


def _access(placed: Placed) -> str:
    """Return how the functions that do so are called: ``be16``, ``le32``."""
    return f"{'be' if placed.field.byteorder == 'big' else 'le'}{placed.bits}"


def _kept(layout: Layout) -> set[str]:
    """Return the checksums that are computed together with the sweeps, for each packet.

    Those are the ones that a sweep changes, and whatever covers one of them or
    is covered by one: its value is wanted where the other is computed.
    """
    covered = {each.path: set(layout.covered(each)) for each in layout.checksums}
    kept: set[str] = set()
    if layout.length_sweep is not None:
        kept = {
            each.path
            for each in layout.checksums
            if isinstance(each.origin, Sum)
            # What it covers has another size, or is at another place, as it is itself.
            and (each.origin.over.varies or each.origin.over.start < 0 or each.offset < 0)
        }
    before = None
    while before != kept:
        before = set(kept)
        reasons = kept | {each.path for each in layout.fields if _is_swept(layout, each)}
        kept |= {path for path in covered if covered[path] & reasons}
        kept |= {path for path in covered if any(path in covered[other] for other in kept)}
    return kept


def _variable(placed: Placed) -> str:
    return placed.path.replace(".", "_")


def _at(octet: int) -> str:
    """Return the C expression of the place of a byte, which counts from either end."""
    if octet < 0:
        return f"{_END} - {-octet}"
    return f"frame + {octet}" if octet else "frame"


def _octet(octet: int) -> str:
    """Return the C expression of a byte, which counts from either end."""
    return f"{_END}[{octet}]" if octet < 0 else f"frame[{octet}]"


def _size(extent: Extent, length: str) -> str:
    """Return the C expression of the size of an extent in a frame of that length."""
    if not extent.varies:
        return f"{extent.size(0)}U"
    return _plus(length, (extent.end or 0) - extent.start)


def _length(origin: FrameLength, length: str) -> str:
    """Return the C expression of a length field in a frame of that length."""
    if origin.unit == 1:
        return _plus(length, (origin.of.end or 0) - origin.of.start + origin.plus)
    size = _primary(_size(origin.of, length))
    if origin.unit.denominator > 1:
        size = f"{size} * {origin.unit.denominator}U"
    if origin.unit.numerator > 1:
        size = f"{size} / {origin.unit.numerator}U"
    return _plus(size, origin.plus)


def _plus(value: str, plus: int, suffix: str = "U") -> str:
    """Return a value plus a constant, as a C expression."""
    return f"{value} {'-' if plus < 0 else '+'} {abs(plus)}{suffix}" if plus else value


def _primary(expression: str) -> str:
    """Return the expression in parentheses where a cast or shift would bind tighter."""
    depth = 0
    for char in expression:
        depth += (char == "(") - (char == ")")
        if char == " " and depth == 0:
            return f"({expression})"
    return expression


def _to_word_end(end: int) -> int:
    """Return how far to the left a number counts in a sum of 16-bit words when it ends there.

    2^16 is 1 modulo 65535, so only the distance of its last bit to the end of a
    word matters, not how many words it spans.
    """
    return -end % 16


def _weight(placed: Placed, at: int) -> int:
    """Return how far to the left a field at bit ``at`` counts in a sum of 16-bit words.

    Least significant bits first, a number is one in words with their bytes swapped. That
    is to multiply by 2^8 modulo 65535 (RFC 1071 section 2 (B)).
    """
    return (at + 8) % 16 if placed.field.byteorder == "little" else _to_word_end(at + placed.bits)


def _term(expression: str, shift: int, comment: str) -> Term:
    """Return an addend that counts so many bits to the left."""
    if shift:
        expression = f"(uint64_t){_primary(expression)} << {shift}"
    return Term(expression, comment)


def _terms(value: str, placed: Placed, at: int) -> list[Term]:
    """Return what a field's value adds to a sum when it starts at bit ``at``."""
    if _is_octets(placed.field):
        # Its words count from its own start on.
        return [_term(f"csum_add({value}, {placed.field.octets}U)", _to_word_end(at), placed.path)]
    weight = _weight(placed, at)
    if placed.bits <= 32:
        return [_term(value, weight, placed.path)]
    # The upper half on its own keeps the sum of shifted 64-bit values in 64 bits.
    value = f"(uint64_t){_primary(value)}"
    return [
        _term(f"({value} >> 32)", weight, f"{placed.path}, upper bits"),
        _term(f"({value} & 0xffffffff)", weight, f"{placed.path}, lower bits"),
    ]


def _payload_terms(payload: Payload, start: int) -> list[Term]:
    """Return what a payload of one repeated byte adds to a sum over bytes from ``start``."""
    if payload.value == 0:
        return []
    # A byte counts 256-fold in the upper half of its word; from an odd byte on,
    # the lower half comes first.
    size = (payload.extent.end or 0) - payload.start
    more, fewer = f"({_plus('pktlen', size + 1)}) / 2", f"({_plus('pktlen', size)}) / 2"
    upper, lower = (more, fewer) if (payload.start - start) % 2 == 0 else (fewer, more)
    return [
        Term(f"(uint64_t)({upper}) * 0x{payload.value:02x}00", f"{payload.path}, upper bytes"),
        Term(f"(uint64_t)({lower}) * 0x{payload.value:02x}", f"{payload.path}, lower bytes"),
    ]


def _around(over: Extent, placed: Placed) -> list[Extent]:
    """Return what a checksum of two bytes covers besides itself."""
    field = placed.offset // 8
    covered = [Extent(over.start, field)]
    if field + 2:  # not the last of the frame
        covered.append(Extent(field + 2, over.end))
    return [each for each in covered if each.varies or each.size(0)]
