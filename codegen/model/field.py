"""The shapes of fields: their width, their byte order and their notation.

On the wire each field is an integer of a known number of bits; a kind only adds
its sign and its notation (a MAC address, an IPv4 address, bytes).
Layout, oracle and lowering therefore deal with integers alone.

Some shapes hold no value of their own: a group of fields, padding. They are
resolved into plain fields when a format is.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, TypeVar

from codegen.errors import shown
from codegen.model.condition import Switch
from codegen.model.declared import Declared
from codegen.model.source import (
    Const,
    Content,
    Cycle,
    Default,
    FromDevice,
    Increment,
    Parameter,
    Source,
    Value,
)

ByteOrder = Literal["big", "little"]

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)


@dataclass(frozen=True)
class UInt(Declared):
    """An unsigned integer of 1 to 64 bits.

    With ``byteorder="little"`` the least significant bits come first: in the first
    byte of those that the field touches, and there in the least significant bits that
    are free. ``at`` is the bit of the header at which the field is expected to start,
    as read off an RFC's diagram; it is checked, never used to move the field. With ``when``
    the field is present only if another field of its header, the switch, has the right
    value. An enumeration gives its numbers ``names``, and has no other numbers.
    """

    name: str
    bits: int
    source: Source
    byteorder: ByteOrder = "big"
    at: int | None = None
    when: Switch | None = None
    names: Mapping[int, str] = field(default_factory=dict, hash=False)

    octets: ClassVar[int | None] = None

    @property
    def kind(self) -> str:
        """The shape in words, as diagrams and comments print it."""
        order = ", little endian" if self.byteorder == "little" else ""
        named = "".join(f", {number} {name}" for number, name in self.names.items())
        return f"{self.bits} bit{'s' if self.bits != 1 else ''}{order}{named}"

    def parse(self, value: Value) -> int:
        """Return the integer on the wire for ``value`` or a name; ValueError when it is none."""
        for number, name in self.names.items():
            if value == name:
                return number
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"an integer is wanted, not {shown(value)}")
        return value

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


@dataclass(frozen=True)
class Int(Declared):
    """A signed integer of 1 to 64 bits in two's complement.

    Apart from its sign it is a :class:`UInt`; in C it is an ``int8_t`` to ``int64_t``.
    """

    name: str
    bits: int
    source: Source
    byteorder: ByteOrder = "big"
    at: int | None = None
    when: Switch | None = None

    octets: ClassVar[int | None] = None

    @property
    def kind(self) -> str:
        """The shape in words, as diagrams and comments print it."""
        order = ", little endian" if self.byteorder == "little" else ""
        return f"{self.bits} bit{'s' if self.bits != 1 else ''}, signed{order}"

    def parse(self, value: Value) -> int:
        """Return ``value``; ValueError when it is no integer."""
        return UInt(self.name, self.bits, Const(0)).parse(value)

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


Encoding = Literal["quic", "leb128"]


@dataclass(frozen=True)
class VarInt(Declared):
    """A number whose size on the wire follows from its value.

    ``quic`` (RFC 9000 section 16) has 1, 2, 4 or 8 bytes, which the first two bits count;
    ``leb128`` has 7 bits a byte, the least significant ones first, and all bytes but the last
    have their first bit set, as in MQTT and protobuf. The places of the fields behind it are
    constants, so the size is one of the format: ``size`` bytes, or those that the value of the
    source takes. It has the numbers for which that size is the least; with ``quic`` and an
    explicit ``size``, which RFC 9000 allows to be larger than it need be, smaller ones too.
    """

    name: str
    source: Source
    encoding: Encoding = "quic"
    size: int | None = None
    at: int | None = None
    when: Switch | None = None

    byteorder: ClassVar[ByteOrder] = "big"
    octets: ClassVar[int | None] = None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that the encoding has, in bytes, up to 64 bits."""
        return (1, 2, 4, 8) if self.encoding == "quic" else tuple(range(1, 9))

    @property
    def value_bits(self) -> tuple[int, ...]:
        """The bits of a number in each of those sizes."""
        return tuple(8 * each - 2 if self.encoding == "quic" else 7 * each for each in self.sizes)

    def size_of(self, number: int) -> int:
        """Return the least size of a number in bytes, 0 where it has none."""
        pairs = zip(self.sizes, self.value_bits, strict=True)
        return next((size for size, bits in pairs if 0 <= number < 1 << bits), 0)

    @property
    def bytes(self) -> int:
        """The size of the field; 0 where neither a size nor a value determines it."""
        if self.size is not None:
            return self.size
        source = self.source
        value = source.default if isinstance(source, Parameter) else getattr(source, "value", None)
        return self.size_of(value) if isinstance(value, int) else 0

    @property
    def bits(self) -> int:
        """The width of the field."""
        return 8 * self.bytes

    @property
    def kind(self) -> str:
        """The shape in words."""
        plural = "s" if self.bytes != 1 else ""
        return f"variable length, {self.bytes} byte{plural} in {self.encoding.upper()}"

    def parse(self, value: Value) -> int:
        """Return ``value``; ValueError when it is no integer."""
        return UInt(self.name, self.bits, Const(0)).parse(value)

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


