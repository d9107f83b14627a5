"""Tables on a terminal and elsewhere, with rich and without it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from codegen.cli.console import Table, _folded, _plain, table

#: Stands in for an environment without rich: importing it fails, and it is not found.
WITHOUT_RICH = "import sys; sys.modules['rich'] = None\n"
STYLES = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(columns: int, *arguments: str, before: str = "") -> list[str]:
    """Run the command on a terminal of so many columns; return the lines that it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    code = f"{before}import sys; sys.argv = {['codegen', *arguments]!r}\n"
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}from codegen.cli import main\nmain()"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment | {"TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # Linux has EIO for a terminal that all others have closed
                break
            shown += read
        os.close(ours)
    assert process.returncode == 0, shown.decode()
    return shown.decode().replace("\r\n", "\n").splitlines()


def elsewhere(*arguments: str) -> list[str]:
    """Return the lines that the command prints to a program."""
    done = subprocess.run(
        [sys.executable, "-m", "codegen", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture
def sample() -> Table:
    rows = table("who", "ns/packet", "")
    rows.columns[1].justify = "right"
    rows.columns[2].min_width = 12
    rows.add_row("pool-dup", "7.1", "a [bold]cell[/] of some width :smile:")
    rows.add_row("heap", "1234.5", "")
    rows.add_row("", "1", "last")
    return rows


def test_a_plain_table_is_the_one_of_rich(sample: Table) -> None:
    assert list(_plain(sample)) != []
    assert [STYLES.sub("", line) for line in _plain(sample)] == list(_folded(sample, 1000))


def test_a_table_without_rows_or_heads() -> None:
    assert list(_plain(table("", ""))) == []
    assert [STYLES.sub("", line) for line in _plain(table("a", "b"))] == ["a  b"]


def test_a_table_is_folded_to_the_terminal() -> None:
    whole = elsewhere("list", "strategies")
    assert max(map(len, whole)) > 90
    shown = [STYLES.sub("", line) for line in on_terminal(90, "list", "strategies")]
    assert max(map(len, shown)) <= 90
    assert set(" ".join(shown).split()) == set(" ".join(whole).split())


@pytest.mark.parametrize("arguments", [("list",), ("show",)], ids=" ".join)
def test_without_rich_a_terminal_gets_whole_lines(arguments: tuple[str, ...]) -> None:
    shown = on_terminal(60, *arguments, before=WITHOUT_RICH)
    assert [STYLES.sub("", line) for line in shown] == elsewhere(*arguments)
    assert any(STYLES.search(line) for line in shown), "heads are bold on a terminal"


def test_a_bar_is_shown_where_there_is_rich() -> None:
    arguments = "bench --length 60 --sink free --strategy zero-copy --repeat 1".split()
    arguments += ["--seconds", "0.01"]
    assert "━" in "".join(on_terminal(200, *arguments))
    assert "━" not in "".join(on_terminal(200, *arguments, before=WITHOUT_RICH))
