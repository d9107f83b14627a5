"""A resolved format: where every field lies, and where its value comes from.

The layout is what the oracle and the C side share. It states facts (this field
lies there, that checksum covers those bytes) and computes no packet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import assert_never

from codegen.model import (
    CRC,
    Algorithm,
    Checksum,
    Count,
    Field,
    Fill,
    Format,
    Header,
    Length,
    NextHeader,
    OwnAlgorithm,
    VarInt,
    size_bits,
)


@dataclass(frozen=True)
class Padding:
    """Padding between the payload and what follows it.

    Of a frame without it, all but ``uncounted`` bytes are filled up to a multiple of
    ``multiple`` bytes, and to ``least`` bytes. It repeats ``pattern``.
    """

    path: str
    uncounted: int
    multiple: int = 1
    least: int = 0
    pattern: bytes = b"\0"

    def size(self, length: int) -> int:
        """Return the bytes of padding of a frame that has ``length`` bytes without it."""
        counted = length - self.uncounted
        return max(self.least - counted, 0) or -counted % self.multiple


@dataclass(frozen=True, order=True)
class Position:
    """A place between two bits of the frame, counted from its start or from its end.

    What lies behind a payload of any size counts from the end, and its ``bits`` are zero
    or less. Positions are ordered as they follow one another in the frame: whatever counts
    from the end is behind everything that counts from the start. What is behind the padding
    of a payload has that ``padding``; the end of the payload counts from the end without it.
    """

    from_end: bool
    bits: int
    padding: Padding | None = field(default=None, compare=False)

    @property
    def octet(self) -> int:
        """The byte that the position is in, counted from the same side; from the end, below 0."""
        return self.bits // 8

    @property
    def bit(self) -> int:
        """The bits of that byte that are before the position, 0 to 7."""
        return self.bits % 8

    def __add__(self, bits: int) -> Position:
        """Return the position so many bits further on."""
        return Position(self.from_end, self.bits + bits, self.padding)

    def __sub__(self, bits: int) -> Position:
        """Return the position so many bits before."""
        return self + -bits

    def since(self, other: Position) -> int:
        """Return the bits from ``other`` to here.

        Raises ValueError where they count from different sides: how far they are apart
        depends on the length of the frame then.
        """
        if self.from_end != other.from_end:
            raise ValueError(f"the bits from {other} to {self} depend on the frame's length")
        return self.bits - other.bits

    def in_frame(self, length: int) -> int:
        """Return the bits before the position in a frame of ``length`` bytes, unpadded."""
        padding = self.padding.size(length) if self.padding else 0
        return self.bits + (8 * (length + padding) if self.from_end else 0)


#: That of the end of the payload: nothing is before it.
UNPADDED = Padding("", 0)

#: The two ends of the frame, from which other positions are reached: ``START + 8 * 14``.
START = Position(from_end=False, bits=0)
END = Position(from_end=True, bits=0)


@dataclass(frozen=True)
class Extent:
    """A run of whole bytes of the frame, up to before its ``end``."""

    start: Position
    end: Position

    @property
    def varies(self) -> bool:
        """Whether the size depends on the frame's: from within the headers to behind them."""
        return self.start.from_end != self.end.from_end or self.start.padding != self.end.padding

    @property
    def is_padded(self) -> bool:
        """Whether it includes the padding of a payload, or a part of it."""
        return self.end.padding not in (None, UNPADDED)

    def size(self, frame_length: int) -> int:
        """Return the bytes of the run in a frame of ``frame_length`` bytes, unpadded."""
        return (self.end.in_frame(frame_length) - self.start.in_frame(frame_length)) // 8

    def covers(self, start: Position, end: Position) -> bool:
        """Return whether any of the bits from ``start`` to before ``end`` are in the run."""
        return self.start < end and start < self.end

    def __str__(self) -> str:
        """Return the bytes as people count them, both ends included."""
        if UNPADDED in (self.start.padding, self.end.padding):
            return self._by_payload()
        return f"bytes {self.start.octet}..{'end' if self.end == END else self.end.octet - 1}"

    def _by_payload(self) -> str:
        """Return the bytes where an end of them is that of a payload before its padding."""
        if self.start.padding != UNPADDED:
            return f"bytes {self.start.octet}..end of the payload"
        if self.start == self.end:
            return "the padding"
        last = "end" if self.end == END else self.end.octet - 1
        return f"bytes from the padding on..{last}"