@dataclass(frozen=True)
class MAC(Declared):
    """A 48-bit MAC address (IEEE 802 clause 8), written ``02:00:00:00:00:01``."""

    name: str
    source: Source
    at: int | None = None
    when: Switch | None = None

    bits: ClassVar[int] = 48
    byteorder: ClassVar[ByteOrder] = "big"
    kind: ClassVar[str] = "MAC address"
    octets: ClassVar[int | None] = 6

    def parse(self, value: Value) -> int:
        """Return the 48-bit integer for a colon-separated address."""
        if not isinstance(value, str) or not _MAC.fullmatch(value):
            raise ValueError(
                f"a MAC address such as '02:00:00:00:00:01' is wanted, not {shown(value)}"
            )
        return int(value.replace(":", ""), 16)

    def show(self, number: int) -> str:
        """Return the address with colons."""
        return number.to_bytes(6, "big").hex(":")


@dataclass(frozen=True)
class IPv4Address(Declared):
    """A 32-bit IPv4 address (RFC 791), written ``192.168.128.1``."""

    name: str
    source: Source
    at: int | None = None
    when: Switch | None = None

    bits: ClassVar[int] = 32
    byteorder: ClassVar[ByteOrder] = "big"
    kind: ClassVar[str] = "IPv4 address"
    octets: ClassVar[int | None] = None

    def parse(self, value: Value) -> int:
        """Return the 32-bit integer, in host order, for a dotted address."""
        try:
            return int(ipaddress.IPv4Address(_text(value)))
        except ValueError:
            raise ValueError(
                f"an IPv4 address such as '192.0.2.1' is wanted, not {shown(value)}"
            ) from None

    def show(self, number: int) -> str:
        """Return the dotted address."""
        return str(ipaddress.IPv4Address(number))


@dataclass(frozen=True)
class IPv6Address(Declared):
    """A 128-bit IPv6 address (RFC 4291), written ``2001:db8::1``."""

    name: str
    source: Source
    at: int | None = None
    when: Switch | None = None

    bits: ClassVar[int] = 128
    byteorder: ClassVar[ByteOrder] = "big"
    kind: ClassVar[str] = "IPv6 address"
    octets: ClassVar[int | None] = 16

    def parse(self, value: Value) -> int:
        """Return the 128-bit integer for an address of RFC 4291 section 2.2, without zone."""
        try:
            address = ipaddress.IPv6Address(_text(value))
        except ValueError:
            address = None
        if address is None or address.scope_id is not None:
            raise ValueError(f"an IPv6 address such as '2001:db8::1' is wanted, not {shown(value)}")
        return int(address)

    def show(self, number: int) -> str:
        """Return the address in the form that RFC 5952 recommends."""
        return str(ipaddress.IPv6Address(number))


def _text(value: Value) -> str:
    """Return a value that must be text: the address classes also take integers."""
    if not isinstance(value, str):
        raise ValueError(value)
    return value


