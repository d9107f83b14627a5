"""The reference pages, in reStructuredText, which the docstrings are written in as well.

What they contain comes from the code: the command line from click, the diagnostics from
their explanations, the catalogue from its headers, the API from its docstrings.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import ModuleType

import click

from codegen import cli, formats, layout, model, testing
from codegen.describe import origin
from codegen.diagnostics import Code
from codegen.explanations import EXPLANATIONS
from codegen.model import Group, Header, Member, Packet, Preset, Reserved, Source, Span
from codegen.resolve import resolve

#: The names of ``codegen.model`` by what they are for; others follow in a section of their own.
MODEL = {
    "Packets": "Packet Preset Example Format ETHERNET_MIN ETHERNET_MAX WIRE_OVERHEAD",
    "Headers": "Header Stack inner Zeros UpperNumber UpperLength Dissectors",
    "Fields": "UInt MAC IPv4Address IPv6Address Bytes Reserved Pad Group repeat Fill "
    "Switch Field Member",
    "Values": "Const Default Parameter FromDevice Length Count NextHeader Source Value Binding",
    "Checksums": "Checksum Algorithm OwnAlgorithm",
    "Spans": "Span Edge HEADER PAYLOAD HEADER_AND_PAYLOAD HEADER_TO_TRAILER BIT",
    "Sweeps": "Counter Cycle Range Random Timestamp Increment IMIX ONCE Sweep",
    "Strategies": "Strategy Buffers Fetch QueueFull STRATEGIES",
}


#: The names of types that are built from others.
ALIASES = "Binding Field Format Member Source Sweep Switch Value".split()


def title(text: str, line: str = "=") -> str:
    """Return a heading."""
    return f"{text}\n{line * len(text)}\n\n"


def indented(text: str) -> str:
    """Return text as the content of a directive."""
    return textwrap.indent(text, "   ")


def code(text: str, language: str) -> str:
    """Return a block of code."""
    return f".. code-block:: {language}\n\n{indented(text)}\n\n"


def literal(text: str) -> str:
    """Return text in the font of code; a backslash and a star are what they are there."""
    return f"``{text}``" if text else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, whose cells are reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (heads, *rows):
        lines += (f"   {' ' if n else '*'} - {cell}".rstrip() for n, cell in enumerate(row))
    return "\n".join(lines) + "\n\n"


# ------------------------------------------------------------------ the command


def command_line() -> str:
    """Return the page of all verbs, with their options."""
    page = title("Command line")
    page += "Exit codes: 0 for success, 1 for a failed check, 2 for a usage error.\n\n"
    context = click.Context(cli.cli)
    for verb in cli.VERBS:
        found = cli.cli.get_command(context, verb)
        assert found is not None and found.callback is not None
        page += f".. click:: {found.callback.__module__}:command\n"
        page += f"   :prog: codegen {verb}\n   :nested: full\n\n"
    return page


# ------------------------------------------------------------------ diagnostics


def diagnostics() -> str:
    """Return the page of all diagnostics, each with a format before and after."""
    page = title("Diagnostics")
    page += (
        "A format that cannot work is refused with one or more of these. Numbers are never "
        "reused. ``codegen explain F107`` prints the same on a terminal.\n\n"
    )
    for each in Code:
        explained = EXPLANATIONS[each]
        page += f".. _{each.name}:\n\n{title(f'{each.name}: {each.value}', '-')}"
        page += explained.why.replace("*", r"\*") + "\n\n"
        page += f"Refused:\n\n{code(explained.before, 'python')}"
        page += f"Accepted:\n\n{code(explained.after, 'python')}"
    return page


# ------------------------------------------------------------------ the catalogue

_SPANS = {value: name for name in model.__all__ if isinstance(value := getattr(model, name), Span)}


def spelled(value: object) -> str:
    """Return a declaration as a person writes it: defaults left out, spans by their names."""
    if isinstance(value, Span) and value in _SPANS:
        return _SPANS[value]
    if isinstance(value, enum.Enum):
        return str(value)
    if value == model.BIT and not isinstance(value, int):
        return "BIT"
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return repr(value)
    arguments = []
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if default is dataclasses.MISSING:
            arguments.append(spelled(given))
        elif given != default:
            arguments.append(f"{field.name}={spelled(given)}")
    return f"{type(value).__name__}({', '.join(arguments)})"


def catalogue() -> str:
    """Return the page of all headers and packets that codegen brings along."""
    page = title("Catalogue")
    page += (
        "The headers, options and packets of ``codegen.formats``, a protocol per module. "
        "``codegen show udp4`` prints the diagram of a packet.\n\n"
    )
    for each in pkgutil.iter_modules(formats.__path__):
        page += _protocol(importlib.import_module(f"{formats.__name__}.{each.name}"))
    return page


def _protocol(module: ModuleType) -> str:
    page = title(module.__name__.rpartition(".")[2], "-")
    page += f"``{module.__name__}``: {inspect.getdoc(module)}\n\n"
    own = re.findall(r"^(\w+) = ", inspect.getsource(module), re.MULTILINE)
    for name, value in vars(module).items():
        if isinstance(value, Header | Group) and name in own:
            page += _members(name, value, documentation(module, name))
        elif isinstance(value, Packet | Preset):
            page += _format(name, value)
    return page


def _members(name: str, value: Header | Group, text: str) -> str:
    page = title(name, "^")
    if isinstance(value, Header):
        facts = [f"{value.title}, {value.reference}." if value.title else ""]
        for registry, number in value.numbers.items():
            facts.append(f"Its number in {literal(registry)} is 0x{number:x}.")
        page += " ".join(filter(None, facts)) + "\n\n"
    if text:
        page += f"{text}\n\n"
    rows = list(_rows(value.fields))
    if isinstance(value, Header):
        rows += _rows(value.trailer, "trailer: ")
    heads = ("Field", "Shape", "Source", "Present")
    shown = 4 if any(row[3] for row in rows) else 3
    return page + table(heads[:shown], [row[:shown] for row in rows])


def _rows(members: Iterable[Member], prefix: str = "") -> Iterator[tuple[str, ...]]:
    for each in members:
        when = each.when
        present = "" if when is None else f"when {literal(spelled(when).strip(chr(39)))}"
        path = f"{prefix}{each.name}"
        if isinstance(each, Group):
            yield path, "group" if each.fields else "group, empty until it is bound", "", present
            yield from _rows(each.fields, f"{path}.")
        elif isinstance(each, model.PayloadPad):
            size = (
                f"{each.least} bytes at least" if each.least else f"a multiple of {each.multiple}"
            )
            yield path, f"zeros behind a short payload, up to {size}", "", present
        elif isinstance(each, model.Pad):
            yield path, f"zeros up to a multiple of {each.multiple} bytes", "", present
        else:
            source: Source = each.source
            origin = "" if isinstance(each, Reserved) else literal(spelled(source))
            yield path, each.kind, origin, present


def _format(name: str, value: Packet | Preset) -> str:
    found = resolve(value)
    page = f"{title(name, '^')}``{formats.spelled(value)}``: {value.summary}; "
    page += f"{found.min_length} to {found.max_length} bytes.\n\n"
    rows = [
        (literal(each.argument.name), literal(each.path), each.field.kind, origin(each))
        for each in found.arguments
    ]
    return page + table(("Parameter", "Field", "Shape", "Values"), rows)


# ------------------------------------------------------------------ the API


def vocabulary() -> str:
    """Return the page of ``codegen.model``."""
    page = title("codegen.model") + f".. py:module:: codegen.model\n\n{inspect.getdoc(model)}\n\n"
    listed = {name for names in MODEL.values() for name in names.split()}
    further = " ".join(name for name in model.__all__ if name not in listed)
    for heading, names in (MODEL | ({"Further": further} if further else {})).items():
        page += title(heading, "-") + "".join(entry(model, name) for name in names.split())
    return page


def tests() -> str:
    """Return the page of ``codegen.testing``."""
    page = title("codegen.testing")
    page += f".. py:module:: codegen.testing\n\n{inspect.getdoc(testing)}\n\n"
    return page + "".join(entry(testing, name) for name in testing.__all__)


def loading() -> str:
    """Return the page of the functions that find, resolve and encode formats."""
    page = title("Formats, layouts and frames")
    for name, names in {
        "codegen.formats": "load load_all catalogue installed spelled",
        "codegen.resolve": "resolve",
        "codegen.layout": " ".join(_public(layout)),
        "codegen.oracle": "encode parse Decoded Result",
        "codegen.describe": "diagram declaration lengths",
        "codegen.diagnostics": "Code Diagnostic FormatError",
        "codegen.errors": "CodegenError UsageError",
        "codegen.model.declared": "Declared Place",
    }.items():
        module = importlib.import_module(name)
        page += title(name, "-") + f".. py:module:: {name}\n\n{inspect.getdoc(module)}\n\n"
        page += "".join(entry(module, each) for each in names.split())
    return page


def _public(module: ModuleType) -> list[str]:
    """Return the classes and functions that a module defines for others."""
    return [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    ]


def entry(module: ModuleType, name: str) -> str:
    """Return the documentation of a name of a module: that of its docstring, or its comment."""
    value = getattr(module, name)
    path = f"{module.__name__}.{name}"
    if inspect.isclass(value):
        undocumented = "   :undoc-members:\n" if issubclass(value, enum.Enum) else ""
        return f".. autoclass:: {path}\n   :members:\n{undocumented}\n"
    if inspect.isroutine(value):
        return f".. autofunction:: {path}\n\n"
    shown = spelled(value).replace("codegen.model.", "")
    kind, option = ("type", "canonical") if name in ALIASES else ("data", "value")
    # A long value is of no help to a reader.
    head = f".. py:{kind}:: {name}\n" + (f"   :{option}: {shown}\n" if len(shown) <= 60 else "")
    return f"{head}\n{indented(documentation(module, name))}\n\n"


def documentation(module: ModuleType, name: str) -> str:
    """Return the docstring of a name, or the comment above its assignment where it is a value.

    It is empty where there is none. The value may be imported from a module of the package.
    """
    from sphinx.pycode import ModuleAnalyzer

    value = getattr(module, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        return inspect.getdoc(value) or ""
    for each in (module, *_submodules(module)):
        found = ModuleAnalyzer.for_module(each.__name__).find_attr_docs().get(("", name))
        if found:
            return "\n".join(found).strip()
    return ""


def _submodules(module: ModuleType) -> Iterator[ModuleType]:
    for each in pkgutil.iter_modules(getattr(module, "__path__", [])):
        yield importlib.import_module(f"{module.__name__}.{each.name}")


#: The pages of the reference, and how each is made.
PAGES: dict[str, Callable[[], str]] = {
    "command-line": command_line,
    "diagnostics": diagnostics,
    "catalogue": catalogue,
    "codegen-model": vocabulary,
    "codegen-testing": tests,
    "codegen-api": loading,
}
