"""``codegen new``: write a format to start from, with its test and a CI snippet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from codegen.cli import options
from codegen.errors import UsageError


@click.command("new", cls=options.Verb)
@click.argument("name", required=False)
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Folder that the files are written to; it is created if it does not exist.  "
    "[default: the current one]",
)
def command(name: str | None, folder: Path) -> None:
    """Write a format NAME to start from: NAME.py and its test, test_NAME.py.

    If there is no pyproject.toml with a table [tool.codegen] yet, one is written as well, and
    a workflow for GitHub (.github/workflows/formats.yml). Either all files are written or
    none, and no file is overwritten. The format passes 'codegen verify' as it is.
    """
    from codegen import project, starter, temporary

    if name is None:
        raise UsageError("give the new format a name, as in codegen new telemetry")
    own = starter.files(name, folder)
    for path in own:
        if os.path.lexists(path):
            raise UsageError(f"{path} is there already; remove it, or choose another name")
    once = starter.project_files(name, folder)
    found = project.find(folder)
    if found is None:
        own |= {path: text for path, text in once.items() if not os.path.lexists(path)}
    pyproject = folder / project.NAME
    with temporary.folder() as trial:
        (trial / f"{name}.py").write_text(own[folder / f"{name}.py"])
        starter.check(trial / f"{name}.py")
    _write(own)
    click.echo("\n".join(map(str, own)))
    if pyproject not in own:
        file = pyproject if found is None else found.file
        spec = Path(os.path.relpath(folder, file.parent)) / f"{name}.py"
        click.echo(f'add it to [tool.codegen] of {file}: formats = ["{spec}"]', err=True)


def _write(texts: Mapping[Path, str]) -> None:
    """Write new files, all or none; raises UsageError when one has appeared meanwhile."""
    made: list[Path] = []
    folders: list[Path] = []
    try:
        for path, text in texts.items():
            folders += _make(path.parent)
            staged = path.with_name(f".{path.name}.new")
            try:
                staged.write_text(text)
                # A link, unlike a rename, replaces nothing.
                path.hardlink_to(staged)
            finally:
                staged.unlink(missing_ok=True)
            made.append(path)
    except BaseException as error:
        for each in made:
            each.unlink(missing_ok=True)
        for each in reversed(folders):
            with suppress(OSError):
                each.rmdir()
        if isinstance(error, FileExistsError):
            raise UsageError(f"{error.filename2 or error.filename} is there already") from None
        raise


def _make(folder: Path) -> list[Path]:
    """Make a folder, and return those that were not there, the outermost first."""
    absent = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    for each in absent:
        each.mkdir()
    return absent
