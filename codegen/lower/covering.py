"""What a checksum covers, in parts: whole runs of bytes, bytes in part, and what counts as zero."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.layout import Extent, Layout, Placed, Position, Sum


@dataclass(frozen=True)
class Octet:
    """A byte of which only the bits of ``mask`` count; the others are zero."""

    at: Position
    mask: int


@dataclass(frozen=True)
class Blank:
    """Bytes that all count as zero."""

    octets: int


Part = Extent | Octet | Blank


def parts(layout: Layout, placed: Placed, extent: Extent) -> list[Part]:
    """Return the parts of one extent of a checksum, one behind the other."""
    assert isinstance(placed.origin, Sum), placed.path
    found: list[Part] = []
    at = extent.start
    for octet, mask in sorted(masks(layout, placed).items()):
        if not extent.covers(octet, octet + 8):
            continue
        if at != octet:
            found.append(Extent(at, octet))
        if mask:
            found.append(Octet(octet, mask))
        elif found and isinstance(found[-1], Blank):
            found[-1] = Blank(found[-1].octets + 1)
        else:
            found.append(Blank(1))
        at = octet + 8
    if at != extent.end:
        found.append(Extent(at, extent.end))
    return found


def masks(layout: Layout, placed: Placed) -> dict[Position, int]:
    """Return the bytes with a bit that counts as zero for a checksum, and the bits that count."""
    found: dict[Position, int] = {}
    for field in layout.blank(placed):
        for piece in field.pieces:
            bits = ((1 << piece.bits) - 1) << piece.low
            found[piece.at] = found.get(piece.at, 0xFF) & ~bits
    return found
