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
from fractions import Fraction
from typing import assert_never

from codegen import describe
from codegen.errors import UsageError, shown
from codegen.layout import (
    UNPADDED,
    All,
    Argument,
    Compared,
    Condition,
    CounterSweep,
    CycleSweep,
    Either,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Patterns,
    Payload,
    PermutationSweep,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    PseudoLength,
    RandomOctetsSweep,
    RandomSweep,
    RangeSweep,
    Sum,
    Sweep,
    Swept,
    TimestampSweep,
    TriangleSweep,
)
from codegen.model import CRC, Algorithm, Int, NextHeader, OwnAlgorithm, UInt, Value, VarInt


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
    wall: int = 0,
) -> bytes:
    """Return the frame of ``length`` bytes, and its padding, for these arguments.

    ``packet`` is the number of packets that were sent before, the index into a sweep;
    ``now`` is the time of sending by a monotonic clock, in nanoseconds, and ``wall`` that of the
    wall clock since 1970. The payload repeats ``fill``, as another
    sender may have chosen it, or the format's own pattern.
    Arguments that are not given take their defaults. Raises UsageError when an
    argument is unknown, missing or out of range, or the length is out of bounds.
    """
    if length not in layout.lengths:
        raise UsageError(f"a frame of {layout.name!r} has {describe.lengths(layout)}, not {length}")
    values = _argument_values(layout, arguments)
    pad = _padding(layout, length)
    frame = bytearray(length + pad)
    if layout.payload is not None:
        extent = layout.payload.extent
        size = _size(extent, len(frame), pad)
        inside = _octets(extent, len(frame), pad)
        frame[inside] = _repeated(fill, size) if fill else payload(layout.payload, size, packet)
        if layout.padding is not None:
            padding = slice(inside.stop, inside.stop + pad)
            frame[padding] = _repeated(layout.padding.pattern, pad)
    for placed in layout.fields:
        match placed.origin:
            case Fixed(value=value):
                _write(frame, placed, value)
            case Argument(name=name):
                _write(frame, placed, values[name])
            case Swept():
                _write(frame, placed, swept_field(placed, packet, now, wall))
            case FrameLength():
                _write(frame, placed, _length(placed.origin, len(frame), pad))
            case Sum():
                pass  # The checksums come when all that they cover is in place.
    for placed in layout.checksums:
        _write(frame, placed, checksum(layout, placed, bytes(frame)))
    return bytes(frame)


def _padding(layout: Layout, length: int) -> int:
    """Return the bytes of padding of a frame that has ``length`` without it: the fewest."""
    padding, pad = layout.padding, 0
    if padding is None:
        return 0
    counted = length - padding.uncounted
    while counted + pad < padding.least or (counted + pad) % padding.multiple:
        pad += 1
    return pad


def _found_padding(layout: Layout, frame: bytes) -> int:
    """Return the bytes of padding that a frame declares; 0 where that is impossible."""
    placed = layout.padding_field
    least = layout.header_length + layout.trailer_length
    if placed is None or len(frame) < least:
        return 0
    assert isinstance(placed.origin, FrameLength)
    of = placed.origin.of
    size = math.floor((_read(frame, placed) - placed.origin.plus) * placed.origin.unit)
    # Either the padding is what is counted, or all from the headers to the end of the payload.
    pad = size - (of.end.octet - of.start.octet)
    if not of.start.from_end:
        pad = len(frame) - (size + of.start.octet - of.end.octet)
    return pad if 0 <= pad <= len(frame) - least else 0


def unpadded(layout: Layout, frame: bytes) -> int:
    """Return the length of a frame without its padding, in bytes."""
    if layout.padding is None:
        return len(frame)
    if len(layout.lengths) == 1:
        return layout.min_length
    return len(frame) - _found_padding(layout, frame)


def payload(payload: Payload, size: int, packet: int = 0) -> bytes:
    """Return the ``size`` bytes that the payload of a packet has."""
    match payload.content:
        case Patterns(patterns=patterns):
            return _repeated(patterns[packet % len(patterns)], size)
        case RandomOctetsSweep(seed=seed):
            return _random_octets(seed, packet, size)
    assert_never(payload.content)


