"""A struct of a parsed C header as a tree of its members, before the compiler has laid it out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codegen.cheader import PACKED_MARK
from codegen.errors import UsageError, shortened
from codegen.importing.found import MAX_FIELDS
from codegen.model.field import ByteOrder

#: Types that are in network byte order although their names do not have it (POSIX, <netinet/in.h>).
_NETWORK_ORDER = {"in_port_t", "in_addr_t"}
_ORDERED = re.compile(r"(?:^|_)(be|le)(?:16|32|64)(?:_t)?$|^u?int(?:16|32|64)_?(be|le)(?:_t)?$")
_CHECKSUM = re.compile(r"(?:^|_)sum16$")

_INTEGERS = {"char", "short", "int", "long", "signed", "unsigned", "_Bool"}

#: Structs that have a notation of their own: the kind of field that they are.
ADDRESSES = {"in_addr": "IPv4Address", "in6_addr": "IPv6Address", "ether_addr": "MAC"}


@dataclass
class Node:
    """A member: its name in C and the expression by which C reaches it from the struct.

    ``type`` is spelled for people. ``order`` is the byte order that the type's name has.
    """

    name: str
    access: str
    type: str


@dataclass
class Number(Node):
    """An integer, or a bit field of so many ``bits``."""

    order: ByteOrder | None = None
    checksum: bool = False
    signed: bool = False
    by_machine: bool = False
    bits: int | None = None
    enumerators: tuple[str, ...] = ()


@dataclass
class Address(Node):
    """A struct that is an address; ``kind`` is the class of its field."""

    kind: str = ""


@dataclass
class Struct(Node):
    """A struct or union inside of the struct; of a union, only the first member is a field."""

    members: list[Node] = field(default_factory=list)
    left_out: tuple[str, ...] = ()
    union: bool = False


@dataclass
class Array(Node):
    """An array; it has no size of its own where it is flexible."""

    element: Node | None = None
    flexible: bool = False


class Reader:
    """Reads structs of one header."""

    def __init__(self, ast: Any) -> None:
        """Note the types that a header and what it includes define."""
        self.structs: dict[tuple[str, str], Any] = {}
        self.typedefs: dict[str, Any] = {}
        self.enums: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        #: Members that have no meaning on the wire, with their types.
        self.refused: list[str] = []
        self.numbers = 0
        for each in _definitions(ast):
            kind = type(each).__name__
            if kind == "Typedef":
                self.typedefs[each.name] = each.type
                self.places[each.name] = each.coord.file
            elif kind == "Enum" and each.name:
                self.enums.setdefault(each.name, each)
            elif each.name:
                self.structs[kind, each.name] = each
                self.places[f"struct {each.name}"] = each.coord.file

    def find(self, name: str, header: Path) -> tuple[str, Any]:
        """Return how C spells a struct, and its node; raises UsageError when there is none."""
        tag = name.removeprefix("struct ").strip()
        if ("Struct", tag) in self.structs:
            return f"struct {tag}", self.structs["Struct", tag]
        if tag in self.typedefs:
            node, _ = self._resolved(self.typedefs[tag])
            if type(node).__name__ == "Struct" and node.decls is not None:
                return tag, node
        here = [
            each.removeprefix("struct ")
            for each, file in self.places.items()
            if file == str(header.resolve()) and self._is_struct(each)
        ]
        near = difflib.get_close_matches(tag, here, 8, 0.5) or sorted(here)[:8]
        listed = ", ".join(near) + (", ..." if len(here) > len(near) else "")
        asked = (
            f"has no struct {shortened(tag)!r}" if tag else "is a header: name one of its structs"
        )
        example = f", as in {header}:{near[0]}" if not tag and near else ""
        raise UsageError(f"{header} {asked}{example}; it has: {listed or 'none'}")

    def _is_struct(self, name: str) -> bool:
        tag = name.removeprefix("struct ")
        if tag != name:
            return ("Struct", tag) in self.structs
        node, _ = self._resolved(self.typedefs[name])
        return type(node).__name__ == "Struct" and node.decls is not None

    def members(self, struct: Any, access: str = "") -> list[Node]:
        """Return the members of a struct, those of anonymous structs in it among them."""
        found: list[Node] = []
        for each in struct.decls or ():
            if each.name == PACKED_MARK or type(each).__name__ != "Decl":
                continue
            if each.bitsize is not None and each.name is None:
                continue  # It is a gap, and found as one.
            found.append(self._member(each.name or "", each.type, access, each.bitsize))
        return found

    def _member(self, name: str, declared: Any, outside: str, bitsize: Any = None) -> Node:
        access = f"{outside}.{name}" if name else outside
        node, names = self._resolved(declared)
        kind = type(node).__name__
        spelled = names[0] if names else kind.lower()
        match kind:
            case "Struct" | "Union":
                return self._struct(name, access, kind, node)
            case "ArrayDecl":
                element = self._member("", node.type, f"{access}[0]")
                return Array(name, access, spelled, element, flexible=node.dim is None)
            case "Enum":
                spelled = f"enum {node.name or ''}".strip()
                made = self._number(name, access, [], ["unsigned"], spelled)
                listed = self.enums.get(node.name, node).values
                made.enumerators = tuple(each.name for each in listed.enumerators) if listed else ()
            case "IdentifierType" if self._is_integer(node, names):
                made = self._number(name, access, names, node.names, spelled_type(node, names))
            case _:
                what = {"PtrDecl": "a pointer", "FuncDecl": "a function"}.get(kind)
                if kind == "PtrDecl" and type(node.type).__name__ == "FuncDecl":
                    what = "a pointer to a function"
                what = what or f"a {spelled_type(node, names)}"
                self.refused.append(f"{access.removeprefix('.') or 'the struct'} ({what})")
                made = Number(name, access, what)
        if bitsize is not None:
            made.bits = 0  # The compiler knows it.
        return made

    def _struct(self, name: str, access: str, kind: str, node: Any) -> Node:
        tag = node.name or ""
        node = node if node.decls is not None else self.structs.get((kind, tag), node)
        if kind == "Struct" and tag in ADDRESSES:
            self._count()
            return Address(name, access, f"struct {tag}", ADDRESSES[tag])
        spelled = f"{kind.lower()} {tag}".strip()
        if kind == "Struct":
            return Struct(name, access, spelled, self.members(node, access))
        decls = [each for each in node.decls or () if each.name != PACKED_MARK]
        first = [
            self._member(each.name or "", each.type, access, each.bitsize) for each in decls[:1]
        ]
        left = tuple(each.name or "one without a name" for each in decls[1:])
        return Struct(name, access, spelled, first, left, union=True)

    def _number(
        self, name: str, access: str, names: list[str], base: list[str], spelled: str
    ) -> Number:
        """Return an integer; ``names`` are those of its type, ``base`` the words behind them."""
        self._count()
        order: ByteOrder | None = None
        for each in names:
            if match := _ORDERED.search(each):
                order = "little" if "le" in match.groups() else "big"
        checksum = any(_CHECKSUM.search(each) for each in names)
        if checksum or _NETWORK_ORDER & set(names):
            order = "big"
        return Number(
            name,
            access,
            spelled,
            order=order,
            checksum=checksum,
            signed="signed" in base or not {"unsigned", "char", "_Bool"} & set(base),
            by_machine=base.count("long") == 1 and not re.search(r"\d", " ".join(names)),
        )

    def _count(self) -> None:
        self.numbers += 1
        if self.numbers > MAX_FIELDS:
            raise UsageError(
                f"the struct has more than {MAX_FIELDS} members; import a part of it, such as a "
                "struct inside of it"
            )

    def _is_integer(self, node: Any, names: list[str]) -> bool:
        return set(node.names) <= _INTEGERS and not any("va_list" in each for each in names)

    def _resolved(self, node: Any) -> tuple[Any, list[str]]:
        """Return what is behind a type's names, and these."""
        names: list[str] = []
        while True:
            kind = type(node).__name__
            if kind in ("TypeDecl", "Typename"):
                node = node.type
            elif (
                kind == "IdentifierType" and len(node.names) == 1 and node.names[0] in self.typedefs
            ):
                names.append(node.names[0])
                node = self.typedefs[node.names[0]]
            else:
                return node, names


def spelled_type(node: Any, names: list[str]) -> str:
    """Return the name of a type as the header has it."""
    return names[0] if names else " ".join(getattr(node, "names", [type(node).__name__]))


def _definitions(ast: Any) -> Iterator[Any]:
    """Yield the structs, unions and enumerations with a body, and the typedefs."""
    bodies = {"Struct": "decls", "Union": "decls", "Enum": "values"}
    todo = [ast]
    while todo:
        node = todo.pop()
        kind = type(node).__name__
        if kind == "Typedef" or (kind in bodies and getattr(node, bodies[kind]) is not None):
            yield node
        if kind != "FuncDef":
            todo += [child for _, child in node.children()]
