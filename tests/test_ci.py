"""The script of continuous integration: it installs what is missing, or names it, and tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tools

ROOT = Path(__file__).parent.parent
SCRIPT = (ROOT / ".ci" / "run").read_text()
PACKAGES = re.sub(
    r"#.*", "", re.findall(r"^packages=\(\n(.*?)^\)", SCRIPT, re.MULTILINE | re.DOTALL)[0]
).split()

NOBODY = 65534


@pytest.fixture
def machine() -> Iterator[Path]:
    """Return a copy of the script that anyone may run, and beside it the programs it finds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / ".ci").mkdir()
        shutil.copy(ROOT / ".ci" / "run", folder / ".ci")
        (folder / "programs").mkdir()
        for program in ("env", "bash", "sh", "dirname"):
            (folder / "programs" / program).symlink_to(str(shutil.which(program)))
        script(folder, "npm", 'echo "npm $1" >>"$LOG"')
        yield folder


def script(machine: Path, name: str, text: str) -> None:
    """Make a program of the machine."""
    path = machine / "programs" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(machine: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the script; what its programs log is in the file ``log``."""
    environment = {"PATH": str(machine / "programs"), "LOG": str(machine / "log")}
    return subprocess.run(
        [machine / ".ci" / "run"],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


MAKE = 'echo "make $* CI=$CI" >>"$LOG"; echo "== 7 passed in 1 s =="'


def test_what_is_there_is_not_installed_again(machine: Path) -> None:
    script(machine, "dpkg-query", "echo -n installed")
    script(machine, "make", MAKE)
    for _ in range(2):
        done = run(machine)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == "== 7 passed in 1 s =="
        assert (machine / "log").read_text() == (
            "npm install\nmake test CI=true\nmake test-bare CI=\n"
        )
        (machine / "log").unlink()


@pytest.mark.parametrize("failing", ["test", "test-bare"])
def test_each_world_must_pass(machine: Path, failing: str) -> None:
    script(machine, "dpkg-query", "echo -n installed")
    script(machine, "make", f'[ "$1" != {failing} ]')
    assert run(machine).returncode != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_root_installs_what_is_missing(machine: Path) -> None:
    # A package that was removed is known still, with another status.
    status = "tshark) echo -n config-files;; valgrind) exit 1;; *) echo -n installed;;"
    script(machine, "dpkg-query", f'case "$4" in {status} esac')
    script(machine, "make", MAKE)
    script(machine, "apt-get", 'echo "apt-get $*" >>"$LOG"')
    done = run(machine)
    assert (done.returncode, done.stderr) == (0, "")
    assert (machine / "log").read_text().splitlines() == [
        "apt-get update -q",
        "apt-get install -q -y --no-install-recommends tshark valgrind",
        "npm install",
        "make test CI=true",
        "make test-bare CI=",
    ]


def test_others_are_told_what_root_should_install(machine: Path) -> None:
    script(machine, "dpkg-query", 'case "$4" in tshark|flex) exit 1;; *) echo -n installed;; esac')
    script(machine, "apt-get", "exit 0")
    done = run(machine, **({"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}))
    assert (done.returncode, done.stdout) == (2, "")
    assert "only root can install what is missing" in done.stderr
    assert "  apt-get update && apt-get install tshark flex\n" in done.stderr


def test_without_apt_the_packages_are_named(machine: Path) -> None:
    done = run(machine)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there is no apt-get here to install: {' '.join(PACKAGES)}\n" in done.stderr
    assert "call 'CI=true make test'" in done.stderr


def test_every_tool_of_the_tests_is_installed() -> None:
    assert set(tools.PACKAGES.values()) <= set(PACKAGES)


def test_the_workflow_runs_the_script() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_commits_are_linted_as_make_does() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (repository,) = configuration["repos"]
    assert repository["repo"] == "local"
    (recipe,) = re.findall(
        r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    commands = [line.strip().removeprefix("@$(BIN)/") for line in recipe.splitlines()]
    assert [hook["entry"] for hook in repository["hooks"]] == [
        f".venv/bin/{command.removesuffix(' .')}" for command in commands
    ]
