"""A header: named fields in wire order, and what it offers to the headers around it.

A header declares the numbers under which the header below announces it and the pseudo
header that checksums above it include, so that no other place has to know both.

A packet may carry a header more than once. Names stay unique by two rules: a
header that stands again in a stack is numbered (``vlan``, ``vlan2``), and what a
tunnel carries is ``inner(...)`` (``inner_ipv4``). Parameters follow their header.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from codegen.errors import shown
from codegen.model.declared import Declared
from codegen.model.dissectors import Dissectors
from codegen.model.field import (
    Fill,
    Group,
    Member,
    Pad,
    PayloadPad,
    Reserved,
    parameters,
    rename_parameters,
)
from codegen.model.source import Const, Default, Source, Value, overridden


@dataclass(frozen=True)
class Zeros:
    """Zeros in a pseudo header, as many as it has ``bits``."""

    bits: int


@dataclass(frozen=True)
class UpperNumber:
    """The number of the header above, in a pseudo header (RFC 768: protocol).

    It is the header's number in the ``registry``, in a field of so many ``bits``.
    """

    bits: int
    registry: str


@dataclass(frozen=True)
class UpperLength:
    """How many bytes the checksum above covers, in a pseudo header (RFC 768: UDP length)."""

    bits: int


#: A part of a pseudo header: a field of the header itself, by name, or one of the above.
PseudoPart = str | Zeros | UpperNumber | UpperLength


@dataclass(frozen=True)
class Header(Declared):
    """A protocol header.

    ``fields`` are in wire order, first transmitted first, and so are those of the
    ``trailer``, behind all that the header carries. ``numbers`` maps a
    registry to this header's number in it. ``pseudo_header`` is what a checksum
    of a header above sums besides its own bytes; above a header that ``extends`` the
    one below (RFC 8200: extension headers), the pseudo header of that one applies. Above a
    header that ``requires_checksums`` (RFC 8200 section 8.1), none is optional.
    ``carries`` is the registry in which the header above must have a number although no
    field announces it, as in some tunnels. ``title`` and ``reference`` are for people;
    the reference names the RFC section or IEEE clause. ``known_as`` is what other
    tools call the header. ``bound`` are the members that :meth:`bind` gave a value, which
    must be there then. ``linktypes`` are those of frames that begin with the header, the
    usual one first; without any, it may begin frames of every link type.
    """

    name: str
    fields: tuple[Member, ...]
    title: str = ""
    reference: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict, hash=False)
    pseudo_header: tuple[PseudoPart, ...] = ()
    extends: bool = False
    requires_checksums: bool = False
    carries: str | None = None
    trailer: tuple[Member, ...] = ()
    known_as: Dissectors | None = field(default=None, compare=False, repr=False)
    bound: tuple[str, ...] = field(default=(), compare=False, repr=False)
    linktypes: tuple[int, ...] = ()

    @property
    def members(self) -> tuple[Member, ...]:
        """The fields and groups of the header and of its trailer."""
        return self.fields + self.trailer

    def __truediv__(self, above: Header | Fill | Stack) -> Stack:
        """Put ``above`` on top of this header."""
        return Stack((self,)) / above

    def named(self, name: str) -> Header:
        """Return the same header under another name, and its parameters with it.

        A parameter that starts with the header's name changes that part
        (``vlan_vid`` of ``vlan2`` is ``vlan2_vid``); any other gets the new name
        in front.
        """
        old = f"{self.name}_"
        return self._renamed(
            name, {each: f"{name}_{each.removeprefix(old)}" for each in parameters(self.members)}
        )

    def prefixed(self, prefix: str) -> Header:
        """Return the same header with ``prefix_`` before its name and its parameters."""
        return self._renamed(
            f"{prefix}_{self.name}", {each: f"{prefix}_{each}" for each in parameters(self.members)}
        )

    def _renamed(self, name: str, rename: Mapping[str, str]) -> Header:
        return replace(
            self,
            name=name,
            fields=rename_parameters(self.fields, rename),
            trailer=rename_parameters(self.trailer, rename),
        )

    def bind(self, **bindings: Value | Source | tuple[Member, ...]) -> Header:
        """Return the same header with other origins of some values, by field.

        A value becomes a default; a tuple replaces the members of a group. What
        switches optional fields is bound here, because it decides on the layout.
        Raises ValueError for a name that the header does not have, or a binding that
        does not suit it.
        """
        unbound = Pad | PayloadPad | Reserved
        known = {each.name: each for each in self.members if not isinstance(each, unbound)}
        bound: dict[str, Member] = {}
        for name, value in bindings.items():
            target = known.get(name)
            if target is None:
                raise ValueError(
                    f"the header {self.name!r} has no field {name!r}; it has: {', '.join(known)}"
                )
            if isinstance(target, Group) != isinstance(value, tuple):
                wanted = "a tuple of fields" if isinstance(target, Group) else "a value or a source"
                raise ValueError(f"{self.name}.{name} is bound to {wanted}, not to {shown(value)}")
            if isinstance(value, tuple):
                assert isinstance(target, Group)
                bound[name] = replace(target, fields=value)
            else:
                assert not isinstance(target, Group)
                source = (
                    overridden(target.source, value)
                    if isinstance(value, int | str | bytes)
                    else value
                )
                if isinstance(target.source, Const) and isinstance(source, Default):
                    source = Const(source.value)
                bound[name] = replace(target, source=source)
        fields, trailer = (
            tuple(bound.get(each.name, each) for each in members)
            for members in (self.fields, self.trailer)
        )
        names = tuple(dict.fromkeys((*self.bound, *bindings)))
        return replace(self, fields=fields, trailer=trailer, bound=names)


@dataclass(frozen=True)
class Stack:
    """Headers and a payload, lowest layer first; built with ``/``."""

    layers: tuple[Header | Fill, ...]

    def __truediv__(self, above: Header | Fill | Stack) -> Stack:
        """Put ``above`` on top of this stack; a header that is there already is numbered."""
        layers = list(self.layers)
        for layer in above.layers if isinstance(above, Stack) else (above,):
            names = {each.name for each in layers if isinstance(each, Header)}
            layers.append(_numbered(layer, names) if isinstance(layer, Header) else layer)
        return Stack(tuple(layers))


def _numbered(header: Header, names: Collection[str]) -> Header:
    """Return the header under the first of ``name``, ``name2``, ``name3`` that is free."""
    if header.name not in names:
        return header
    # A name that ends in a digit would read as another number: ipv4_2.
    gap = "_" if header.name[-1:].isdigit() else ""
    number = 2
    while f"{header.name}{gap}{number}" in names:
        number += 1
    return header.named(f"{header.name}{gap}{number}")


def inner(carried: Header | Stack, prefix: str = "inner") -> Stack:
    """Return what a tunnel carries: headers and parameters named ``inner_...``."""
    stack = carried if isinstance(carried, Stack) else Stack((carried,))
    return Stack(
        tuple(
            layer.prefixed(prefix) if isinstance(layer, Header) else layer for layer in stack.layers
        )
    )
