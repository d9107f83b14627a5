"""Compilers for the tests of the host platform.

They call the compiler themselves: what builds applications has tests of its own,
and a fault in one should not look like a fault in the other.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from codegen import host

HERE = Path(__file__).parent
PLATFORM = Path(host.__file__).parent
MAIN = PLATFORM / "src" / "main.c"
SOURCES = sorted(set((PLATFORM / "src").glob("*.c")) - {MAIN})

STRICT = (
    *("-std=gnu11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"),
    *("-Wcast-align", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror"),
    f"-I{PLATFORM / 'include'}",
)
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


class Toolchain:
    """A compiler; ``run`` shows what it says when it fails."""

    def __init__(self, command: str) -> None:
        self.command = command

    def run(self, arguments: Sequence[str | Path], cwd: Path | None = None) -> None:
        argv = [self.command, *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd)
        assert done.returncode == 0, done.stderr

    def program(self, target: Path, flags: Sequence[str], sources: Sequence[Path]) -> Path:
        self.run([*STRICT, *flags, *sources, "-o", target])
        return target


@pytest.fixture(scope="session", params=["gcc", "clang"])
def toolchain(request: pytest.FixtureRequest) -> Toolchain:
    """Return each compiler that is there."""
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param}")
    return Toolchain(request.param)


@pytest.fixture(scope="session")
def gcc() -> Toolchain:
    """Return the compiler for tests that would not learn more from two."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc")
    return Toolchain("gcc")
