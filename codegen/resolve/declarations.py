"""Find the declaration that a diagnostic is about, by the place in the format that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import codegen
from codegen.model.declared import Declared, Place

_PACKAGE = str(Path(codegen.__file__).parent)


class Declarations:
    """The declarations of a format; they are gone through once, when a diagnostic needs them."""

    def __init__(self, format: object) -> None:
        """Take a format, which may still have something of a wrong type in it."""
        self._format = format
        self._places: dict[str, Place] = {}

    def place(self, where: str) -> Place | None:
        """Return the line of what is at ``where``: ``ipv4.ttl``, ``header 'ipv4'``, ``fill``.

        What the catalogue declares has no line of the user's; then it is that of the header
        that it is in, or of the format itself.
        """
        if not isinstance(self._format, Declared):
            return None
        if not self._places:
            for key, found in _keys(self._format):
                if not found.file.startswith(_PACKAGE):
                    self._places.setdefault(key, found)
        header = where.partition(".")[0]
        return self._places.get(where) or self._places.get(header, self._format.place)


def _keys(format: Declared) -> Iterator[tuple[str, Place]]:
    """Yield the names that diagnostics have for each declaration, with its line."""
    for path, each in _declarations(format, ""):
        yield path, each.place
        name = getattr(each, "name", None)
        kind = type(each).__name__
        yield f"{kind} {name!r}", each.place
        yield f"{kind.lower()} {name!r}", each.place


def _declarations(value: object, path: str) -> Iterator[tuple[str, Declared]]:
    """Yield each declaration with its path, such as a header's name, a dot and a field's."""
    if isinstance(value, tuple):
        for each in value:
            yield from _declarations(each, path)
    if not is_dataclass(value) or isinstance(value, type):
        return
    if isinstance(value, Declared) and not hasattr(value, "packet"):
        path = f"{path}.{getattr(value, 'name', '')}".lstrip(".")
    if isinstance(value, Declared):
        yield path, value
    for member in fields(value):
        yield from _declarations(getattr(value, member.name), path)
