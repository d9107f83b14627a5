"""Encode, decode and explain frames in plain Python, readable as a specification.

The oracle is the reference for the emitted C. The two share the layout and no arithmetic:
here a frame is one large integer, and a checksum is the definition from its RFC applied
to finished bytes. Speed is not a goal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from codegen import describe
from codegen.errors import UsageError, shown
from codegen.layout import (
    Argument,
    CounterSweep,
    CycleSweep,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    PermutationSweep,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    PseudoLength,
    RandomSweep,
    RangeSweep,
    Sum,
    Sweep,
    Swept,
    TimestampSweep,
    TriangleSweep,
)
from codegen.model import CRC, Algorithm, NextHeader, OwnAlgorithm, UInt, Value


class Result(Enum):
    """The result of parsing a frame; the checks are made in this order."""

    TRUNCATED = "truncated"
    NEXT_HEADER = "another header"
    CONSTANT = "invalid constant"
    UNKNOWN = "unknown number"
    LENGTH = "invalid length"
    CHECKSUM = "invalid checksum"
    VALID = "valid"


@dataclass(frozen=True)
class Decoded:
    """The fields of a frame by path, as integers, and what is wrong with it.

    ``result`` is the first of the problems in the order of :class:`Result`.
    """

    values: dict[str, int]
    problems: tuple[str, ...]
    result: Result


def encode(
    layout: Layout,
    arguments: Mapping[str, Value],
    length: int,
    packet: int = 0,
    now: int = 0,
    fill: bytes | None = None,
) -> bytes:
    """Return the frame of ``length`` bytes for these arguments.

    ``packet`` is the number of packets that were sent before, the index into a sweep;
    ``now`` is the time of sending, in nanoseconds. The payload repeats ``fill``, as another
    sender may have chosen it, or the format's own pattern.
    Arguments that are not given take their defaults. Raises UsageError when an
    argument is unknown, missing or out of range, or the length is out of bounds.
    """
    if length not in layout.lengths:
        raise UsageError(f"a frame of {layout.name!r} has {describe.lengths(layout)}, not {length}")
    values = _argument_values(layout, arguments)
    frame = bytearray(length)
    if layout.payload is not None:
        extent = layout.payload.extent
        pattern = fill or layout.payload.pattern
        content = bytes(pattern[at % len(pattern)] for at in range(_size(extent, length)))
        frame[_octets(extent, length)] = content
    for placed in layout.fields:
        match placed.origin:
            case Fixed(value=value):
                _write(frame, placed, value)
            case Argument(name=name):
                _write(frame, placed, values[name])
            case Swept() as swept:
                _write(frame, placed, swept_value(swept, packet, now) % (1 << placed.bits))
            case FrameLength():
                _write(frame, placed, _length(placed.origin, length))
            case Sum():
                pass  # The checksums come when all that they cover is in place.
    for placed in layout.checksums:
        _write(frame, placed, checksum(layout, placed, bytes(frame)))
    return bytes(frame)


def swept_value(swept: Sweep, packet: int, now: int = 0) -> int:
    """Return the value that a sweep has in a packet, before it wraps at its field's width.

    Swept frame lengths are computed in the same way.
    """
    packet //= swept.every
    match swept:
        case CounterSweep(start=start, step=step):
            return start + packet * step
        case RangeSweep():
            return _values(swept)[packet % swept.count]
        case PermutationSweep(first=first, count=count, seed=seed):
            return first + _permuted(packet % count, count, seed)
        case TriangleSweep():
            up = _values(swept)
            down = up[-2:0:-1]
            place = packet % max(1, 2 * swept.count - 2)
            return up[place] if place < swept.count else down[place - swept.count]
        case CycleSweep(values=values):
            return values[packet % len(values)]
        case RandomSweep(seed=seed, low=low, count=count, step=step):
            return low + _splitmix64(seed, packet) % count * step
        case TimestampSweep(unit=unit):
            return now // unit
    assert_never(swept)


def _values(swept: RangeSweep | TriangleSweep) -> range:
    """Return the values from the first to the last, in either direction."""
    beyond = 1 if swept.step > 0 else -1
    return range(swept.first, swept.last + beyond, swept.step)


def _permuted(place: int, count: int, seed: int) -> int:
    """The number at a place of 0 to ``count - 1`` in the order of the swap-or-not shuffle.

    Each round has a key. The numbers whose sum is the key modulo ``count`` are partners, and
    the upper bit of a random number of the larger one decides whether they change places.
    """
    for turn in range(16):
        key = _splitmix64(seed, turn) % count
        partner = (key - place) % count
        if _splitmix64((key + turn) % (1 << 64), max(place, partner)) & 1 << 63:
            place = partner
    return place


def _splitmix64(seed: int, n: int) -> int:
    """The n-th number, from 0 on, of SplitMix64: a counter, and its bits mixed."""
    mask = (1 << 64) - 1
    state = (seed + (n + 1) * 0x9E3779B97F4A7C15) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = ((state ^ state >> shift) * factor) & mask
    return state ^ state >> 31


def decode(layout: Layout, frame: bytes) -> Decoded:
    """Read every field of a frame and check what the format fixes.

    A frame that is too short for the format's headers and trailers has no values.
    """
    least = layout.header_length + layout.trailer_length
    if len(frame) < least:
        what = f"truncated: {len(frame)} of {least} header bytes"
        return Decoded({}, (what,), Result.TRUNCATED)
    values = {placed.path: _read(frame, placed) for placed in layout.fields}
    faults = list(_faults(layout, frame, values))
    return Decoded(
        values,
        tuple(what for _, what in faults),
        min((result for result, _ in faults), key=list(Result).index, default=Result.VALID),
    )


def _faults(
    layout: Layout, frame: bytes, values: Mapping[str, int]
) -> Iterator[tuple[Result, str]]:
    """Yield what is wrong with a frame that has all its headers."""
    for placed in layout.fields:
        found = values[placed.path]
        show = placed.field.show
        names = placed.field.names if isinstance(placed.field, UInt) else {}
        match placed.origin:
            case Fixed(value=value, checked=True):
                wanted, result = value, Result.CONSTANT
                if isinstance(placed.field.source, NextHeader):
                    result = Result.NEXT_HEADER
                elif placed.derived:
                    result = Result.LENGTH
            case FrameLength():
                wanted, result = _length(placed.origin, len(frame)), Result.LENGTH
            case Fixed(value=value, decides=decides) if (found ^ value) & decides:
                yield Result.NEXT_HEADER, f"{placed.path} is {show(found)}: something else follows"
                continue
            case Sum(optional=True) if found == 0:
                continue  # Its sender computed none.
            case Sum():
                wanted, result = checksum(layout, placed, frame), Result.CHECKSUM
            case _:
                if names and found not in names:
                    yield Result.UNKNOWN, f"{placed.path} is {show(found)}, which has no name"
                continue
        if found != wanted:
            yield result, f"{placed.path} is {show(found)}, and should be {show(wanted)}"
    if len(frame) not in layout.lengths:
        yield Result.LENGTH, f"{len(frame)} bytes, and should be {describe.lengths(layout)}"


def parse(layout: Layout, received: bytes) -> Decoded:
    """Decode a received frame, without what a link or a driver added behind its end."""
    return decode(layout, without_padding(layout, received))


def checksum(layout: Layout, placed: Placed, frame: bytes) -> int:
    """Return the checksum that ``frame`` should carry in the field ``placed``.

    The bits of the field itself count as zero, whatever they are, and so do fields that the
    checksum names for that.
    """
    origin = placed.origin
    assert isinstance(origin, Sum)
    cleared = bytearray(frame)
    for path in (placed.path, *origin.zeroed):
        _write(cleared, layout[path], 0)
    covered = b"".join(bytes(cleared[_octets(each, len(frame))]) for each in origin.over)
    data = _pseudo_header(layout, origin, frame) + covered
    match origin.algorithm:
        case OwnAlgorithm():
            result = _own_checksum(origin.algorithm, data, placed)
        case CRC():
            result = crc(origin.algorithm, data)
        case Algorithm():
            result = _ALGORITHMS[origin.algorithm](data)
    return origin.zero_as if result == 0 and origin.zero_as is not None else result


def _own_checksum(algorithm: OwnAlgorithm, data: bytes, placed: Placed) -> int:
    """Return the result of the user's function; UsageError when it is not a checksum."""
    function = f"{placed.path}: the Python function of {algorithm.name!r}"
    try:
        result = algorithm.compute(data)
    except Exception as error:
        raise UsageError(f"{function} fails: {type(error).__name__}: {error}") from error
    if not isinstance(result, int) or not 0 <= result < 1 << placed.bits:
        raise UsageError(f"{function} returns {result!r}, and {placed.bits} bits are wanted")
    return result


