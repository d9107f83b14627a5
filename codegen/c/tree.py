"""The nodes of the tree: expressions with their types, statements, functions.

The largest width of an expression's value is known too (:func:`bits_of`). Type and width
determine where C needs a cast, so that no other cast is printed. The functions below the
nodes (:func:`shifted`, :func:`masked`, :func:`converted` …) add the casts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from codegen.c.types import (
    I64,
    INT,
    SIZE,
    U8,
    U32,
    U64,
    UINT,
    Array,
    Integer,
    Pointer,
    Type,
    common,
    promoted,
)

# ---------------------------------------------------------------- expressions


@dataclass(frozen=True)
class Number:
    """A literal; hexadecimal with at least ``digits`` digits where those are given."""

    value: int
    type: Integer = INT
    digits: int | None = None


@dataclass(frozen=True)
class Name:
    """A variable, a parameter, an enumeration's constant or a macro."""

    name: str
    type: Type


@dataclass(frozen=True)
class Member:
    """A member of a struct, through a pointer where ``of`` is one."""

    of: Expression
    name: str
    type: Type


@dataclass(frozen=True)
class Index:
    """A member of an array, or what lies behind a pointer."""

    of: Expression
    at: Expression

    @property
    def type(self) -> Type:
        """The type of a member."""
        match self.of.type:
            case Pointer(to=to):
                return to
            case Array(of=of):
                return of
        raise TypeError(f"{self.of!r} has no members")


@dataclass(frozen=True)
class Call:
    """A call of a function."""

    name: str
    arguments: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True)
class Cast:
    """A conversion that C does not do by itself, or only with a warning."""

    type: Integer
    of: Expression


@dataclass(frozen=True)
class Braced:
    """The initializer of an array inside of another one."""

    items: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True)
class SizeOf:
    """The bytes of an object."""

    of: Expression
    type: Type = SIZE


@dataclass(frozen=True)
class AddressOf:
    """The address of an object."""

    of: Expression

    @property
    def type(self) -> Type:
        """A pointer to the object's type."""
        return Pointer(self.of.type)


#: Operations whose result is a truth value.
COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">=", "&&", "||"))


@dataclass(frozen=True)
class Binary:
    """An operation on two operands."""

    operator: str
    left: Expression
    right: Expression

    @property
    def type(self) -> Type:
        """The type of the result."""
        if self.operator in COMPARISONS:
            return INT
        if isinstance(self.left.type, Array):
            return Pointer(self.left.type.of)
        if isinstance(self.left.type, Pointer):
            return self.left.type
        if self.operator in ("<<", ">>"):
            return promoted(self.left.type)
        return common(self.left.type, self.right.type)


Expression = Number | Name | Member | Index | Call | Cast | Braced | SizeOf | AddressOf | Binary

# ----------------------------------------------------------------- statements


@dataclass(frozen=True)
class Declare:
    """A variable at the start of a function; ``rows`` are the lines of an array's initializer."""

    type: Type
    name: str
    value: Expression | None = None
    const: bool = False
    rows: tuple[tuple[Expression, ...], ...] = ()


@dataclass(frozen=True)
class Assign:
    """``target = value``, or ``target += value``; the note stands behind it as a comment."""

    target: Expression
    value: Expression
    operator: str = "="
    note: str = ""


@dataclass(frozen=True)
class Increment:
    """``target++``."""

    target: Expression


@dataclass(frozen=True)
class Do:
    """A call for its effect."""

    call: Call


@dataclass(frozen=True)
class If:
    """A condition, and what is done where it holds."""

    condition: Expression
    then: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    """The end of a function."""

    value: Expression


@dataclass(frozen=True)
class Comment:
    """A comment above what follows, a paragraph a line."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Blank:
    """An empty line."""


Statement = Declare | Assign | Increment | Do | If | Return | Comment | Blank

# ------------------------------------------------------------------ functions


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function, and its documentation."""

    type: Type
    name: str
    summary: str = ""


@dataclass(frozen=True)
class Function:
    """A function with its documentation.

    ``inline`` ones are static and stand in a header, other ``static`` ones in their source.
    """

    name: str
    result: Type
    parameters: tuple[Parameter, ...]
    summary: str
    body: tuple[Statement, ...] = ()
    returns: str = ""
    inline: bool = False
    static: bool = False

    @property
    def unused(self) -> tuple[str, ...]:
        """The parameters that the body does not look at."""
        return tuple(each.name for each in self.parameters if not uses(self.body, each.name))


@dataclass(frozen=True)
class Struct:
    """A struct, and a comment for each of its members."""

    name: str
    summary: str
    members: tuple[tuple[Type, str, str], ...]


# ----------------------------------------------------------------- questions


def walk(node: Any) -> Iterator[Any]:
    """Yield a node, or each of several, and all that is inside."""
    if isinstance(node, tuple | list):
        for each in node:
            yield from walk(each)
    elif isinstance(node, Expression | Statement):
        yield node
        for field in fields(node):
            if field.name != "type":
                yield from walk(getattr(node, field.name))


def uses(node: Any, name: str) -> bool:
    """Return whether a variable of that name is looked at anywhere in the node."""
    return any(isinstance(each, Name) and each.name == name for each in walk(node))


