"""How C spells it: arguments, fields of a frame, sizes, numbers."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.layout import Extent, FrameLength, Placed, Position, Sum
from codegen.model import MAC, Algorithm, Bytes, Field, IPv4Address, IPv6Address, OwnAlgorithm, UInt

#: The end of the frame in C, from which trailers are found.
END = "end"


@dataclass(frozen=True)
class Kind:
    """How C spells a kind of field.

    ``member`` declares it in the argument struct and ``pointer`` in a function that
    takes it by pointer; ``integer`` is the expression of its value on the wire,
    ``parser`` the name of its parser in the program. A kind with ``octets``, an
    expression of its bytes in wire order, is passed by pointer.
    """

    member: str
    parser: str
    integer: str = "{}"
    octets: str | None = None
    pointer: str = ""
    zero: str = "0"


def kind_of(field: Field) -> Kind:
    """Return how C passes and reads a field's argument; TypeError where it has none."""
    match field:
        case UInt():
            return Kind(f"uint{c_width(field.bits)}_t {{}}", "UINT")
        case MAC():
            return Kind(
                "struct ether_addr {}",
                "MAC",
                integer="get_be48({}.addr_bytes)",
                octets="{}.addr_bytes",
                pointer="const struct ether_addr *{}",
                zero="{ { 0 } }",
            )
        case IPv4Address():
            return Kind("uint32_t {}", "IPV4")
        case IPv6Address():
            return Kind(
                "struct ipv6_addr {}",
                "IPV6",
                octets="{}.addr_bytes",
                pointer="const struct ipv6_addr *{}",
                zero="{ { 0 } }",
            )
        case Bytes():
            return Kind(
                f"uint8_t {{}}[{field.octets}]",
                "OCTETS",
                octets="{}",
                pointer="const uint8_t *{}",
                zero="{ 0 }",
            )
    raise TypeError(f"no C kind for an argument of the shape {field!r}")


def initializer_of(field: Field, value: int) -> str:
    """Return ``value`` as a person would write it in C."""
    match field:
        case UInt():
            return c_literal(value)
        case MAC() | IPv6Address():
            return "{ " + octet_list(value, field.octets or 0) + " }"
        case Bytes():
            return octet_list(value, field.octets)
        case IPv4Address():
            return "IPv4(" + ", ".join(str(byte) for byte in value.to_bytes(4, "big")) + ")"
    raise TypeError(f"no C initializer for the shape {field!r}")


def octet_list(value: int, count: int) -> str:
    """Return the braced initializer of bytes; many of them in lines of eight."""
    octets = [f"0x{byte:02x}" for byte in value.to_bytes(count, "big")]
    if count <= 8:
        return "{ " + ", ".join(octets) + " }"
    rows = (", ".join(octets[at : at + 8]) for at in range(0, count, 8))
    return "{\n" + "".join(f"\t\t\t{row},\n" for row in rows) + "\t\t}"


def c_width(bits: int) -> int:
    """Return the bits of the smallest C integer that holds ``bits``."""
    return next(width for width in (8, 16, 32, 64) if bits <= width)


def c_literal(value: int) -> str:
    """Return a C literal, decimal where people count and with a suffix where it is needed."""
    return f"{value}" if value <= 0x7FFFFFFF else f"0x{value:x}ULL"


def is_octets(field: Field) -> bool:
    """Tell whether C has bytes for a field, and no number."""
    return isinstance(field, Bytes | IPv6Address)


def call_of(placed: Placed, total: Sum, length: str) -> str:
    """Return the call that computes a checksum over a frame of that length."""
    over, field = total.over, placed.start
    size = size_of(over, length)
    # From the start of what is covered to the checksum; any place outside will do.
    here = f"{field.octet - over.start.octet}U"
    if field.from_end and not over.start.from_end:
        here = added(length, field.octet - over.start.octet)
    elif over.start.from_end and not field.from_end:
        here = size
    return f"{function_of(total.algorithm)}({address_of(over.start)}, {size}, {here})"


