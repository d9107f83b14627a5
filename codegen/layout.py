"""A resolved format: where every field lies, and where its value comes from.

The layout is what the oracle and the C side share. It states facts (this field
lies there, that checksum covers those bytes) and computes no packet.
"""

from __future__ import annotations

from collections.abc import Iterator
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
)


@dataclass(frozen=True, order=True)
class Position:
    """A place between two bits of the frame, counted from its start or from its end.

    What lies behind a payload of any size counts from the end, and its ``bits`` are zero
    or less. Positions are ordered as they follow one another in the frame: whatever counts
    from the end is behind everything that counts from the start.
    """

    from_end: bool
    bits: int

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
        return Position(self.from_end, self.bits + bits)

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
        """Return the bits before the position in a frame of ``length`` bytes."""
        return self.bits + (8 * length if self.from_end else 0)


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
        return self.start.from_end != self.end.from_end

    def size(self, frame_length: int) -> int:
        """Return the bytes of the run in a frame of ``frame_length`` bytes."""
        return (self.end.in_frame(frame_length) - self.start.in_frame(frame_length)) // 8

    def covers(self, start: Position, end: Position) -> bool:
        """Return whether any of the bits from ``start`` to before ``end`` are in the run."""
        return self.start < end and start < self.end

    def __str__(self) -> str:
        """Return the bytes as people count them, both ends included."""
        return f"bytes {self.start.octet}..{'end' if self.end == END else self.end.octet - 1}"


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
    """The time of sending in units of so many nanoseconds."""

    unit: int


#: Every sweep, for a dispatch that must not forget one.
Sweep = (
    CounterSweep
    | RangeSweep
    | TriangleSweep
    | PermutationSweep
    | CycleSweep
    | RandomSweep
    | TimestampSweep
)


@dataclass(frozen=True)
class FrameLength:
    """A length that depends on the frame's: ``of.size(frame_length) / unit + plus``."""

    of: Extent
    unit: Fraction
    plus: int

    def value(self, frame_length: int) -> int:
        """Return the field's number in a frame of ``frame_length`` bytes."""
        return int(self.of.size(frame_length) // self.unit) + self.plus


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
class Payload:
    """The bytes between the headers and the trailers: a pattern, again and again."""

    path: str
    fill: Fill
    extent: Extent
    pattern: bytes

    def content(self, size: int) -> bytes:
        """Return the first bytes of an endless payload."""
        return (self.pattern * -(-size // len(self.pattern)))[:size]

    @property
    def start(self) -> int:
        """The number of its first byte, counted from the start of the frame."""
        return self.extent.start.octet


@dataclass(frozen=True)
class Layout:
    """A resolved format.

    ``fields`` are in wire order. ``arguments`` are in the order of the emitted
    function. ``checksums`` are in an order in which each comes after those that
    it covers. Lengths are bytes of the frame without its frame check sequence:
    ``length`` is what the program sends, unless it is swept. The headers take the first
    ``header_length`` bytes, and the trailers behind a payload the last ``trailer_length``.
    From ``min_length`` to ``max_length``, each ``length_step``-th length is possible.
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

    @property
    def is_preset(self) -> bool:
        """Whether the format is a packet with some of its values bound."""
        return self.format is not self.format.packet

    @property
    def is_swept(self) -> bool:
        """Whether anything differs from packet to packet."""
        return bool(self.sweeps) or self.length_sweep is not None

    @property
    def sweeps(self) -> tuple[Placed, ...]:
        """The fields that differ from packet to packet."""
        return tuple(each for each in self.fields if isinstance(each.origin, Swept))

    @property
    def lengths(self) -> range:
        """The possible lengths of a frame."""
        return range(self.min_length, self.max_length + 1, self.length_step)

    @property
    def mean_length(self) -> Fraction:
        """The bytes of a frame that the program sends, on average."""
        if self.length_sweep is None:
            return Fraction(self.length)
        lengths = few_values(self.length_sweep)
        return Fraction(sum(lengths), len(lengths))

    @property
    def name(self) -> str:
        """The name of the format."""
        return self.format.name

    @property
    def length_field(self) -> Placed | None:
        """The first length field from which a receiver can compute the end of the frame.

        Padding, or bytes that a driver added, may follow that end. A length field in a
        trailer cannot serve, as the trailer itself is found from the end.
        """
        for each in self.fields:
            if isinstance(each.origin, FrameLength) and not each.start.from_end:
                return each
        return None

    def deciding(self) -> Iterator[tuple[Placed, Fixed]]:
        """Yield the fields that decide what follows their header, trailers last.

        Those are the fields that announce the header above, with all of their bits, and
        those with ``decides`` bits.
        """
        for each in self.fields:
            origin = each.origin
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
        case CounterSweep() | TimestampSweep():
            raise TypeError(f"too many values of {swept!r}")
    assert_never(swept)