def bits_of(node: Expression) -> int:
    """Return how many bits the value of an integer expression can have at most."""
    type_ = node.type
    limit = type_.bits if isinstance(type_, Integer) else 64
    match node:
        case Number(value=value):
            return value.bit_length()
        case Cast(of=of):
            return min(limit, bits_of(of))
        case Binary(operator="&", left=left, right=right):
            return min(bits_of(left), bits_of(right))
        case Binary(operator="|", left=left, right=right):
            return max(bits_of(left), bits_of(right))
        case Binary(operator="<<", left=left, right=Number(value=by)):
            return min(limit, bits_of(left) + by)
        case Binary(operator=">>", left=left, right=Number(value=by)):
            return max(0, bits_of(left) - by)
        case Binary(operator="+", left=left, right=right):
            return min(limit, max(bits_of(left), bits_of(right)) + 1)
        case Binary(operator="*", left=left, right=right):
            return min(limit, bits_of(left) + bits_of(right))
        case Binary(operator="%", right=Number(value=value)):
            return (value - 1).bit_length()
        case Binary(operator="/", left=left):
            return bits_of(left)
    return limit


# ------------------------------------------------------------------- builders


def decimal(value: int) -> Number:
    """Return a number as people count: plain while it is an ``int``, wider as it needs."""
    if value <= 0x7FFFFFFF:
        return Number(value)
    return Number(value, U64, 0)


def signed_decimal(value: int) -> Expression:
    """Return a number of either sign: plain while it is an ``int``, and an ``int64_t`` else."""
    if value == -(1 << 63):
        # C has no negative literals: it negates a positive one, and this one does not fit.
        return Name("INT64_MIN", I64)
    return Number(value, INT if abs(value) <= 0x7FFFFFFF else I64)


def is_negative(node: Expression) -> bool:
    """Return whether an expression is a constant below zero."""
    return node == signed_decimal(-(1 << 63)) or (isinstance(node, Number) and node.value < 0)


def size(value: int) -> Number:
    """Return a number of bytes, unsigned as sizes are."""
    return Number(value, UINT)


def wire(value: int, bits: int) -> Number:
    """Return the value of a field as it is on the wire: hexadecimal, as wide as the field."""
    type_ = U64 if bits > 32 else UINT if value > 0x7FFFFFFF else INT
    return Number(value, type_, -(-bits // 4))


def widened(node: Expression, bits: int) -> Expression:
    """Return the expression in a type that holds a result of so many bits."""
    have = promoted(node.type)
    if isinstance(have, Integer) and min(bits, 64) <= have.value_bits:
        return node
    return Cast(U32 if bits <= 32 else U64, node)


def shifted(node: Expression, by: int) -> Expression:
    """Return the expression shifted to the left, or to the right where ``by`` is negative."""
    if by == 0:
        return node
    if by < 0:
        # Shifts by the width of the type or more are undefined.
        return Binary(">>", widened(node, -by + 1), Number(-by))
    return Binary("<<", widened(node, bits_of(node) + by), Number(by))


def masked(node: Expression, bits: int) -> Expression:
    """Return the lowest bits of the expression."""
    if bits_of(node) <= bits:
        return node
    if isinstance(node, Binary) and node.operator == "&" and isinstance(node.right, Number):
        # The narrower of two masks of the lowest bits is enough.
        kept = node.right.value
        node = node.left if kept & (kept + 1) == 0 else node
    return Binary("&", node, wire((1 << bits) - 1, bits))


def converted(node: Expression, type_: Integer) -> Expression:
    """Return the expression so that it can be assigned to the type without a warning."""
    have = node.type
    if not isinstance(have, Integer):
        return node
    if have.bits <= type_.bits:
        return node if type_.bits < INT.bits else unsigned_number(node)
    if isinstance(node, Number):
        return node
    match node:
        case Binary(operator="&", left=left, right=Number(value=mask)):
            if mask == (1 << type_.bits) - 1:
                # The conversion leaves just these bits.
                return Cast(type_, left)
            if mask < 1 << type_.bits:
                return node
    return Cast(type_, node)


def added(node: Expression, plus: int) -> Expression:
    """Return the expression plus a number of bytes, which may be negative."""
    if plus == 0:
        return node
    return Binary("-" if plus < 0 else "+", node, size(abs(plus)))


def unsigned_number(node: Expression) -> Expression:
    """Return the expression so that it can be compared with an unsigned one."""
    if isinstance(node, Binary) and node.operator == "|" and node.type == INT:
        return Cast(U32, node)
    return node


def joined(operator: str, parts: Iterable[Expression]) -> Expression:
    """Return the parts joined by an operator; there is at least one."""
    first, *rest = parts
    for each in rest:
        first = Binary(operator, first, each)
    return first


def octet(pointer: Expression, at: int) -> Index:
    """Return the byte at an offset from a pointer."""
    return Index(pointer, Number(at))


def octets_row(octets: Iterable[int]) -> tuple[Expression, ...]:
    """Return bytes as numbers of two hexadecimal digits."""
    return tuple(Number(each, U8, 2) for each in octets)
