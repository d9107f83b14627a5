"""Writing a frame: the constant template, the stores of what varies, the checksums."""

from __future__ import annotations

from dataclasses import dataclass, replace

from codegen import describe
from codegen.c import tree
from codegen.c.tree import (
    Assign,
    Binary,
    Blank,
    Call,
    Comment,
    Declare,
    Do,
    Expression,
    Function,
    If,
    Name,
    Number,
    Parameter,
    Return,
    SizeOf,
    Statement,
)
from codegen.c.types import U8, U16, UINT, VOID, Array, Pointer, Tagged, unsigned
from codegen.layout import END as FRAME_END
from codegen.layout import (
    START,
    UNPADDED,
    Argument,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Piece,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    PseudoLength,
    RandomOctetsSweep,
    Sum,
    Swept,
)
from codegen.lower import crcs, sweeping
from codegen.lower.access import (
    END,
    FRAME,
    FRAMELEN,
    PKTLEN,
    address_of,
    copy,
    is_octets,
    is_whole,
    length_of,
    octet_at,
    on_wire,
    size_of,
    store,
    variable_of,
    wire_number,
)
from codegen.lower.arguments import args_pointer, member_of, number_of
from codegen.lower.covering import masks
from codegen.lower.plan import TemplateRow
from codegen.lower.sums import (
    SUM,
    Term,
    addends,
    csum_add,
    declare_sums,
    payload_addends,
    to_word_end,
    weight_of,
)
from codegen.model import CRC, Algorithm, OwnAlgorithm


@dataclass(frozen=True)
class ChecksumPlan:
    """A checksum: ``fold(constant + terms + swept)``, or the result of a ``call`` on the frame.

    A CRC takes the frame in ``steps``, and the call returns its result. ``stores`` put the
    value of the variable into the frame.
    ``swept`` are the addends that differ from packet to packet; the sum of all others is
    stored between packets. A checksum that a sweep changes is recomputed ``per_packet``, and
    so is one that such a checksum covers, or that covers such a checksum.
    """

    placed: Placed
    constant: int
    terms: tuple[Term, ...]
    swept: tuple[Term, ...]
    steps: tuple[Statement, ...]
    call: Call | None
    stores: tuple[Statement, ...]
    per_packet: bool

    @property
    def total(self) -> Sum:
        """What is summed up."""
        assert isinstance(self.placed.origin, Sum)
        return self.placed.origin

    @property
    def variable(self) -> Name:
        """The variable that has its value."""
        return Name(variable_of(self.placed), unsigned(self.placed.bits))

    @property
    def declaration(self) -> Declare:
        """The declaration of that variable."""
        return Declare(self.variable.type, self.variable.name)

    def comment(self) -> Comment:
        """The declaration of the field, and what the sum is made of."""
        words = [describe.declaration(self.placed)]
        if self.call is None:
            words += [f"pseudo header: {each}" for each in describe.pseudo_header(self.total)]
            words.append("The words that never vary are summed up in the first line.")
        return Comment(tuple(words))

    def sum(self) -> list[Statement]:
        """Return the statements that add up what no sweep changes."""
        if self.call is not None:
            return []
        first = Assign(SUM, tree.wire(self.constant, 16))
        return [first, *(each.statement for each in self.terms)]

    def finish(self) -> list[Statement]:
        """Return the statements that compute the checksum from the sum, and store it."""
        value = self.call or Call("csum_fold", (SUM,), U16)
        return [
            *self.steps,
            Assign(self.variable, value),
            *zero_rule(self.variable, self.total, self.placed.bits),
            *self.stores,
        ]


def zero_rule(variable: Name, total: Sum, bits: int) -> list[Statement]:
    """Return the statement that replaces a checksum of zero, if the format has one (RFC 768)."""
    if total.zero_as is None:
        return []
    instead = Assign(variable, tree.wire(total.zero_as, bits))
    return [If(Binary("==", variable, Number(0)), (instead,))]


def checksum_call(placed: Placed, total: Sum, length: Name) -> Call:
    """Return the call that computes a checksum over a frame of that length."""
    (over,) = total.over
    field = placed.start
    size = size_of(over, length)
    # The offset of the checksum from the covered bytes' start; any value outside if not in them.
    here = size
    if Extent(over.start, field).varies:
        here = size_of(Extent(over.start, field), length)
    elif field >= over.start:
        here = tree.size(field.octet - over.start.octet)
    function = function_of(total.algorithm)
    return Call(function, (address_of(over.start), size, here), unsigned(placed.bits))