def _repeated(pattern: bytes, size: int) -> bytes:
    """Return so many bytes of a pattern, again and again."""
    return (pattern * (size // len(pattern) + 1))[:size]


def swept_field(placed: Placed, packet: int, now: int = 0, wall: int = 0) -> int:
    """Return the number that a swept field has in a packet, as it wraps at its width."""
    swept = placed.origin
    assert isinstance(swept, Swept), placed.path
    if isinstance(swept, RandomOctetsSweep):
        octets = _random_octets(swept.seed, packet // swept.every, placed.bits // 8)
        return int.from_bytes(octets, "big")
    number = swept_value(swept, packet, now, wall) % (1 << placed.bits)
    negative = isinstance(placed.field, Int) and number >> (placed.bits - 1)
    return number - (1 << placed.bits) if negative else number


def swept_value(swept: Sweep, packet: int, now: int = 0, wall: int = 0) -> int:
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
        case TimestampSweep(per_second=per_second, epoch=epoch, fraction=fraction):
            seconds = Fraction(now, 10**9) if epoch is None else Fraction(wall, 10**9) + epoch
            return math.floor((seconds % 1 if fraction else seconds) * per_second)
        case RandomOctetsSweep():
            raise TypeError("how many random bytes there are depends on the field")
    assert_never(swept)


def _random_octets(seed: int, packet: int, size: int) -> bytes:
    """Return ``size`` bytes of packet n: SplitMix64, seeded with the n-th number of ``seed``."""
    own = _splitmix64(seed, packet)
    numbers = (_splitmix64(own, at) for at in range(-(-size // 8)))
    return b"".join(number.to_bytes(8, "big") for number in numbers)[:size]


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
    pad = len(frame) - unpadded(layout, frame)
    for placed in layout.fields:
        found = values[placed.path]
        show = placed.field.show
        names = placed.field.names if isinstance(placed.field, UInt) else {}
        if isinstance(placed.field, VarInt):
            octets = wire_bits(frame, placed).to_bytes(placed.bits // 8, "big")
            if _has_other_size(placed.field, octets):
                yield Result.NEXT_HEADER, f"{placed.path} is {octets.hex()}, of another size"
                continue
        match placed.origin:
            case Fixed(value=value, checked=True):
                wanted, result = value, Result.CONSTANT
                if isinstance(placed.field.source, NextHeader):
                    result = Result.NEXT_HEADER
                elif placed.derived:
                    result = Result.LENGTH
            case FrameLength():
                wanted, result = _length(placed.origin, len(frame), pad), Result.LENGTH
                if placed.origin.codes and wanted < 0:
                    continue  # No frame has this length, as is found below.
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
    for condition in layout.conditions:
        if not _holds(condition, values):
            words = describe.condition(condition)
            yield Result.NEXT_HEADER, f"other fields are there: {words} does not hold"
    if len(frame) - pad not in layout.lengths:
        yield Result.LENGTH, f"{len(frame) - pad} bytes, and should be {describe.lengths(layout)}"
    elif pad != _padding(layout, len(frame) - pad):
        right = _padding(layout, len(frame) - pad)
        yield Result.LENGTH, f"{pad} bytes of padding, and should be {right}"


def _holds(condition: Condition, values: Mapping[str, int]) -> bool:
    """Return whether a condition holds in a frame with these values."""
    match condition:
        case All(parts=parts):
            return False not in [_holds(each, values) for each in parts]
        case Either(parts=parts):
            return True in [_holds(each, values) for each in parts]
        case Compared(path=path, operator=operator, value=value):
            # -1, 0 or 1: how the field compares with the value.
            order = (values[path] > value) - (values[path] < value)
            return order in _ORDERS[operator]
    assert_never(condition)


#: How a field compares with a value where a comparison holds.
_ORDERS = {"==": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


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
    pad = len(frame) - unpadded(layout, frame)
    covered = b"".join(bytes(cleared[_octets(each, len(frame), pad)]) for each in origin.over)
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
        differs = (wire_bits(frame, placed) ^ wanted.value) & wanted.decides
        if placed.start < ending.start and differs:
            return frame
    of, counted = ending.origin.of, _read(frame, ending)
    if ending.origin.codes:
        sizes = [size for size, code in ending.origin.codes if code == counted]
        if not sizes:
            return frame
        counted = sizes[0]
    size = math.floor((counted - ending.origin.plus) * ending.origin.unit)
    # The counted bytes start in the headers; what follows them is placed from the frame's end.
    length = of.start.octet + size - of.end.octet
    least = layout.min_length
    if of.end.padding == UNPADDED:
        length = max(length, least)
        return frame[: length + _padding(layout, length)]
    return frame[: max(length, least + _padding(layout, least))]


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
                f"  {placed.path}: {show(left_value)} (0x{wire_bits(wanted, placed):x}) wanted, "
                f"{show(right_value)} (0x{wire_bits(found, placed):x}) found"
            )
    if layout.payload is not None:
        pad = len(wanted) - unpadded(layout, wanted)
        inside = range(len(wanted))[_octets(layout.payload.extent, len(wanted), pad)]
        for index, (left_byte, right_byte) in enumerate(zip(wanted, found, strict=False)):
            if index in inside and left_byte != right_byte:
                lines.append(
                    f"  {layout.payload.path}: byte {index - inside.start} is 0x{right_byte:02x}, "
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
    """Put ``value`` into the bits of the field, through the frame as one integer.

    In two's complement, a negative number is what it lacks to 2 to the power of its bits.
    """
    if isinstance(placed.field, Int) and value < 0:
        value += 1 << placed.bits
    if isinstance(placed.field, VarInt):
        value = int.from_bytes(_variable(placed.field, value), "big")
    order, shift = placed.field.byteorder, _shift(frame, placed)
    whole = int.from_bytes(frame, order)
    mask = ((1 << placed.bits) - 1) << shift
    frame[:] = ((whole & ~mask) | (value << shift)).to_bytes(len(frame), order)


def _read(frame: bytes, placed: Placed) -> int:
    """Return the number that the field's bits stand for, the inverse of :func:`_write`."""
    value = wire_bits(frame, placed)
    if isinstance(placed.field, VarInt):
        return _of_variable(placed.field, value.to_bytes(placed.bits // 8, "big"))
    negative = isinstance(placed.field, Int) and value >> (placed.bits - 1)
    return value - (1 << placed.bits) if negative else value


def _variable(field: VarInt, number: int) -> bytes:
    """Return a number of variable length as bytes, in the size that its field has."""
    if field.encoding == "quic":
        # RFC 9000 section 16: the first two bits are the logarithm of the size.
        octets = bytearray(number.to_bytes(field.bytes, "big"))
        octets[0] |= {1: 0x00, 2: 0x40, 4: 0x80, 8: 0xC0}[field.bytes]
        return bytes(octets)
    # MQTT 5.0 section 1.5.5: as long as digits follow, 128 is added to the one that is sent.
    digits = []
    for _ in range(field.bytes):
        number, digit = divmod(number, 128)
        digits.append(digit + 128)
    digits[-1] -= 128
    return bytes(digits)


def _of_variable(field: VarInt, octets: bytes) -> int:
    """Return the number that bytes stand for; of another size, what the field's bits are."""
    if field.encoding == "quic":
        return int.from_bytes(octets, "big") % (1 << (8 * len(octets) - 2))
    return sum(octet % 128 * 128**at for at, octet in enumerate(octets))


def _has_other_size(field: VarInt, octets: bytes) -> bool:
    """Return whether the bytes at a number's place start a number of another size."""
    if field.encoding == "quic":
        return 1 << (octets[0] >> 6) != len(octets)
    ends = [at for at, octet in enumerate(octets) if octet < 128]
    return ends[:1] != [len(octets) - 1]


def wire_bits(frame: bytes, placed: Placed) -> int:
    """Return the field's bits as an unsigned number."""
    whole = int.from_bytes(frame, placed.field.byteorder)
    return whole >> _shift(frame, placed) & ((1 << placed.bits) - 1)


def _shift(frame: bytes | bytearray, placed: Placed) -> int:
    """Return the number of bits below the field in the frame as an integer of its bit order."""
    start = _bits_before(placed.start, len(frame))
    if placed.field.byteorder == "little":
        return start
    return len(frame) * 8 - start - placed.bits


def _bits_before(position: Position, length: int, pad: int = 0) -> int:
    """Return where a position is in a frame of that many bytes, the last ones of padding."""
    if not position.from_end:
        return position.bits
    return position.bits + 8 * (length - (pad if position.padding == UNPADDED else 0))


def _octets(extent: Extent, length: int, pad: int) -> slice:
    """Return the bytes of an extent in a frame of that many bytes, ``pad`` of them padding."""
    start = _bits_before(extent.start, length, pad)
    return slice(start // 8, _bits_before(extent.end, length, pad) // 8)


def _size(extent: Extent, length: int, pad: int) -> int:
    return len(range(length)[_octets(extent, length, pad)])


def _length(origin: FrameLength, length: int, pad: int) -> int:
    counted = math.floor(_size(origin.of, length, pad) / origin.unit) + origin.plus
    if not origin.codes:
        return counted
    # A frame of another size has no code; whoever asks looks at its length as well.
    return next((code for size, code in origin.codes if size == counted), -1)


def _pseudo_header(layout: Layout, origin: Sum, frame: bytes) -> bytes:
    """Return the pseudo header as the bytes that the RFC draws."""
    bits = ""
    for part in origin.pseudo:
        match part:
            case PseudoField(path=path):
                placed = layout[path]
                value = wire_bits(frame, placed)
                if placed.field.byteorder == "little":
                    value = int.from_bytes(value.to_bytes(part.bits // 8, "little"), "big")
            case PseudoConst(value=value):
                pass
            case PseudoLength():
                pad = len(frame) - unpadded(layout, frame)
                value = sum(_size(each, len(frame), pad) for each in origin.over)
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
