"""The syntax of pdl, the packet description language (https://github.com/google/pdl)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from codegen.errors import UsageError, shortened
from codegen.model.field import ByteOrder

_TOKEN = re.compile(
    r"""(?P<blank>\s+ | //[^\n]* | /\*.*?\*/) | (?P<number>0[xX][0-9a-fA-F]+ | [0-9]+)
    | (?P<word>[A-Za-z_]\w*) | (?P<text>"[^"]*") | (?P<mark>\.\. | [{}()\[\]:,=+])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)

Value = int | str

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class FieldSyntax:
    """A field; ``kind`` is a word of the language, such as ``_size_``, or what has a name.

    ``of`` is what a size or a count is of, or the name of a type; ``bits`` the width. The
    ``count`` of an array is None where its length varies; ``plus`` is a size modifier.
    """

    kind: str
    name: str = ""
    bits: int | None = None
    of: str = ""
    value: Value = 0
    count: int | None = None
    plus: int = 0
    condition: tuple[str, Value] | None = None
    constraints: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Enumeration:
    """The numbers of an enumeration; ``closed`` where it has no other ones, and no ranges."""

    bits: int
    tags: dict[str, int]
    closed: bool


@dataclass(frozen=True)
class Record:
    """A packet, a struct or a group."""

    kind: str
    name: str
    line: int
    parent: str = ""
    constraints: tuple[tuple[str, Value], ...] = ()
    fields: tuple[FieldSyntax, ...] = ()


@dataclass
class File:
    """What a file declares, by name; ``opaque`` are checksums and custom fields with their bits."""

    order: ByteOrder
    enums: dict[str, Enumeration] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    opaque: dict[str, tuple[str, int | None]] = field(default_factory=dict)


def parse(text: str, name: str) -> File:
    """Return what a file declares; raises UsageError, with the line, for what is no pdl."""
    return _Parser(text, name).file()


class _Parser:
    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.tokens = list(self._tokens(text))
        self.at = 0

    def _tokens(self, text: str) -> Iterator[tuple[str, str, int]]:
        at, line = 0, 1
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise UsageError(f"{self.name}:{line}: {shortened(text[at : at + 20])!r} is no pdl")
            if found.lastgroup != "blank":
                yield str(found.lastgroup), found[0], line
            line += found[0].count("\n")
            at = found.end()
        yield "end", "the end of the file", line

    # --- tokens ----------------------------------------------------------------

    @property
    def line(self) -> int:
        return self.tokens[self.at][2]

    def _next(self, kind: str, text: str = "") -> str:
        found, token, line = self.tokens[self.at]
        if found != kind or (text and token != text):
            wanted = repr(text) if text else {"word": "a name"}.get(kind, f"a {kind}")
            raise UsageError(f"{self.name}:{line}: {wanted} is wanted, not {shortened(token)!r}")
        self.at += 1
        return token

    def _is(self, text: str) -> bool:
        """Return whether a token is next, and go beyond it then."""
        kind, token, _ = self.tokens[self.at]
        if kind not in ("mark", "word") or token != text:
            return False
        self.at += 1
        return True

    def _mark(self, text: str) -> None:
        self._next("mark", text)

    def _number(self) -> int:
        digits = self._next("number")
        if len(digits) > 40:
            raise UsageError(f"{self.name}:{self.line}: a number of {len(digits)} digits")
        return int(digits, 16 if digits[:2] in ("0x", "0X") else 10)

    def _peek(self) -> str:
        return self.tokens[self.at][1]

    def _value(self) -> Value:
        return self._number() if self.tokens[self.at][0] == "number" else self._next("word")

    # --- declarations ----------------------------------------------------------

    def file(self) -> File:
        order: Literal["little", "big"] = "little" if self._is("little_endian_packets") else "big"
        if order == "big" and not self._is("big_endian_packets"):
            self._next("word", "little_endian_packets or big_endian_packets")
        found = File(order)
        while self.tokens[self.at][0] != "end":
            line = self.line
            kind = self._next("word")
            match kind:
                case "enum":
                    self._enum(found)
                case "packet" | "struct" | "group":
                    record = self._record(kind, line)
                    found.records[record.name] = record
                case "checksum" | "custom_field":
                    name = self._next("word")
                    bits = self._number() if self._is(":") else None
                    self._next("text")
                    found.opaque[name] = (kind, bits)
                case "test":
                    self._next("word")
                    self._listed(lambda: self._next("text"))
                case _:
                    raise UsageError(
                        f"{self.name}:{line}: {shortened(kind)!r} is no declaration; there are "
                        "enum, packet, struct, group, checksum, custom_field and test"
                    )
        return found

    def _listed(self, item: Callable[[], _Item]) -> list[_Item]:
        """Parse items between braces, with commas between them."""
        self._mark("{")
        found: list[_Item] = []
        while not self._is("}"):
            found.append(item())
            if not self._is(","):
                self._mark("}")
                break
        return found

    def _enum(self, found: File) -> None:
        name = self._next("word")
        self._mark(":")
        bits = self._number()
        tags: dict[str, int] = {}
        others: list[str] = []

        def tag() -> None:
            called = self._next("word")
            self._mark("=")
            if self._is(".."):
                others.append(called)
                return
            number = self._number()
            if self._is(".."):
                self._number()
                others.append(called)
                if self._peek() == "{":
                    self._listed(tag)
            else:
                tags[called] = number

        self._listed(tag)
        found.enums[name] = Enumeration(bits, tags, not others)

    def _record(self, kind: str, line: int) -> Record:
        name, parent = self._next("word"), ""
        constraints: tuple[tuple[str, Value], ...] = ()
        if self._is(":"):
            parent = self._next("word")
            if self._is("("):
                constraints = self._constraints(")")
        fields = self._listed(self._field)
        return Record(kind, name, line, parent, constraints, tuple(fields))

    def _constraints(self, closing: str) -> tuple[tuple[str, Value], ...]:
        found = []
        while not self._is(closing):
            name = self._next("word")
            self._mark("=")
            found.append((name, self._value()))
            if not self._is(","):
                self._mark(closing)
                break
        return tuple(found)

    # --- fields ----------------------------------------------------------------

    def _field(self) -> FieldSyntax:
        name = self._next("word")
        match name:
            case "_size_" | "_count_" | "_elementsize_":
                of = self._bracketed()
                self._mark(":")
                return FieldSyntax(name, of=of, bits=self._number())
            case "_payload_" | "_body_":
                plus = 0
                if self._is(":"):
                    self._mark("[")
                    self._mark("+")
                    plus = self._number()
                    self._mark("]")
                return FieldSyntax("_payload_", plus=plus)
            case "_fixed_":
                self._mark("=")
                value = self._value()
                self._mark(":")
                kind = self._value()
                if isinstance(kind, int):
                    return FieldSyntax(name, value=value, bits=kind)
                return FieldSyntax(name, value=value, of=kind)
            case "_checksum_start_":
                return FieldSyntax(name, of=self._bracketed())
            case "_padding_":
                self._mark("[")
                count = self._number()
                self._mark("]")
                return FieldSyntax(name, count=count)
            case "_reserved_":
                self._mark(":")
                return FieldSyntax(name, bits=self._number())
        return self._named(name)

    def _bracketed(self) -> str:
        self._mark("(")
        of = self._next("word")
        self._mark(")")
        return of

    def _named(self, name: str) -> FieldSyntax:
        if not self._is(":"):
            constraints = self._constraints("}") if self._is("{") else ()
            return FieldSyntax("group", name, constraints=constraints)
        kind = self._value()
        bits, of = (kind, "") if isinstance(kind, int) else (None, kind)
        if self._is("["):
            plus = self._number() if self._is("+") else 0
            count = self._number() if self.tokens[self.at][0] == "number" else None
            self._mark("]")
            return FieldSyntax("array", name, bits, of, count=count, plus=plus)
        condition = None
        if self._is("if"):
            switch = self._next("word")
            self._mark("=")
            condition = (switch, self._value())
        return FieldSyntax("field", name, bits, of, condition=condition)
