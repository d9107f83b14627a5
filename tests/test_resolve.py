"""The passes of resolution: what each says of itself, and what it keeps to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from codegen import resolve
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