def covered_size(total: Sum, length: Name) -> Expression:
    """Return the bytes that a checksum covers in a frame of that length."""
    fixed = sum(each.size(0) for each in total.over if not each.varies)
    sizes = [size_of(each, length) for each in total.over if each.varies]
    return tree.added(tree.joined("+", sizes), fixed) if sizes else tree.size(fixed)


def function_of(algorithm: Algorithm | CRC | OwnAlgorithm) -> str:
    """Return the name of the C function of a checksum that one call computes."""
    assert not isinstance(algorithm, CRC), algorithm
    if isinstance(algorithm, OwnAlgorithm):
        return algorithm.name
    return f"csum_{algorithm.name.lower()}"


class Writing:
    """The code that writes one format's frames.

    The constant bytes are computed here, including the checksums over constants only.
    """

    def __init__(self, layout: Layout) -> None:
        """Start with the bytes that never vary."""
        self.layout = layout
        self.args = args_pointer(layout)
        #: The bytes of headers, and of trailers, whose positions are negative.
        self.constant = bytearray(layout.header_length)
        self.constant_trailer = bytearray(layout.trailer_length)
        self.per_packet = sweeping.per_packet(layout)
        #: The checksums that never vary, by path.
        self.constant_sums: dict[str, int] = {}
        for placed in layout.fields:
            if isinstance(placed.origin, Fixed):
                self.write_constant(placed, placed.origin.value)
            elif (halves := sweeping.halves(placed)) is not None:
                self.write_constant(*halves[0])
        # A checksum over nothing but constants becomes a constant itself.
        found = [self.checksum(placed) for placed in layout.checksums]
        self.checksums = [each for each in found if each is not None]

    # The constant templates

    def write_constant(self, placed: Placed, value: int) -> None:
        """Put a value into the template, byte by byte."""
        value = wire_number(placed, value)
        for piece in placed.pieces:
            part = value >> piece.of & ((1 << piece.bits) - 1)
            self.constants_at(piece.at)[piece.at.octet] |= part << piece.low

    def constants_at(self, position: Position) -> bytearray:
        """Return the template that has that byte of the frame."""
        return self.constant_trailer if position.from_end else self.constant

    def template(self, in_trailer: bool) -> tuple[TemplateRow, ...]:
        """Return the bytes before or behind the payload, with zero where a value varies."""
        return tuple(
            TemplateRow(
                bytes(self.constants_at(each)[each.octet] for each in octets),
                tuple(describe.declaration(placed) for placed in together),
            )
            for octets, together in self.shared_bytes(in_trailer)
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

    # The function that writes a frame

    def function(self) -> Function:
        """Return ``<format>_write()``."""
        layout = self.layout
        fixed = [each for each in self.checksums if not each.per_packet]
        moves = sweeping.moves_trailer(layout)
        body: list[Statement] = []
        template = Name(f"{layout.name}_template", Array(U8, layout.header_length))
        body.append(Do(Call("frame_copy", (FRAME, template, SizeOf(template)), VOID)))
        if layout.payload is not None and not sweeping.writes_payload(layout):
            end = "the trailer" if layout.trailer_length else "the end of the frame"
            body += [
                Comment((f"fill: from the end of the headers to {end}",)),
                self.fill(Number(0)),
            ]
        if layout.padding is not None and layout.length_sweep is None:
            body += [Blank(), Comment((describe.padding(layout.padding),)), self.pad()]
        body += self.stores(in_trailer=False)
        if layout.trailer_length and not moves:
            body += [Blank(), self.copy_trailer(Name(f"{layout.name}_trailer", Array(U8, None)))]
            body += self.stores(in_trailer=True)
        for each in fixed:
            body += [Blank(), each.comment(), *each.sum(), *each.finish()]
        if layout.is_swept:
            body += sweeping.first_packet(layout, self.args)
        declared = self.declare_ends(body)
        declared += [each.declaration for each in fixed]
        declared += declare_sums(body)
        if layout.is_swept:
            declared.append(Declare(Tagged(f"struct {layout.name}_sweep"), "sweep"))
        return Function(
            f"{layout.name}_write",
            VOID,
            (
                Parameter(Pointer(U8), "frame", "Where the frame goes"),
                Parameter(U16, "pktlen", length_words(layout)),
                Parameter(self.args.type, "args", "Values of the packet, each within its range"),
            ),
            f"Write every byte of a {layout.name} frame, and nothing outside of it",
            (*declared, *body),
        )

    def declare_ends(self, body: list[Statement]) -> list[Statement]:
        """Return the variables with the frame's end that a body uses."""
        is_padded, uses_end = self.layout.padding is not None, tree.uses(body, END.name)
        length = FRAMELEN if is_padded else PKTLEN
        found: list[Statement] = []
        if tree.uses(body, FRAMELEN.name) or (is_padded and uses_end):
            found.append(self.declare_framelen())
        if uses_end:
            found.append(Declare(Pointer(U8), "end", Binary("+", FRAME, length), const=True))
        return found

    def declare_framelen(self) -> Declare:
        """Return the variable with the length of a frame with its padding."""
        padded = Call(frame_len(self.layout), (PKTLEN,), U16)
        return Declare(UINT, FRAMELEN.name, padded, const=True)

    def fill(self, n: Expression) -> Statement:
        """Return the statement that writes the payload of the packet with ``n`` before it."""
        layout, payload = self.layout, self.layout.payload
        assert payload is not None
        place = address_of(START + 8 * layout.header_length)
        size = tree.added(PKTLEN, -layout.header_length - layout.trailer_length)
        if isinstance(payload.content, RandomOctetsSweep):
            seed = tree.decimal(payload.content.seed)
            return Do(Call("random_octets", (place, size, seed, n), VOID))
        patterns = payload.content.patterns
        together = Name(f"{layout.name}_payload", Array(U8, sum(map(len, patterns))))
        pattern: Expression = together
        own_size: Expression = SizeOf(together)
        if len(patterns) > 1:
            first = sweeping.payload_at(n, len(patterns), 0)
            pattern = Binary("+", together, first)
            own_size = Binary("-", sweeping.payload_at(n, len(patterns), 1), first)
        elif len(patterns[0]) == 1:
            value = tree.wire(patterns[0][0], 8)
            return Do(Call("frame_fill", (place, value, size), VOID))
        return Do(Call("frame_repeat", (place, pattern, own_size, size), VOID))

    def pad(self) -> Statement:
        """Return the statement that writes the padding behind the payload."""
        layout, padding = self.layout, self.layout.padding
        assert layout.payload is not None and padding is not None
        start = layout.payload.extent.end
        place = address_of(start)
        size = size_of(Extent(start, replace(start, padding=padding)), PKTLEN)
        if len(padding.pattern) == 1:
            return Do(Call("frame_fill", (place, tree.wire(padding.pattern[0], 8), size), VOID))
        pattern = Name(f"{layout.name}_padding", Array(U8, len(padding.pattern)))
        return Do(Call("frame_repeat", (place, pattern, SizeOf(pattern), size), VOID))

    def copy_trailer(self, octets: Expression) -> Statement:
        """Return the statement that copies the trailers to the end of the frame."""
        length = Name(f"{self.layout.name.upper()}_TRAILER_LEN", UINT)
        place = address_of(FRAME_END - 8 * self.layout.trailer_length)
        return Do(Call("frame_copy", (place, octets, length), VOID))

    # Stores

    def stores(self, in_trailer: bool) -> list[Statement]:
        """Return the stores of what varies with arguments and length, each group with a comment."""
        found: list[Statement] = []
        for octets, together in self.shared_bytes(in_trailer):
            varying = [
                each
                for each in together
                if isinstance(each.origin, Argument | FrameLength)
                and not sweeping.is_swept(self.layout, each)
            ]
            if not varying:
                continue
            found += [Blank(), Comment(tuple(describe.declaration(each) for each in varying))]
            if len(together) == 1 and (whole := self.whole_store(together[0])) is not None:
                found.append(whole)
                continue
            pieces = [(each, piece) for each in varying for piece in each.pieces]
            found += [
                self.octet_store(octet, inside)
                for octet in octets
                if (inside := [each for each in pieces if each[1].at == octet])
            ]
        return found

    def whole_store(self, placed: Placed) -> Statement | None:
        """Return the store of a field on whole bytes, None when it has no such store."""
        if placed.start.bit:
            return None
        if placed.field.octets is not None and isinstance(placed.origin, Argument):
            value: Expression = member_of(self.args, placed)
        elif is_octets(placed.field):
            value = self.value(placed)
        elif is_whole(placed):
            return store(placed, self.value(placed))
        else:
            return None
        return copy(address_of(placed.start), value, placed.field.octets or 0)

    def octet_store(self, octet: Position, inside: list[tuple[Placed, Piece]]) -> Statement:
        """Return the store of one byte from the bits of all fields in it."""
        constant = self.constants_at(octet)[octet.octet]
        parts: list[Expression] = [tree.wire(constant, 8)] if constant else []
        parts += [self.octet_part(placed, piece) for placed, piece in inside]
        return Assign(octet_at(octet), tree.converted(tree.joined("|", parts), U8))

    def checksum_stores(self, placed: Placed) -> tuple[Statement, ...]:
        """Return the stores of a checksum, which leave other bits of its bytes alone."""
        if is_whole(placed):
            return (store(placed, self.value(placed)),)
        return tuple(self.swept_octet_store(placed, each) for each in placed.pieces)

    def octet_part(self, placed: Placed, piece: Piece) -> Expression:
        """Return a field's bits at their place in one byte."""
        part = tree.shifted(self.value(placed), -piece.of)
        if piece.of + piece.bits < placed.bits:
            part = tree.masked(part, piece.bits)
        return tree.shifted(part, piece.low)

    def swept_octet_store(self, placed: Placed, piece: Piece) -> Statement:
        """Return the store of a swept field's bits in one byte, its other bits left alone."""
        octet = octet_at(piece.at)
        others = 0xFF & ~(((1 << piece.bits) - 1) << piece.low)
        value = self.octet_part(placed, piece)
        if others:
            value = Binary("|", Binary("&", octet, tree.wire(others, 8)), value)
        return Assign(octet, tree.converted(value, U8))

    # Values

    def value(self, placed: Placed) -> Expression:
        """Return a varying field's number, or the place of its bytes."""
        match placed.origin:
            case Argument():
                return on_wire(number_of(member_of(self.args, placed), placed), placed.field)
            case FrameLength() as length:
                return length_of(self.layout.name, placed, length, PKTLEN)
            case RandomOctetsSweep():
                return address_of(placed.start)  # written before it is used
            case Sum():
                return Name(variable_of(placed), unsigned(placed.bits))
            case Swept():
                name = variable_of(placed)
                if is_octets(placed.field):
                    return Name(name, Pointer(U8, const=True))
                return Name(name, unsigned(placed.bits))
        raise TypeError(f"{placed.path}: no C value for {placed.origin!r}")

    # Checksums

    def checksum(self, placed: Placed) -> ChecksumPlan | None:
        """Return the plan of a checksum; None when it is constant."""
        total = placed.origin
        assert isinstance(total, Sum)
        per_packet = placed.path in self.per_packet
        stores = self.checksum_stores(placed)
        if total.algorithm is not Algorithm.INTERNET:
            steps: list[Statement] = []
            if crcs.crc_of(placed) is not None:
                steps, call = crcs.steps(self.layout, placed, PKTLEN)
            else:
                call = checksum_call(placed, total, PKTLEN)
            return ChecksumPlan(placed, 0, (), (), tuple(steps), call, stores, per_packet)
        terms: list[Term] = []
        swept: list[Term] = []
        constant = sum(self.extent_sum(placed, each, terms, swept) for each in total.over)
        constant += self.pseudo_header(total, terms, swept)
        is_swept = self.layout.length_sweep is not None or self.layout.sweeps_payload
        for over in total.over:
            if not over.varies or self.layout.payload is None:
                continue
            by_length = swept if is_swept else terms
            by_length += payload_addends(self.layout.payload, over.start.octet, self.layout.name)
            # The emitted code has written the trailer by then, with the checksums in it.
            (swept if per_packet else terms).extend(self.trailer_terms(over))
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
            placed, constant, tuple(terms), tuple(swept), (), None, stores, per_packet
        )

    def extent_sum(self, placed: Placed, over: Extent, terms: list[Term], swept: list[Term]) -> int:
        """Return the sum of the constants that a checksum covers in one extent.

        What varies with arguments goes to the terms, what a sweep changes to ``swept``.
        """
        constants = bytearray(self.constants_at(over.start))
        for octet, mask in masks(self.layout, placed).items():
            if octet.from_end == over.start.from_end:
                constants[octet.octet] &= mask
        # Where the extent ends with the frame, it includes the rest of the template.
        until = len(constants) if over.varies or over.end == FRAME_END else over.end.octet
        words = constants[over.start.octet : until]
        blank = self.layout.blank(placed)
        for each in self.layout.fields:
            in_words = over.covers(each.start, each.end) and each not in blank
            if in_words and each.start.from_end == over.start.from_end:
                (swept if self.changes(each) else terms).extend(
                    self.field_terms(each, each.start.since(over.start))
                )
        return sum(
            int.from_bytes(words[at : at + 2].ljust(2, b"\0"), "big")
            for at in range(0, len(words), 2)
        )

    def changes(self, placed: Placed) -> bool:
        """Return whether a field differs from packet to packet."""
        return sweeping.is_swept(self.layout, placed) or placed.path in self.per_packet

    def pseudo_header(self, total: Sum, terms: list[Term], swept: list[Term]) -> int:
        """Return the sum of a pseudo header's constants; what varies goes to the terms."""
        at = constant = 0
        for part in total.pseudo:
            shift = to_word_end(at + part.bits)
            match part:
                case PseudoField(path=path):
                    source = self.layout[path]
                    if isinstance(source.origin, Fixed):
                        number = wire_number(source, source.origin.value)
                        constant += number << weight_of(source, at)
                    elif (halves := sweeping.halves(source)) is not None:
                        constant += halves[0][1] << weight_of(halves[0][0], at)
                    constant += self.constant_sums.get(path, 0) << weight_of(source, at)
                    (swept if self.changes(source) else terms).extend(self.field_terms(source, at))
                case PseudoConst(value=value):
                    constant += value << shift
                case PseudoLength() if total.varies:
                    size = tree.shifted(covered_size(total, PKTLEN), shift)
                    by_length = swept if self.layout.length_sweep is not None else terms
                    by_length.append(Term(size, f"pseudo header: {describe.covered(total)}"))
                case PseudoLength():
                    constant += total.size(self.layout.header_length) << shift
            at += part.bits
        return constant

    def trailer_terms(self, over: Extent) -> list[Term]:
        """Return what the trailers add to a sum from the headers on, and the padding before them.

        After a payload of an odd size, the bytes of their words are swapped.
        """
        start = FRAME_END - 8 * self.layout.trailer_length
        if self.layout.padding is not None:
            start = replace(start, padding=UNPADDED)
        trailer = Extent(start, over.end)
        if trailer.start == trailer.end and not trailer.varies:
            return []
        value: Expression = csum_add(address_of(trailer.start), size_of(trailer, PKTLEN))
        to_trailer = Extent(over.start, trailer.start)
        if self.layout.length_step % 2:
            odd = Binary("%", size_of(to_trailer, PKTLEN), Number(2))
            value = Binary("<<", value, Binary("*", Number(8), odd))
        elif to_trailer.size(self.layout.min_length) % 2:
            value = tree.shifted(value, 8)
        return [Term(value, f"trailers, {trailer}")]

    def field_terms(self, placed: Placed, at: int) -> list[Term]:
        """Return what a field adds to a sum when it starts at bit ``at`` of what is summed."""
        if isinstance(placed.origin, Fixed):
            return []
        if isinstance(placed.origin, Sum):
            # Either already part of the constant, or a variable of the emitted function.
            if placed.path in self.constant_sums:
                return []
            variable = Name(variable_of(placed), unsigned(placed.bits))
            return addends(variable, placed, at)
        halves = sweeping.halves(placed)
        if halves is not None:
            placed, at = halves[1], at + 64
        return addends(self.value(placed), placed, at)


