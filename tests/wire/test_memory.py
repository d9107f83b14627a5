"""Every strategy on a real tap, under sanitizers and under valgrind.

The other devices are made by the platform; with this one the kernel reads the
frames, so a byte that was never written would leave the process.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen import emit, formats
from codegen.host import build
from codegen.model import STRATEGIES, Fetch, Strategy
from codegen.resolve import resolve

from .namespace import Namespace

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FOUND = 99
VALGRIND = ("valgrind", "-q", f"--error-exitcode={FOUND}", "--leak-check=full")

each_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: each.name)


def program(strategy: Strategy, folder: Path, *flags: str) -> Path:
    name = "usoc21" if strategy.fetch is Fetch.SHARE else "udp4_seq"
    emit.write(emit.render(resolve(formats.load(name)), strategy), folder / "app")
    return build.build_program(folder / "app", optimize="-O1", extra_flags=flags)


def sent(namespace: Namespace, *command: str | Path) -> None:
    """Send frames of both lengths; all must be counted by the tap, and nothing reported."""
    for length in ("60", "1514"):
        before = namespace.received("tap0")
        done = namespace.run(
            *command, "device=tap:tap0", "--", "count=300", f"length={length}", "interval=0"
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout.splitlines()[-1])["sent"] == 300
        assert namespace.received("tap0") - before == 300


@each_strategy
def test_sanitizers_find_nothing(namespace: Namespace, strategy: Strategy, tmp_path: Path) -> None:
    namespace.tap("tap0")
    sent(namespace, program(strategy, tmp_path, *SANITIZERS))


@each_strategy
def test_valgrind_finds_nothing(
    namespace: Namespace, strategy: Strategy, tmp_path: Path, require: Callable[[str], str]
) -> None:
    require("valgrind")
    namespace.tap("tap0")
    sent(namespace, *VALGRIND, program(strategy, tmp_path))
