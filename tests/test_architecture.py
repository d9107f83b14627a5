"""The shape of the house: data moves one way, and no protocol is known where all are handled.

A module may import from its own column of the design's diagram or from one to
its left, and from its own row of CONTRIBUTING's table or from one above. What
makes a protocol a protocol stands in the catalogue alone, so that a new one is a
new file. And the command starts fast because what is heavy is imported by whoever
needs it, when it is needed.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen import formats
from codegen.model import Header

ROOT = Path(__file__).parent.parent
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "codegen").rglob("*.py"))
} | {
    f"codegen.c_templates.{path.stem}".removesuffix(".__init__"): path
    for path in sorted((ROOT / "c_templates").rglob("*.py"))
}

#: The columns from left to right; a package stands for all that is in it, but for what
#: has a place of its own further left.
COLUMNS = (
    (
        "errors",
        "events",
        "extras",
        "temporary",
        "loader",
        "project",
        "sink",
        "unikraft",
        "unikernel.console",
    ),
    ("model", "diagnostics"),
    ("explanations",),
    ("unikernel.machine",),
    ("formats",),
    ("layout", "typecheck", "canonical"),
    ("resolve",),
    ("oracle", "describe", "c"),
    ("vectors",),
    ("lower", "c_templates", "export", "decode"),
    ("runtime",),
    ("emit", "starter"),
    ("targets",),
    ("cheader", "host"),
    ("importing",),
    ("verify",),
    ("testing",),
    ("pytest_plugin",),
    ("run", "net", "unikernel.image"),
    ("unikernel.qemu", "unikernel.linuxu", "xdp"),
    ("unikernel",),
    ("bench",),
    ("cli", "__main__"),
)


def column(module: str) -> int:
    """Return the column of a module; the version in codegen/__init__.py is left of all."""
    if module == "codegen":
        return -1
    parts = module.split(".")[1:]
    found = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return next(index for index, names in enumerate(COLUMNS) if found & set(names))


def _rooms() -> dict[str, int]:
    rows = re.findall(r"^\| (`c\S+.*) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    paths = re.compile(r"`((?:codegen/|c_templates)[\w/]*)(?:\.py)?`")
    return {
        path.replace("c_templates", "codegen/c_templates").strip("/").replace("/", "."): row
        for row, cells in enumerate(rows)
        for path in paths.findall(cells)
    }


#: The modules and packages that CONTRIBUTING's table names, each with its row.
ROOMS = _rooms()


def room(module: str) -> int:
    """Return the row of CONTRIBUTING's table that a module is in, -1 for none."""
    parts = module.split(".")
    named = [".".join(parts[:length]) for length in range(len(parts), 1, -1)]
    return next((ROOMS[each] for each in named if each in ROOMS), -1)


def imports(source: str, package: str) -> Iterator[str]:
    """Yield the modules that a source imports when it runs, those in functions included."""
    tree = ast.parse(source)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for each in node.body
        for inner in ast.walk(each)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield inner if inner in SOURCES else module


