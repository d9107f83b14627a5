"""Type check of declarations: compare their values with the annotations of their fields.

Users rarely run a type checker over their formats. A list where a tuple is wanted, or a
class where an instance is, would fail somewhere in the middle of the resolution; here it
is reported with its place.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union

from codegen.errors import shown

#: A number from here on is no part of any format; Python prints none of thousands of digits.
_HUGE = 1 << 4096


def mistakes(declared: object) -> Iterator[tuple[str, str, str]]:
    """Yield each mismatch of a declaration: its place, the value, and the type it should have."""
    if isinstance(declared, tuple):
        for each in declared:
            yield from mistakes(each)
    if not is_dataclass(declared) or isinstance(declared, type):
        return
    for name, hint in _hints(type(declared)).items():
        value = getattr(declared, name)
        if _is_a(value, hint):
            yield from mistakes(value)
            continue
        of_tuple = isinstance(value, tuple) and typing.get_origin(hint) is tuple
        element = typing.get_args(hint)[0] if of_tuple else None
        wrong = [each for each in value if not _is_a(each, element)] if of_tuple else []
        if wrong:
            yield _place(declared), f"{name} has {shown(wrong[0])}", _wanted(wrong[0], element)
        else:
            yield _place(declared), f"{name} is {shown(value)}", _wanted(value, hint)


@cache
def _hints(declared: type) -> dict[str, Any]:
    hints = typing.get_type_hints(declared)
    return {each.name: hints[each.name] for each in fields(declared)}


def _is_a(value: object, hint: Any) -> bool:
    """Return whether a value is of that type; its members are not checked."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is_a(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        inner = arguments[:1] * len(value) if isinstance(value, tuple) else ()
        if arguments[1:] != (...,):
            inner = arguments
        return (
            isinstance(value, tuple)
            and len(value) == len(inner)
            and all(_is_a(each, one) for each, one in zip(value, inner, strict=True))
        )
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            _is_a(key, arguments[0]) and _is_a(each, arguments[1]) for key, each in value.items()
        )
    if origin is Callable:
        return callable(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and -_HUGE < value < _HUGE
    return isinstance(value, hint)


def _place(declared: object) -> str:
    name = getattr(declared, "name", None)
    kind = type(declared).__name__
    return kind if name is None else f"{kind} {name!r}"


def _wanted(value: object, hint: Any) -> str:
    if isinstance(value, type):
        return f"write {value.__name__}() with parentheses, and what it needs between them"
    if isinstance(value, int) and not -_HUGE < value < _HUGE:
        return "give it a number of less than 2^4096"
    if typing.get_origin(hint) is tuple:
        if isinstance(value, list):
            return "write a tuple, with parentheses: (a, b)"
        if not isinstance(value, tuple):
            return "write a tuple, of one with a comma: (a,)"
    return f"give it {_words(hint)}"


def _words(hint: Any) -> str:
    """Return a type as people say it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(each) for each in arguments))
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple and arguments[1:] == (...,):
        return f"a tuple of {_words(arguments[0])}"
    if origin is tuple:
        return f"a tuple ({', '.join(map(_words, arguments))})"
    if origin is Mapping:
        return f"a dictionary from {_words(arguments[0])} to {_words(arguments[1])}"
    if origin is Callable:
        return "a function"
    if hint is type(None):
        return "None"
    return str(getattr(hint, "__name__", hint))
