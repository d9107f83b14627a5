"""The internet checksum as addends: what a field adds to a sum of 16-bit words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.c import tree
from codegen.c.tree import (
    Assign,
    Binary,
    Call,
    Cast,
    Declare,
    Expression,
    Name,
    Number,
    SizeOf,
    Statement,
)
from codegen.c.types import U8, U32, U64, Array
from codegen.layout import Payload, Placed
from codegen.lower.access import PKTLEN, address_of, is_octets
from codegen.lower.crcs import REGISTERS

#: The variable that sums are built in.
SUM = Name("sum", U64)


@dataclass(frozen=True)
class Term:
    """An addend, and what it is."""

    value: Expression
    note: str

    @property
    def statement(self) -> Assign:
        """The statement that adds it."""
        return Assign(SUM, self.value, "+=", self.note)


def declare_sums(body: Sequence[Statement]) -> list[Statement]:
    """Return the declarations of what checksums are built in, as far as a body has it."""
    variables = (SUM, *REGISTERS.values())
    return [Declare(each.type, each.name) for each in variables if tree.uses(body, each.name)]


def csum_add(octets: Expression, size: Expression) -> Call:
    """Return the sum of the 16-bit words of some bytes."""
    return Call("csum_add", (octets, size), U64)


def to_word_end(end: int) -> int:
    """Return the left shift with which a number that ends at bit ``end`` enters a sum of words.

    2^16 is 1 modulo 65535, so only the distance of its last bit to the end of a
    16-bit word matters, not how many words it spans.
    """
    return -end % 16


def weight_of(placed: Placed, at: int) -> int:
    """Return the left shift with which a field at bit ``at`` enters a sum of 16-bit words.

    A little-endian number has the bytes of its words swapped. In the sum, that is a
    multiplication by 2^8 modulo 65535 (RFC 1071 section 2 (B)).
    """
    return (at + 8) % 16 if placed.field.byteorder == "little" else to_word_end(at + placed.bits)


def weighted(value: Expression, weight: int) -> Expression:
    """Return the unsigned addend ``value`` shifted left by ``weight`` bits."""
    if weight and tree.bits_of(value) + weight <= 31:
        value = Cast(U32, value)
    return tree.shifted(value, weight)


def addends(value: Expression, placed: Placed, at: int) -> list[Term]:
    """Return what a field's value adds to a sum when it starts at bit ``at``."""
    if is_octets(placed.field):
        # Its words count from its own start on.
        octets = csum_add(value, tree.size(placed.field.octets or 0))
        return [Term(weighted(octets, to_word_end(at)), placed.path)]
    weight = weight_of(placed, at)
    if placed.bits <= 32:
        return [Term(weighted(value, weight), placed.path)]
    # The upper half is added separately, so that the sum of 64-bit values fits into 64 bits.
    upper, lower = tree.shifted(value, -32), Binary("&", value, Number(0xFFFFFFFF, U64, 8))
    return [
        Term(tree.shifted(upper, weight), f"{placed.path}, upper bits"),
        Term(tree.shifted(lower, weight), f"{placed.path}, lower bits"),
    ]


def payload_addends(payload: Payload, start: int, name: str) -> list[Term]:
    """Return what the payload of a format of that name adds to a sum over bytes from ``start``."""
    size = payload.extent.end.octet - payload.start
    in_word = (payload.start - start) % 2 == 0
    if payload.pattern is None:
        # The emitted code has written it by then.
        written = csum_add(address_of(payload.extent.start), tree.added(PKTLEN, size))
        return [Term(written if in_word else tree.shifted(written, 8), payload.path)]
    if not any(payload.pattern):
        return []
    if len(payload.pattern) > 1:
        pattern = Name(f"{name}_payload", Array(U8, len(payload.pattern)))
        sizes = (SizeOf(pattern), tree.added(PKTLEN, size))
        repeated = Call("csum_repeat", (pattern, *sizes), U64)
        return [Term(repeated if in_word else tree.shifted(repeated, 8), payload.path)]
    # A byte in the upper half of its word has the weight 256; from an odd byte on, the
    # first byte is in the lower half.
    more = Binary("/", tree.added(PKTLEN, size + 1), Number(2))
    fewer = Binary("/", tree.added(PKTLEN, size), Number(2))
    upper, lower = (more, fewer) if in_word else (fewer, more)
    value = payload.pattern[0]
    return [
        Term(
            Binary("*", Cast(U64, upper), tree.wire(value << 8, 16)), f"{payload.path}, upper bytes"
        ),
        Term(Binary("*", Cast(U64, lower), tree.wire(value, 8)), f"{payload.path}, lower bytes"),
    ]
