"""How C reaches what is in a frame: places, loads, stores and sizes.

``frame`` points at the frame's first byte and ``end`` behind its last; trailers are found
from there. ``pktlen`` is the frame's length where it is written, ``len`` where it is read.
Where a payload is followed by padding, ``pktlen`` is the length without it in both cases,
and ``framelen`` that with it where a frame is written.
"""

from __future__ import annotations

from codegen.c import tree
from codegen.c.tree import Assign, Binary, Call, Cast, Do, Expression, Name, Number, Statement
from codegen.c.types import (
    I64,
    U8,
    U16,
    U32,
    U64,
    UINT,
    VOID,
    Array,
    Integer,
    Pointer,
    Type,
    signed,
    unsigned,
)
from codegen.layout import UNPADDED, Extent, FrameLength, Piece, Placed, Position
from codegen.model import (
    MAC,
    Bytes,
    Field,
    Int,
    IPv4Address,
    IPv6Address,
    Reserved,
    UInt,
    VarInt,
    size_bits,
)

FRAME = Name("frame", Pointer(U8))
END = Name("end", Pointer(U8))
PKTLEN = Name("pktlen", U16)
FRAMELEN = Name("framelen", UINT)
LEN = Name("len", U16)

#: The types that the functions of ``bytes.h`` return, by what they read.
_LOADED: dict[int, Integer] = {16: U16, 32: U32, 48: U64, 64: U64}


def is_octets(field: Field) -> bool:
    """Return whether a field's type in C is an array of bytes, not a number."""
    return isinstance(field, Bytes | IPv6Address)


def type_of(field: Field) -> Type:
    """Return the type of a field's value: a number in host order, or bytes as on the wire."""
    match field:
        case MAC() | IPv6Address() | Bytes():
            return Array(U8, field.octets)
        case UInt() | VarInt() | IPv4Address() | Reserved():
            return unsigned(field.bits)
        case Int():
            return signed(field.bits)
    raise TypeError(f"no C type for a value of the shape {field!r}")


def address_of(position: Position) -> Expression:
    """Return the address of the byte at a position."""
    octet = position.octet
    if position.padding == UNPADDED:
        return tree.added(Binary("+", FRAME, PKTLEN), octet)
    if position.from_end:
        return Binary("-", END, Number(-octet)) if octet else END
    return Binary("+", FRAME, Number(octet)) if octet else FRAME


def octet_at(position: Position) -> Expression:
    """Return the byte at a position."""
    return tree.octet(END if position.from_end else FRAME, position.octet)


def _until(position: Position, length: Name) -> Expression:
    """Return the length from which a position at the end of a frame is counted.

    ``length`` is :data:`PKTLEN` where the frame is written, :data:`LEN` where it is read.
    """
    if position.padding is None:
        return length
    if position.padding == UNPADDED:
        return PKTLEN
    return FRAMELEN if length == PKTLEN else LEN


def _size_plus(extent: Extent, length: Name, plus: int) -> Expression:
    """Return the size of an extent whose size depends on the frame's, and so many bytes more."""
    size = _until(extent.end, length)
    if extent.start.from_end:
        size = Binary("-", size, _until(extent.start, length))
    return tree.added(size, extent.end.octet - extent.start.octet + plus)


def size_of(extent: Extent, length: Name) -> Expression:
    """Return the size of an extent in a frame of that length."""
    if not extent.varies:
        return tree.size(extent.size(0))
    return _size_plus(extent, length, 0)


def length_of(format_name: str, placed: Placed, origin: FrameLength, length: Name) -> Expression:
    """Return the number of a length field in a frame of that length."""
    counted = counted_of(origin, length)
    if not origin.codes:
        return counted
    return Call(f"{format_name}_{variable_of(placed)}_code", (counted,), U64)


def counted_of(origin: FrameLength, length: Name) -> Expression:
    """Return what a length field counts in a frame of that length, its code apart."""
    if origin.unit == 1:
        return _size_plus(origin.of, length, origin.plus)
    counted = size_of(origin.of, length)
    if origin.unit.denominator > 1:
        counted = Binary("*", counted, tree.size(origin.unit.denominator))
    if origin.unit.numerator > 1:
        counted = Binary("/", counted, tree.size(origin.unit.numerator))
    return tree.added(counted, origin.plus)


