"""The host platform's API, driven by the C cases beside this file.

Each runs in a process of its own, so that an assertion, a leak or a stray access
is the failure of one case; and with sanitizers, because reading past a buffer
mostly goes unnoticed otherwise.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import HERE, PLATFORM, SANITIZE, SOURCES, STRICT, Toolchain

C_FILES = sorted(HERE.glob("cases*.c"))
CASES = [
    name for each in C_FILES for name in re.findall(r"^CASE\((\w+)\)$", each.read_text(), re.M)
]


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@pytest.fixture(scope="session")
def program(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("cases") / "cases"
    return toolchain.program(target, SANITIZE, [*SOURCES, *C_FILES])


def test_there_are_cases() -> None:
    assert len(CASES) > 50
    assert len(set(CASES)) == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_case(program: Path, case: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [program, case],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        cwd=tmp_path,
        preexec_fn=limit_file_size,
        env={**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1"},
    )
    if case.startswith("dies_"):
        assert done.returncode == -signal.SIGABRT
        assert re.match(r"critical: (Assertion failure: .+ \(.+\.[ch]:\d+\)|0x\w+ was freed)", done.stderr)
    else:
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("optimize", ["-O0", "-O2"])
def test_sources_compile_without_a_warning(
    toolchain: Toolchain, optimize: str, tmp_path: Path
) -> None:
    sources = sorted((PLATFORM / "src").glob("*.c"))
    toolchain.run([*STRICT, optimize, "-c", *sources], cwd=tmp_path)


def test_headers_stand_alone(toolchain: Toolchain, tmp_path: Path) -> None:
    """Nobody should have to know what to include before a header."""
    headers = sorted((PLATFORM / "include").rglob("*.h"))
    assert headers
    for number, header in enumerate(headers):
        name = header.relative_to(PLATFORM / "include")
        # Twice, for the include guard; a declaration, as ISO C has no empty source.
        text = f"#include <{name}>\n#include <{name}>\ntypedef int not_empty;\n"
        (tmp_path / f"header{number}.c").write_text(text)
    toolchain.run([*STRICT, "-fsyntax-only", *sorted(tmp_path.glob("*.c"))])


def test_every_file_names_its_licence() -> None:
    for each in [*PLATFORM.rglob("*.[ch]"), *HERE.glob("*.[ch]")]:
        assert each.read_text().startswith("/* SPDX-License-Identifier: BSD-3-Clause */\n"), each


def test_lines_are_as_long_as_a_kernel_developer_has_it() -> None:
    for each in [*PLATFORM.rglob("*.[ch]"), *HERE.glob("*.[ch]")]:
        for number, line in enumerate(each.read_text().splitlines(), 1):
            # A message is not broken up: somebody will search for it.
            if '"' not in line:
                assert len(line.expandtabs(8)) <= 80, f"{each}:{number}"
            assert line == line.rstrip(), f"{each}:{number}"