def frame_len(layout: Layout) -> str:
    """Return the name of the function that adds its padding to a frame's length."""
    return f"{layout.name}_frame_len"


def length_words(layout: Layout) -> str:
    """Return what ``pktlen`` is, for the documentation of a function."""
    without = ", without its padding" if layout.padding is not None else ""
    return f"Bytes of the frame{without}, {lengths(layout)}"


def frame_len_function(layout: Layout) -> Function:
    """Return ``<format>_frame_len()``, of a layout with padding."""
    padding = layout.padding
    assert padding is not None
    length: Expression
    body: list[Statement] = []
    if padding.least:
        least = tree.size(padding.least + padding.uncounted)
        body.append(If(Binary("<", PKTLEN, least), (Return(least),)))
        length = PKTLEN
    else:
        multiple = tree.size(padding.multiple)
        over = Binary("%", tree.added(PKTLEN, -padding.uncounted), multiple)
        missing = Binary("%", Binary("-", multiple, over), multiple)
        length = tree.converted(Binary("+", PKTLEN, missing), U16)
    return Function(
        frame_len(layout),
        U16,
        (Parameter(U16, "pktlen", lengths(layout)),),
        f"Bytes of a frame with its padding: {describe.padding(padding)}",
        (*body, Return(length)),
        inline=True,
    )


def lengths(layout: Layout) -> str:
    """Return which lengths a frame may have, by the names of the format's macros."""
    macro = layout.name.upper()
    if layout.length_list:
        return describe.runs(layout.length_list)
    steps = f" in steps of {macro}_LEN_STEP" if layout.length_step > 1 else ""
    return f"{macro}_MIN_LEN to {macro}_MAX_LEN{steps}"