def is_whole(placed: Placed) -> bool:
    """Return whether C reads and writes the field's number with one load or store."""
    widths = (8, 16, 32, 48, 64) if placed.field.byteorder == "big" else (8, 16, 32, 64)
    return placed.start.bit == 0 and placed.bits in widths


def _accessor(placed: Placed) -> str:
    """Return the suffix of its functions ``put_...`` and ``get_...``: ``be16``, ``le32``."""
    return f"{'be' if placed.field.byteorder == 'big' else 'le'}{placed.bits}"


def on_wire(value: Expression, field: Field) -> Expression:
    """Return the unsigned number that a field's value is on the wire."""
    if isinstance(field, VarInt):
        size = Number(field.bytes, UINT)
        return tree.converted(
            Call(f"{field.encoding}_encoded", (value, size), U64), unsigned(field.bits)
        )
    if not isinstance(field, Int):
        return value
    # The conversion to an unsigned type is defined as two's complement.
    return tree.masked(Cast(unsigned(field.bits), value), field.bits)


def constant(field: Field, value: int) -> Expression:
    """Return a constant value of a field, in a type that it can be compared in."""
    return tree.signed_decimal(value) if isinstance(field, Int) else tree.decimal(value)


def wire_number(placed: Placed, value: int) -> int:
    """Return the unsigned number that a constant value of a field is on the wire."""
    field = placed.field
    if isinstance(field, VarInt):
        size = size_bits(field)[1]
        if field.encoding == "quic":
            return size | value
        last = 8 * (field.bytes - 1)
        return size | sum((value >> 7 * at & 0x7F) << last - 8 * at for at in range(field.bytes))
    return value % (1 << placed.bits)


def load_value(placed: Placed) -> Expression:
    """Return the load of a field's value from the frame, with its sign where it has one."""
    number = load(placed)
    if isinstance(placed.field, VarInt):
        size = Number(placed.field.bytes, UINT)
        name = f"{placed.field.encoding}_decoded"
        return Call(name, (tree.unsigned_number(number), size), U64)
    if not isinstance(placed.field, Int):
        return number
    bits = Number(placed.bits, UINT)
    return Call("sign_extended", (tree.unsigned_number(number), bits), I64)


def load(placed: Placed) -> Expression:
    """Return the load of a field's unsigned number from the frame; the address of bytes."""
    first = placed.start
    if is_octets(placed.field):
        return address_of(first)
    if is_whole(placed):
        if placed.bits == 8:
            return octet_at(first)
        return Call(f"get_{_accessor(placed)}", (address_of(first),), _LOADED[placed.bits])
    return tree.joined("|", (_part_of_load(placed, piece) for piece in placed.pieces))


def _part_of_load(placed: Placed, piece: Piece) -> Expression:
    part = tree.shifted(octet_at(piece.at), -piece.low)
    if piece.low + piece.bits < 8:
        part = tree.masked(part, piece.bits)
    # In the type of the whole, so that no part is sign-extended.
    if len(placed.pieces) > 1:
        part = tree.widened(part, placed.bits)
    return tree.shifted(part, piece.of)


def store(placed: Placed, value: Expression) -> Statement:
    """Return the store of a number on whole bytes; see :func:`is_whole`."""
    if placed.bits == 8:
        return Assign(octet_at(placed.start), tree.converted(value, U8))
    given = tree.converted(value, unsigned(placed.bits))
    return Do(Call(f"put_{_accessor(placed)}", (address_of(placed.start), given), VOID))


def copy(to: Expression, octets: Expression, count: int) -> Statement:
    """Return the copy of a constant number of bytes."""
    return Do(Call("copy_bytes", (to, octets, Number(count)), VOID))


def variable_of(placed: Placed) -> str:
    """Return the name of the variable that has a field's value."""
    return placed.path.replace(".", "_")
