"""Where a field's value comes from: the other half of a field's declaration.

A field's shape (bits, byte order, kind) and the origin of its value are
separate questions, so a number can be combined with any source. Sources only
declare; :mod:`codegen.resolve` resolves them against a whole packet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction

#: What a person may write as a value: a number, the text form of an address, bytes.
Value = int | str | bytes


class Edge(Enum):
    """The ends of a span that are not a field of the same header.

    Inside of a :class:`~codegen.model.Group`, the header is the group.
    """

    HEADER_START = "the start of the header"
    HEADER_END = "the end of the header"
    PAYLOAD_END = "the end of what the header carries"
    FRAME_END = "the end of the frame"


@dataclass(frozen=True)
class Span:
    """A run of whole bytes, from a declared start to a declared end.

    ``start`` and ``end`` are an :class:`Edge` or the name of a field or group. A name is
    looked up in the group or header that declares the span, then in the enclosing ones. One
    of another header is its path: ``ipv4.src``, or ``ipv4`` for all of that header.
    Both ends are included in the span. What a header carries ends where its trailer
    starts; for the headers inside, that is the end of the frame. Without a trailer, it is
    the actual end of the frame.
    """

    start: Edge | str
    end: Edge | str


#: The header that declares the field, without what follows it.
HEADER = Span(Edge.HEADER_START, Edge.HEADER_END)
#: All that follows the header that declares the field, without its trailer.
PAYLOAD = Span(Edge.HEADER_END, Edge.PAYLOAD_END)
#: The header that declares the field and all that it carries.
HEADER_AND_PAYLOAD = Span(Edge.HEADER_START, Edge.PAYLOAD_END)
#: The header that declares the field, all that it carries, and its trailer.
HEADER_TO_TRAILER = Span(Edge.HEADER_START, Edge.FRAME_END)


class Algorithm(Enum):
    """Checksum algorithms; each is written twice, for the oracle and in C.

    Adler-32: RFC 1950 section 8.2. CRC-32: IEEE 802.3 clause 3.2.9. CRC32c: RFC 3720
    section 12.1. Fletcher-16: RFC 1146, 8-bit sums modulo 255, the second one first.
    """

    INTERNET = "RFC 1071 internet checksum"
    ADLER32 = "Adler-32"
    CRC32 = "CRC-32"
    CRC32C = "CRC32c"
    FLETCHER16 = "Fletcher-16"

    @property
    def bits(self) -> int:
        """The width of the checksum."""
        return 16 if self in (Algorithm.INTERNET, Algorithm.FLETCHER16) else 32

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.value)


@dataclass(frozen=True)
class OwnAlgorithm:
    """A checksum of the user's own: the same function in Python and in C.

    ``compute`` takes the bytes covered, those of the checksum itself as zero.
    ``c`` is the definition of a C function with the name ``name``::

        static inline uint16_t NAME(const uint8_t *p, size_t len, size_t field)

    for 8, 16, 32 or 64 ``bits``. The bytes from ``field`` on are the checksum
    itself: ``csum_octet(p, i, field, sizeof(uint16_t))`` reads byte i, those as zero.
    """

    name: str
    bits: int
    compute: Callable[[bytes], int] = field(repr=False)
    c: str

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name


@dataclass(frozen=True)
class CRC:
    """A cyclic redundancy check of 1 to 64 bits, in the usual parameters.

    ``polynomial`` has its most significant bit first and leaves out its highest term.
    ``init`` is what the register starts with, and ``xor_out`` is added to the result.
    With ``reflect_in``, each byte enters with its least significant bit first; with
    ``reflect_out``, the result has its bits in the opposite order. :func:`codegen.model.crc`
    has those that are published under a name.
    """

    name: str
    width: int
    polynomial: int
    init: int = 0
    reflect_in: bool = False
    reflect_out: bool = False
    xor_out: int = 0

    @property
    def bits(self) -> int:
        """The width of the checksum."""
        return self.width

    @property
    def identifier(self) -> str:
        """What C calls it: ``crc_15_can`` of CRC-15/CAN."""
        words = re.sub(r"[^a-z0-9]+", "_", self.name.lower().removeprefix("crc"))
        return f"crc_{words.strip('_')}"

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name


@dataclass(frozen=True)
class Const:
    """A value that is part of the format: it cannot be changed, and the decoder checks it."""

    value: Value


@dataclass(frozen=True)
class Default:
    """A value that a preset may override; the decoder accepts any.

    ``decides`` is a mask of the bits that decide what follows the header: a received frame
    in which they differ is other traffic, such as a fragment.
    """

    value: Value
    decides: int = 0


class FromDevice(Enum):
    """Defaults that are known only when the program runs on its device.

    ``Parameter("mac_src", FromDevice.HWADDR)`` is the sender's MAC address. Functions that
    run without a device, such as ``codegen.testing.encode()``, need a value for it.
    """

    HWADDR = "the device's own address"


@dataclass(frozen=True)
class Parameter:
    """An argument of the emitted function and of the emitted program.

    ``name`` is its C name; ``default`` is what the program uses when the argument is not
    given. ``minimum`` and ``maximum`` narrow the range that the field's bits allow; both
    are included. Diagnostic F109 refuses an empty range.
    """

    name: str
    default: Value | FromDevice
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Counter:
    """A sweep: ``start + n * step`` in the n-th packet that is sent, from 0 on.

    It wraps at the field's width. A preset may bind a field or a parameter to it. With ``per``,
    the name of another sweep, each value of that has a count of its own: n counts the packets
    with that value. ``every`` is that of :class:`Range`.
    """

    start: int = 0
    step: int = 1
    per: str | None = None
    every: str | None = None


@dataclass(frozen=True)
class Cycle:
    """A sweep: the values in turn, and again from the first.

    For bytes, all values have the same size; for a payload, they may have any. ``every`` is
    that of :class:`Range`.
    """

    values: tuple[Value, ...]
    every: str | None = None


@dataclass(frozen=True)
class Random:
    """A sweep: a number drawn uniformly from ``minimum..maximum``, as the seed has it.

    The n-th packet has the n-th number of SplitMix64 (Steele, Lea, Flood: Fast
    splittable pseudorandom number generators, 2014), reduced to the range. Without
    bounds it is the whole range of the field. Without a seed, fields have different ones:
    each follows from the path of its field. ``every`` is that of :class:`Range`.

    Bytes and payloads are drawn whole, and have no bounds: those of the n-th packet are the
    numbers of SplitMix64, in network order, whose seed is the n-th number of ``seed``.
    """

    seed: int | None = None
    minimum: Value | None = None
    maximum: Value | None = None
    every: str | None = None


@dataclass(frozen=True)
class Increment:
    """The content of a payload: the numbers of bytes from ``start`` on in steps of ``step``.

    Byte k is ``start + k * step`` modulo 256, in each packet alike; both are 0 to 255.
    """

    start: int = 0
    step: int = 1


class Repetition(Enum):
    """How much of its content a payload has, where the frame's length does not decide it."""

    ONCE = "the content once"


