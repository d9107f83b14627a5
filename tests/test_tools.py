"""Where optional tools are missing, tests are skipped, and what would run them is named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tools
from tests.tools import NO_TREE, PACKAGES

ROOT = Path(__file__).parent.parent


def bare(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as on a newcomer's machine."""
    return subprocess.run(
        [sys.executable, "-m", "tests.bare", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bare_machine_has_what_a_newcomer_has() -> None:
    script = "for tool; do command -v $tool >/dev/null && echo $tool; done; ls -A ~"
    done = bare("sh", "-c", script, "sh", "git", "gcc", "make", "python3", *PACKAGES)
    assert done.stdout.split() == ["git", "gcc", "make", "python3"]
    assert bare("sh", "-c", "exit 7").returncode == 7
    assert bare("sh", "-c", 'echo "$CI"').stdout == "\n"


#: Some tests that want a compiler that no newcomer has, and one that wants none.
CHOSEN = ("tests/test_compile.py", "-k", "clang++ or test_make_without_a_tree")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHOSEN)


def test_without_tools_the_run_passes_and_says_what_to_install() -> None:
    done = bare(*PYTEST)
    assert done.returncode == 0, done.stdout
    line, closing = done.stdout.splitlines()[-2:]
    assert line == "Tests that were skipped: 5. To turn on 5: apt install clang."
    assert re.match(r"1 passed, 5 skipped, \d+ deselected in ", closing)


def test_with_ci_set_a_missing_tool_fails_the_run() -> None:
    done = bare("env", "CI=true", *PYTEST)
    assert done.returncode == 1
    assert "without clang++: apt install clang" in done.stdout
    assert re.match(r"5 failed, 1 passed, \d+ deselected in ", done.stdout.splitlines()[-1])


def test_all_tools_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception) as skipped:
        tools.need("bison", "ip", "tc", "gcc")
    assert str(skipped.value) == "without bison, ip, tc, gcc: apt install bison iproute2 gcc"


def test_a_tool_without_a_package_is_an_error_where_it_is_there() -> None:
    with pytest.raises(KeyError):
        tools.need("ls")


def test_the_summary_adds_up_the_reasons() -> None:
    reasons = [
        f"Skipped: {NO_TREE}",
        "Skipped: without tshark: apt install tshark",
        "Skipped: no right to make taps (Operation not permitted)",
        "Skipped: without ip, tc, bison: apt install iproute2 bison",
        f"Skipped: {NO_TREE}",
    ]
    assert tools.summary(reasons) == (
        "Tests that were skipped: 5. To turn on 2: apt install bison iproute2 tshark. The others: "
        "no Unikraft tree in ~/.unikraft/unikraft (2), no right to make taps (1)."
    )
    assert tools.summary(reasons[2:3]) == (
        "Tests that were skipped: 1. The others: no right to make taps (1)."
    )
