"""What differs from packet to packet: the struct of a sweep, and its functions.

The functions that run for each packet are inline functions of the header, so that the
loop of the program contains their stores and no call.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from codegen import describe
from codegen.c import tree
from codegen.c.tree import (
    AddressOf,
    Assign,
    Binary,
    Blank,
    Braced,
    Call,
    Comment,
    Declare,
    Do,
    Expression,
    Function,
    Increment,
    Index,
    Member,
    Name,
    Number,
    Parameter,
    Return,
    Statement,
    Struct,
)
from codegen.c.types import (
    U8,
    U16,
    U32,
    U64,
    UINT,
    VOID,
    Array,
    Pointer,
    Tagged,
    Type,
    signed,
    unsigned,
)
from codegen.layout import (
    CounterSweep,
    CycleSweep,
    Fixed,
    FrameLength,
    Layout,
    Patterns,
    PermutationSweep,
    Placed,
    RandomOctetsSweep,
    RandomSweep,
    RangeSweep,
    Sum,
    Sweep,
    Swept,
    TimestampSweep,
    TriangleSweep,
)
from codegen.lower.access import (
    END,
    FRAME,
    FRAMELEN,
    PKTLEN,
    address_of,
    constant,
    is_octets,
    on_wire,
)
from codegen.lower.sums import SUM, declare_sums
from codegen.model import Default, Field, Int, UInt, VarInt

#: The rounds of ``permuted_at()`` in ``permute.h``.
ROUNDS = 16

if TYPE_CHECKING:
    from codegen.lower.writing import Writing


def is_swept(layout: Layout, placed: Placed) -> bool:
    """Return whether a field is swept or depends on a swept length; not for checksums."""
    return isinstance(placed.origin, Swept) or (
        layout.length_sweep is not None and isinstance(placed.origin, FrameLength)
    )


def clock_of(placed: Placed) -> str | None:
    """Return the member of a sweep that has a field's time of sending, None where it has none."""
    if not isinstance(placed.origin, TimestampSweep):
        return None
    return "now" if placed.origin.epoch is None else "wall"


def moves_trailer(layout: Layout) -> bool:
    """Return whether there is a trailer, at another place in each packet."""
    return bool(layout.trailer_length) and layout.length_sweep is not None


def writes_payload(layout: Layout) -> bool:
    """Return whether the payload is written for each packet.

    It differs itself, or the trailer or padding of the packet before may lie where it goes.
    """
    is_followed = bool(layout.trailer_length) or layout.padding is not None
    return layout.sweeps_payload or (is_followed and layout.length_sweep is not None)


def per_packet(layout: Layout) -> set[str]:
    """Return the checksums that are computed together with the sweeps, for each packet.

    Those are the checksums that a sweep changes, and all that cover one of them or are
    covered by one, as the one is needed to compute the other.
    """
    covered = {each.path: set(layout.covered(each)) for each in layout.checksums}
    found: set[str] = set()
    if layout.length_sweep is not None:
        found = {
            each.path
            for each in layout.checksums
            if isinstance(each.origin, Sum)
            # The size of its extent, or its own position, depends on the length.
            and (each.start.from_end or any(one.end.from_end for one in each.origin.over))
        }
    if layout.payload is not None and layout.sweeps_payload:
        inside = layout.payload.extent
        found |= {
            each.path
            for each in layout.checksums
            if isinstance(each.origin, Sum)
            and any(one.covers(inside.start, inside.end) for one in each.origin.over)
        }
    before = None
    while before != found:
        before = set(found)
        reasons = found | {each.path for each in layout.fields if is_swept(layout, each)}
        found |= {path for path in covered if covered[path] & reasons}
        found |= {path for path in covered if any(path in covered[other] for other in found)}
    return found


