"""Where the fields of a packet are: what one pass finds out and those behind it look up.

Reports F110 (a reference names a field that does not exist) for whoever looks one up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from codegen.diagnostics import Code
from codegen.layout import Condition, Padding, Position
from codegen.model import Field, Header, Member, Source
from codegen.resolve.findings import Findings


@dataclass(frozen=True)
class Place:
    """A field with its place, before its origin is known.

    ``scope`` is the path of the header or group whose fields it can refer to. A parameter
    is ``bound`` where a preset gives its value.
    """

    path: str
    scope: str
    header: Header
    field: Field
    source: Source
    start: Position
    in_trailer: bool = False
    bound: bool = False

    @property
    def end(self) -> Position:
        """The first bit after the field."""
        return self.start + self.field.bits


@dataclass(frozen=True)
class Region:
    """Where a header, without its trailer, or a group starts and ends, and its members."""

    start: Position
    end: Position
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Places:
    """The fields of a packet at their places, in wire order.

    ``regions`` are headers and groups by path. ``payload_ends`` is where that ends what a
    header carries, and ``trailer_ends`` where its trailer does, by the header's name. The
    headers take the first ``header_length`` bytes; with the trailers, the least frame
    has ``least_length``. ``switches`` are the fields that decide whether others are there,
    and ``conditions`` what a received frame must have, so that the same ones are.
    ``padding`` is that between a payload of any size and the trailers.
    """

    fields: tuple[Place, ...]
    regions: Mapping[str, Region]
    payload_ends: Mapping[str, Position]
    trailer_ends: Mapping[str, Position]
    header_length: int
    least_length: int
    switches: frozenset[str]
    conditions: tuple[Condition, ...] = ()
    padding: Padding | None = None

    @cached_property
    def _by_path(self) -> dict[str, Place]:
        return by_path(self.fields)

    @cached_property
    def _either(self) -> dict[str, Place | Region]:
        return {**self.regions, **self._by_path}

    def find(self, scope: str, name: str) -> Place | None:
        """Return the field of that name of a header or group, or of what is around it."""
        return find(self._by_path, scope, name)

    def find_region(self, scope: str, name: str) -> Region | None:
        """Return the group of that name, looked for in the same way."""
        return find(self.regions, scope, name)

    def find_either(self, scope: str, name: str) -> Place | Region | None:
        """Return the field or the group of that name, whichever is nearer, or of that path."""
        return find(self._either, scope, name) or self._either.get(name)

    def path_of(self, scope: str, name: str) -> str | None:
        """Return the path of what :meth:`find_either` finds."""
        paths = {path: path for path in self._either}
        return find(paths, scope, name) or paths.get(name)

    def unknown(self, found: Findings, path: str, scope: str, name: str) -> None:
        """Report that a field refers to a name that its scope does not have."""
        unknown(found, path, scope, name, [*self._by_path, *self.regions])


Found = TypeVar("Found")


def by_path(fields: Iterable[Place]) -> dict[str, Place]:
    """Return the fields by their paths."""
    return {each.path: each for each in fields}


def find(known: Mapping[str, Found], scope: str, name: str) -> Found | None:
    """Return what has that name in a header or group, or else in what is around it."""
    while f"{scope}.{name}" not in known:
        if "." not in scope:
            return None
        scope = scope.rpartition(".")[0]
    return known[f"{scope}.{name}"]


def unknown(found: Findings, path: str, scope: str, name: str, paths: Iterable[str]) -> None:
    """Report that a scope has no such name; ``paths`` are those that it could have."""
    known = [each.removeprefix(f"{scope}.") for each in paths if each.startswith(f"{scope}.")]
    found.report(
        Code.F110,
        path,
        f"{scope!r} has no {name!r} here",
        f"name one of: {', '.join(known)}" if known else "name a field that stands before it",
    )
