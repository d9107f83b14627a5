"""The passes of resolution: what each says of itself, and what it keeps to."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from codegen import resolve
from codegen.cli import cli
from codegen.diagnostics import Code

PASSES = sorted(Path(resolve.__file__).parent.glob("*.py"))


def reported(path: Path) -> set[str]:
    """Return the diagnostics that a module reports itself."""
    tree = ast.parse(path.read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Code"
    }


@pytest.mark.parametrize("path", PASSES, ids=lambda path: path.stem)
def test_a_pass_lists_the_diagnostics_that_it_reports(path: Path) -> None:
    listed = set(re.findall(r"F\d{3}", ast.get_docstring(ast.parse(path.read_text())) or ""))
    assert reported(path) <= listed
    assert listed <= {code.name for code in Code}


def test_every_diagnostic_is_reported_by_a_pass() -> None:
    assert set().union(*map(reported, PASSES)) == {code.name for code in Code}


@pytest.mark.parametrize(
    "arguments",
    [
        "show usoc21",
        "emit --format usoc21",
        "verify usoc21 --examples 1",
        "verify usoc21 --all --examples 1",
        "run --format usoc21 --length 100 --count 1",
        "run --format usoc21 --strategy heap-gen,pool-dup --repeat 1 --duration 0.01",
    ],
)
def test_a_command_resolves_a_format_once(
    arguments: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A preset comes with its packet, whose functions an application has as well."""
    counts: Counter[str] = Counter()
    resolved = resolve._layout

    def counted(found: Any, format: Any, *more: Any) -> Any:
        counts[format.name] += 1
        return resolved(found, format, *more)

    monkeypatch.setattr(resolve, "_layout", counted)
    monkeypatch.chdir(tmp_path)
    cli(arguments.split(), standalone_mode=False)
    assert counts == {"udp4": 1, "usoc21": 1}
