"""An import's result as a Python file: a format to edit, with a list of what to look after."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction

from codegen import formats, temporary
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.importing.found import Found, FoundGroup, FoundHeader, FoundPacket
from codegen.model import BIT, HEADER, HEADER_AND_PAYLOAD, HEADER_TO_TRAILER, PAYLOAD, Span
from codegen.model.packet import ETHERNET_MAX
from codegen.resolve import resolve

_WIDTH = 100
_SPANS = {
    HEADER: "HEADER",
    PAYLOAD: "PAYLOAD",
    HEADER_AND_PAYLOAD: "HEADER_AND_PAYLOAD",
    HEADER_TO_TRAILER: "HEADER_TO_TRAILER",
}

#: The largest frame of a header that an Ethernet frame does not hold.
_LARGEST_FRAME = 65535


@dataclasses.dataclass(frozen=True)
class _Call:
    """An expression with arguments; a tuple is one without a function."""

    function: str
    arguments: tuple[_Node, ...]
    comments: Mapping[int, str] = dataclasses.field(default_factory=dict)
    closing: str = ")"

    @property
    def opening(self) -> str:
        return f"{self.function}{'{' if self.closing == '}' else '('}"


@dataclasses.dataclass(frozen=True)
class _Keyword:
    """An argument that is given by name, or an entry of a dictionary."""

    name: str
    value: _Node


_Node = str | _Call | _Keyword


def checked(found: Found) -> str:
    """Return the file of what an import has found; raises UsageError unless it is a format."""
    text = python(found)
    with temporary.folder() as folder:
        path = folder / "imported.py"
        path.write_text(text, encoding="utf-8")
        for each in formats.load_all(str(path)).values():
            try:
                resolve(each)
            except FormatError as error:
                why = "".join(f"\n  {finding}" for finding in error.diagnostics)
                raise UsageError(f"{found.origin} cannot be a format:{why}") from None
    return text


def python(found: Found) -> str:
    """Return the file of what an import has found."""
    body = [
        _assignment(_constant(each.name), _header(each, found.comments)) for each in found.headers
    ]
    for each in found.packets:
        packet = _assignment(_packet_name(each, found), _packet(each, found))
        body.append(f"{_placing(each)}{packet}")
    text = "\n".join(body)
    docstring = plain(f"{found.origin}, as codegen import has read it: a format to edit.")
    lines = textwrap.wrap(docstring, _WIDTH - 3, break_on_hyphens=False)
    head = f'"""{lines[0]}' + "".join(f"\n{each}" for each in lines[1:])
    head += '\n"""' if len(lines) > 1 else '"""'
    return f"{head}\n\n{_notes(found.notes)}{_imports(text)}\n{text}"


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    lines = ["# Not carried over, or assumed; compare each with the specification:", "#"]
    for note in notes:
        lines += textwrap.wrap(plain(note), _WIDTH, initial_indent="# - ", subsequent_indent="#   ")
    return "\n".join(lines) + "\n\n"


