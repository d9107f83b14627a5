"""Every diagnostic has a format that gets it: a file each, named after its number.

A file here is a format that must be refused, and the diagnostic must name the
place, say what is wrong and how to mend it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from codegen import formats
from codegen.diagnostics import Code, FormatError
from codegen.resolve import resolve

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("f[0-9]*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_format_is_refused(path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        resolve(formats.load(f"{path}:FORMAT"))
    codes = {each.code.name for each in caught.value.diagnostics}
    assert codes == {path.stem[:4].upper()}
    for each in caught.value.diagnostics:
        assert each.where
        assert each.problem
        assert each.remedy


def test_every_diagnostic_has_a_format() -> None:
    assert {path.stem[:4].upper() for path in FILES} == {code.name for code in Code}


def test_the_command_prints_the_diagnostic_and_exits_with_2() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "codegen", "show", f"{HERE / 'f105_overlap.py'}:FORMAT"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert "F105 h.b: it is declared at bit 8" in run.stderr
    assert "Traceback" not in run.stderr
