"""A resolved format: where every field lies, and where its value comes from.

The layout is what the oracle and the C side share. It states facts (this field
lies there, that checksum covers those bytes) and computes no packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from codegen.model import (
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


@dataclass(frozen=True)
class Extent:
    """A run of bytes of the frame.

    Negative positions count from the end of the frame, as those of Python's slices do;
    ``end`` None means up to the end of the frame.
    """

    start: int
    end: int | None

    @property
    def varies(self) -> bool:
        """Whether the size follows the frame's: it starts in the headers and ends behind them."""
        return self.start >= 0 and (self.end is None or self.end < 0)

    def size(self, frame_length: int) -> int:
        """Return the bytes of the run in a frame of ``frame_length`` bytes."""
        if self.varies:
            return frame_length - self.start + (self.end or 0)
        return (self.end or 0) - self.start

    def covers(self, offset: int, end: int) -> bool:
        """Tell whether any of the bits from ``offset`` to before ``end`` are in the run."""
        in_trailer = offset < 0
        first, behind = along(8 * self.start), along(8 * (self.end or 0), self.end is None)
        return first < along(end, in_trailer) and along(offset) < behind

    def __str__(self) -> str:
        """Return the bytes as people count them, both ends included."""
        return f"bytes {self.start}..{'end' if self.end is None else self.end - 1}"


#: More bits than a frame has.
_FAR = 1 << 32


def along(bit: int, from_end: bool = False) -> int:
    """Return a number that grows along the frame, for a bit that counts from either end."""
    return bit + _FAR if bit < 0 or from_end else bit


@dataclass(frozen=True)
class Fixed:
    """The same value in every frame; a decoder checks it when ``checked``."""

    value: int
    checked: bool


@dataclass(frozen=True)
class Argument:
    """A value that the caller gives, in ``minimum..maximum``.

    ``default`` is None when the program takes it from its device. A ``bound``
    argument is no argument of the preset's shorthand function. That of an
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
        """Tell whether a caller may give that value."""
        return self.minimum <= value <= self.maximum and (not self.numbers or value in self.numbers)


@dataclass(frozen=True)
class Swept:
    """A value that differs from packet to packet; n counts the packets that were sent."""


@dataclass(frozen=True)
class Counted(Swept):
    """``start + n * step``, wrapping at the field's width."""

    start: int
    step: int


@dataclass(frozen=True)
class Ranged(Swept):
    """``first + n % count * step``."""

    first: int
    count: int
    step: int

    @property
    def last(self) -> int:
        """The largest value."""
        return self.first + (self.count - 1) * self.step


@dataclass(frozen=True)
class Listed(Swept):
    """The values in turn."""

    values: tuple[int, ...]


@dataclass(frozen=True)
class Drawn(Swept):
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
class Timed(Swept):
    """The time of sending in units of so many nanoseconds."""

    unit: int


@dataclass(frozen=True)
class FrameLength:
    """A length that follows the frame's: ``of.size(frame_length) / unit + plus``."""

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
    """A checksum over one extent, after its pseudo header."""

    over: Extent
    algorithm: Algorithm | OwnAlgorithm
    pseudo: tuple[Pseudo, ...]
    zero_as: int | None

    def depends_on(self, target: Placed) -> bool:
        """Tell whether the result depends on the bytes of a field."""
        return self.over.covers(target.offset, target.end) or any(
            isinstance(part, PseudoField) and part.path == target.path for part in self.pseudo
        )


Origin = Fixed | Argument | Swept | FrameLength | Sum


@dataclass(frozen=True)
class Piece:
    """The bits of a field in one byte of the frame.

    Bit ``low`` of the byte, 0 the least significant one, is bit ``of`` of the value;
    ``bits`` of them follow one another.
    """

    octet: int
    low: int
    bits: int
    of: int


@dataclass(frozen=True)
class Placed:
    """A field at its place: ``offset`` counts bits from the start of the frame.

    Within a byte it counts from the most significant bit, and from the least significant
    one where the field has its least significant bits first. Behind a payload it is
    negative, and counts from the end of the frame.
    """

    path: str
    header: Header
    field: Field
    offset: int
    origin: Origin
    in_trailer: bool = False

    @property
    def bits(self) -> int:
        """The width of the field."""
        return self.field.bits

    @property
    def derived(self) -> bool:
        """Whether the value follows from the rest of the packet, however constant it is."""
        if isinstance(self.origin, Fixed) and not self.origin.checked:
            return False
        return isinstance(self.field.source, Length | Checksum | NextHeader | Count)

    @property
    def end(self) -> int:
        """The first bit after the field."""
        return self.offset + self.field.bits

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The bits of the field, byte by byte in wire order."""
        found = []
        for octet in range(self.offset // 8, -(-self.end // 8)):
            first, behind = max(self.offset, octet * 8), min(self.end, octet * 8 + 8)
            bits = behind - first
            if self.field.byteorder == "little":
                found.append(Piece(octet, first - octet * 8, bits, first - self.offset))
            else:
                found.append(Piece(octet, octet * 8 + 8 - behind, bits, self.end - behind))
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
        """The first byte."""
        return self.extent.start


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
    length_sweep: Swept | None

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
        """The field that tells a receiver where the frame ends: the first such.

        Behind that may be padding, or what a driver added. In a trailer it could not tell,
        as the trailer is found by the end.
        """
        for each in self.fields:
            if isinstance(each.origin, FrameLength) and each.offset >= 0:
                return each
        return None

    def announcing(self) -> Iterator[Placed]:
        """Yield the fields that announce the header above theirs, those of trailers last."""
        for each in self.fields:
            announces = isinstance(each.field.source, NextHeader)
            if announces and isinstance(each.origin, Fixed) and each.origin.checked:
                yield each

    def covered(self, checksum: Placed) -> Iterator[str]:
        """Yield the paths of the fields on which a checksum depends."""
        total = checksum.origin
        assert isinstance(total, Sum), checksum.path
        for each in self.fields:
            if each is not checksum and total.depends_on(each):
                yield each.path

    def __getitem__(self, path: str) -> Placed:
        """Return the field of that path (``ipv4.ttl``)."""
        return next(each for each in self.fields if each.path == path)


def few_values(swept: Swept) -> list[int]:
    """Return the values of a sweep that has so few that they can be listed, as lengths do."""
    match swept:
        case Listed(values=values):
            return list(values)
        case Ranged(first=first, step=step):
            return list(range(first, swept.last + 1, step))
        case Drawn(low=low, step=step):
            return list(range(low, swept.last + 1, step))
    raise TypeError(f"too many values of {swept!r}")