@dataclass(frozen=True)
class Bytes(Declared):
    """A run of bytes, written as ``bytes`` or in hexadecimal digits (``"c0ffee"``).

    ``size`` is the number of bytes; without it, the value of the source determines it, of a
    :class:`Cycle` the first one. A :class:`Random` needs a size.
    """

    name: str
    source: Source
    size: int | None = None
    at: int | None = None
    when: Switch | None = None

    byteorder: ClassVar[ByteOrder] = "big"

    @property
    def octets(self) -> int:
        """The number of bytes; 0 where neither a size nor a value determines it."""
        if self.size is not None:
            return self.size
        value: Value | FromDevice = 0
        if isinstance(self.source, Const | Default):
            value = self.source.value
        elif isinstance(self.source, Parameter):
            value = self.source.default
        elif isinstance(self.source, Cycle) and self.source.values:
            value = self.source.values[0]
        try:
            return 0 if isinstance(value, int | FromDevice) else len(_octets(value))
        except ValueError:
            return 0

    @property
    def bits(self) -> int:
        """The width of the field."""
        return 8 * self.octets

    @property
    def kind(self) -> str:
        """The shape in words."""
        return f"{self.octets} byte{'s' if self.octets != 1 else ''}"

    def parse(self, value: Value) -> int:
        """Return the bytes as an integer, the first one most significant."""
        octets = _octets(value)
        if len(octets) != self.octets:
            raise ValueError(
                f"{self.octets} bytes are wanted, not the {len(octets)} of {shown(value)}"
            )
        return int.from_bytes(octets, "big")

    def show(self, number: int) -> str:
        """Return the bytes in hexadecimal digits."""
        return number.to_bytes(self.octets, "big").hex()


def _octets(value: Value) -> bytes:
    """Return the bytes of a value; ValueError when it is none."""
    if isinstance(value, bytes):
        return value
    try:
        return bytes.fromhex(_text(value))
    except ValueError:
        raise ValueError(
            f"bytes such as b'\\xc0\\xff' or 'c0ff' are wanted, not {shown(value)}"
        ) from None


@dataclass(frozen=True)
class Reserved(Declared):
    """Bits that are sent as zero and ignored when received.

    Between little-endian fields, ``byteorder`` must be ``"little"`` as well.
    """

    bits: int
    name: str = "reserved"
    at: int | None = None
    when: Switch | None = None
    byteorder: ByteOrder = "big"

    source: ClassVar[Source] = Default(0)
    octets: ClassVar[int | None] = None

    @property
    def kind(self) -> str:
        """The shape in words."""
        order = ", little endian" if self.byteorder == "little" else ""
        return f"{self.bits} bit{'s' if self.bits != 1 else ''}{order}, reserved"

    def parse(self, value: Value) -> int:
        """Return ``value``, which only a preset can give."""
        return UInt(self.name, self.bits, Const(0)).parse(value)

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


#: A field that holds a value.
Field = UInt | Int | VarInt | MAC | IPv4Address | IPv6Address | Bytes | Reserved


def limits(field: Field) -> tuple[int, int]:
    """Return the least and the largest number that the bits of a field stand for."""
    if isinstance(field, Int):
        return -(1 << (field.bits - 1)), (1 << (field.bits - 1)) - 1
    if isinstance(field, VarInt):
        below = [0, *(1 << bits for bits in field.value_bits)]
        at = field.sizes.index(field.bytes) if field.bytes in field.sizes else 0
        padded = field.encoding == "quic" and field.size is not None
        return 0 if padded else below[at], below[at + 1] - 1
    return 0, (1 << field.bits) - 1


def size_bits(field: VarInt) -> tuple[int, int]:
    """Return which bits of a number on the wire give its size, as a mask, and what they are."""
    if field.encoding == "quic":
        return 3 << (field.bits - 2), field.sizes.index(field.bytes) << (field.bits - 2)
    first = [0x80 << 8 * at for at in range(field.bytes)]
    return sum(first), sum(first[1:])


@dataclass(frozen=True)
class Pad(Declared):
    """Zero bytes up to the next multiple of ``multiple`` bytes from the header's start.

    In a trailer, that is from the trailer's start.

    It is empty where the fields before it end on such a multiple; a receiver ignores it.
    """

    multiple: int
    name: str = "padding"

    when: ClassVar[Switch | None] = None