#: As a preset's ``length``: each frame ends behind the content of its payload.
ONCE = Repetition.ONCE


@dataclass(frozen=True)
class Range:
    """A sweep: from ``first`` to ``last`` in steps, and again from the first.

    A negative step goes down, from a ``first`` that is above ``last``. With ``fold`` it goes
    back the same way: 1, 2, 3, 2, 1, 2 … An address with a prefix
    length, without ``last``, is all addresses of that prefix: ``Range("10.1.0.0/16")``.
    ``every`` names another swept field, by its name in the header or its path, or another
    parameter: this sweep moves on each time that one has gone round.
    """

    first: Value
    last: Value | None = None
    step: int = 1
    fold: bool = False
    every: str | None = None


@dataclass(frozen=True)
class Permutation:
    """A sweep: each value from ``first`` to ``last`` once, in random order, and so again.

    The order is the same each time, and follows from the seed alone; without one, fields
    have different ones, as with :class:`Random`. An address with a prefix length and
    ``every`` are those of :class:`Range`.
    """

    first: Value
    last: Value | None = None
    seed: int | None = None
    every: str | None = None


@dataclass(frozen=True)
class Timestamp:
    """A sweep: when the packet is handed to the device.

    ``unit`` is ``s``, ``ms``, ``us`` or ``ns``, or ``2^-32 s`` or ``2^-16 s``, binary fractions of
    a second as NTP has them. Without an ``epoch`` it is the time of a monotonic clock. With
    ``unix`` (1970), ``ntp`` (1900) or ``ptp`` (1970, TAI: 37 seconds ahead of Unix since 2017) it
    is the wall clock's, since then. The field gets as many bits of it as it has; with
    ``fraction``, what is behind the whole seconds, all of it. Each packet has one reading of a
    clock, so seconds and fraction in two fields are of the same instant.
    """

    unit: str = "ns"
    epoch: str | None = None
    fraction: bool = False


