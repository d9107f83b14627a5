"""The tutorial of the unikernel: each of its commands works as the page has it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen.unikraft import Tree
from tests import tutorial
from tests.tools import need
from tests.wire.namespace import Namespace

#: What takes long: comparisons of strategies.
LONG = ("--repeat", "--strategy all", "bench")


@pytest.fixture
def isolated(newest: Tree, tools: None) -> Iterator[Namespace]:
    """Return a network namespace without a bridge, which the page makes."""
    need("tshark")
    namespace = Namespace()
    try:
        namespace.tap("probe")  # skips where taps cannot be made
        yield namespace
    finally:
        namespace.close()


@pytest.mark.unikraft
@pytest.mark.parametrize("without", [LONG, pytest.param((), marks=pytest.mark.long)])
def test_the_tutorial_works(
    without: tuple[str, ...], isolated: Namespace, newest: Tree, tmp_path: Path
) -> None:
    # What was compiled is kept, as it is for a reader.
    command = tmp_path / "bin" / "codegen"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m codegen "$@"\n')
    command.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    settings = shlex.join(["export", f"PATH={path}", f"UK_ROOT={newest.root}"])

    def run(script: str) -> tuple[int, str]:
        whole = f"exec 2>&1\n{settings}\ncd {shlex.quote(str(folder))}\n{script}"
        process = isolated.start(*tutorial.SHELL, whole)
        out, _ = process.communicate(timeout=1200)
        return process.returncode, out

    commands = tutorial.follow("tutorial-unikernel", folder, run, without)
    assert {each.split()[1] for each in commands} >= {"show", "emit", "run", "image", "net"}
    assert [each for each in commands if "--pair" in each]
    assert "usocbr0" not in isolated.links()
