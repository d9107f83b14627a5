"""Parsing a received frame, and comparing it with the values that were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from codegen import describe
from codegen.c import tree
from codegen.c.tree import (
    Assign,
    Binary,
    Blank,
    Call,
    Cast,
    Comment,
    Declare,
    Do,
    Expression,
    Function,
    If,
    Member,
    Name,
    Number,
    Parameter,
    Return,
    Statement,
    Struct,
)
from codegen.c.types import I64, INT, U8, U16, U64, UINT, VOID, Integer, Pointer, Tagged, unsigned
from codegen.layout import (
    UNPADDED,
    All,
    Argument,
    Compared,
    Condition,
    Either,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Placed,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Sum,
    Swept,
    negated,
)
from codegen.lower import crcs, tables
from codegen.lower.access import (
    END,
    FRAME,
    LEN,
    PKTLEN,
    address_of,
    constant,
    copy,
    is_octets,
    length_of,
    load,
    load_value,
    octet_at,
    size_of,
    type_of,
    variable_of,
    wire_number,
)
from codegen.lower.arguments import args_pointer, member_of, out_of_range
from codegen.lower.covering import Octet, parts
from codegen.lower.sums import SUM, Term, addends, csum_add, declare_sums, to_word_end, weighted
from codegen.lower.writing import (
    checksum_call,
    covered_size,
    frame_len,
    length_words,
    zero_rule,
)
from codegen.model import MAC, Algorithm, NextHeader, Reserved, UInt

_RESULT = Tagged("enum frame_result")
_VERDICT = Tagged("enum frame_verdict")
_FRAME = Pointer(U8, const=True)
_WANTED = "wanted"
_FOUND = Name("result", _RESULT)


def member_name(placed: Placed) -> str:
    """Return the name of a field in the struct of a received frame: that of its path.

    Paths are unique; a field's own name need not be.
    """
    return variable_of(placed)


def received(layout: Layout) -> list[Placed]:
    """Return the fields that a received frame may have any value in, in wire order.

    Reserved bits and padding are left out: a receiver ignores them.
    """
    return [
        each
        for each in layout.fields
        if not (isinstance(each.origin, Fixed) and each.origin.checked)
        and not isinstance(each.field, Reserved)
    ]


def fields_struct(layout: Layout) -> Struct:
    """Return ``struct <format>_fields``."""
    members = tuple(
        (type_of(each.field), member_name(each), f"{each.path}, {each.field.kind}")
        for each in received(layout)
    )
    empty = ((U8, "none", "a packet in which nothing varies"),)
    return Struct(
        f"{layout.name}_fields",
        f"What a {layout.name} frame has that is not constant; numbers are in host byte order",
        members or empty,
    )


class Parsing:
    """The functions that read a received frame of one format."""

    def __init__(self, layout: Layout) -> None:
        """Take the layout."""
        self.layout = layout
        self.macro = layout.name.upper()
        self.fields = Name("fields", Pointer(Tagged(f"struct {layout.name}_fields")))
        self.args = args_pointer(layout)

    def functions(self) -> tuple[Function, ...]:
        """Return them, each after those that it calls."""
        unpadded = (self.unpadded(),) if self.layout.padding else ()
        reading = (self.accepts(), self.length(), *unpadded, self.check(), self.parse())
        return (*reading, self.compare(), self.match())

    def limit(self, name: str) -> Name:
        """Return one of the format's macros."""
        return Name(f"{self.macro}_{name}", UINT)

    def shortest(self) -> Expression:
        """Return the bytes of all headers and trailers."""
        if self.layout.trailer_length:
            return Binary("+", self.limit("HDR_LEN"), self.limit("TRAILER_LEN"))
        return self.limit("HDR_LEN")

    def is_no_length(self, length: Name) -> Expression:
        """Return the condition under which a length is impossible."""
        if self.layout.length_list:
            possible = Call(f"{self.layout.name}_has_length", (length,), INT)
            return Binary("==", possible, Number(0))
        tests: list[Expression] = [Binary("<", length, self.limit("MIN_LEN"))]
        if self.layout.max_length < 0xFFFF:
            tests.append(Binary(">", length, self.limit("MAX_LEN")))
        if self.layout.length_step > 1:
            beyond = Binary("-", length, self.limit("MIN_LEN"))
            tests.append(Binary("%", beyond, self.limit("LEN_STEP")))
        return tree.joined("||", tests)

    # What may be written

    def accepts(self) -> Function:
        """Return ``<format>_accepts()``."""
        pktlen = Name("pktlen", U16)
        body: list[Statement] = [If(self.is_no_length(pktlen), (Return(Number(0)),))]
        for placed in self.layout.arguments:
            for check in out_of_range(self.args, placed):
                limits = f"{placed.argument.minimum} to {placed.argument.maximum}"
                body.append(Comment((f"{placed.path}, {placed.field.kind}: {limits}",)))
                body.append(If(check, (Return(Number(0)),)))
        return Function(
            f"{self.layout.name}_accepts",
            INT,
            (
                Parameter(U16, "pktlen", length_words(self.layout)),
                Parameter(self.args.type, "args", "Values of the packet"),
            ),
            f"Check whether a {self.layout.name} frame can have this length and these values",
            (*body, Return(Number(1))),
            "1, or 0 when the length or a value is out of range",
        )

    # The length that a frame declares

    def length(self) -> Function:
        """Return ``<format>_length()``."""
        return Function(
            f"{self.layout.name}_length",
            U16,
            (
                Parameter(_FRAME, "frame", "Received frame"),
                Parameter(U16, "len", "Bytes that were received"),
            ),
            "Length of a received frame, without what a driver or a link added to it",
            tuple(self._length_body()),
            "The length that the frame itself declares, at most len and at least "
            f"{'that of a frame of ' if self.layout.padding else ''}{self.macro}_MIN_LEN; "
            "len when it declares none",
        )

    def _length_body(self) -> Iterator[Statement]:
        ending = self.layout.length_field
        if ending is None or not isinstance(ending.origin, FrameLength):
            yield Return(LEN)
            return
        declared = Name("declared", I64)
        yield Declare(I64, "declared")
        if ending.origin.codes:
            yield Declare(U64, "size")
        yield If(Binary("<", LEN, self.shortest()), (Return(LEN),))
        guards = [
            self.decision(each, wanted)
            for each, wanted in self.layout.deciding()
            if each.start < ending.start
        ]
        if guards:
            yield Comment(("Another protocol has something else there",))
        for condition in guards:
            yield If(condition, (Return(LEN),))
        yield Comment((describe.declaration(ending),))
        number = self._capped(ending)
        if ending.origin.codes:
            name = f"{self.layout.name}_{variable_of(ending)}_size"
            number = Name("size", U64)
            yield Assign(number, Call(name, (tree.unsigned_number(load(ending)),), U64))
            yield If(Binary("==", number, tables.NONE), (Return(LEN),))
        yield Assign(declared, self._declared(number, ending.origin))
        least: Expression = self.limit("MIN_LEN")
        is_unpadded = ending.origin.of.end.padding == UNPADDED
        if self.layout.padding is not None and not is_unpadded:
            least = self._padded(Cast(U16, least))
        least = Cast(I64, least)
        yield If(Binary("<", declared, least), (Assign(declared, least),))
        yield If(Binary(">", declared, LEN), (Return(LEN),))
        if is_unpadded:
            yield Assign(declared, self._padded(Cast(U16, declared)))
            yield If(Binary(">", declared, LEN), (Return(LEN),))
        yield Return(Cast(U16, declared))

    def _padded(self, length: Expression) -> Expression:
        """Return a length with the padding that follows from it."""
        return Call(frame_len(self.layout), (length,), U16)

    def unpadded(self) -> Function:
        """Return ``<format>_unpadded()``."""
        ending = self.layout.padding_field
        declared = Name("declared", I64)
        body: list[Statement] = []
        if ending is None or not isinstance(ending.origin, FrameLength):
            body.append(Return(tree.converted(self.limit("MIN_LEN"), U16)))
        else:
            value = self._declared(self._capped(ending), ending.origin)
            if ending.origin.of.start.from_end:
                # It counts the padding itself.
                value = Binary("-", Cast(I64, LEN), value)
            body += [Comment((describe.declaration(ending),)), Assign(declared, value)]
            too_short = Binary("<", declared, Cast(I64, self.shortest()))
            impossible = Binary("||", too_short, Binary(">", declared, LEN))
            body += [If(impossible, (Return(LEN),)), Return(Cast(U16, declared))]
        declares: list[Statement] = []
        if tree.uses(body, END.name):
            declares.append(Declare(_FRAME, "end", Binary("+", FRAME, LEN), const=True))
        if tree.uses(body, declared.name):
            declares.append(Declare(I64, declared.name))
        return Function(
            f"{self.layout.name}_unpadded",
            U16,
            (Parameter(_FRAME, "frame"), Parameter(U16, "len")),
            "Length of a frame without its padding, as it declares it; len if that is impossible",
            (*declares, *body),
            static=True,
        )

    @staticmethod
    def _capped(ending: Placed) -> Expression:
        """Return the number in a length field, as far as a frame could have that length."""
        number = load(ending)
        if ending.bits > 32:
            # Larger than any frame, and small enough not to overflow below.
            number = Call("at_most", (number, Number(0xFFFFFFFF, U64, 8)), U64)
        return number

    def _declared(self, number: Expression, origin: FrameLength) -> Expression:
        """Return the length that a frame declares with what its length field counts.

        Signed: it may be less than what is not counted.
        """
        of, unit, plus = origin.of, origin.unit, origin.plus
        read: Expression = Cast(I64, number)
        start = of.start.octet - of.end.octet
        if unit == 1:
            return self._plus(read, start - plus)
        read = self._plus(read, -plus)
        if unit.numerator > 1:
            read = Binary("*", read, Number(unit.numerator))
        if unit.denominator > 1:
            read = Binary("/", read, Number(unit.denominator))
        return self._plus(read, start)

    @staticmethod
    def _plus(node: Expression, plus: int) -> Expression:
        if plus == 0:
            return node
        return Binary("-" if plus < 0 else "+", node, Number(abs(plus)))

    # Reading a frame

    def check(self) -> Function:
        """Return ``<format>_check()``, which parser and comparison share."""
        body = [*self._headers(), *self._checks(), *self._checksums()]
        body.append(Return(Name("FRAME_VALID", INT)))
        start: list[Statement] = [
            If(Binary("<", LEN, self.shortest()), (self.result("TRUNCATED"),))
        ]
        declared: list[Statement] = []
        if tree.uses(body, END.name):
            declared.append(Declare(_FRAME, "end"))
            start.append(self._end())
        if self.layout.padding is not None:
            declared.append(Declare(UINT, PKTLEN.name))
            unpadded = Call(f"{self.layout.name}_unpadded", (FRAME, LEN), U16)
            start.append(Assign(PKTLEN, unpadded))
        if self.layout.checksums:
            bits = max(each.bits for each in self.layout.checksums)
            declared.append(Declare(unsigned(bits), _WANTED))
        declared += declare_sums(body)
        return Function(
            f"{self.layout.name}_check",
            _RESULT,
            (Parameter(_FRAME, "frame"), Parameter(U16, "len")),
            "Check a frame of the length that it declares itself",
            (*declared, *start, *body),
            static=True,
        )

    @staticmethod
    def _if_other(refusal: Expression) -> Statement:
        """Return the statement that ends a function where the frame is of something else."""
        found = (Name(f"FRAME_{each}", INT) for each in ("TRUNCATED", "OTHER"))
        is_other = tree.joined("||", (Binary("==", _FOUND, each) for each in found))
        return If(is_other, (Return(refusal),))

    @staticmethod
    def _end() -> Statement:
        return Assign(END, Binary("+", FRAME, LEN))

    def parse(self) -> Function:
        """Return ``<format>_parse()``."""
        name = self.layout.name
        body: list[Statement] = [*self._reads(), Return(_FOUND)]
        declared: list[Statement] = [Declare(_RESULT, "result")]
        start: list[Statement] = [
            Assign(LEN, Call(f"{name}_length", (FRAME, LEN), U16)),
            Assign(_FOUND, Call(f"{name}_check", (FRAME, LEN), _RESULT)),
            self._if_other(_FOUND),
        ]
        if tree.uses(body, END.name):
            declared.insert(0, Declare(_FRAME, "end"))
            start.append(self._end())
        return Function(
            f"{name}_parse",
            _RESULT,
            (
                Parameter(_FRAME, "frame", "Received frame"),
                Parameter(U16, "len", "Bytes that were received; nothing behind them is read"),
                Parameter(
                    self.fields.type,
                    "fields",
                    "Is filled with the values of the frame, whatever else is invalid in it, "
                    "unless it is truncated or announces another header",
                ),
            ),
            f"Read a received frame of the format {name}",
            (*declared, *start, *body),
            "The first thing in the frame that is invalid, or FRAME_VALID",
        )

    @staticmethod
    def result(name: str) -> Return:
        """Return the statement that ends the parser with that result."""
        return Return(Name(f"FRAME_{name}", INT))

    def refuse(self, placed: Placed, condition: Expression, result: str) -> list[Statement]:
        """Return a check of a field."""
        words = Comment((describe.declaration(placed),))
        return [Blank(), words, If(condition, (self.result(result),))]

    def _headers(self) -> Iterator[Statement]:
        for placed, wanted in self.layout.deciding():
            yield from self.refuse(placed, self.decision(placed, wanted), "OTHER")
        for condition in self.layout.conditions:
            words = f"The fields that are there: {describe.condition(condition)}"
            refused = self.condition(negated(condition))
            yield from (Blank(), Comment((words,)), If(refused, (self.result("OTHER"),)))

    def condition(self, condition: Condition) -> Expression:
        """Return the expression of a condition."""
        match condition:
            case Compared(path=path, operator=operator, value=value):
                placed = self.layout[path]
                found = tree.unsigned_number(load_value(placed))
                return Binary(operator, found, constant(placed.field, value))
            case All(parts=parts):
                return tree.joined("&&", map(self.condition, parts))
            case Either(parts=parts):
                return tree.joined("||", map(self.condition, parts))
        assert_never(condition)

    def decision(self, placed: Placed, wanted: Fixed) -> Expression:
        """Return the condition under which a header is not followed by what the format has."""
        if wanted.decides == (1 << placed.bits) - 1:
            return self.differs(placed)
        bits = Binary("&", load(placed), tree.wire(wanted.decides, placed.bits))
        return Binary("!=", bits, tree.wire(wanted.value & wanted.decides, placed.bits))

    @staticmethod
    def _announces(placed: Placed) -> bool:
        is_constant = isinstance(placed.origin, Fixed) and placed.origin.checked
        return is_constant and isinstance(placed.field.source, NextHeader)

    def _reads(self) -> Iterator[Statement]:
        for placed in received(self.layout):
            member = Member(self.fields, member_name(placed), type_of(placed.field))
            yield Blank()
            yield Comment((describe.declaration(placed),))
            if placed.field.octets is None:
                type_ = type_of(placed.field)
                assert isinstance(type_, Integer), placed.path
                yield Assign(member, tree.converted(load_value(placed), type_))
            elif placed.start.bit == 0:
                yield copy(member, address_of(placed.start), placed.field.octets)
            else:
                assert isinstance(placed.field, MAC), placed.path
                yield Do(Call("put_be48", (member, load(placed)), VOID))

    def differs(self, placed: Placed) -> Expression:
        """Return the condition under which a field is not the constant that it should be."""
        assert isinstance(placed.origin, Fixed)
        if not is_octets(placed.field):
            wanted = wire_number(placed, placed.origin.value)
            return Binary("!=", load(placed), tree.wire(wanted, placed.bits))
        at, template = placed.start.octet, "template"
        if placed.start.from_end:
            at, template = at + self.layout.trailer_length, "trailer"
        constant = Name(f"{self.layout.name}_{template}", Pointer(U8))
        octets = Binary("+", constant, Number(at)) if at else constant
        return self._octets_differ(load(placed), octets, placed.field.octets or 0)

    @staticmethod
    def _octets_differ(left: Expression, right: Expression, count: int) -> Expression:
        return Call("bytes_differ", (left, right, Number(count)), INT)

    def _checks(self) -> Iterator[Statement]:
        found: dict[str, list[Statement]] = {"CONSTANT": [], "UNKNOWN": [], "LENGTH": []}
        for placed in self.layout.fields:
            numbers = tuple(placed.field.names) if isinstance(placed.field, UInt) else ()
            match placed.origin:
                case Fixed(checked=True) if not self._announces(placed):
                    result = "LENGTH" if placed.derived else "CONSTANT"
                    found[result] += self.refuse(placed, self.differs(placed), result)
                case FrameLength() as length:
                    wanted = length_of(self.layout.name, placed, length, LEN)
                    differs = Binary("!=", tree.unsigned_number(load(placed)), wanted)
                    found["LENGTH"] += self.refuse(placed, differs, "LENGTH")
                case Fixed(checked=False) | Argument() | Swept() if numbers:
                    others = (Binary("!=", load(placed), tree.decimal(each)) for each in numbers)
                    found["UNKNOWN"] += self.refuse(placed, tree.joined("&&", others), "UNKNOWN")
        yield from found["CONSTANT"] + found["UNKNOWN"]
        yield Blank()
        unpadded = PKTLEN if self.layout.padding else LEN
        yield If(self.is_no_length(unpadded), (self.result("LENGTH"),))
        if self.layout.padding is not None:
            yield Comment((describe.padding(self.layout.padding),))
            differs = Binary("!=", self._padded(Cast(U16, PKTLEN)), LEN)
            yield If(differs, (self.result("LENGTH"),))
        yield from found["LENGTH"]

    # Checksums

    def _checksums(self) -> Iterator[Statement]:
        for placed in self.layout.checksums:
            total = placed.origin
            assert isinstance(total, Sum)
            bits = max(each.bits for each in self.layout.checksums)
            wanted = Name(_WANTED, unsigned(bits))
            yield Blank()
            yield Comment((describe.declaration(placed),))
            if total.algorithm is Algorithm.INTERNET:
                yield from self._sum(placed, total)
                yield Assign(wanted, Call("csum_fold", (SUM,), U16))
            elif crcs.crc_of(placed) is not None:
                steps, call = crcs.steps(self.layout, placed, LEN)
                yield from steps
                yield Assign(wanted, call)
            else:
                yield Assign(wanted, checksum_call(placed, total, LEN))
            yield from zero_rule(wanted, total, placed.bits)
            found = load(placed)
            # Narrower numbers are promoted to int, as the parts of the field are.
            differs = Binary("!=", tree.unsigned_number(found) if bits > 16 else found, wanted)
            if total.optional:
                # Zero means that the sender computed none.
                differs = Binary("&&", Binary("!=", load(placed), Number(0)), differs)
            yield If(differs, (self.result("CHECKSUM"),))

    def _sum(self, placed: Placed, total: Sum) -> Iterator[Statement]:
        """Yield the sum of a received frame from which its checksum follows.

        It leaves out the checksum itself. If it were summed with the rest, as receivers
        often do, the two zeros of ones' complement could not be distinguished.
        """
        added = [each for over in total.over for each in self._words(placed, over)]
        first, *others = added or [Number(0)]
        yield Assign(SUM, first)
        plain = len(total.over) == 1 and not total.zeroed
        for each in others:
            yield Assign(SUM, each, "+=", "behind the checksum" if plain else "")
        at = constant = 0
        for part in total.pseudo:
            shift = to_word_end(at + part.bits)
            match part:
                case PseudoField(path=path):
                    source = self.layout[path]
                    for term in addends(load(source), source, at):
                        yield term.statement
                case PseudoConst(value=value):
                    constant += value << shift
                case PseudoLength():
                    size = tree.shifted(covered_size(total, LEN), shift)
                    yield Term(size, f"pseudo header: size of {describe.covered(total)}").statement
            at += part.bits
        if constant:
            constants = tree.wire(constant, 16)
            yield Term(constants, "pseudo header: what never varies").statement

    def _words(self, placed: Placed, over: Extent) -> Iterator[Expression]:
        """Yield what one extent adds to the sum of a received frame."""
        for part in parts(self.layout, placed, over):
            match part:
                case Extent(start=start):
                    words = csum_add(address_of(start), size_of(part, LEN))
                    yield weighted(words, to_word_end(start.since(over.start)))
                case Octet(at=at, mask=mask):
                    bits = Binary("&", octet_at(at), tree.wire(mask, 8))
                    yield weighted(bits, to_word_end(at.since(over.start) + 8))

    # Comparison with the values that were asked for

    def compare(self) -> Function:
        """Return ``<format>_compare()``, which takes the result of the check."""
        other = Name("VERDICT_OTHER", INT)
        compared: list[Statement] = []
        for placed in self.layout.arguments:
            if placed.argument.default is not None:
                compared.append(If(self._is_other(placed), (Return(other),)))
        body: list[Statement] = [self._if_other(other)]
        declared: list[Statement] = []
        if tree.uses(compared, END.name):
            declared.append(Declare(_FRAME, "end", Binary("+", FRAME, LEN), const=True))
        if compared:
            body += [Blank(), Comment(("Does it have the values that were asked for?",)), *compared]
        is_invalid = Binary("!=", _FOUND, Name("FRAME_VALID", INT))
        body.append(If(is_invalid, (Return(Name("VERDICT_INVALID", INT)),)))
        body.append(Return(Name("VERDICT_VALID", INT)))
        return Function(
            f"{self.layout.name}_compare",
            _VERDICT,
            (
                Parameter(_FRAME, "frame"),
                Parameter(U16, "len"),
                Parameter(self.args.type, "args"),
                Parameter(_RESULT, "result"),
            ),
            "Compare a frame of that length and result with the values of a sender",
            (*declared, *body),
            static=True,
        )

    def match(self) -> Function:
        """Return ``<format>_match()``."""
        name = self.layout.name
        checked = Call(f"{name}_check", (FRAME, LEN), _RESULT)
        return Function(
            f"{name}_match",
            _VERDICT,
            (
                Parameter(_FRAME, "frame", "Received frame"),
                Parameter(U16, "len", "Bytes that were received"),
                Parameter(
                    self.args.type,
                    "args",
                    "The values that its sender was asked for; addresses that come from the "
                    "sender's device, and what is swept, may have any",
                ),
            ),
            f"Compare a received frame with the format {name} and the values of a sender",
            (
                Assign(LEN, Call(f"{name}_length", (FRAME, LEN), U16)),
                Return(Call(f"{name}_compare", (FRAME, LEN, self.args, checked), _VERDICT)),
            ),
            "Whether it is valid, of another protocol or with other values, or invalid",
        )

    def _is_other(self, placed: Placed) -> Expression:
        """Return the condition under which a field differs from the value that was asked for."""
        wanted = member_of(self.args, placed)
        octets = placed.field.octets
        if octets is None:
            number = load_value(placed)
            # Narrower members are promoted to int, as the parts of the number are.
            found = number if placed.bits <= 16 else tree.unsigned_number(number)
            return Binary("!=", found, wanted)
        if placed.start.bit:
            return Binary("!=", load(placed), Call("get_be48", (wanted,), U64))
        return self._octets_differ(address_of(placed.start), wanted, octets)