def own_imports(module: str, path: Path) -> list[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return [each for each in imports(path.read_text(), package) if each.split(".")[0] == "codegen"]


def test_every_module_has_a_column() -> None:
    parts = {module.split(".")[1] for module in SOURCES if module != "codegen"}
    named = {name for names in COLUMNS for name in names}
    assert parts <= named
    assert {f"codegen.{name}" for name in named} <= SOURCES.keys()


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_to_the_left(module: str) -> None:
    wrong = [each for each in own_imports(module, SOURCES[module]) if column(each) > column(module)]
    assert wrong == [], f"{module} imports from a column to its right"


def test_the_table_of_contributing_names_every_module() -> None:
    assert ROOMS.keys() <= SOURCES.keys()
    assert [module for module in SOURCES if module != "codegen" and room(module) < 0] == []


@pytest.mark.parametrize("module", [each for each in SOURCES if each != "codegen"])
def test_imports_come_from_above_in_the_table_of_contributing(module: str) -> None:
    below = [each for each in own_imports(module, SOURCES[module]) if room(each) > room(module)]
    assert below == [], f"{module} imports from below it in CONTRIBUTING's table"


def test_verbs_are_independent_of_one_another() -> None:
    shared = {f"codegen.cli.{name}" for name in ("console", "options", "progress")}
    for module, path in SOURCES.items():
        if module.startswith("codegen.cli."):
            verb = ".".join(module.split(".")[:3])
            found = {
                each
                for each in own_imports(module, path)
                if each.startswith("codegen.cli.") and not f"{each}.".startswith(f"{verb}.")
            }
            assert found <= shared, module


def test_what_counts_as_an_import() -> None:
    source = (
        "import os, codegen.cli\nfrom codegen import emit\nfrom . import layout\n"
        "from .model import Packet\nfrom codegen.cli.options import strategy\n"
        "def f():\n    from codegen import run\n"
        "if TYPE_CHECKING:\n    from codegen import oracle\nelse:\n    import codegen.lower\n"
    )
    assert sorted(imports(source, "codegen")) == [
        "codegen.cli",
        "codegen.cli.options",
        "codegen.emit",
        "codegen.layout",
        "codegen.lower",
        "codegen.model",
        "codegen.run",
        "os",
    ]


# ------------------------------------------------------------------ protocols

#: Looks at the frames of others, which no format describes.
SEES_OTHERS = ROOT / "c_templates" / "runtime" / "rx_length.c"

#: The names of a registry, which every part may refer to.
LINK_TYPES = ROOT / "codegen" / "model" / "linktype.py"

#: What handles every protocol, and so must know none.
BLIND = sorted(
    {
        *(ROOT / "codegen" / f"{name}.py" for name in "layout oracle describe emit".split()),
        *(ROOT / "codegen" / "resolve").rglob("*.py"),
        *(ROOT / "codegen" / "lower").rglob("*.py"),
        *(ROOT / "c_templates").rglob("*.j2"),
        *(ROOT / "c_templates").rglob("*.[ch]"),
        *(ROOT / "c_templates").rglob("*.py"),
        *(ROOT / "codegen" / "model").rglob("*.py"),
        *(ROOT / "codegen" / "verify").rglob("*.py"),
    }
    - {SEES_OTHERS, LINK_TYPES}
)
#: Protocols that the catalogue has, and that it might have.
PROTOCOLS = {
    layer.name
    for format in formats.catalogue().values()
    for layer in format.packet.layers
    if isinstance(layer, Header)
} | set("arp icmp icmpv6 ipv6 vlan tcp sctp vxlan gre mpls dns".split())
NAMES = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(sorted(PROTOCOLS))})(?![A-Za-z0-9])", re.I)
#: Kinds of addresses and the medium are vocabulary, and a message may give an example.
VOCABULARY = re.compile(
    r"'IPv4'|IPv[46]Address|IPv[46] address|IPv4\(|KIND_IPV[46]|'IPV[46]'|\"IPV6\"|ipv6_addr"
    r"|args?_ipv[46]|read_ipv[46]"
    r"|ETHERNET_M(IN|AX)|ETHER_WIRE_OVERHEAD|ether_addr|that Ethernet adds|such as \w+"
    r"|LinkType\.\w+"
)


def without_comments(path: Path) -> str:
    """Return a Python source without comments and docstrings, other text as it is."""
    if path.suffix != ".py":
        return path.read_text()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        for _, value in ast.iter_fields(node):
            for each in value if isinstance(value, list) else []:
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                    each.value = ast.Constant(None)
    return ast.unparse(tree)


@pytest.mark.parametrize("path", BLIND, ids=lambda path: path.name)
def test_no_protocol_is_known_where_all_are_handled(path: Path) -> None:
    lines = without_comments(path).splitlines()
    assert [line for line in lines if NAMES.search(VOCABULARY.sub("", line))] == []


@pytest.mark.parametrize(
    "line", ["if name == 'udp':", "struct ipv4_hdr", "ETHERNET / x", "x = UDP", "IPv4.ttl"]
)
def test_a_protocol_is_seen_where_it_is_named(line: str) -> None:
    assert {"ethernet", "ipv4", "udp"} <= PROTOCOLS
    assert NAMES.search(VOCABULARY.sub("", line))


# ------------------------------------------------------------------ the start

HEAVY = {"jinja2", "pycparser", "cffi", "hypothesis", "rich", "scapy", "pytest", "dpkt", "pcapng"}


def loaded_after(code: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has imported after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return HEAVY & {name.split(".")[0] for name in done.stderr.split()}


def command(*arguments: str) -> str:
    """Return code that runs the command and goes on."""
    return (
        f"import sys; sys.argv = {['codegen', *arguments]!r}\n"
        "from codegen.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
    )


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import codegen.cli", set()),
        (command("--help"), set()),
        (command("--version"), set()),
        *((command(verb, "--help"), set()) for verb in "list show emit verify run".split()),
        (command("list"), set()),
        (command("show"), set()),
    ],
    ids=[
        *("import", "help", "version", "list-help", "show-help", "emit-help", "verify-help"),
        *("run-help", "list", "show"),
    ],
)
def test_a_command_imports_what_it_needs(code: str, allowed: set[str]) -> None:
    assert loaded_after(code) <= allowed


def test_emission_needs_the_templates_alone(tmp_path: Path) -> None:
    assert loaded_after(command("emit", "--output", str(tmp_path))) == {"jinja2"}


def test_what_is_heavy_is_seen() -> None:
    assert loaded_after("import jinja2, rich.table") == {"jinja2", "rich"}
