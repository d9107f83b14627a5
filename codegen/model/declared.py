"""Where something was declared: the file and the line, so that a diagnostic can point there."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

#: Code that makes declarations on behalf of others: the generated ``__init__``, copies with
#: changes, and the vocabulary itself, as where a header is numbered in a stack.
_BETWEEN = ("<string>", dataclasses.__file__)
_MODEL = str(Path(__file__).parent)


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


class Declared:
    """Something that remembers its declaration; that is no part of its value or its text."""

    place: Place

    def __post_init__(self) -> None:
        """Record the line that made this, or the copy of another that this is."""
        frame = sys._getframe(1)
        while frame.f_back is not None:
            file = frame.f_code.co_filename
            if file not in _BETWEEN and not file.startswith(_MODEL):
                break
            frame = frame.f_back
        object.__setattr__(self, "place", Place(frame.f_code.co_filename, frame.f_lineno))
