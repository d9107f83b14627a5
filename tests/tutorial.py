"""Do what a page of ``docs/`` has its reader do, in the order of the page.

A block of ``python`` is the file that the page names last, as ``NAME.py``. The commands of a
block of ``sh`` are run, and what a block of ``text`` behind it has must be in their output,
line by line; where that is an error of the command, the last one fails. A block of
``shell`` is for readers alone: it installs something, say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
#: Runs a script in the folder; returns its exit code, and all that it printed.
Run = Callable[[str], tuple[int, str]]

#: What runs a script such that its first failing command ends it.
SHELL = ("bash", "-e", "-o", "pipefail", "-c")

_VERIFY = re.compile(r"^codegen verify(?= *(#|$))", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A file to write, or commands to run with what they print in part."""

    file: str | None
    text: str
    output: str


def steps(page: str) -> Iterator[Step]:
    """Yield the steps of a page, by its name without ``.md``."""
    text = (DOCS / f"{page}.md").read_text()
    for block in _BLOCK.finditer(text):
        language, content, output = block.groups()
        if language == "python":
            yield Step(re.findall(r"(\w+\.py)`", text[: block.start()])[-1], content, "")
        elif language == "sh":
            yield Step(None, content, output or "")


def follow(page: str, folder: Path, run: Run, without: Sequence[str] = ()) -> list[str]:
    """Do what a page says in a folder, and return the commands that were run.

    Commands that have one of the words ``without`` are left out.
    """
    done = []
    for step in steps(page):
        if step.file:
            (folder / step.file).write_text(step.text)
            continue
        commands = [
            line for line in step.text.splitlines() if not any(word in line for word in without)
        ]
        if not commands:
            continue
        text = "\n".join(commands) + "\n"
        # The one change to what a page has: fewer generated values, to save time.
        code, output = run(_VERIFY.sub("codegen verify --examples 50", text))
        refused = step.output.startswith("codegen: ")
        assert (code != 0) == refused, f"{text}{output}"
        printed = iter(output.splitlines())
        for line in step.output.splitlines():
            assert any(line in each for each in printed), f"{text}: {line}\n{output}"
        done += commands
    return done
