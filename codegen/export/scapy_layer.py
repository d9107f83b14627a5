"""What classes of scapy that codegen exports have in common; each exported file has a copy of it.

A length or a checksum that nobody gives a value is computed when the packet is built. The
tables of a class have a row for each: where its number is, and what it is the length or the
checksum of, in bits from the start of the header.
"""

import zlib
from typing import ClassVar

from scapy.fields import BitField
from scapy.packet import Packet


class LittleBitField(BitField):
    """A number whose least significant bits come first: first byte, lowest bits."""

    def addfield(self, pkt, s, val):
        """Append the number to what was built: bytes, or bytes and the bits of a last one."""
        built, bits, last = s if isinstance(s, tuple) else (s, 0, 0)
        last |= (self.i2m(pkt, val) & (1 << self.size) - 1) << bits
        bits += self.size
        built += (last & (1 << bits // 8 * 8) - 1).to_bytes(bits // 8, "little")
        last >>= bits // 8 * 8
        return (built, bits % 8, last) if bits % 8 else built

    def getfield(self, pkt, s):
        """Take the number off received bytes, of whose first one some bits may be taken."""
        received, bits = s if isinstance(s, tuple) else (s, 0)
        number = int.from_bytes(received[: (bits + self.size + 7) // 8], "little") >> bits
        rest = received[(bits + self.size) // 8 :]
        bits = (bits + self.size) % 8
        return (rest, bits) if bits else rest, self.m2i(pkt, number & (1 << self.size) - 1)


class DerivedPacket(Packet):
    """A header whose lengths and checksums are computed."""

    #: By the name of the field: where the number is (first bit, bits, byte order), what it is
    #: the length of (first bit, the bit behind it or None for the end), the unit in bits, what is
    #: added.
    lengths: ClassVar = {}
    #: The same of several runs, with the algorithm, the pseudo header and what zero is sent as.
    checksums: ClassVar = {}

    def post_build(self, pkt, pay):
        """Compute what was given no value."""
        frame = bytearray(pkt + pay)
        for name, (place, start, end, unit, plus) in self.lengths.items():
            if getattr(self, name) is None:
                bits = (8 * len(frame) if end is None else end) - start
                put(frame, place, bits // unit + plus)
        for name, (place, over, algorithm, pseudo, zero_as) in self.checksums.items():
            if getattr(self, name) is None:
                put(frame, place, 0)
                covered = b"".join(
                    frame[start // 8 : None if end is None else end // 8] for start, end in over
                )
                total = algorithm(self.pseudo_header(pseudo, len(covered)) + covered)
                put(frame, place, zero_as if not total and zero_as is not None else total)
        return bytes(frame)

    def pseudo_header(self, parts, length):
        """Return the bytes of a pseudo header: fields of headers below, constants, the length."""
        total, bits = 0, 0
        for part in parts:
            if part[0] == "field":
                _, header, place = part
                below = self.underlayer
                while below is not None and type(below).__name__ != header:
                    below = below.underlayer
                number, size = (get(below.self_build(), place) if below else 0), place[1]
                if place[2] == "little":
                    # It counts with its bytes in the order in which they are sent.
                    number = int.from_bytes(number.to_bytes(size // 8, "little"), "big")
            else:
                kind, number, size = part
                number = length if kind == "length" else number
            total, bits = total << size | number, bits + size
        return total.to_bytes(bits // 8, "big")


def put(frame, place, number):
    """Write a number into a frame at a place: the first bit, the bits, the byte order."""
    start, bits, order = place
    behind = -(-(start + bits) // 8)
    octets = slice(start // 8, behind)
    shift = start % 8 if order == "little" else 8 * behind - start - bits
    mask = (1 << bits) - 1
    rest = int.from_bytes(frame[octets], order) & ~(mask << shift)
    frame[octets] = (rest | (number & mask) << shift).to_bytes(behind - start // 8, order)


def get(frame, place):
    """Return the number at a place of a frame."""
    start, bits, order = place
    behind = -(-(start + bits) // 8)
    shift = start % 8 if order == "little" else 8 * behind - start - bits
    return int.from_bytes(frame[start // 8 : behind], order) >> shift & (1 << bits) - 1


def internet(data):
    """Return the checksum of RFC 1071."""
    words = (data[at : at + 2].ljust(2, b"\0") for at in range(0, len(data), 2))
    total = sum(int.from_bytes(word, "big") for word in words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def crc32c(data):
    """Return the CRC32c of RFC 3720."""
    crc = 0xFFFFFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def crc(width, polynomial, init, reflect_in, reflect_out, xor_out):
    """Return the function of a CRC in the usual parameters."""

    def reversed_bits(number, bits):
        return int(f"{number:0{bits}b}"[::-1], 2)

    def compute(data):
        register = init
        for octet in data:
            for bit in range(8) if reflect_in else range(7, -1, -1):
                leaves = register >> width - 1 ^ octet >> bit & 1
                register = register << 1 & (1 << width) - 1
                register ^= polynomial if leaves & 1 else 0
        return (reversed_bits(register, width) if reflect_out else register) ^ xor_out

    return compute


def fletcher16(data):
    """Return the checksum of RFC 1146, the second sum first."""
    first = second = 0
    for octet in data:
        first = (first + octet) % 255
        second = (second + first) % 255
    return second << 8 | first


adler32 = zlib.adler32
crc32 = zlib.crc32