@dataclass(frozen=True)
class Group(Declared):
    """Fields under one name: an option, an element of an array, a list of those.

    Spans of the fields inside are those of the group: ``HEADER`` there means the
    group. The fields' parameters are the packet's.
    """

    name: str
    fields: tuple[Member, ...]
    when: Switch | None = None


#: What a header or a group consists of.
Member = Field | Pad | Group

_Member = TypeVar("_Member", bound=Member)


def rename_parameters(
    members: tuple[_Member, ...], rename: Mapping[str, str]
) -> tuple[_Member, ...]:
    """Return the same members with parameters renamed, those inside of groups too."""

    def renamed(member: _Member) -> _Member:
        if isinstance(member, Group):
            return replace(member, fields=rename_parameters(member.fields, rename))
        source = getattr(member, "source", None)
        if not isinstance(source, Parameter):
            return member
        changed: Member = replace(member, source=replace(source, name=rename[source.name]))  # type: ignore[arg-type]
        return changed  # type: ignore[return-value]

    return tuple(renamed(member) for member in members)


def parameters(members: tuple[Member, ...]) -> Iterator[str]:
    """Yield the names of the parameters in wire order, those inside of groups too."""
    for member in members:
        if isinstance(member, Group):
            yield from parameters(member.fields)
        elif not isinstance(member, Pad) and isinstance(member.source, Parameter):
            yield member.source.name


def repeat(group: Group, count: int) -> tuple[Group, ...]:
    """Return ``count`` copies of a group, numbered from 1 on, as do their parameters.

    The elements of an array: ``Group("entries", repeat(ENTRY, 3))`` has
    ``entry1``, ``entry2`` and ``entry3``.
    """
    return tuple(
        replace(
            group,
            name=f"{group.name}{number}",
            fields=rename_parameters(
                group.fields, {name: f"{name}{number}" for name in parameters(group.fields)}
            ),
        )
        for number in range(1, count + 1)
    )


@dataclass(frozen=True)
class Fill(Declared):
    """The payload at the end of a frame: bytes, repeated up to the frame's length.

    ``value`` is the number of one byte, text of ASCII characters, bytes, or an
    :class:`Increment`; with a :class:`Cycle` of those, packets have them in turn, and with a
    :class:`Random`, each has bytes of its own. A preset overrides it under the name ``fill``.
    """

    value: Content = 0
    name: str = "fill"

    def parse(self, value: Content) -> bytes:
        """Return what is repeated, 1 to 65535 bytes; ValueError when it is none of those."""
        if isinstance(value, Increment):
            return _increasing(value)
        if isinstance(value, str) and value.isascii():
            value = value.encode("ascii")
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFF:
            value = bytes([value])
        if isinstance(value, bytes) and 1 <= len(value) <= CONTENT_MAX:
            return value
        raise ValueError(
            "a byte (0..255), ASCII text, bytes or an Increment is wanted, of "
            f"{CONTENT_MAX} bytes at most, not {shown(value)}"
        )

    def show(self, pattern: bytes) -> str:
        """Return what is repeated in hex, with its characters where it has them.

        Of many bytes, these are the first ones, and how many there are.
        """
        first = pattern if len(pattern) <= _SHOWN else pattern[: _SHOWN // 2]
        more = "" if first == pattern else f"... ({len(pattern)} bytes)"
        text = first.decode("latin-1")
        printable = text.isascii() and text.isprintable()
        return f"0x{first.hex()}" + (f" {text!r}" if printable else "") + more


#: The most bytes of a payload's content: no frame is longer.
CONTENT_MAX = 0xFFFF
#: The most bytes of it that are shown.
_SHOWN = 32


def _increasing(content: Increment) -> bytes:
    """Return one period of an increment; ValueError for what is no byte."""
    if not (0 <= content.start <= 0xFF and 0 <= content.step <= 0xFF):
        raise ValueError(f"a start and a step of 0 to 255 are wanted, not {shown(content)}")
    period = 256 // math.gcd(content.step, 256)
    return bytes((content.start + at * content.step) % 256 for at in range(period))
