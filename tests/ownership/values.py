"""The abstract values that emitted C is run on: numbers, packets, and pointers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Unknown:
    """Any value that does not matter to who owns what."""


UNKNOWN = Unknown()


@dataclass(eq=False)
class Packet:
    """A netbuf. ``references`` count only where it is shared."""

    name: str
    shared: bool = False
    destructor: str | None = None
    given: bool = False  # to the device
    sunk: bool = False  # put() took it: not for the sender's eyes
    freed: bool = False
    released: bool = False  # freed, wherever its destructor put it
    references: int = 1
    given_references: int = 0


@dataclass(frozen=True)
class Netbuf:
    """A pointer to a struct uk_netbuf."""

    packet: Packet


@dataclass(frozen=True)
class Bytes:
    """A pointer into the buffer of a netbuf, or to the memory that it is in."""

    packet: Packet


@dataclass(frozen=True)
class Place:
    """A pointer to anything else: the path that an lvalue is stored under."""

    key: tuple[Any, ...]


INFIX: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def truth(value: Any) -> bool | None:
    """Return whether a condition of that value holds, None when it is not known."""
    if isinstance(value, Unknown):
        return None
    return bool(value) if isinstance(value, int) else True


def constant(node: Any) -> Any:
    """Return the value of a constant: that of an integer, others do not matter."""
    if "int" not in node.type:
        return UNKNOWN
    text = node.value.rstrip("uUlL")
    return int(text, 8 if text.startswith("0") and text.isdigit() else 0)


def infix(op: str, left: Any, right: Any) -> Any:
    """Return the value of a binary operation."""
    if isinstance(left, int) and isinstance(right, int) and op in INFIX:
        return UNKNOWN if op in "/%" and right == 0 else int(INFIX[op](left, right))
    unknown = isinstance(left, Unknown) or isinstance(right, Unknown)
    if op in ("==", "!=") and not unknown:
        return int((left == right) == (op == "=="))
    # An address within a buffer is still one of the buffer.
    buffers = [each for each in (left, right) if isinstance(each, Bytes | Netbuf)]
    if op in "+-" and len(buffers) == 1:
        return buffers[0]
    # The number of an object in its pool stands for the object.
    if op == ">>" and isinstance(left, Bytes):
        return left
    return UNKNOWN


def pointed_at(value: Any) -> Place | None:
    """Return what a pointer points at, None when it is nothing that is followed."""
    if isinstance(value, Bytes | Netbuf):
        return Place((value.packet, "*"))
    return value if isinstance(value, Place) else None
