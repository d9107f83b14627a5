"""Where the compiler places the members of a struct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codegen.errors import UsageError
from codegen.importing.c_types import Array, Node, Number, Struct
from codegen.importing.compiler import Table
from codegen.importing.found import MAX_BYTES
from codegen.model.field import ByteOrder

#: The most numbers of an enumeration that are written.
MAX_NAMES = 64


@dataclass
class Placed:
    """What the compiler made of a struct: positions in bits by the access of a member.

    ``bits`` has the first bit of each bit field and its number of bits, ``sizes`` the bytes of
    the struct (under ``""``) and its members, ``counts`` the lengths of arrays.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    bits: dict[str, tuple[int, int]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def by(cls, table: Table, spelled: str, members: Sequence[Node]) -> Placed:
        """Ask the compiler for the positions of all members."""
        nodes = list(_every(members))
        plain = [
            each
            for each in nodes
            if each.access and not (isinstance(each, Number) and each.bits is not None)
        ]
        sized = [each for each in plain if not (isinstance(each, Array) and each.flexible)]
        names = [
            name
            for each in nodes
            if isinstance(each, Number) and len(each.enumerators) <= MAX_NAMES
            for name in each.enumerators
        ]
        found = iter(
            table.numbers(
                [f"sizeof({spelled})"]
                + [f"__builtin_offsetof({spelled}, {each.access[1:]})" for each in plain]
                + [f"sizeof((({spelled} *)0)->{each.access[1:]})" for each in sized]
                + names
            )
        )
        placed = cls()
        placed.sizes[""] = next(found)
        placed.offsets = {each.access: next(found) for each in plain}
        placed.sizes |= {each.access: next(found) for each in sized}
        placed.numbers = {each: next(found) for each in names}
        if not 0 < placed.sizes[""] <= MAX_BYTES:
            raise UsageError(
                f"{spelled} has {placed.sizes['']} bytes; a header has 1 to {MAX_BYTES}, "
                "as much as a frame"
            )
        fields = [each for each in nodes if isinstance(each, Number) and each.bits is not None]
        values = [f"{{ {each.access} = -1 }}" for each in fields]
        objects = table.objects(spelled, values, placed.sizes[""]) if fields else []
        for each, octets in zip(fields, objects, strict=True):
            ones = _ones(octets, table.order)
            placed.bits[each.access] = (ones[0], len(ones))
        return placed


def _every(members: Sequence[Node]) -> Iterator[Node]:
    for each in members:
        yield each
        if isinstance(each, Struct):
            yield from _every(each.members)
        elif isinstance(each, Array) and each.element is not None:
            yield from _every([each.element])


def _ones(octets: bytes, order: ByteOrder) -> list[int]:
    """Return which bits are set, counted as a compiler for such machines places bit fields."""
    ways = range(8) if order == "little" else range(7, -1, -1)
    return [
        8 * at + place
        for at, octet in enumerate(octets)
        if octet
        for place, shift in enumerate(ways)
        if octet >> shift & 1
    ]