def verdict(layout: Layout, arguments: Mapping[str, Value], frame: bytes) -> str:
    """Return what a receiver makes of a frame: ``valid``, ``other`` or ``invalid``.

    ``other`` is other traffic: a frame that announces other headers, or carries other
    values than ``arguments``, except for those that come from the sender's device.
    ``invalid`` is a frame of the format with something in it that the format rules out.
    """
    values = _argument_values(layout, arguments)
    decoded = parse(layout, frame)
    if decoded.result in (Result.TRUNCATED, Result.NEXT_HEADER):
        return "other"
    for placed in layout.arguments:
        argument = placed.argument
        if argument.default is not None and decoded.values[placed.path] != values[argument.name]:
            return "other"
    return "valid" if decoded.result is Result.VALID else "invalid"


def without_padding(layout: Layout, frame: bytes) -> bytes:
    """Return a received frame cut to the length that its length field declares.

    The field is used only where the headers before it are those of the format, and the
    frame is never cut below the minimum length, up to which frames are padded on the wire.
    """
    ending = layout.length_field
    if ending is None or len(frame) < layout.header_length + layout.trailer_length:
        return frame
    assert isinstance(ending.origin, FrameLength)
    for placed, wanted in layout.deciding():
        differs = (_read(frame, placed) ^ wanted.value) & wanted.decides
        if placed.start < ending.start and differs:
            return frame
    of = ending.origin.of
    size = math.floor((_read(frame, ending) - ending.origin.plus) * ending.origin.unit)
    # The counted bytes start in the headers; what follows them is placed from the frame's end.
    length = of.start.octet + size - of.end.octet
    return frame[: max(length, layout.min_length)]