@dataclass(frozen=True)
class Fixed:
    """The same value in every frame; a decoder checks it when ``checked``.

    ``decides`` is a mask of the bits that decide what follows the header: a frame in which
    one of them differs is other traffic.
    """

    value: int
    checked: bool
    decides: int = 0


@dataclass(frozen=True)
class Argument:
    """A value that the caller gives, in ``minimum..maximum``.

    ``default`` is None when the program takes it from its device. A ``bound``
    argument is not a parameter of the preset's shorthand function. The value of an
    enumeration is one of ``numbers``.
    """

    name: str
    default: int | None
    minimum: int
    maximum: int
    bound: bool
    numbers: tuple[int, ...] = ()

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the largest value that a caller may give."""
        allowed = self.numbers or (self.minimum, self.maximum)
        return min(allowed), max(allowed)

    def allows(self, value: int) -> bool:
        """Return whether a caller may give that value."""
        return self.minimum <= value <= self.maximum and (not self.numbers or value in self.numbers)


@dataclass(frozen=True)
class Swept:
    """A value that differs from packet to packet; n counts the packets that were sent.

    Where a value is sent in ``every`` packets before the next one, n counts as many as one.
    """

    every: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class CounterSweep(Swept):
    """``start + n * step``, wrapping at the field's width."""

    start: int
    step: int


@dataclass(frozen=True)
class RangeSweep(Swept):
    """``first + n % count * step``; a negative step goes down."""

    first: int
    count: int
    step: int

    @property
    def last(self) -> int:
        """The value that is farthest from the first."""
        return self.first + (self.count - 1) * self.step


@dataclass(frozen=True)
class TriangleSweep(Swept):
    """``first`` plus ``step`` times 0, 1 … ``count - 1`` and back to 1, again and again."""

    first: int
    count: int
    step: int

    @property
    def last(self) -> int:
        """The value that is farthest from the first."""
        return self.first + (self.count - 1) * self.step


@dataclass(frozen=True)
class PermutationSweep(Swept):
    """``first`` plus the n-th number of 0 to ``count - 1`` in an order that the seed has."""

    first: int
    count: int
    seed: int

    @property
    def last(self) -> int:
        """The largest value."""
        return self.first + self.count - 1


@dataclass(frozen=True)
class CycleSweep(Swept):
    """The values in turn."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class RandomSweep(Swept):
    """``low`` plus ``step`` times the n-th number of SplitMix64 modulo ``count``."""

    seed: int
    low: int
    count: int
    step: int = 1

    @property
    def last(self) -> int:
        """The largest value."""
        return self.low + (self.count - 1) * self.step


@dataclass(frozen=True)
class TimestampSweep(Swept):
    """The time of sending, in so many units a second, or the ``fraction`` of a second alone.

    ``epoch`` is how many seconds before 1970 the wall clock's time counts from; None is the
    time of a monotonic clock.
    """

    per_second: int
    epoch: int | None = None
    fraction: bool = False


@dataclass(frozen=True)
class RandomOctetsSweep(Swept):
    """Bytes: the numbers of SplitMix64, in network order, with a seed of each packet's own.

    That seed is the n-th number of ``seed``.
    """

    seed: int


#: Every sweep, for a dispatch that must not forget one.
Sweep = (
    CounterSweep
    | RangeSweep
    | TriangleSweep
    | PermutationSweep
    | CycleSweep
    | RandomSweep
    | TimestampSweep
    | RandomOctetsSweep
)


@dataclass(frozen=True)
class FrameLength:
    """A length that depends on the frame's: ``of.size(frame_length) / unit + plus``.

    With ``codes``, the field has the code of that number: each number that has one comes with
    it, the least number first.
    """

    of: Extent
    unit: Fraction
    plus: int
    codes: tuple[tuple[int, int], ...] = ()

    @property
    def locates_padding(self) -> bool:
        """Whether a receiver can compute from it where the padding of a payload starts."""
        ends = (self.of.start.padding, self.of.end.padding)
        return UNPADDED in ends and not self.codes

    def number(self, frame_length: int) -> int:
        """Return what is counted in a frame of ``frame_length`` bytes."""
        return int(self.of.size(frame_length) // self.unit) + self.plus

    def is_possible(self, frame_length: int) -> bool:
        """Return whether the field can count a frame of that length."""
        known = not self.codes or self.number(frame_length) in dict(self.codes)
        return self.of.size(frame_length) % self.unit == 0 and known

    def value(self, frame_length: int) -> int:
        """Return the field's number in a frame of ``frame_length`` bytes, which is possible."""
        number = self.number(frame_length)
        return dict(self.codes)[number] if self.codes else number