def halves(placed: Placed) -> tuple[tuple[Placed, int], Placed] | None:
    """Return the upper half of an address and its value, and the half that is swept.

    None where a field is swept whole, or not at all.
    """
    origin = placed.origin
    sweeps = RangeSweep | TriangleSweep | PermutationSweep | RandomSweep
    if placed.bits != 128 or not isinstance(origin, sweeps):
        return None
    field = UInt(placed.field.name, 64, placed.field.source)
    low = origin.low if isinstance(origin, RandomSweep) else origin.first
    rest = low & ((1 << 64) - 1)
    swept: Sweep
    if isinstance(origin, RandomSweep):
        swept = replace(origin, low=rest)
    else:
        swept = replace(origin, first=rest)
    upper = replace(placed, field=field, origin=Fixed(low >> 64, checked=False))
    return (upper, low >> 64), replace(placed, field=field, start=placed.start + 64, origin=swept)


# ---------------------------------------------------------------------- values


def value(
    swept: Sweep, variable: str, field: Field, n: Expression, now: Expression
) -> tuple[Expression, Declare | None]:
    """Return a sweep's number on the wire for packet ``n``, and the table that it is from."""
    bits = field.bits
    if swept.every > 1:
        n = Binary("/", n, _number(swept.every))
    found: Expression
    match swept:
        case CounterSweep(start=start, step=step):
            found = _cut(_plus(start % (1 << bits), _times(n, step)), bits)
        case RangeSweep(first=first, count=count, step=step):
            found = _along(first, swept.last, _modulo(n, count), step, bits)
        case TriangleSweep(first=first, count=count, step=step):
            back_and_forth = Call("triangle_at", (n, _number(count)), U64)
            found = _along(first, swept.last, back_and_forth, step, bits)
        case PermutationSweep(first=first, count=count, seed=seed):
            found, keys = _permuted(first, count, seed, variable, bits, n)
            return on_wire(found, field), keys
        case RandomSweep(seed=seed, low=low, count=count, step=step):
            drawn = Call("random_at", (_number(seed), n), U64)
            found = _along(low, swept.last, _modulo(drawn, count), step, bits)
        case TimestampSweep():
            found = _cut(_time(swept, now), bits)
        case CycleSweep(values=values):
            return _looked_up(values, variable, field, n)
        case RandomOctetsSweep():
            raise TypeError("random bytes have no variable: they are written at their place")
        case _:
            assert_never(swept)
    if isinstance(field, VarInt):
        return on_wire(found, field), None
    return tree.converted(found, unsigned(bits)), None


_SECOND = Number(10**9)


def _time(swept: TimestampSweep, now: Expression) -> Expression:
    """Return the time of sending, of which there are as many nanoseconds as ``now``."""
    per_second, epoch = swept.per_second, swept.epoch or 0
    behind = Binary("%", now, _SECOND)
    if 10**9 % per_second == 0:
        unit = 10**9 // per_second
        counted = behind if swept.fraction else now
        counted = counted if unit == 1 else Binary("/", counted, Number(unit))
        return counted if swept.fraction else _plus(epoch * per_second, counted)
    # Fixed point: the nanoseconds take 30 bits, so there is room for 32 more.
    by = Number(per_second.bit_length() - 1)
    fraction = Binary("/", Binary("<<", behind, by), _SECOND)
    if swept.fraction:
        return fraction
    seconds = _plus(epoch, Binary("/", now, _SECOND))
    return Binary("|", Binary("<<", seconds, by), fraction)


def _number(value: int) -> Number:
    return tree.decimal(value)


def _plus(constant: int, node: Expression) -> Expression:
    return Binary("+", _number(constant), node) if constant else node


def _times(node: Expression, step: int) -> Expression:
    return node if step == 1 else Binary("*", node, _number(step))


def _along(first: int, last: int, steps: Expression, step: int, bits: int) -> Expression:
    """Return a number so many steps after the first, or before it where they are negative.

    Negative numbers are in two's complement, which wraps between -1 and 0.
    """
    if step < 0:
        found: Expression = Binary("-", _number(first % (1 << bits)), _times(steps, -step))
    else:
        found = _plus(first % (1 << bits), _times(steps, step))
    return _cut(found, bits) if (first < 0) != (last < 0) else found


def _modulo(node: Expression, count: int) -> Expression:
    return Binary("%", node, _number(count)) if count < 1 << 64 else node


def _cut(node: Expression, bits: int) -> Expression:
    """Return the lowest bits of a number, where no type of C has just as many."""
    return node if bits in (8, 16, 32, 64) else Binary("&", node, tree.wire((1 << bits) - 1, bits))


