"""The members of a struct that the compiler has placed, as fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from codegen.errors import UsageError
from codegen.importing.c_types import Address, Array, Node, Number, Struct
from codegen.importing.found import (
    MAX_FIELDS,
    FoundGroup,
    FoundMember,
    Names,
    count,
    parameter,
)
from codegen.importing.placed import MAX_NAMES, Placed
from codegen.model import (
    MAC,
    Bytes,
    Default,
    IPv4Address,
    IPv6Address,
    Parameter,
    Reserved,
    Source,
    UInt,
    Value,
)
from codegen.model.field import ByteOrder

_ADDRESSES: dict[str, type[MAC | IPv4Address | IPv6Address]] = {
    "IPv4Address": IPv4Address,
    "IPv6Address": IPv6Address,
    "MAC": MAC,
}
_NO_ADDRESS = {"IPv4Address": "0.0.0.0", "IPv6Address": "::", "MAC": "00:00:00:00:00:00"}


class Fields:
    """Makes fields of members, and notes what these do not express."""

    def __init__(self, header: str, order: ByteOrder, placed: Placed) -> None:
        """``order`` is that of integers whose types name none."""
        self.header = header
        self.order = order
        self.placed = placed
        self.names = Names()
        self.comments: dict[str, str] = {}
        self.notes: list[str] = []
        self._assumed: list[str] = []
        self._signed: list[str] = []
        self._by_machine: list[str] = []
        self._bit_fields = False

    def of(self, members: Sequence[Node]) -> tuple[FoundMember, ...]:
        """Return the fields of a struct's members; :attr:`notes` is complete then."""
        found = self._fields(members, self.header, 0, 8 * self.placed.sizes[""], 0)
        if count(found) > MAX_FIELDS:
            raise UsageError(
                f"{self.header} has {count(found)} fields, those of array elements included; "
                f"{MAX_FIELDS} at most are written: import a part of it"
            )
        self._add_notes()
        return found

    def _fields(
        self, members: Sequence[Node], scope: str, start: int, end: int, arrays: int
    ) -> tuple[FoundMember, ...]:
        """Return the fields between two bits of the struct; ``arrays`` are around them."""
        found: list[FoundMember] = []
        at = start
        for node in self._named(members, scope):
            if isinstance(node, Array) and node.flexible:
                self.notes.append(f"{node.access[1:]}[]: what follows the header is its payload")
                continue
            first, bits = self._extent(node)
            if not bits:
                self.notes.append(f"{node.access[1:]}: it has no bytes, and is left out")
                continue
            found += self._gap(scope, at, first)
            found.append(self._field(node, scope, first, bits, arrays))
            at = first + bits
        return (*found, *self._gap(scope, at, end))

    def _named(self, members: Sequence[Node], scope: str) -> Iterator[Node]:
        """Yield members; in place of a struct without a name, its own."""
        for node in members:
            if isinstance(node, Struct) and node.left_out:
                where = node.access[1:] if node.name else "a union without a name"
                first = node.members[0].name or "the member without a name"
                self.notes.append(
                    f"{where}: a union has one meaning here, that of its first member, {first}; "
                    f"left out: {', '.join(node.left_out)}"
                )
            if isinstance(node, Struct) and not node.name:
                yield from self._named(node.members, scope)
            else:
                yield node

    def _extent(self, node: Node) -> tuple[int, int]:
        """Return the first bit of a member in the struct, and how many bits it has."""
        if node.access in self.placed.bits:
            return self.placed.bits[node.access]
        return 8 * self.placed.offsets[node.access], 8 * self.placed.sizes[node.access]

    def _gap(self, scope: str, start: int, end: int) -> list[FoundMember]:
        """Return what is between two members: nothing, or reserved bits."""
        if start >= end:
            return []
        name = self.names.choose(scope, "padding")
        if start % 8 or end % 8:
            where = f"bits {start} to {end - 1}"
        else:
            where = f"bytes {start // 8} to {end // 8 - 1}"
        self.notes.append(
            f"{scope}.{name}: no member is at {where} (padding by the compiler, bits without a "
            "name, or the rest of a union); reserved"
        )
        if end - start <= 64:
            whole = start % 8 == 0 and end % 8 == 0
            return [Reserved(end - start, name, byteorder="big" if whole else self.order)]
        # Reserved bits are a number, and as such 64 at most.
        first, last = -(-start // 8), end // 8
        zeros = Bytes(name, Default(bytes(last - first)), size=last - first)
        before, behind = 8 * first - start, end - 8 * last
        return [
            *([Reserved(before, f"{name}_before", byteorder=self.order)] if before else []),
            zeros,
            *([Reserved(behind, f"{name}_behind", byteorder=self.order)] if behind else []),
        ]

    def _field(self, node: Node, scope: str, first: int, bits: int, arrays: int) -> FoundMember:
        name = self.names.choose(scope, node.name or "value")
        path = f"{scope}.{name}"
        match node:
            case Struct():
                return FoundGroup(
                    name, self._fields(node.members, path, first, first + bits, arrays)
                )
            case Array(element=element):
                assert element is not None
                return self._array(node, element, scope, name, arrays)
            case Address(kind=kind):
                source = self._source(path, _NO_ADDRESS[kind], arrays)
                return _ADDRESSES[kind](name, source)
            case Number():
                return self._number(node, path, name, bits, arrays)
        raise AssertionError(node)

    def _array(self, node: Array, element: Node, scope: str, name: str, arrays: int) -> FoundMember:
        path = f"{scope}.{name}"
        first, bits = self._extent(element)
        size = self.placed.sizes[node.access]
        if bits == 8 and isinstance(element, Number) and not element.enumerators:
            return Bytes(name, self._source(path, bytes(size), arrays), size)
        times = size // (bits // 8)
        if times * self.numbers_of(element) > MAX_FIELDS:
            raise UsageError(
                f"{node.access[1:]} is an array of {times} elements; a header has {MAX_FIELDS} "
                "fields at most: import a part of it, or declare bytes in its place"
            )
        if arrays:
            self.notes.append(f"{path}: an array in an array; its elements are no parameters")
        inside = element.members if isinstance(element, Struct) else [replace(element, name="")]
        fields = self._fields(inside, path, first, first + bits, arrays + 1)
        return FoundGroup(name, fields, times)

    def numbers_of(self, node: Node) -> int:
        """Return how many fields a member has, at least: arrays inside count once."""
        if isinstance(node, Struct):
            return sum(map(self.numbers_of, node.members)) or 1
        return 1

    def _source(self, path: str, value: Value, arrays: int) -> Source:
        # Elements of arrays in arrays would be numbered twice, as in x111.
        scope, _, name = path.rpartition(".")
        return Default(value) if arrays > 1 else Parameter(parameter(scope, name), value)

    def _number(self, node: Number, path: str, name: str, bits: int, arrays: int) -> UInt:
        where = path.partition(".")[2]
        if node.checksum:
            self.comments[path] = (
                f"{node.type}: perhaps Checksum(HEADER), or Checksum(HEADER_AND_PAYLOAD)"
            )
            self.notes.append(
                f"{where}: a checksum by its type ({node.type}), and a parameter here"
            )
        if node.bits is not None:
            self._bit_fields = True
        elif node.order is None and bits > 8:
            self._assumed.append(where)
        if node.signed:
            self._signed.append(where)
        if node.by_machine:
            self._by_machine.append(f"{where} ({node.type})")
        names = self._names_of(node, bits, where)
        order = node.order if node.order and node.bits is None else self.order
        return UInt(
            name,
            bits,
            self._source(path, 0 if not names or 0 in names else next(iter(names)), arrays),
            byteorder=order if bits > 8 or node.bits is not None else "big",
            names=names,
        )

    def _names_of(self, node: Number, bits: int, where: str) -> dict[int, str]:
        """Return the numbers of an enumeration with their names, where it can be written."""
        if not node.enumerators:
            return {}
        if len(node.enumerators) > MAX_NAMES:
            self.notes.append(f"{where}: the {len(node.enumerators)} names of {node.type}")
            return {}
        found: dict[int, str] = {}
        for each in node.enumerators:
            found.setdefault(self.placed.numbers[each], each)
        if any(not 0 <= number < 1 << bits for number in found):
            self.notes.append(f"{where}: the names of {node.type}, some of which do not fit")
            return {}
        return found

    def _add_notes(self) -> None:
        if self._bit_fields:
            first = "most" if self.order == "big" else "least"
            self.notes.append(
                "bit fields are in the order of their declaration, "
                f"the {first} significant bits first"
            )
        if self._assumed:
            self.notes.append(
                f"assumed to be {self.order}-endian, since their types name no byte order "
                f"(--byteorder changes it): {', '.join(self._assumed)}"
            )
        if self._by_machine:
            self.notes.append(
                f"as wide as on this machine, and not on every other: {', '.join(self._by_machine)}"
            )
        if self._signed:
            self.notes.append(
                f"signed in C, and here a number in two's complement: {', '.join(self._signed)}"
            )
        for path, name in self.names.renamed.items():
            self.notes.append(f"{path}: its name in the header is {name!r}")