#: What differs from packet to packet.
Sweep = Counter | Cycle | Permutation | Random | Range | Timestamp

#: Frame lengths of the simple internet mix, 7:4:1, without frame check sequence: 40, 576
#: and 1500 bytes of IP, the first filled up to the least frame. Where headers take more than
#: that, it is the least frame of the format.
IMIX = Cycle((60, 590, 60, 590, 60, 60, 1514, 60, 590, 60, 590, 60))


#: The unit of a :class:`Length` that counts bits.
BIT = Fraction(1, 8)


@dataclass(frozen=True)
class Length:
    """The size of a span: ``bytes / unit + plus``, in network terms a length field.

    ``unit`` is in bytes, and :data:`BIT` counts bits. A span is a whole number of units:
    where it follows the frame's length, frames have only lengths for which it is. With a
    ``table`` from codes to sizes, the field has the code of that number, such as the DLC of
    CAN FD; frames then have only lengths that have a code.
    """

    of: Span
    unit: int | Fraction = 1
    plus: int = 0
    table: Mapping[int, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Checksum:
    """A checksum over spans; the field itself counts as zero while it is computed.

    Several spans are covered one after the other, in the order given. The fields and groups
    that ``zeroed`` names count as zero wherever they are covered, as fields do that routers
    change. With ``pseudo_header`` the pseudo header of the header below is summed too
    (RFC 768, RFC 9293). ``zero_as`` is sent in place of a result of zero (RFC 768:
    a UDP checksum of zero is sent as 0xFFFF). Zero in a received frame then means, for
    an ``optional`` checksum, that its sender computed none; it is not optional above
    a :class:`~codegen.model.Header` with ``requires_checksums``.
    """

    over: Span | tuple[Span, ...]
    algorithm: Algorithm | CRC | OwnAlgorithm = Algorithm.INTERNET
    pseudo_header: bool = False
    zero_as: int | None = None
    optional: bool = False
    zeroed: tuple[str, ...] = ()


@dataclass(frozen=True)
class NextHeader:
    """The number of the header that follows, in a registry such as ``ethertype``.

    The number itself stands with the header that it names
    (``numbers`` of :class:`~codegen.model.Header`). ``last`` is sent when no header
    follows, only the payload.
    """

    registry: str
    last: int | None = None


@dataclass(frozen=True)
class Count:
    """How many members a group of the same header has; ``group`` is its name."""

    group: str


#: Where the value of a field comes from.
Source = Const | Default | Parameter | Sweep | Length | Checksum | NextHeader | Count


def overridden(source: Source, value: Value) -> Default:
    """Return the default that a value is in the place of a source: as decisive as that was."""
    return replace(source, value=value) if isinstance(source, Default) else Default(value)


#: What a payload repeats up to the frame's length.
Content = Value | Increment | Cycle | Random

#: What a preset may bind: a value, a sweep, the content of a payload, its repetition.
Binding = Value | Sweep | Increment | Repetition
