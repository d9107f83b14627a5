"""CRCs in C: the table of each, and the steps over what a checksum covers.

The register has 32 or 64 bits, whatever the width of the CRC. Where bytes enter with their
most significant bit first, the CRC is in its upper bits, and else in its lower ones, in the
opposite order: a step is the same then for every width.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.c import tree
from codegen.c.tree import Assign, Binary, Call, Expression, Name, Statement
from codegen.c.types import U32, U64, Integer, unsigned
from codegen.layout import Extent, Layout, Placed, Sum
from codegen.lower.access import address_of, octet_at, size_of
from codegen.lower.covering import Blank, Octet, parts
from codegen.model import CRC, Algorithm, crc

#: The functions of a CRC's header; the last one returns the checksum.
FUNCTIONS = ("add", "octet", "zeros", "end")

#: The variables of a register, by its bits.
REGISTERS = {32: Name("crc", U32), 64: Name("crc64", U64)}

#: The algorithms that have a function of their own, which takes one run of whole bytes.
_SAME = {Algorithm.CRC32: crc("CRC-32/ISO-HDLC"), Algorithm.CRC32C: crc("CRC-32/ISCSI")}


def crc_of(placed: Placed) -> CRC | None:
    """Return the CRC that a checksum is computed with in steps, None for any other checksum."""
    total = placed.origin
    assert isinstance(total, Sum), placed.path
    if isinstance(total.algorithm, CRC):
        return total.algorithm
    if isinstance(total.algorithm, Algorithm) and (
        len(total.over) > 1 or total.zeroed or placed.start.bit
    ):
        return _SAME.get(total.algorithm)
    return None


def register_of(algorithm: CRC) -> Name:
    """Return the variable that a CRC is computed in."""
    return REGISTERS[32 if algorithm.width <= 32 else 64]


def steps(layout: Layout, placed: Placed, length: Name) -> tuple[list[Statement], Call]:
    """Return the statements that take a checksum's bytes in, and the call that has its value."""
    algorithm, total = crc_of(placed), placed.origin
    assert algorithm is not None, placed.path
    assert isinstance(total, Sum), placed.path
    register = register_of(algorithm)
    name = f"csum_{algorithm.identifier}"
    found: list[Statement] = [Assign(register, Name(f"{name.upper()}_INIT", register.type))]

    def add(function: str, *given: Expression) -> None:
        call = Call(f"{name}_{function}", (register, *given), register.type)
        found.append(Assign(register, call))

    for extent in total.over:
        for part in parts(layout, placed, extent):
            match part:
                case Extent():
                    add("add", address_of(part.start), size_of(part, length))
                case Octet(at=at, mask=mask):
                    octet = Binary("&", octet_at(at), tree.wire(mask, 8))
                    add("octet", octet)
                case Blank(octets=octets):
                    add("zeros", tree.size(octets))
    return found, Call(f"{name}_end", (register,), unsigned(algorithm.width))


@dataclass(frozen=True)
class CrcPlan:
    """What the header of a CRC has: its table, and how the register starts and ends."""

    algorithm: CRC

    @property
    def name(self) -> str:
        """The CRC in C."""
        return self.algorithm.identifier

    @property
    def facts(self) -> str:
        """Its parameters in words."""
        each, digits = self.algorithm, -(-self.algorithm.width // 4)
        order = {
            (False, False): "most significant bit first",
            (True, True): "least significant bit first",
            (True, False): "bytes enter with their least significant bit first",
            (False, True): "the result has its least significant bit first",
        }[each.reflect_in, each.reflect_out]
        return (
            f"{each.name}: {each.width} bits, polynomial 0x{each.polynomial:0{digits}x}, "
            f"init 0x{each.init:0{digits}x}, xor 0x{each.xor_out:0{digits}x}, {order}"
        )

    @property
    def bits(self) -> int:
        """The bits of the register."""
        return self.register.bits

    @property
    def register(self) -> Integer:
        """The type of the register."""
        found = register_of(self.algorithm).type
        assert isinstance(found, Integer)
        return found

    @property
    def result(self) -> Integer:
        """The type of the checksum."""
        return unsigned(self.algorithm.width)

    @property
    def step(self) -> str:
        """The function of the shared header that takes bytes in."""
        return f"crc_{'reflected' if self.algorithm.reflect_in else 'forward'}{self.bits}"

    @property
    def init(self) -> str:
        """What the register starts with."""
        return self._literal(self._placed(self.algorithm.init))

    @property
    def end(self) -> str:
        """The expression of the checksum, given the register ``crc``."""
        each = self.algorithm
        found = "crc"
        if not each.reflect_in and each.width < self.bits:
            found = f"crc >> {self.bits - each.width}"
        turned = each.reflect_in != each.reflect_out
        if turned:
            found = f"crc_reversed({found}, {each.width})"
        if each.xor_out:
            found += f" ^ {self._literal(each.xor_out)}"
        if turned or self.result != self.register:
            plain = found == "crc" or (turned and not each.xor_out)
            return f"({self.result.name}){found if plain else f'({found})'}"
        return found

    @property
    def rows(self) -> list[str]:
        """The lines of the table, which has an entry for each value of the byte that leaves."""
        in_row = 6 if self.bits == 32 else 3
        entries = [self._literal(self._entry(octet)) for octet in range(256)]
        return [", ".join(entries[at : at + in_row]) + "," for at in range(0, 256, in_row)]

    def _entry(self, octet: int) -> int:
        """Return what a byte that leaves the register adds to the rest."""
        added = self._placed(self.algorithm.polynomial)
        if self.algorithm.reflect_in:
            for _ in range(8):
                octet = octet >> 1 ^ (added if octet & 1 else 0)
            return octet
        entry = octet << self.bits - 8
        for _ in range(8):
            entry = entry << 1 ^ (added if entry >> self.bits - 1 else 0)
            entry &= (1 << self.bits) - 1
        return entry

    def _placed(self, value: int) -> int:
        """Return a number of the CRC's width where the register has it."""
        width = self.algorithm.width
        if self.algorithm.reflect_in:
            return int(f"{value:0{width}b}"[::-1], 2)
        return value << self.bits - width

    def _literal(self, value: int) -> str:
        return f"0x{value:0{self.bits // 4}x}{'ULL' if self.bits == 64 else ''}"