@dataclass(frozen=True)
class PseudoField:
    """A field of the frame that a checksum sums as part of a pseudo header."""

    path: str
    bits: int


@dataclass(frozen=True)
class PseudoConst:
    """Bits of a pseudo header that are the same for every frame."""

    value: int
    bits: int


@dataclass(frozen=True)
class PseudoLength:
    """The size of the checksum's own extent, as part of a pseudo header."""

    bits: int


Pseudo = PseudoField | PseudoConst | PseudoLength


@dataclass(frozen=True)
class Sum:
    """A checksum over extents, one after the other, behind its pseudo header.

    Of what they cover, the fields whose paths are ``zeroed`` count as zero. A result of zero
    is sent as ``zero_as``. Where it is ``optional``, zero in a received frame means that there
    is none.
    """

    over: tuple[Extent, ...]
    algorithm: Algorithm | CRC | OwnAlgorithm
    pseudo: tuple[Pseudo, ...]
    zero_as: int | None
    optional: bool = False
    zeroed: tuple[str, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether the size of what is covered depends on the frame's."""
        return any(each.varies for each in self.over)

    def size(self, frame_length: int) -> int:
        """Return the bytes that are covered in a frame of ``frame_length`` bytes."""
        return sum(each.size(frame_length) for each in self.over)

    def covers(self, target: Placed) -> bool:
        """Return whether a field is covered, even if it counts as zero."""
        return any(each.covers(target.start, target.end) for each in self.over)

    def depends_on(self, target: Placed) -> bool:
        """Return whether the result depends on the bytes of a field."""
        return (self.covers(target) and target.path not in self.zeroed) or any(
            isinstance(part, PseudoField) and part.path == target.path for part in self.pseudo
        )


Origin = Fixed | Argument | Sweep | FrameLength | Sum


@dataclass(frozen=True)
class Piece:
    """The bits of a field in one byte of the frame, which starts ``at`` a position.

    Bit ``low`` of the byte, 0 the least significant one, is bit ``of`` of the value;
    ``bits`` of them follow one another.
    """

    at: Position
    low: int
    bits: int
    of: int


@dataclass(frozen=True)
class Placed:
    """A field at its place in the frame.

    Within a byte its position counts from the most significant bit, and from the least
    significant one where the field has its least significant bits first.
    """

    path: str
    header: Header
    field: Field
    start: Position
    origin: Origin
    in_trailer: bool = False

    @property
    def bits(self) -> int:
        """The width of the field."""
        return self.field.bits

    @property
    def derived(self) -> bool:
        """Whether the value is computed from the rest of the packet, even if it is constant."""
        if isinstance(self.origin, Fixed) and not self.origin.checked:
            return False
        return isinstance(self.field.source, Length | Checksum | NextHeader | Count)

    @property
    def end(self) -> Position:
        """The first bit after the field."""
        return self.start + self.field.bits

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The bits of the field, byte by byte in wire order."""
        found = []
        octet = self.start - self.start.bit
        while octet < self.end:
            first, behind = max(self.start, octet), min(self.end, octet + 8)
            bits = behind.since(first)
            if self.field.byteorder == "little":
                piece = Piece(octet, first.since(octet), bits, first.since(self.start))
            else:
                piece = Piece(octet, (octet + 8).since(behind), bits, self.end.since(behind))
            found.append(piece)
            octet += 8
        return tuple(found)

    @property
    def argument(self) -> Argument:
        """The origin of a field that is known to be an argument."""
        assert isinstance(self.origin, Argument), self.path
        return self.origin


@dataclass(frozen=True)
class Patterns:
    """A payload's content: of each packet one pattern, in turn, again and again."""

    patterns: tuple[bytes, ...]


@dataclass(frozen=True)
class Payload:
    """The bytes between the headers and the trailers."""

    path: str
    fill: Fill
    extent: Extent
    content: Patterns | RandomOctetsSweep

    @property
    def pattern(self) -> bytes | None:
        """What the payload of every packet repeats, None where they differ."""
        if isinstance(self.content, Patterns) and len(self.content.patterns) == 1:
            return self.content.patterns[0]
        return None

    @property
    def start(self) -> int:
        """The number of its first byte, counted from the start of the frame."""
        return self.extent.start.octet


#: Comparisons, each with the one that holds where it does not.
_OPPOSITES = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<="}


@dataclass(frozen=True)
class Compared:
    """A comparison of a field's value with a number, by an operator of C and of Python."""

    path: str
    operator: str
    value: int

    def compare(self, value: int) -> bool:
        """Return whether the comparison holds for a value of the field."""
        match self.operator:
            case "==" | "!=":
                return (value == self.value) is (self.operator == "==")
            case ">=" | "<":
                return (value >= self.value) is (self.operator == ">=")
        return (value <= self.value) is (self.operator == "<=")


@dataclass(frozen=True)
class All:
    """Each of the conditions holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    """Any of the conditions holds."""

    parts: tuple[Condition, ...]


Condition = Compared | All | Either


def negated(condition: Condition) -> Condition:
    """Return the condition that holds where this one does not (De Morgan's laws)."""
    match condition:
        case Compared(operator=operator):
            return replace(condition, operator=_OPPOSITES[operator])
        case All(parts=parts):
            return Either(tuple(map(negated, parts)))
        case Either(parts=parts):
            return All(tuple(map(negated, parts)))
    assert_never(condition)


@dataclass(frozen=True)
class Layout:
    """A resolved format.

    ``fields`` are in wire order. ``arguments`` are in the order of the emitted
    function. ``checksums`` are in an order in which each comes after those that
    it covers. Lengths are bytes of the frame without its frame check sequence:
    ``length`` is what the program sends, unless it is swept. The headers take the first
    ``header_length`` bytes, and the trailers behind a payload the last ``trailer_length``.
    From ``min_length`` to ``max_length``, each ``length_step``-th length is possible, or those
    of ``length_list`` where they are at no even distance. All lengths are without the
    ``padding`` that follows from them. A received frame has the optional fields of the format
    only if all ``conditions`` hold.
    """

    format: Format
    fields: tuple[Placed, ...]
    payload: Payload | None
    header_length: int
    trailer_length: int
    min_length: int
    max_length: int
    length_step: int
    arguments: tuple[Placed, ...]
    checksums: tuple[Placed, ...]
    length: int
    length_sweep: Sweep | None
    conditions: tuple[Condition, ...] = ()
    length_list: tuple[int, ...] = ()
    padding: Padding | None = None

    @property
    def is_preset(self) -> bool:
        """Whether the format is a packet with some of its values bound."""
        return self.format is not self.format.packet

    @property
    def is_swept(self) -> bool:
        """Whether anything differs from packet to packet."""
        return bool(self.sweeps) or self.length_sweep is not None or self.sweeps_payload

    @property
    def sweeps(self) -> tuple[Placed, ...]:
        """The fields that differ from packet to packet."""
        return tuple(each for each in self.fields if isinstance(each.origin, Swept))

    @property
    def sweeps_payload(self) -> bool:
        """Whether the payload differs from packet to packet."""
        return self.payload is not None and self.payload.pattern is None

    @property
    def lengths(self) -> Sequence[int]:
        """The possible lengths of a frame."""
        return self.length_list or range(self.min_length, self.max_length + 1, self.length_step)

    def frame_length(self, length: int) -> int:
        """Return the bytes of a frame of that length with its padding."""
        return length + (self.padding.size(length) if self.padding else 0)

    @property
    def mean_length(self) -> Fraction:
        """The bytes of a frame that the program sends, on average, with its padding."""
        if self.length_sweep is None:
            return Fraction(self.frame_length(self.length))
        lengths = [self.frame_length(each) for each in few_values(self.length_sweep)]
        return Fraction(sum(lengths), len(lengths))

    @property
    def tables(self) -> tuple[Placed, ...]:
        """The lengths that are sent as codes."""
        return tuple(
            each
            for each in self.fields
            if isinstance(each.origin, FrameLength) and each.origin.codes
        )

    @property
    def name(self) -> str:
        """The name of the format."""
        return self.format.name

    @property
    def link(self) -> int:
        """The link type of captures with its frames."""
        return self.format.packet.link

    @property
    def length_field(self) -> Placed | None:
        """The first length field from which a receiver can compute the end of the frame.

        Padding, or bytes that a driver added, may follow that end. A length field in a
        trailer cannot serve, as the trailer itself is found from the end.
        """
        for each in self.fields:
            origin = each.origin
            if (
                isinstance(origin, FrameLength)
                and not each.start.from_end
                and not origin.of.start.from_end
            ):
                return each
        return None

    @property
    def padding_field(self) -> Placed | None:
        """The first length field from which a receiver can compute where padding starts.

        It ends before the padding, or starts with it.
        """
        for each in self.fields:
            origin = each.origin
            if isinstance(origin, FrameLength) and origin.locates_padding:
                return each
        return None

    def deciding(self) -> Iterator[tuple[Placed, Fixed]]:
        """Yield the fields that decide what follows their header, trailers last.

        Those are the fields that announce the header above, with all of their bits, those
        with ``decides`` bits, and the bits of numbers of variable length that give their sizes.
        The values are numbers on the wire.
        """
        for each in self.fields:
            origin = each.origin
            if isinstance(each.field, VarInt):
                mask, size = size_bits(each.field)
                yield each, Fixed(size, checked=False, decides=mask)
            if not isinstance(origin, Fixed):
                continue
            if origin.checked and isinstance(each.field.source, NextHeader):
                yield each, replace(origin, decides=(1 << each.bits) - 1)
            elif origin.decides:
                yield each, origin

    def covered(self, checksum: Placed) -> Iterator[str]:
        """Yield the paths of the fields on which a checksum depends."""
        total = checksum.origin
        assert isinstance(total, Sum), checksum.path
        for each in self.fields:
            if each is not checksum and total.depends_on(each):
                yield each.path

    def blank(self, checksum: Placed) -> list[Placed]:
        """Return the fields that count as zero for a checksum: those zeroed, and itself."""
        assert isinstance(checksum.origin, Sum), checksum.path
        paths = {checksum.path, *checksum.origin.zeroed}
        return [each for each in self.fields if each.path in paths]

    def __getitem__(self, path: str) -> Placed:
        """Return the field of that path (``ipv4.ttl``)."""
        return next(each for each in self.fields if each.path == path)


def few_values(swept: Sweep) -> list[int]:
    """Return the values of one period of a sweep with few values, such as that of a length.

    A value that occurs more than once in a period is repeated.
    """
    match swept:
        case CycleSweep(values=values):
            return list(values)
        case RangeSweep(first=first, count=count, step=step):
            return [first + at * step for at in range(count)]
        case TriangleSweep(first=first, count=count, step=step):
            up = [first + at * step for at in range(count)]
            return up + up[-2:0:-1]
        case PermutationSweep(first=first):
            return list(range(first, swept.last + 1))
        case RandomSweep(low=low, step=step):
            return list(range(low, swept.last + 1, step))
        case CounterSweep() | TimestampSweep() | RandomOctetsSweep():
            raise TypeError(f"too many values of {swept!r}")
    assert_never(swept)