def function_of(algorithm: Algorithm | OwnAlgorithm) -> str:
    """Return the name of the C function of a checksum that is no sum of words."""
    return (
        algorithm.name if isinstance(algorithm, OwnAlgorithm) else f"csum_{algorithm.name.lower()}"
    )


def zero_literal(placed: Placed, total: Sum) -> str | None:
    """Return what is sent for a checksum of zero, None where that is zero."""
    return None if total.zero_as is None else f"0x{total.zero_as:0{placed.bits // 4}x}"


def store_of(placed: Placed, value: str) -> str:
    """Return the store of a number on whole bytes, of a width that :func:`whole_widths` has."""
    if placed.bits == 8:
        return f"{octet_at(placed.start)} = {value};"
    return f"put_{accessor(placed)}({address_of(placed.start)}, {value});"


def load_of(placed: Placed) -> str:
    """Return the C expression of a field's number in a received frame.

    Of bytes, which are no number, it is where they are.
    """
    first = placed.start
    if is_octets(placed.field):
        return address_of(first)
    if first.bit == 0 and placed.bits in whole_widths(placed):
        return (
            octet_at(first) if placed.bits == 8 else f"get_{accessor(placed)}({address_of(first)})"
        )
    parts = []
    for piece in placed.pieces:
        part = f"(uint64_t){octet_at(piece.at)}"
        if piece.low:
            part = f"({part} >> {piece.low})"
        if piece.low + piece.bits < 8:
            part = f"({part} & 0x{(1 << piece.bits) - 1:x})"
        if piece.of:
            part = f"({part} << {piece.of})"
        parts.append(part)
    return parts[0] if len(parts) == 1 else f"({' | '.join(parts)})"


def whole_widths(placed: Placed) -> tuple[int, ...]:
    """Return the widths of numbers that C reads and writes at once, in that byte order."""
    return (8, 16, 32, 48, 64) if placed.field.byteorder == "big" else (8, 16, 32, 64)


def accessor(placed: Placed) -> str:
    """Return how the functions that do so are called: ``be16``, ``le32``."""
    return f"{'be' if placed.field.byteorder == 'big' else 'le'}{placed.bits}"


def variable_of(placed: Placed) -> str:
    """Return the name of the variable that has a field's value."""
    return placed.path.replace(".", "_")


def address_of(position: Position) -> str:
    """Return the C expression of the address of the byte at a position."""
    octet = position.octet
    if position.from_end:
        return f"{END} - {-octet}"
    return f"frame + {octet}" if octet else "frame"


def octet_at(position: Position) -> str:
    """Return the C expression of the byte at a position."""
    return f"{END if position.from_end else 'frame'}[{position.octet}]"


def size_of(extent: Extent, length: str) -> str:
    """Return the C expression of the size of an extent in a frame of that length."""
    if not extent.varies:
        return f"{extent.size(0)}U"
    return added(length, extent.end.octet - extent.start.octet)


def length_of(origin: FrameLength, length: str) -> str:
    """Return the C expression of a length field in a frame of that length."""
    if origin.unit == 1:
        return added(length, origin.of.end.octet - origin.of.start.octet + origin.plus)
    size = bracketed(size_of(origin.of, length))
    if origin.unit.denominator > 1:
        size = f"{size} * {origin.unit.denominator}U"
    if origin.unit.numerator > 1:
        size = f"{size} / {origin.unit.numerator}U"
    return added(size, origin.plus)


def added(value: str, plus: int, suffix: str = "U") -> str:
    """Return a value plus a constant, as a C expression."""
    return f"{value} {'-' if plus < 0 else '+'} {abs(plus)}{suffix}" if plus else value


def bracketed(expression: str) -> str:
    """Return the expression in parentheses where a cast or shift would bind tighter."""
    depth = 0
    for char in expression:
        depth += (char == "(") - (char == ")")
        if char == " " and depth == 0:
            return f"({expression})"
    return expression
