"""The table ``[tool.codegen]`` of a user's ``pyproject.toml``: what their project consists of.

It makes the verbs work without arguments in a repository of formats: they emit and verify
the project's own formats, and only these.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import UsageError

NAME = "pyproject.toml"

#: The keys of the table, with what each has.
KEYS = {
    "formats": "a list of formats, such as ['telemetry.py', 'sensors.packets:PING']",
    "targets": "a list of targets, such as ['unikraft', 'c']",
    "strategies": "a list of strategies, such as ['pool-dup', 'mine.py:BIG_POOL']",
    "output": "the folder below which is emitted, such as 'generated'",
}

#: What formats are emitted for: an application, or the packet layer alone.
TARGETS = ("unikraft", "c")


@dataclass(frozen=True)
class Project:
    """What a project consists of; ``folder`` is where its relative paths start."""

    folder: Path
    formats: tuple[str, ...]
    targets: tuple[str, ...] = ("unikraft",)
    strategies: tuple[str, ...] = ("pool-dup",)
    output: Path = Path("generated")

    @property
    def file(self) -> Path:
        """The file that has the table."""
        return self.folder / NAME


def find(start: Path = Path()) -> Project | None:
    """Return the project that a folder is in, None where it is in none.

    It is the nearest ``pyproject.toml`` with a table ``[tool.codegen]``, in the folder or in
    one above it, up to the root of the repository. Raises UsageError for a table that has
    something else in it than :data:`KEYS`.
    """
    for folder in _upwards(start.resolve()):
        file = folder / NAME
        # Reading TOML is an import that most calls of the command can do without.
        if not file.is_file() or b"codegen" not in file.read_bytes():
            continue
        table = _table(file)
        if table is not None:
            return _project(Path(os.path.relpath(folder)), table)
    return None


def _upwards(start: Path) -> Iterator[Path]:
    """Yield a folder and those above it, up to the root of a repository or of all files."""
    for folder in (start, *start.parents):
        yield folder
        if (folder / ".git").exists():
            return


def _table(file: Path) -> Mapping[str, Any] | None:
    import tomllib

    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    tools = found.get("tool", {})
    table = tools.get("codegen") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.codegen is {table!r}; write it as a table, [tool.codegen]")
    return table


def _project(folder: Path, table: Mapping[str, Any]) -> Project:
    place = f"{folder / NAME}: [tool.codegen]"
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(f"{place} has no key {key!r}; it may have: {', '.join(KEYS)}")
        of_text = isinstance(value, list) and all(isinstance(each, str) for each in value)
        fits = isinstance(value, str) if key == "output" else of_text
        if not fits or not value:
            raise UsageError(f"{place}: {key} is {value!r}; give it {KEYS[key]}")
    for each in table.get("targets", ()):
        if each not in TARGETS:
            raise UsageError(
                f"{place}: there is no target {each!r}; there are: {', '.join(TARGETS)}"
            )
    if "formats" not in table:
        raise UsageError(f"{place} names no formats; give it formats = {KEYS['formats']}")
    return Project(
        folder,
        tuple(table["formats"]),
        tuple(dict.fromkeys(table.get("targets", Project.targets))),
        tuple(table.get("strategies", Project.strategies)),
        folder / table.get("output", Project.output),
    )