def plain(text: str) -> str:
    """Return a text that is one line, and ends neither a docstring nor a comment."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape", "backslashreplace").decode()
        for each in text
    )
    shown = shown.encode("utf-8", "backslashreplace").decode()
    return shown.replace("\\", "/").replace('"', "'")


def _imports(text: str) -> str:
    """Return the import of the names of the model that a text uses."""
    from codegen import model

    without = re.sub(r'"(?:\\.|[^"\\])*"|#.*', "", text)
    used = {each for each in re.findall(r"\b[A-Za-z]\w*", without) if each in model.__all__}

    def order(name: str) -> tuple[int, str]:
        # Constants, then classes, then functions, as the linters sort them.
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    names = sorted(used, key=order)
    line = f"from codegen.model import {', '.join(names)}\n"
    if len(line) <= _WIDTH + 1:
        return line
    return "from codegen.model import (\n" + "".join(f"    {each},\n" for each in names) + ")\n"


def _constant(name: str) -> str:
    """Return the variable of a header."""
    from codegen import model

    upper = name.upper()
    return f"{upper}_HEADER" if upper in model.__all__ or upper.startswith("PACKET") else upper


def _packet_name(packet: FoundPacket, found: Found) -> str:
    return "PACKET" if len(found.packets) == 1 else f"PACKET_{packet.name.upper()}"


def _placing(packet: FoundPacket) -> str:
    lowest = _constant(packet.headers[0])
    return (
        f"# Put the headers below it that carry it, such as ETHERNET / IPV4 / UDP / {lowest}.\n"
        if len(packet.headers) == 1
        else "# Put the headers below it that carry it, such as ETHERNET / IPV4 / UDP.\n"
    )


def _header(header: FoundHeader, comments: Mapping[str, str]) -> _Call:
    arguments: list[_Node] = [_literal(header.name), _members(header.fields, header.name, comments)]
    if header.title:
        arguments.append(_Keyword("title", _literal(header.title)))
    if header.numbers:
        arguments.append(_Keyword("numbers", _expression(dict(header.numbers))))
    if header.trailer:
        arguments.append(_Keyword("trailer", _members(header.trailer, header.name, comments)))
    return _Call("Header", tuple(arguments))


def _members(members: Sequence[object], path: str, comments: Mapping[str, str]) -> _Call:
    nodes, beside = [], {}
    for index, each in enumerate(members):
        name = f"{path}.{getattr(each, 'name', '')}"
        nodes.append(
            _group(each, name, comments) if isinstance(each, FoundGroup) else _expression(each)
        )
        if name in comments:
            beside[index] = comments[name]
    return _Call("", tuple(nodes), beside)


def _group(group: FoundGroup, path: str, comments: Mapping[str, str]) -> _Node:
    fields: _Node = _members(group.fields, path, comments)
    if group.count is not None:
        fields = _Call("repeat", (_Call("Group", (_literal("item"), fields)), str(group.count)))
    arguments: tuple[_Node, ...] = (_literal(group.name), fields)
    if group.when is not None:
        arguments += (_Keyword("when", _expression(group.when)),)
    return _Call("Group", arguments)


def _packet(packet: FoundPacket, found: Found) -> _Call:
    layers = [_constant(each) for each in packet.headers] + (["Fill()"] if packet.payload else [])
    arguments: list[_Node] = [_literal(packet.name), " / ".join(layers)]
    if packet.least is not None:
        arguments.append(_Keyword("min_length", str(packet.least)))
    most = _LARGEST_FRAME if found.length + 1 > ETHERNET_MAX else None
    most = most if packet.most is None else packet.most
    if most is not None:
        arguments.append(_Keyword("max_length", str(most)))
    return _Call("Packet", tuple(arguments))


def _expression(value: object) -> _Node:
    """Return a value as Python writes it; of a declaration, only what is no default."""
    if isinstance(value, Span) and value in _SPANS:
        return _SPANS[value]
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Fraction):
        return "BIT" if value == BIT else f"Fraction({value.numerator}, {value.denominator})"
    if isinstance(value, bytes) and len(value) > 4 and not any(value):
        return f"bytes({len(value)})"
    if isinstance(value, tuple):
        return _Call("", tuple(_expression(each) for each in value))
    if isinstance(value, Mapping):
        entries = tuple(_Keyword(_literal(key), _expression(each)) for key, each in value.items())
        return _Call("", entries, closing="}")
    if not dataclasses.is_dataclass(value):
        return _literal(value)
    arguments: list[_Node] = []
    for each in dataclasses.fields(value):
        given = getattr(value, each.name)
        if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            arguments.append(_expression(given))
        elif given != each.default and given != {}:
            arguments.append(_Keyword(each.name, _expression(given)))
    return _Call(type(value).__name__, tuple(arguments))


def _literal(value: object) -> str:
    """Return a literal, text in double quotes."""
    if not isinstance(value, str):
        return repr(value)
    inside = repr(value)[1:-1].replace("\\'", "'")
    return '"{}"'.format(inside.replace('"', '\\"') if '"' in value else inside)


def _assignment(name: str, value: _Node) -> str:
    return "\n".join(_lines(value, f"{name} = ", "", 0)) + "\n"


def _lines(node: _Node, before: str, after: str, depth: int) -> list[str]:
    """Return an expression as the formatter of Python code breaks it into lines."""
    indent = "    " * depth
    flat = _flat(node)
    if flat is not None and len(f"{indent}{before}{flat}{after}") <= _WIDTH:
        return [f"{indent}{before}{flat}{after}"]
    if isinstance(node, _Keyword):
        return _lines(node.value, f"{before}{_named(node)}", after, depth)
    if isinstance(node, str):
        return [f"{indent}{before}{node}{after}"]
    # All arguments on a line of their own, where that is short enough.
    flats = [_flat(each) for each in node.arguments]
    if node.function and None not in flats:
        line = f"{indent}    {', '.join(map(str, flats))}"
        if len(line) <= _WIDTH:
            return [f"{indent}{before}{node.opening}", line, f"{indent}{node.closing}{after}"]
    lines = [f"{indent}{before}{node.opening}"]
    for index, each in enumerate(node.arguments):
        if index in node.comments:
            lines.append(f"{indent}    # {plain(node.comments[index])}")
        lines += _lines(each, "", ",", depth + 1)
    return [*lines, f"{indent}{node.closing}{after}"]


def _named(node: _Keyword) -> str:
    return f"{node.name}: " if node.name[0] in "\"'-0123456789" else f"{node.name}="


def _flat(node: _Node) -> str | None:
    """Return an expression on one line, None where a comment stands in it."""
    if isinstance(node, str):
        return node
    if isinstance(node, _Keyword):
        value = _flat(node.value)
        return None if value is None else f"{_named(node)}{value}"
    inside = [_flat(each) for each in node.arguments]
    if node.comments or None in inside:
        return None
    only = "," if len(inside) == 1 and node.opening == "(" else ""
    return f"{node.opening}{', '.join(map(str, inside))}{only}{node.closing}"
