"""What an import has found: headers to be written as a format, and what it could not carry over.

The fields are those of the model. An array has a node of its own, because the file that is
written has ``repeat(...)`` in place of its elements.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from codegen.model import Field, Pad, Switch

#: The most fields that an imported header has, and the most bytes: those of the longest frame.
MAX_FIELDS = 500
MAX_BYTES = 65535


@dataclass(frozen=True)
class FoundGroup:
    """Fields under one name; with a ``count``, it is so many times there, in an array."""

    name: str
    fields: tuple[FoundMember, ...]
    count: int | None = None
    when: Switch | None = None


FoundMember = Field | Pad | FoundGroup


@dataclass(frozen=True)
class FoundHeader:
    """A header: its name, its fields in wire order, and what is said about them."""

    name: str
    fields: tuple[FoundMember, ...]
    title: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    trailer: tuple[FoundMember, ...] = ()


@dataclass(frozen=True)
class FoundPacket:
    """A packet to be written: its name, and the names of its headers, lowest first.

    Its frames have ``least`` to ``most`` bytes, by default those of Ethernet.
    """

    name: str
    headers: tuple[str, ...]
    payload: bool = True
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Found:
    """What is written into a file: ``origin`` is where it is from, in words.

    ``notes`` are what was not carried over, or was assumed, a sentence each; ``comments`` stand
    beside a field, by the path of the field. ``length`` is the size of the largest packet's
    headers in bytes.
    """

    origin: str
    headers: tuple[FoundHeader, ...]
    packets: tuple[FoundPacket, ...]
    length: int
    notes: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)


def count(members: Collection[FoundMember]) -> int:
    """Return how many fields there are, those of groups and of each element of arrays included."""
    return sum(
        count(each.fields) * (1 if each.count is None else each.count)
        if isinstance(each, FoundGroup)
        else 1
        for each in members
    )


class Names:
    """Names that C and the model allow, each once; ``renamed`` has those that were changed."""

    def __init__(self) -> None:
        """Begin without any."""
        self.taken: set[str] = set()
        self.renamed: dict[str, str] = {}

    def choose(self, scope: str, name: str) -> str:
        """Return the name of a field in a scope: ``header`` or ``header.group``.

        It differs from all others also where paths are written with ``_`` in place of the dot, as
        in C.
        """
        cleaned = identifier(name)
        chosen, number = cleaned, 2
        while f"{scope}.{chosen}".replace(".", "_").lower() in self.taken:
            chosen, number = f"{cleaned}_{number}", number + 1
        self.taken.add(f"{scope}.{chosen}".replace(".", "_").lower())
        if chosen != name:
            self.renamed[f"{scope}.{chosen}"] = name
        return chosen


def identifier(name: str) -> str:
    """Return a C identifier for a name: one that begins with a letter."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).lstrip("_0123456789") or "field"


def parameter(scope: str, name: str) -> str:
    """Return the name of a field's parameter: it begins with that of the header."""
    return f"{scope}.{name}".replace(".", "_")