def _permuted(
    first: int, count: int, seed: int, variable: str, bits: int, n: Expression
) -> tuple[Expression, Declare]:
    """Return a value of a permutation, and the array of its keys, one for each round."""
    name = f"{variable}_keys"
    type_ = Array(U64, None)
    keys = [tree.wire(_random_at(seed, each) % count, 64) for each in range(ROUNDS)]
    rows = tuple(tuple(keys[at : at + 3]) for at in range(0, ROUNDS, 3))
    # 2^64 numbers are as many as an uint64_t has; there it is zero.
    size = _number(count % (1 << 64))
    place = Call("permuted_at", (_modulo(n, count), size, Name(name, type_)), U64)
    number = _along(first, first + count - 1, place, 1, bits)
    found = tree.converted(number, unsigned(bits))
    return found, Declare(type_, name, const=True, rows=rows)


def _random_at(seed: int, n: int) -> int:
    """Return what the function of ``random.h`` does."""
    z = (seed + (n + 1) * 0x9E3779B97F4A7C15) % (1 << 64)
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % (1 << 64)
    z = (z ^ z >> 27) * 0x94D049BB133111EB % (1 << 64)
    return z ^ z >> 31


def _looked_up(
    values: tuple[int, ...], variable: str, field: Field, n: Expression
) -> tuple[Expression, Declare]:
    """Return a value of a list, and the array of the list."""
    name = f"{variable}_values"
    place = Binary("%", n, Number(len(values)))
    if is_octets(field):
        octets = [each.to_bytes(field.bits // 8, "big") for each in values]
        row = Array(U8, field.bits // 8)
        type_: Type = Array(row, None)
        rows = tuple((Braced(tree.octets_row(each), row),) for each in octets)
        return Index(Name(name, type_), place), Declare(type_, name, const=True, rows=rows)
    member = signed(field.bits) if isinstance(field, Int) else unsigned(field.bits)
    type_ = Array(member, None)
    numbers = [constant(field, each) for each in values]
    lines = tuple(tuple(numbers[at : at + 4]) for at in range(0, len(numbers), 4))
    found = on_wire(Index(Name(name, type_), place), field)
    return found, Declare(type_, name, const=True, rows=lines)


#: Where each pattern of a payload starts, and where the last one ends.
_PAYLOAD_AT = Name("payload_at", Array(U32, None))


def payload_at(n: Expression, count: int, behind: int) -> Expression:
    """Return where the pattern of packet ``n`` starts, or that ``behind`` it."""
    place: Expression = Binary("%", n, Number(count))
    return Index(_PAYLOAD_AT, Binary("+", place, Number(behind)) if behind else place)


def payload_starts(patterns: tuple[bytes, ...]) -> Declare:
    """Return the array of where each pattern starts among all of them."""
    starts = [0, *itertools.accumulate(map(len, patterns))]
    numbers = [_number(each) for each in starts]
    rows = tuple(tuple(numbers[at : at + 8]) for at in range(0, len(numbers), 8))
    return Declare(_PAYLOAD_AT.type, _PAYLOAD_AT.name, const=True, rows=rows)


# ----------------------------------------------------------------- struct, calls


class Sweeping:
    """The sweep of one format: the struct with its state, and its functions."""

    def __init__(self, writing: Writing) -> None:
        """Take what a frame is written from."""
        self.writing = writing
        self.layout = writing.layout
        self.name = f"{self.layout.name}_sweep"
        self.sweep = Name("sweep", Pointer(Tagged(f"struct {self.name}")))
        self.fields = [each for each in self.layout.fields if is_swept(self.layout, each)]
        self.checksums = [each for each in writing.checksums if each.per_packet]
        self.moves = moves_trailer(self.layout)
        self.per_packet = self._per_packet()
        #: Whether what is written for each packet depends on the length of its frame.
        self.has_length = self.layout.length_sweep is not None or any(
            tree.uses(self.per_packet, each.name) for each in (PKTLEN, FRAMELEN, END)
        )

    def clocks(self) -> list[str]:
        """Return the members that have the time of sending, each by another clock."""
        return [name for name in ("now", "wall") if name in map(clock_of, self.fields)]

    def member(self, name: str, type_: Type = U64) -> Member:
        """Return a member of the sweep."""
        return Member(self.sweep, name, type_)

    def struct(self) -> Struct:
        """Return ``struct <format>_sweep``."""
        members: list[tuple[Type, str, str]] = [(U64, "n", "packets before this one")]
        summaries = {
            "now": "time of sending, in nanoseconds",
            "wall": "the same by the wall clock, since 1970",
        }
        members += [(U64, each, summaries[each]) for each in self.clocks()]
        members += [
            (U64, each.variable.name, "sum of the words that stay")
            for each in self.checksums
            if each.call is None
        ]
        if self.layout.length_sweep is not None:
            members.append((U64, "bytes", "of the packets before this one"))
        if self.has_length:
            members.append((U16, "pktlen", "bytes of this packet's frame"))
        if self.moves:
            size = self.layout.trailer_length
            members.append((Array(U8, size), "trailer", "as far as it stays the same"))
        summary = f"What differs from packet to packet of {self.layout.name}"
        return Struct(self.name, summary, tuple(members))

    def inline(self) -> tuple[Function, ...]:
        """Return the functions that run for each packet."""
        lengths = () if self.layout.length_sweep is None else (self.length(),)
        return (*lengths, self.write(), self.next())

    def length(self) -> Function:
        """Return ``<format>_sweep_length()``: the length as a number of its own."""
        assert self.layout.length_sweep is not None
        n = Name("n", U64)
        field = UInt("length", 16, Default(0))
        found, table = value(self.layout.length_sweep, "frame_length", field, n, n)
        return Function(
            f"{self.name}_length",
            U16,
            (Parameter(U64, "n"),),
            "Bytes of the frame of the packet with n before it",
            (*([table] if table else []), Return(found)),
            inline=True,
        )

    def init(self) -> Function:
        """Return ``<format>_sweep_init()``."""
        zeros = ["n", *self.clocks()]
        zeros += ["bytes"] if self.layout.length_sweep is not None else []
        body: list[Statement] = [Assign(self.member(each), Number(0)) for each in zeros]
        if self.has_length:
            body.append(Assign(self.member("pktlen", U16), PKTLEN))
        if self.moves:
            template = Name(f"{self.layout.name}_trailer", Array(U8, None))
            body += [Blank(), self.writing.copy_trailer(template)]
            body += self.writing.stores(in_trailer=True)
        for each in self.checksums:
            if each.call is None:
                remembered = Assign(self.member(each.variable.name), SUM)
                body += [Blank(), each.comment(), *each.sum(), remembered]
        declared: list[Statement] = []
        if self.moves:
            size = Name(f"{self.layout.name.upper()}_TRAILER_LEN", UINT)
            behind = Binary("+", self.member("trailer", Array(U8, None)), size)
            declared.append(Declare(Pointer(U8), END.name, behind, const=True))
        if tree.uses(body, FRAMELEN.name):
            declared.insert(0, self.writing.declare_framelen())
        if tree.uses(body, SUM.name):
            declared.append(Declare(U64, SUM.name))
        first = "the first" if self.layout.length_sweep is not None else "each"
        return Function(
            f"{self.name}_init",
            VOID,
            (
                Parameter(self.sweep.type, "sweep", "Is filled"),
                Parameter(U16, "pktlen", f"Bytes of {first} frame"),
                Parameter(self.writing.args.type, "args", "Values that all packets have in common"),
            ),
            "Start a sweep with its first packet",
            (*declared, *body),
        )

    def write(self) -> Function:
        """Return ``<format>_sweep_write()``."""
        frame = f"Frame of {self.layout.name}_write(), with the same length and values"
        if self.layout.length_sweep is not None:
            frame = f"Frame of {self.layout.name}_write(), at least as long, with the same values"
        place = Pointer(Tagged(f"struct {self.name}"), const=True)
        return Function(
            f"{self.name}_write",
            VOID,
            (
                Parameter(Pointer(U8), "frame", frame),
                Parameter(place, "sweep", "Place in the sweep"),
            ),
            "Write what differs into a frame that has all other bytes already",
            (*self._variables(), *self.per_packet),
            inline=True,
        )

    def _variables(self) -> list[Statement]:
        """Return the declarations of what :meth:`write` computes."""
        n = self.member("n")
        tables: list[Statement] = []
        values: list[Statement] = []
        payload = self.layout.payload
        if payload and isinstance(payload.content, Patterns) and payload.pattern is None:
            tables.append(payload_starts(payload.content.patterns))
        for placed in self.fields:
            if isinstance(placed.origin, RandomOctetsSweep | FrameLength):
                continue
            split = halves(placed)
            placed = split[1] if split else placed
            assert isinstance(placed.origin, Swept)
            variable = self.writing.value(placed)
            assert isinstance(variable, Name)
            now = self.member(clock_of(placed) or "now")
            found, table = value(placed.origin, variable.name, placed.field, n, now)
            tables += [table] if table else []
            values.append(Declare(variable.type, variable.name, found, const=True))
        ends = self.writing.declare_ends(self.per_packet)
        if ends or tree.uses(self.per_packet, PKTLEN.name):
            length = self.member("pktlen", U16)
            values[:0] = [Declare(U16, PKTLEN.name, length, const=True), *ends]
        values += [each.declaration for each in self.checksums]
        return tables + values + declare_sums(self.per_packet)

    def _per_packet(self) -> list[Statement]:
        """Return the stores of :meth:`write`."""
        body: list[Statement] = []
        if self.layout.payload is not None and writes_payload(self.layout):
            words = "The frame that is there may have ended elsewhere"
            if self.layout.sweeps_payload:
                words = f"fill: {describe.payload(self.layout.payload)}"
            body += [Comment((words,)), self.writing.fill(self.member("n"))]
        padding = self.layout.padding
        if padding is not None and self.layout.length_sweep is not None:
            body += [Comment((describe.padding(padding),)), self.writing.pad()]
        if self.moves:
            body.append(self.writing.copy_trailer(self.member("trailer", Array(U8, None))))
        for placed in self.fields:
            split = halves(placed)
            body += [Blank(), Comment((describe.declaration(placed),))]
            body += self._stores(split[1] if split else placed)
        for each in self.checksums:
            body += [Blank(), Comment((describe.declaration(each.placed),))]
            if each.call is None:
                body.append(Assign(SUM, self.member(each.variable.name)))
            body += [term.statement for term in each.swept]
            body += each.finish()
        return body

    def _stores(self, placed: Placed) -> list[Statement]:
        if isinstance(placed.origin, RandomOctetsSweep):
            size, seed = tree.size(placed.bits // 8), _number(placed.origin.seed)
            n: Expression = self.member("n")
            if placed.origin.every > 1:
                n = Binary("/", n, _number(placed.origin.every))
            octets = (address_of(placed.start), size, seed, n)
            return [Do(Call("random_octets", octets, VOID))]
        whole = self.writing.whole_store(placed)
        if whole is not None:
            return [whole]
        return [self.writing.swept_octet_store(placed, piece) for piece in placed.pieces]

    def next(self) -> Function:
        """Return ``<format>_sweep_next()``."""
        n = self.member("n")
        body: list[Statement] = [Increment(n)]
        if self.layout.length_sweep is not None:
            length = self.member("pktlen", U16)
            following = Call(f"{self.name}_length", (n,), U16)
            sent: Expression = length
            if self.layout.padding is not None:
                sent = Call(f"{self.layout.name}_frame_len", (length,), U16)
            body += [Assign(self.member("bytes"), sent, "+="), Assign(length, following)]
        return Function(
            f"{self.name}_next",
            VOID,
            (Parameter(self.sweep.type, "sweep"),),
            "Move on; only when the packet was accepted, so that no number is left out",
            tuple(body),
            inline=True,
        )


def first_packet(layout: Layout, args: Name) -> list[Statement]:
    """Return the statements that write what the first packet of a sweep has."""
    name = f"{layout.name}_sweep"
    sweep = AddressOf(Name("sweep", Tagged(f"struct {name}")))
    return [
        Blank(),
        Comment(("The first packet of the sweep",)),
        Do(Call(f"{name}_init", (sweep, PKTLEN, args), VOID)),
        Do(Call(f"{name}_write", (FRAME, sweep), VOID)),
    ]