def explain(layout: Layout, wanted: bytes, found: bytes) -> str:
    """Return a hex dump of two frames side by side and the fields that differ."""
    lines = [f"{len(wanted)} bytes wanted, {len(found)} found"]
    for start in range(0, max(len(wanted), len(found)), 16):
        left, right = wanted[start : start + 16], found[start : start + 16]
        mark = " " if left == right else "*"
        lines.append(f"{mark} {start:04x}  {left.hex(' '):<47}  {right.hex(' ')}".rstrip())
    for placed in layout.fields:
        if min(len(wanted), len(found)) < layout.header_length + layout.trailer_length:
            continue
        left_value, right_value = _read(wanted, placed), _read(found, placed)
        if left_value != right_value:
            show = placed.field.show
            lines.append(
                f"  {placed.path}: {show(left_value)} (0x{left_value:x}) wanted, "
                f"{show(right_value)} (0x{right_value:x}) found"
            )
    if layout.payload is not None:
        payload = range(len(wanted))[_octets(layout.payload.extent, len(wanted))]
        for index, (left_byte, right_byte) in enumerate(zip(wanted, found, strict=False)):
            if index in payload and left_byte != right_byte:
                lines.append(
                    f"  {layout.payload.path}: byte {index - payload.start} is 0x{right_byte:02x}, "
                    f"0x{left_byte:02x} wanted"
                )
                break
    return "\n".join(lines)


def _argument_values(layout: Layout, arguments: Mapping[str, Value]) -> dict[str, int]:
    known = {placed.argument.name: placed for placed in layout.arguments}
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise UsageError(
            f"{layout.name!r} has no parameter {unknown[0]!r}; it has: {', '.join(known)}"
        )
    values = {}
    for name, placed in known.items():
        origin = placed.argument
        given = arguments.get(name, origin.default)
        if given is None:
            raise UsageError(f"the parameter {name!r} of {layout.name!r} has no default; give it")
        try:
            number = given if isinstance(given, int) else placed.field.parse(given)
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from None
        if origin.numbers and number not in origin.numbers:
            allowed = ", ".join(map(str, origin.numbers))
            raise UsageError(f"{name}={shown(given)} has no name; {allowed} are allowed")
        if not origin.allows(number):
            raise UsageError(
                f"{name}={shown(given)} is out of range; "
                f"{origin.minimum} to {origin.maximum} is allowed"
            )
        values[name] = number
    return values


def _write(frame: bytearray, placed: Placed, value: int) -> None:
    """Put ``value`` into the bits of the field, through the frame as one integer."""
    order, shift = placed.field.byteorder, _shift(frame, placed)
    whole = int.from_bytes(frame, order)
    mask = ((1 << placed.bits) - 1) << shift
    frame[:] = ((whole & ~mask) | (value << shift)).to_bytes(len(frame), order)


def _read(frame: bytes, placed: Placed) -> int:
    """Return the number that the field's bits are, the inverse of :func:`_write`."""
    whole = int.from_bytes(frame, placed.field.byteorder)
    return whole >> _shift(frame, placed) & ((1 << placed.bits) - 1)


