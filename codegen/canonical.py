"""The canonical form of a format: the text over which its hash is computed.

It is JSON as ASCII without spaces, the keys of objects sorted. A declaration is an object of
its fields with its type under ``$type``; a field that has its default is left out, so that
the hash stays the same when the language grows. A member of an enumeration is
``{"$enum": "Edge.HEADER_END"}``, a link type its number, bytes are ``{"$bytes": "c0ff"}``, a
fraction is ``{"$fraction": "1/8"}``. A tuple is a list, a mapping a list of pairs in its own
order: the emitted C follows that. Numbers, text, booleans and None are those of JSON.

What emission does not use is not part of it: what other tools call a header, and the
Python function of a user's own checksum. Those are the fields with ``repr=False``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum, IntEnum
from fractions import Fraction
from typing import Any

from codegen.model import Format


def digest(format: Format) -> str:
    """Return the SHA-256 of a format's canonical form, in hexadecimal digits."""
    return hashlib.sha256(text(format).encode("ascii")).hexdigest()


def text(format: Format) -> str:
    """Return the canonical form of a format."""
    return json.dumps(_form(format), sort_keys=True, separators=(",", ":"))


def _form(value: object) -> Any:
    """Return a part of a declaration as objects, lists and values of JSON."""
    match value:
        case IntEnum():
            return int(value)
        case Enum():
            return {"$enum": f"{type(value).__name__}.{value.name}"}
        case None | bool() | int() | str():
            return value
        case bytes():
            return {"$bytes": value.hex()}
        case Fraction():
            return {"$fraction": str(value)}
        case tuple():
            return [_form(each) for each in value]
        case Mapping():
            return [[_form(key), _form(each)] for key, each in value.items()]
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"no canonical form of {value!r}")
    found = {
        each.name: _form(getattr(value, each.name))
        for each in fields(value)
        if each.repr and getattr(value, each.name) != _default(each)
    }
    return {"$type": type(value).__name__} | found


def _default(declared: Field[Any]) -> object:
    """Return the default of a dataclass's field, MISSING where it has none."""
    if declared.default_factory is not MISSING:
        return declared.default_factory()
    return declared.default
