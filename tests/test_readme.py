"""What the README tells people to type works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text()
PYTHON, STRATEGY = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SHELL = "".join(re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
COMMANDS = [
    line.split("#")[0].split()
    for line in SHELL.splitlines()
    if line.startswith("codegen ") and "telemetry.py" in line
]


def codegen(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegen", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_readme_has_the_commands() -> None:
    assert [command[1] for command in COMMANDS] == ["show", "verify", "run", "emit"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
def test_the_example_works(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "telemetry.py").write_text(PYTHON)
    arguments = command[1:] + (["--examples", "20"] if command[1] == "verify" else [])
    run = codegen(tmp_path, *arguments)
    assert run.returncode == 0, run.stderr
    assert run.stdout


def test_the_strategy_of_ones_own_works(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STRATEGY)
    run = codegen(tmp_path, "run", "--strategy", "mine.py:BIG_POOL", "--count", "1000", "--json")
    assert run.returncode == 0, run.stderr
    assert '"strategy": "big-pool"' in run.stdout


def test_the_diagnostic_is_printed_as_shown(tmp_path: Path) -> None:
    assert "        Reserved(3),\n" in PYTHON
    (tmp_path / "telemetry.py").write_text(PYTHON.replace("        Reserved(3),\n", ""))
    run = codegen(tmp_path, "show", "telemetry.py")
    assert run.returncode == 2
    assert run.stderr in README
