"""The internet checksum as addends: what a field adds to a sum of 16-bit words."""

from __future__ import annotations

from codegen.layout import Payload, Placed
from codegen.lower.plan import Term
from codegen.lower.spelling import added, bracketed, is_octets


def to_word_end(end: int) -> int:
    """Return how far to the left a number counts in a sum of 16-bit words when it ends there.

    2^16 is 1 modulo 65535, so only the distance of its last bit to the end of a
    word matters, not how many words it spans.
    """
    return -end % 16


def weight_of(placed: Placed, at: int) -> int:
    """Return how far to the left a field at bit ``at`` counts in a sum of 16-bit words.

    Least significant bits first, a number is one in words with their bytes swapped. That
    is to multiply by 2^8 modulo 65535 (RFC 1071 section 2 (B)).
    """
    return (at + 8) % 16 if placed.field.byteorder == "little" else to_word_end(at + placed.bits)


def addend(expression: str, shift: int, comment: str) -> Term:
    """Return an addend that counts so many bits to the left."""
    if shift:
        expression = f"(uint64_t){bracketed(expression)} << {shift}"
    return Term(expression, comment)


def addends(value: str, placed: Placed, at: int) -> list[Term]:
    """Return what a field's value adds to a sum when it starts at bit ``at``."""
    if is_octets(placed.field):
        # Its words count from its own start on.
        return [addend(f"csum_add({value}, {placed.field.octets}U)", to_word_end(at), placed.path)]
    weight = weight_of(placed, at)
    if placed.bits <= 32:
        return [addend(value, weight, placed.path)]
    # The upper half on its own keeps the sum of shifted 64-bit values in 64 bits.
    value = f"(uint64_t){bracketed(value)}"
    return [
        addend(f"({value} >> 32)", weight, f"{placed.path}, upper bits"),
        addend(f"({value} & 0xffffffff)", weight, f"{placed.path}, lower bits"),
    ]


def payload_addends(payload: Payload, start: int, name: str) -> list[Term]:
    """Return what the payload of a format of that name adds to a sum over bytes from ``start``."""
    if not any(payload.pattern):
        return []
    size = payload.extent.end.octet - payload.start
    in_word = (payload.start - start) % 2 == 0
    if len(payload.pattern) > 1:
        pattern = f"{name}_payload"
        expression = f"csum_repeat({pattern}, sizeof({pattern}), {added('pktlen', size)})"
        return [addend(expression, 0 if in_word else 8, payload.path)]
    # A byte counts 256-fold in the upper half of its word; from an odd byte on,
    # the lower half comes first.
    more, fewer = f"({added('pktlen', size + 1)}) / 2", f"({added('pktlen', size)}) / 2"
    upper, lower = (more, fewer) if in_word else (fewer, more)
    value = f"{payload.pattern[0]:02x}"
    return [
        Term(f"(uint64_t)({upper}) * 0x{value}00", f"{payload.path}, upper bytes"),
        Term(f"(uint64_t)({lower}) * 0x{value}", f"{payload.path}, lower bytes"),
    ]
