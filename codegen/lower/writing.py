"""Writing a frame: template bytes, stores, sweeps, checksums."""

from __future__ import annotations

from dataclasses import replace

from codegen import describe
from codegen.layout import (
    END,
    Argument,
    Counted,
    Drawn,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Listed,
    Piece,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Ranged,
    Sum,
    Swept,
    Timed,
)
from codegen.lower.parsing import parse
from codegen.lower.plan import (
    AlgorithmPlan,
    ArgumentPlan,
    ChecksumPlan,
    FormatPlan,
    LengthPlan,
    Store,
    SweepPlan,
    TablePlan,
    TemplateRow,
    Term,
    TrailerPlan,
)
from codegen.lower.spelling import (
    address_of,
    bracketed,
    c_literal,
    c_width,
    call_of,
    function_of,
    initializer_of,
    is_octets,
    kind_of,
    length_of,
    octet_at,
    octet_list,
    size_of,
    store_of,
    variable_of,
    whole_widths,
    zero_literal,
)
from codegen.lower.sums import addend, addends, payload_addends, to_word_end, weight_of
from codegen.model import WIRE_OVERHEAD, Algorithm, Default, Field, OwnAlgorithm, UInt


class Lowering:
    """One format on its way from a layout to a plan."""

    def __init__(self, layout: Layout) -> None:
        """Start with the bytes that never vary."""
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
        """Return the plan of the format."""
        layout = self.layout
        # A checksum over nothing but constants becomes a constant itself, so
        # the checksums come before the template that they may go into.
        checksums = [self.checksum(placed) for placed in layout.checksums]
        pattern = layout.payload.pattern if layout.payload else b""
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
            fill=f"0x{pattern[0]:02x}" if len(pattern) == 1 else None,
            pattern=tuple(f"0x{octet:02x}" for octet in pattern) if len(pattern) > 1 else (),
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
            parse=parse(layout),
            diagram=tuple(describe.diagram(layout).splitlines()),
        )

    # Arguments

    def argument(self, placed: Placed) -> ArgumentPlan:
        """Return how an argument is passed, checked and stored."""
        argument = placed.argument
        kind = kind_of(placed.field)
        name = argument.name
        member = f"args->{name}"
        checks = []
        widest = placed.bits if kind.octets else c_width(placed.bits)
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
            else initializer_of(placed.field, argument.default),
            zero=kind.zero,
            checks=tuple(checks),
            parser=kind.parser,
            names=tuple(
                (number, name)
                for number, name in (
                    placed.field.names if isinstance(placed.field, UInt) else {}
                ).items()
                if number in argument.numbers
            ),
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
            self.constants_at(piece.at)[piece.at.octet] |= part << piece.low

    def constants_at(self, position: Position) -> bytearray:
        """Return the template that has that byte of the frame."""
        return self.constant_trailer if position.from_end else self.constant

    def template(self, in_trailer: bool) -> list[TemplateRow]:
        """Return the bytes before or behind the payload, with zero where a value varies."""
        return [
            TemplateRow(
                tuple(f"0x{self.constants_at(each)[each.octet]:02x}" for each in octets),
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

    def shared_bytes(self, in_trailer: bool) -> list[tuple[list[Position], list[Placed]]]:
        """Return the fields before or behind the payload in groups that share no byte."""
        groups: list[tuple[list[Position], list[Placed]]] = []
        for placed in self.layout.fields:
            if placed.start.from_end != in_trailer:
                continue
            octets = [piece.at for piece in placed.pieces]
            if groups and octets[0] <= groups[-1][0][-1]:
                before, together = groups[-1]
                groups[-1] = ([*before[:-1], *octets], [*together, placed])
            else:
                groups.append((octets, [placed]))
        return groups

    # Stores

    def stores(self, in_trailer: bool) -> list[Store]:
        """Return the stores of what varies with arguments and length, a group of bytes each."""
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
                    if (inside := [each for each in pieces if each[1].at == octet])
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
        variable = variable_of(placed)
        declaration = (
            f"const uint8_t *const {variable}"
            if is_octets(placed.field)
            else f"const uint{c_width(placed.bits)}_t {variable}"
        )
        value, table = _swept_value(origin, variable, placed.field, "sweep->n")
        return SweepPlan(
            declaration, value, table, isinstance(origin, Timed), isinstance(origin, Drawn), store
        )

    def swept_octet_store(self, placed: Placed, piece: Piece) -> str:
        """Return the store of a swept field's bits in one byte, its other bits left alone."""
        octet = octet_at(piece.at)
        others = 0xFF & ~(((1 << piece.bits) - 1) << piece.low)
        value = self.octet_part(placed, piece)
        if others:
            return f"{octet} = (uint8_t)(({octet} & 0x{others:02x}) | ({value}));"
        return f"{octet} = (uint8_t)({value});"

    def whole_store(self, placed: Placed) -> str | None:
        """Return the store of a field on whole bytes, None when it has no such store."""
        if placed.start.bit:
            return None
        where = address_of(placed.start)
        if isinstance(placed.origin, Argument):
            octets = kind_of(placed.field).octets
            if octets is not None:
                given = octets.format(f"args->{placed.origin.name}")
                return f"memcpy({where}, {given}, {placed.field.octets});"
        if is_octets(placed.field):
            return f"memcpy({where}, {self.value(placed)}, {placed.field.octets});"
        if placed.bits not in whole_widths(placed):
            return None
        value = self.value(placed)
        if isinstance(placed.origin, FrameLength):
            value = f"(uint{c_width(placed.bits)}_t){bracketed(value)}"
        return store_of(placed, value)

    def octet_store(self, octet: Position, inside: list[tuple[Placed, Piece]]) -> str:
        """Return the store of one byte from the bits of all fields in it."""
        constant = self.constants_at(octet)[octet.octet]
        parts = [f"0x{constant:02x}"] if constant else []
        for placed, piece in inside:
            part = self.octet_part(placed, piece)
            parts.append(part if len(inside) == 1 and len(parts) == 0 else f"({part})")
        return f"{octet_at(octet)} = (uint8_t)({' | '.join(parts)});"

    def octet_part(self, placed: Placed, piece: Piece) -> str:
        """Return the expression of a field's bits at their place in one byte."""
        part = value = f"(uint64_t){bracketed(self.value(placed))}"
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
                kind = kind_of(placed.field)
                if is_octets(placed.field):
                    return str(kind.octets).format(f"args->{name}")
                return kind.integer.format(f"args->{name}")
            case FrameLength() as length:
                return length_of(length, "pktlen")
            case Swept():
                return variable_of(placed)
        raise TypeError(f"{placed.path}: no C value for {placed.origin!r}")

    # Checksums

    def checksum(self, placed: Placed) -> ChecksumPlan | None:
        """Return the plan of a checksum; None when all of it could be computed here."""
        total = placed.origin
        assert isinstance(total, Sum)
        if total.algorithm is not Algorithm.INTERNET:
            return self.called_checksum(placed, total)
        over = total.over
        constants = self.constants_at(over.start)
        # As an index, the end of the frame is that of the trailers' template.
        until = len(constants) if over.varies or over.end == END else over.end.octet
        words = constants[over.start.octet : until]
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
                over.covers(each.start, each.end)
                and each is not placed
                and each.start.from_end == over.start.from_end
            ):
                add(each, each.start.since(over.start))
        at = 0
        for part in total.pseudo:
            shift = to_word_end(at + part.bits)
            match part:
                case PseudoField(path=path):
                    source = self.layout[path]
                    if isinstance(source.origin, Fixed):
                        constant += source.origin.value << weight_of(source, at)
                    elif (halves := _halves(source)) is not None:
                        constant += halves[0][1] << weight_of(halves[0][0], at)
                    constant += self.constant_sums.get(path, 0) << weight_of(source, at)
                    add(source, at)
                case PseudoConst(value=value):
                    constant += value << shift
                case PseudoLength():
                    if over.varies:
                        size = size_of(over, "pktlen")
                        by_length.append(addend(size, shift, f"pseudo header: {over}"))
                    else:
                        constant += over.size(self.layout.header_length) << shift
            at += part.bits
        if over.varies and self.layout.payload is not None:
            by_length += payload_addends(self.layout.payload, over.start.octet, self.layout.name)
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
            variable=variable_of(placed),
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
            store=store_of(placed, variable_of(placed)),
            zero_as=zero_literal(placed, total),
        )

    def trailer_terms(self, over: Extent) -> list[Term]:
        """Return what the trailers add to a sum from the headers on.

        A payload of an odd size turns the bytes in their words around.
        """
        trailer = Extent(END - 8 * self.layout.trailer_length, over.end)
        size = trailer.size(0)
        if size == 0:
            return []
        expression = f"csum_add({address_of(trailer.start)}, {size_of(trailer, '')})"
        to_trailer = Extent(over.start, trailer.start)
        if self.layout.length_step % 2:
            expression += f" << 8 * (({size_of(to_trailer, 'pktlen')}) % 2)"
        elif to_trailer.size(self.layout.min_length) % 2:
            expression += " << 8"
        return [Term(expression, f"trailers, {trailer}")]

    def called_checksum(self, placed: Placed, total: Sum) -> ChecksumPlan:
        """Return the plan of a checksum that does not add up word by word."""
        return ChecksumPlan(
            variable=variable_of(placed),
            type=f"uint{placed.bits}_t",
            comments=(describe.declaration(placed),),
            constant="",
            terms=(),
            swept=(),
            call=call_of(placed, total, "pktlen"),
            kept=placed.path in self.kept,
            store=store_of(placed, variable_of(placed)),
            zero_as=zero_literal(placed, total),
        )

    def field_terms(self, placed: Placed, at: int) -> list[Term]:
        """Return what a field adds to a sum when it starts at bit ``at`` of what is summed."""
        if isinstance(placed.origin, Fixed):
            return []
        if isinstance(placed.origin, Sum):
            # Either a constant by now, or a variable of the emitted function.
            if placed.path in self.constant_sums:
                return []
            return addends(variable_of(placed), placed, at)
        halves = _halves(placed)
        if halves is not None:
            placed, at = halves[1], at + 64
        return addends(self.value(placed), placed, at)


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
    return (upper, low >> 64), replace(placed, field=field, start=placed.start + 64, origin=swept)


def _is_swept(layout: Layout, placed: Placed) -> bool:
    """Tell whether a field is written for each packet; a checksum's reasons are its own."""
    return isinstance(placed.origin, Swept) or (
        layout.length_sweep is not None and isinstance(placed.origin, FrameLength)
    )


def _swept_value(swept: Swept, variable: str, field: Field, n: str) -> tuple[str, TablePlan | None]:
    """Return the C expression of a sweep's value, and the table that it is looked up in."""
    bits = field.bits
    width = c_width(min(bits, 64))
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
            if is_octets(field):
                rows = tuple(f"{octet_list(each, bits // 8)}," for each in values)
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
    source = algorithm.c.strip() if isinstance(algorithm, OwnAlgorithm) else None
    return AlgorithmPlan(function_of(algorithm), source)


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
            and (each.origin.over.end.from_end or each.start.from_end)
        }
    before = None
    while before != kept:
        before = set(kept)
        reasons = kept | {each.path for each in layout.fields if _is_swept(layout, each)}
        kept |= {path for path in covered if covered[path] & reasons}
        kept |= {path for path in covered if any(path in covered[other] for other in kept)}
    return kept
