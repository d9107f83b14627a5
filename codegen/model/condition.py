"""The conditions under which an optional field or group is there.

``when="flag"`` (not zero) and ``when=("kind", 2)`` are the plain ones. Others are
comparisons, joined by ``&``, ``|`` and ``~``::

    when=Is("version", 2) & (AtLeast("length", 8) | ~Is("kind", 0))
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.model.source import Value


class _Operand:
    """What ``&``, ``|`` and ``~`` combine; a plain condition may be the other operand."""

    def __and__(self, other: Switch) -> And:
        return And((*_parts(self, And), *_parts(other, And)))

    def __rand__(self, other: Switch) -> And:
        return And((*_parts(other, And), *_parts(self, And)))

    def __or__(self, other: Switch) -> Or:
        return Or((*_parts(self, Or), *_parts(other, Or)))

    def __ror__(self, other: Switch) -> Or:
        return Or((*_parts(other, Or), *_parts(self, Or)))

    def __invert__(self) -> Not:
        return Not(self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Is(_Operand):
    """The field has that value."""

    field: str
    value: Value


@dataclass(frozen=True)
class AtLeast(_Operand):
    """The number in the field is that one or a larger one."""

    field: str
    value: int


@dataclass(frozen=True)
class AtMost(_Operand):
    """The number in the field is that one or a smaller one."""

    field: str
    value: int


@dataclass(frozen=True)
class And(_Operand):
    """Each part holds, looked at from the first on; written with ``&``."""

    parts: tuple[Switch, ...]


@dataclass(frozen=True)
class Or(_Operand):
    """Any part holds, looked at from the first on; written with ``|``."""

    parts: tuple[Switch, ...]


@dataclass(frozen=True)
class Not(_Operand):
    """The part does not hold; written with ``~``."""

    part: Switch


#: The condition of an optional field: the name of a field of its header that must not be
#: zero, the name and the value that it must have, or an expression.
Switch = str | tuple[str, Value] | Is | AtLeast | AtMost | And | Or | Not


def _parts(switch: object, of: type[And | Or]) -> tuple[Switch, ...]:
    """Return what a condition joins, itself alone where it joins nothing in that way."""
    return switch.parts if isinstance(switch, of) else (switch,)  # type: ignore[return-value]
