"""A layout as a C header: for each field a function that reads it, and one that writes it.

C leaves the order of bit fields to the compiler, so there is no struct of them: the functions
take the frame's bytes, on machines of either byte order. The header is C11 and C++, depends
on nothing but ``<stddef.h>`` and ``<stdint.h>``, and computes no lengths or checksums; for those,
``codegen emit`` writes a whole packet layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from codegen.layout import Layout, Piece, Placed
from codegen.model import Bytes, Int, IPv6Address, VarInt, size_bits

_WIDTHS = (8, 16, 32, 64)


def accessors(layout: Layout) -> str:
    """Return the header of a format."""
    guard = f"{layout.name.upper()}_ACCESSORS_H"
    parts = [
        f"/* Accessors of the format {layout.name}, written by codegen export. */\n"
        f"#ifndef {guard}\n#define {guard}\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
        "/* Bytes before the payload, and behind it. */\n"
        f"#define {layout.name.upper()}_HEADER_LENGTH {layout.header_length}\n"
        f"#define {layout.name.upper()}_TRAILER_LENGTH {layout.trailer_length}\n"
    ]
    for name, placed in names(layout):
        make = _of_octets if is_octets(placed) else _of_number
        parts.append(
            f"\n/* {placed.path}: {placed.field.kind} */\n{make(layout.name, name, placed)}"
        )
    return "".join(parts) + "\n#endif\n"


def names(layout: Layout) -> Iterator[tuple[str, Placed]]:
    """Yield the fields with their names in C; a name that is taken already is numbered."""
    taken: set[str] = set()
    for placed in layout.fields:
        stem = name = placed.path.replace(".", "_")
        number = 2
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        yield name, placed


def is_octets(placed: Placed) -> bool:
    """Return whether a field is read as bytes, not as a number."""
    return isinstance(placed.field, Bytes | IPv6Address) or placed.bits > 64


def _of_number(format: str, name: str, placed: Placed) -> str:
    width = next(each for each in _WIDTHS if placed.bits <= each)
    kind = f"uint{width}_t"
    # Of a narrower type, C computes with int, which holds its bits.
    cast = f"({kind})" if placed.bits > 16 else ""
    loads = " |\n\t       ".join(cast + _load(each) for each in placed.pieces)
    stores = "".join(f"\t{_store(each)}\n" for each in placed.pieces)
    end = ", const size_t len" if placed.start.from_end else ""
    if isinstance(placed.field, Int):
        return _of_signed(format, name, placed, width)
    if isinstance(placed.field, VarInt):
        return _of_variable(format, name, placed, placed.field, width)
    return (
        f"static inline {kind} {format}_get_{name}(const uint8_t *frame{end})\n{{\n"
        f"\treturn ({kind})({loads});\n}}\n\n"
        f"static inline void {format}_set_{name}(uint8_t *frame{end}, const {kind} value)\n{{\n"
        f"{stores}}}\n"
    )


def _of_signed(format: str, name: str, placed: Placed, width: int) -> str:
    """Return the functions of a number in two's complement.

    No conversion is out of range, and none is left to the compiler.
    """
    wide = max(width, 32)
    cast = f"(uint{wide}_t)"
    loads = " |\n\t\t".join(f"({cast}{_load(each)})" for each in placed.pieces)
    stores = "".join(f"\t{_store(each, 'bits')}\n" for each in placed.pieces)
    end = ", const size_t len" if placed.start.from_end else ""
    suffix = "ull" if wide == 64 else "u"
    sign = 1 << (placed.bits - 1)
    return (
        f"static inline int{width}_t {format}_get_{name}(const uint8_t *frame{end})\n{{\n"
        f"\tconst uint{wide}_t bits = {loads};\n\n"
        f"\tif (bits & 0x{sign:x}{suffix})\n"
        f"\t\treturn (int{width}_t)(-(int{wide}_t)(~bits & 0x{sign - 1:x}{suffix}) - 1);\n"
        f"\treturn (int{width}_t)bits;\n}}\n\n"
        f"static inline void {format}_set_{name}(uint8_t *frame{end}, const int{width}_t value)\n"
        f"{{\n\tconst uint{width}_t bits = (uint{width}_t)value;\n\n{stores}}}\n"
    )


def _of_variable(format: str, name: str, placed: Placed, field: VarInt, width: int) -> str:
    """Return the functions of a number of variable length, which has its size in some bits."""
    cast = f"(uint{max(width, 32)}_t)"
    mask, size = size_bits(field)
    reads, writes = [], []
    for piece in placed.pieces:
        others = 0xFF & ~(mask >> piece.of)
        first = piece.at.since(placed.start) // 8
        shift = piece.of if field.encoding == "quic" else 7 * first
        octet = _octet(piece)
        reads.append(f"(({cast}{octet} & 0x{others:02x}u) << {shift})")
        bits = f"((value >> {shift}) & 0x{others:02x}u)"
        prefix = size >> piece.of & 0xFF
        writes.append(f"\t{octet} = (uint8_t)({bits} | 0x{prefix:02x}u);\n")
    end = ", const size_t len" if placed.start.from_end else ""
    kind, joined = f"uint{width}_t", " |\n\t\t".join(reads)
    return (
        f"static inline {kind} {format}_get_{name}(const uint8_t *frame{end})\n{{\n"
        f"\treturn ({kind})({joined});\n}}\n\n"
        f"static inline void {format}_set_{name}(uint8_t *frame{end}, const {kind} value)\n{{\n"
        f"{''.join(writes)}}}\n"
    )


def _of_octets(format: str, name: str, placed: Placed) -> str:
    size = placed.bits // 8
    end = ", const size_t len" if placed.start.from_end else ""
    at = _index(placed.start.from_end, placed.start.octet)
    return (
        f"static inline const uint8_t *{format}_get_{name}(const uint8_t *frame{end})\n{{\n"
        f"\treturn &frame[{at}];\n}}\n\n"
        f"static inline void {format}_set_{name}(uint8_t *frame{end}, const uint8_t *value)\n{{\n"
        f"\tsize_t i;\n\n\tfor (i = 0; i < {size}; i++)\n"
        f"\t\tframe[{at} + i] = value[i];\n}}\n"
    )


def _index(from_end: bool, octet: int) -> str:
    return f"len - {-octet}" if from_end else str(octet)


def _octet(piece: Piece) -> str:
    return f"frame[{_index(piece.at.from_end, piece.at.octet)}]"


def _load(piece: Piece) -> str:
    """Return the bits of a value that one byte has, in their place."""
    bits = _octet(piece)
    if piece.low:
        bits = f"({bits} >> {piece.low})"
    if piece.low + piece.bits < 8:
        bits = f"({bits} & 0x{(1 << piece.bits) - 1:02x})"
    return f"{bits} << {piece.of}" if piece.of else bits


def _store(piece: Piece, value: str = "value") -> str:
    """Return the statement that puts bits of a value into one byte, and keeps the others."""
    octet = _octet(piece)
    bits = f"({value} >> {piece.of})" if piece.of else value
    if piece.bits == 8:
        return f"{octet} = (uint8_t){bits};"
    mask = ((1 << piece.bits) - 1) << piece.low
    if piece.low:
        bits = f"({bits} << {piece.low})"
    return f"{octet} = (uint8_t)(({octet} & 0x{0xFF ^ mask:02x}) |\n\t\t({bits} & 0x{mask:02x}));"