def _shift(frame: bytes | bytearray, placed: Placed) -> int:
    """Return the number of bits below the field in the frame as an integer of its bit order."""
    start = _bits_before(placed.start, len(frame))
    if placed.field.byteorder == "little":
        return start
    return len(frame) * 8 - start - placed.bits


def _bits_before(position: Position, length: int) -> int:
    """Return where a position is in a frame of that many bytes."""
    return position.bits + 8 * length if position.from_end else position.bits


def _octets(extent: Extent, length: int) -> slice:
    """Return the bytes of an extent in a frame of that many bytes."""
    return slice(_bits_before(extent.start, length) // 8, _bits_before(extent.end, length) // 8)


def _size(extent: Extent, length: int) -> int:
    return len(range(length)[_octets(extent, length)])


def _length(origin: FrameLength, length: int) -> int:
    return math.floor(_size(origin.of, length) / origin.unit) + origin.plus


def _pseudo_header(layout: Layout, origin: Sum, frame: bytes) -> bytes:
    """Return the pseudo header as the bytes that the RFC draws."""
    bits = ""
    for part in origin.pseudo:
        match part:
            case PseudoField(path=path):
                placed = layout[path]
                value = _read(frame, placed)
                if placed.field.byteorder == "little":
                    value = int.from_bytes(value.to_bytes(part.bits // 8, "little"), "big")
            case PseudoConst(value=value):
                pass
            case PseudoLength():
                value = sum(_size(each, len(frame)) for each in origin.over)
        bits += f"{value:0{part.bits}b}"
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def _internet(data: bytes) -> int:
    """RFC 1071: the complement of the ones' complement sum of all 16-bit words.

    A number is congruent to the sum of its base-65536 digits modulo 65535, so
    the sum is one remainder; of the two zeros, only all-zero data gives +0.
    """
    padded = data + b"\0" * (len(data) % 2)
    number = int.from_bytes(padded, "big")
    total = number % 0xFFFF or (0xFFFF if number else 0)
    return total ^ 0xFFFF


def _crc(polynomial: int) -> Callable[[bytes], int]:
    """Return a CRC of 32 bits with its least significant bit first, as Ethernet sends it.

    A shift register that takes one bit after the other (IEEE 802.3 clause 3.2.9):
    it starts as all ones, and what is in it at the end is complemented. ``polynomial``
    is written with the coefficient of x^31 last.
    """

    def crc(data: bytes) -> int:
        register = 0xFFFFFFFF
        for octet in data:
            for bit in range(8):
                feedback = (register ^ octet >> bit) & 1
                register = register >> 1 ^ polynomial * feedback
        return register ^ 0xFFFFFFFF

    return crc


def crc(algorithm: CRC, data: bytes) -> int:
    """A CRC of any width: the remainder of a division of polynomials, a bit at a time.

    The message has as many zeros behind it as the CRC has bits, and what the register
    starts with is added to the first bits of both.
    """
    width = algorithm.width
    top, divisor = 1 << width, 1 << width | algorithm.polynomial
    message = (
        "".join(f"{octet:08b}"[:: -1 if algorithm.reflect_in else 1] for octet in data)
        + "0" * width
    )
    start = f"{algorithm.init:0{width}b}"
    rest = 0
    for at, bit in enumerate(message):
        rest = rest << 1 | (bit == "1") ^ (at < width and start[at] == "1")
        if rest & top:
            rest ^= divisor
    if algorithm.reflect_out:
        rest = int(f"{rest:0{width}b}"[::-1], 2)
    return rest ^ algorithm.xor_out


def _adler32(data: bytes) -> int:
    """RFC 1950 section 8.2: each byte counts as often as bytes from it on are left."""
    low = (1 + sum(data)) % 65521
    weighted = sum(left * octet for left, octet in zip(range(len(data), 0, -1), data, strict=True))
    return ((len(data) + weighted) % 65521) << 16 | low


def _fletcher16(data: bytes) -> int:
    """RFC 1146: the sum of the bytes, and that of all such sums, modulo 255."""
    weighted = sum(left * octet for left, octet in zip(range(len(data), 0, -1), data, strict=True))
    return (weighted % 255) << 8 | sum(data) % 255


_ALGORITHMS: dict[Algorithm, Callable[[bytes], int]] = {
    Algorithm.INTERNET: _internet,
    Algorithm.ADLER32: _adler32,
    Algorithm.CRC32: _crc(0xEDB88320),
    Algorithm.CRC32C: _crc(0x82F63B78),
    Algorithm.FLETCHER16: _fletcher16,
}
