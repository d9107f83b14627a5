"""The C types that emitted code has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Integer:
    """An integer type of at least ``bits`` bits, the sign included."""

    name: str
    bits: int
    signed: bool = False

    @property
    def value_bits(self) -> int:
        """The bits that a number of this type may have."""
        return self.bits - 1 if self.signed else self.bits


@dataclass(frozen=True)
class Tagged:
    """A struct or an enum, or ``void``: a type of which only the name matters."""

    name: str


@dataclass(frozen=True)
class Pointer:
    """A pointer; ``const`` is what it points to."""

    to: Type
    const: bool = False


@dataclass(frozen=True)
class Array:
    """An array of ``size`` members; None where its initializer gives the size."""

    of: Type
    size: int | None


Type = Integer | Tagged | Pointer | Array

U8 = Integer("uint8_t", 8)
U16 = Integer("uint16_t", 16)
U32 = Integer("uint32_t", 32)
U64 = Integer("uint64_t", 64)
I8 = Integer("int8_t", 8, signed=True)
I16 = Integer("int16_t", 16, signed=True)
I32 = Integer("int32_t", 32, signed=True)
I64 = Integer("int64_t", 64, signed=True)
INT = Integer("int", 32, signed=True)
UINT = Integer("unsigned int", 32)
#: Taken as 32 bits, its width on the smallest supported machines.
SIZE = Integer("size_t", 32)
CHAR = Tagged("char")
VOID = Tagged("void")


def unsigned(bits: int) -> Integer:
    """Return the smallest unsigned type of ``<stdint.h>`` that holds so many bits, up to 64."""
    return next(each for each in (U8, U16, U32, U64) if bits <= each.bits)


def signed(bits: int) -> Integer:
    """Return the smallest signed type of ``<stdint.h>`` that holds so many bits, up to 64."""
    return next(each for each in (I8, I16, I32, I64) if bits <= each.bits)


def promoted(type_: Type) -> Type:
    """Return the type after the integer promotions (C11 6.3.1.1)."""
    if isinstance(type_, Integer) and type_.bits < INT.bits:
        return INT
    return type_


def common(left: Type, right: Type) -> Type:
    """Return the type after the usual arithmetic conversions (C11 6.3.1.8)."""
    left, right = promoted(left), promoted(right)
    if not isinstance(left, Integer):
        return left
    if not isinstance(right, Integer):
        return right
    if left.bits != right.bits:
        return left if left.bits > right.bits else right
    return right if left.signed else left


def declaration(type_: Type, name: str) -> str:
    """Return the declaration of a name; without one, the type alone.

    >>> declaration(Pointer(U8, const=True), "frame")
    'const uint8_t *frame'
    >>> declaration(Array(U8, 6), "mac")
    'uint8_t mac[6]'
    """
    match type_:
        case Integer() | Tagged():
            return f"{type_.name} {name}".rstrip()
        case Pointer(to, const):
            return f"{'const ' if const else ''}{declaration(to, f'*{name}')}"
        case Array(of, size):
            return declaration(of, f"{name}[{'' if size is None else size}]")
