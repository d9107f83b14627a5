"""The Makefile is the door of the house: it lists what there is, and says what is missing.

Only what needs no installation is tried here, in a copy without a virtual
environment; that ``make run`` works is seen wherever the project is checked out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TARGETS = re.findall(r"^([a-z-]+):.*?## (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The suite may run under make itself, whose options must not reach this one.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEFILES", "PYTHON", "JOBS")
    }
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("arguments", [(), ("help",)], ids=["bare", "help"])
def test_help_lists_every_target(copy: Path, arguments: tuple[str, ...]) -> None:
    done = make(copy, *arguments)
    assert done.returncode == 0
    assert done.stderr == ""
    assert {"help", "run", "test", "lint", "emit", "clean"} <= {name for name, _ in TARGETS}
    assert [line.split(maxsplit=1) for line in done.stdout.splitlines()] == [
        [name, text] for name, text in TARGETS
    ]
    assert not (copy / ".venv").exists()


def test_every_target_without_a_file_is_phony() -> None:
    text = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert set(phony.split()) == {name for name, _ in TARGETS}


def test_test_checks_style_and_runs_the_suite(copy: Path) -> None:
    done = make(copy, "-n", "test", "JOBS=3")
    assert done.returncode == 0
    commands = done.stdout.splitlines()
    for extra in ("test", "docs"):
        assert any(re.search(rf"pip install .*\.\[{extra}\]", line) for line in commands)
    assert [line.split("/bin/")[1] for line in commands[-4:]] == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "python -m pytest -n 3",
    ]


def test_run_installs_what_its_verbs_use(copy: Path) -> None:
    done = make(copy, "-n", "run")
    assert done.returncode == 0
    assert re.search(r"pip install .*--editable '\.\[all\]'", done.stdout)
    assert "[test]" not in done.stdout


@pytest.mark.parametrize("target", ["run", "test", "emit"])
def test_a_python_that_is_too_old_is_said(copy: Path, target: str) -> None:
    done = make(copy, "PYTHON=false", target)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "codegen needs Python 3.11 or newer; say which: make PYTHON=python3.12\n"
    )
    assert not (copy / ".venv").exists()


def test_a_python_that_does_not_exist_is_said(copy: Path) -> None:
    done = make(copy, "PYTHON=python-that-is-not-there", "run")
    assert done.returncode == 2
    assert "python-that-is-not-there" in done.stderr
    assert "codegen needs Python 3.11 or newer" in done.stderr


def test_a_python_without_venv_is_said(copy: Path) -> None:
    python = script(copy / "python", '[ "$1" = -c ]')
    done = make(copy, f"PYTHON={python}", "run")
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr


def test_a_second_make_installs_nothing(copy: Path) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)
    log = copy / "log"
    for name in ("python", "codegen", "ruff", "mypy"):
        script(copy / ".venv" / "bin" / name, f'echo {name} "$@" >>{log}')
    for _ in range(2):
        assert make(copy, "PYTHON=true", "run", "test").returncode == 0
        calls = log.read_text().splitlines()
        log.unlink()
    assert [call for call in calls if "pip" in call] == []
    assert calls[0].startswith("codegen show")
    assert calls[-1].startswith("python -m pytest")
    # Another list of packages is another installation.
    later = (copy / ".venv" / "installed").stat().st_mtime + 10
    os.utime(copy / "setup.cfg", (later, later))
    assert make(copy, "PYTHON=true", "run").returncode == 0
    assert "pip install" in log.read_text()


def test_run_has_a_folder_for_its_capture(copy: Path) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)
    script(copy / ".venv" / "bin" / "python", "true")
    writes = 'case "$3" in pcap:*) touch "${3#pcap:}" && touch written;; esac'
    script(copy / ".venv" / "bin" / "codegen", writes)
    done = make(copy, "PYTHON=true", "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert (copy / "written").exists()


def test_a_failing_step_ends_the_run(copy: Path) -> None:
    (copy / ".venv" / "bin").mkdir(parents=True)
    log = copy / "log"
    script(copy / ".venv" / "bin" / "python", "true")
    script(copy / ".venv" / "bin" / "codegen", f'echo "$1" >>{log}; [ "$1" != verify ]')
    done = make(copy, "PYTHON=true", "run")
    assert done.returncode != 0
    assert log.read_text().split() == ["show", "emit", "verify"]


def test_clean_leaves_what_is_not_built(copy: Path) -> None:
    for name in ("build/x", ".venv/x", "a/__pycache__/x", "kept/x", "codegen.egg-info/x"):
        (copy / name).parent.mkdir(parents=True)
        (copy / name).touch()
    assert make(copy, "clean").returncode == 0
    assert sorted(path.name for path in copy.iterdir()) == [
        "Makefile",
        "a",
        "kept",
        "pyproject.toml",
        "setup.cfg",
    ]
    assert list((copy / "a").iterdir()) == []
    assert make(copy, "clean").returncode == 0
