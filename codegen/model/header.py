"""A header: named fields in wire order, and what it offers to the headers around it.

A header says under which numbers the header below announces it and which pseudo
header it lends to checksums above it, so no other place has to know both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codegen.model.field import Field, Fill, Reserved
from codegen.model.source import Parameter


@dataclass(frozen=True)
class Zeros:
    """Zero bits in a pseudo header."""

    bits: int


@dataclass(frozen=True)
class UpperNumber:
    """The number of the header above, in a pseudo header (RFC 768: protocol)."""

    bits: int
    registry: str


@dataclass(frozen=True)
class UpperLength:
    """The bytes that the checksum above covers, in a pseudo header (RFC 768: UDP length)."""

    bits: int


#: A part of a pseudo header: a field of the header itself, by name, or one of the above.
PseudoPart = str | Zeros | UpperNumber | UpperLength


@dataclass(frozen=True)
class Header:
    """A protocol header.

    ``fields`` are in wire order, first transmitted first. ``numbers`` maps a
    registry to this header's number in it. ``pseudo_header`` is what a checksum
    of a header above sums besides its own bytes. ``title`` and ``reference`` are
    for people; the reference names the RFC section or IEEE clause.
    """

    name: str
    fields: tuple[Field, ...]
    title: str = ""
    reference: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict, hash=False)
    pseudo_header: tuple[PseudoPart, ...] = ()

    def __truediv__(self, above: Header | Fill | Stack) -> Stack:
        """Put ``above`` on top of this header."""
        return Stack((self,)) / above

    def named(self, name: str) -> Header:
        """Return the same header under another name, its parameters prefixed with it.

        A packet that carries a header twice names one of them, and so keeps
        field paths and C names apart.
        """
        renamed = tuple(
            replace(each, source=replace(each.source, name=f"{name}_{each.source.name}"))
            if not isinstance(each, Reserved) and isinstance(each.source, Parameter)
            else each
            for each in self.fields
        )
        return replace(self, name=name, fields=renamed)


@dataclass(frozen=True)
class Stack:
    """Headers and a payload, lowest layer first; built with ``/``."""

    layers: tuple[Header | Fill, ...]

    def __truediv__(self, above: Header | Fill | Stack) -> Stack:
        """Put ``above`` on top of this stack."""
        return Stack(self.layers + (above.layers if isinstance(above, Stack) else (above,)))
