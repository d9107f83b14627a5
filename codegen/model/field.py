"""The shapes of fields: how many bits, in which byte order, written how by people.

On the wire each field is an unsigned integer of a known number of bits; a kind
only adds how people write that integer (a MAC address, an IPv4 address). Layout,
oracle and lowering therefore deal with integers alone.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from codegen.model.source import Const, Default, Source, Value

ByteOrder = Literal["big", "little"]

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)


@dataclass(frozen=True)
class UInt:
    """An unsigned integer of 1 to 64 bits.

    ``byteorder`` may be ``"little"`` for a whole number of bytes. ``at`` is the
    bit of the header at which the field is expected to start, as read off an
    RFC's diagram; it is checked, never used to move the field.
    """

    name: str
    bits: int
    source: Source
    byteorder: ByteOrder = "big"
    at: int | None = None

    @property
    def kind(self) -> str:
        """The shape in words, as diagrams and comments print it."""
        order = ", little endian" if self.byteorder == "little" else ""
        return f"{self.bits} bit{'s' if self.bits != 1 else ''}{order}"

    def parse(self, value: Value) -> int:
        """Return the integer on the wire for ``value``; ValueError when it is none."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"an integer is wanted, not {value!r}")
        return value

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


@dataclass(frozen=True)
class MAC:
    """A 48-bit MAC address (IEEE 802 clause 8), written ``02:00:00:00:00:01``."""

    name: str
    source: Source
    at: int | None = None

    bits: ClassVar[int] = 48
    byteorder: ClassVar[ByteOrder] = "big"
    kind: ClassVar[str] = "MAC address"

    def parse(self, value: Value) -> int:
        """Return the 48-bit integer for a colon-separated address."""
        if not isinstance(value, str) or not _MAC.fullmatch(value):
            raise ValueError(f"a MAC address such as '02:00:00:00:00:01' is wanted, not {value!r}")
        return int(value.replace(":", ""), 16)

    def show(self, number: int) -> str:
        """Return the address with colons."""
        return number.to_bytes(6, "big").hex(":")


@dataclass(frozen=True)
class IPv4Address:
    """A 32-bit IPv4 address (RFC 791), written ``192.168.128.1``."""

    name: str
    source: Source
    at: int | None = None

    bits: ClassVar[int] = 32
    byteorder: ClassVar[ByteOrder] = "big"
    kind: ClassVar[str] = "IPv4 address"

    def parse(self, value: Value) -> int:
        """Return the 32-bit integer, in host order, for a dotted address."""
        if not isinstance(value, str):
            raise ValueError(f"an IPv4 address such as '192.0.2.1' is wanted, not {value!r}")
        try:
            return int(ipaddress.IPv4Address(value))
        except ValueError:
            raise ValueError(
                f"an IPv4 address such as '192.0.2.1' is wanted, not {value!r}"
            ) from None

    def show(self, number: int) -> str:
        """Return the dotted address."""
        return str(ipaddress.IPv4Address(number))


@dataclass(frozen=True)
class Reserved:
    """Bits that are sent as zero and ignored when received."""

    bits: int
    name: str = "reserved"
    at: int | None = None

    byteorder: ClassVar[ByteOrder] = "big"
    source: ClassVar[Source] = Default(0)

    @property
    def kind(self) -> str:
        """The shape in words."""
        return f"{self.bits} bit{'s' if self.bits != 1 else ''}, reserved"

    def parse(self, value: Value) -> int:
        """Return ``value``, which only a preset can give."""
        return UInt(self.name, self.bits, Const(0)).parse(value)

    def show(self, number: int) -> str:
        """Return ``number`` as people write it."""
        return str(number)


Field = UInt | MAC | IPv4Address | Reserved


@dataclass(frozen=True)
class Fill:
    """The payload at the end of a frame: one byte, repeated up to the frame's length.

    ``value`` is a number or a single character; a preset overrides it under the
    name ``fill``.
    """

    value: Value = 0
    name: str = "fill"

    def parse(self, value: Value) -> int:
        """Return the byte for a number or for one ASCII character."""
        if isinstance(value, str) and len(value) == 1 and value.isascii():
            return ord(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFF:
            return value
        raise ValueError(f"a byte (0..255) or one ASCII character is wanted, not {value!r}")

    def show(self, number: int) -> str:
        """Return the byte as hex, with its character where it has one."""
        char = chr(number)
        return f"0x{number:02x}" + (f" {char!r}" if char.isascii() and char.isprintable() else "")
