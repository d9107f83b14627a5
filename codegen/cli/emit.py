"""``codegen emit``: write applications or packet layers, or check that they are current."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from codegen import formats, project
from codegen.cli import options
from codegen.errors import UsageError
from codegen.model import STRATEGIES, Strategy

if TYPE_CHECKING:
    from codegen.emit import Stale
    from codegen.layout import Layout

#: What is to be in a folder, by the names of its files.
Folders = dict[Path, Mapping[str, str]]

#: The folder of the packet layer, where no other is named.
PACKETS = Path("packets")


@click.command("emit", cls=options.Verb)
@click.option(
    "--target",
    type=click.Choice(project.TARGETS),
    default=project.TARGETS[0],
    show_default=True,
    help="An application, or the packet layer alone for a C program of your own.",
)
@click.option(
    "--format",
    "format_specs",
    multiple=True,
    default=[formats.DEFAULT],
    show_default=True,
    metavar="FORMAT",
    help="A name that 'codegen list' shows, path/to/file.py:NAME or package.module:NAME. With "
    "--target c, it can be given several times.",
)
@options.strategy_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder below which FORMAT/STRATEGY/ and packets/ are written; with --target c, the "
    "folder of the packet layer itself.  [default: what pyproject.toml has, or generated; packets "
    "with --target c]",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; print a diff and exit with 1 if a file is not current.",
)
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="Emit all applications that codegen's own repository keeps in generated/; with "
    "--check, check those that are in OUTPUT.",
)
@click.pass_context
def command(
    context: click.Context,
    target: str,
    format_specs: tuple[str, ...],
    strategy_name: str,
    output: Path | None,
    check: bool,
    all_: bool,
) -> None:
    """Write the application of a format and a strategy to OUTPUT/FORMAT/STRATEGY/.

    The files that all applications share go to OUTPUT/runtime/. If pyproject.toml has a table
    [tool.codegen], its formats, targets, strategies and output replace the defaults of the
    options.

    With --target c, write the packet layer of each --format to OUTPUT: FORMAT.c, FORMAT.h,
    the headers that they include, and build files for CMake and make.
    """
    given = {name for name in context.params if _is_given(context, name)}
    own = project.find()
    targets = own.targets if own and not all_ and "target" not in given else (target,)
    _check_options(targets, given, format_specs)
    base = output or (own.output if own else project.Project.output)
    if all_:
        folders = _applications(_kept(base, check), base)
    else:
        layouts = (
            options.own_layouts(own)
            if own and "format_specs" not in given
            else [options.layout(spec) for spec in format_specs]
        )
        folders = {}
        if "unikraft" in targets:
            strategies = (
                [options.strategy(each, own.folder) for each in own.strategies]
                if own and "strategy_name" not in given
                else [options.strategy(strategy_name)]
            )
            folders |= _applications(itertools.product(layouts, strategies), base)
        if "c" in targets:
            folder = PACKETS if own is None else base / PACKETS
            if output is not None and "target" in given:
                folder = output
            folders |= _packets(layouts, folder, check)
    _finish(folders, base, check)


def _check_options(
    targets: Sequence[str], given: Collection[str], format_specs: Sequence[str]
) -> None:
    """Raise UsageError for options that the targets have no use for."""
    if "unikraft" not in targets:
        for name, option in (("strategy_name", "--strategy"), ("all_", "--all")):
            if name in given:
                where = "--target c" if "target" in given else "the target c of pyproject.toml"
                raise UsageError(
                    f"{option} is about applications, and {where} emits none; "
                    "leave one of the two out"
                )
    elif len(format_specs) > 1:
        shown = " and ".join(map(repr, format_specs))
        raise UsageError(
            f"--format is given {len(format_specs)} times, as {shown}, and takes one value: "
            "choose one; several go into one folder with --target c"
        )


def _packets(layouts: Sequence[Layout], folder: Path, check: bool) -> Folders:
    """Return the folder of the packet layer of some formats."""
    from codegen.targets import c

    files = c.render(layouts)
    if not check:
        c.check_folder(files, folder)
    return {folder: files}


def _applications(chosen: Iterable[tuple[Layout, Strategy]], base: Path) -> Folders:
    """Return the folders of applications, after that of what they have in common."""
    from codegen import emit

    # The applications last: one that is there has all that it needs beside it.
    folders: Folders = {emit.runtime_folder(base): emit.render_runtime()}
    for layout, strategy in chosen:
        folders[emit.folder(base, layout, strategy)] = emit.render(layout, strategy)
    return folders


def _finish(folders: Folders, base: Path, check: bool) -> None:
    """Write folders and print their names, or check that they are current."""
    from codegen import emit

    runtime = emit.runtime_folder(base)
    if check:
        stale = emit.check_runtime(runtime) if runtime in folders else []
        for folder, files in folders.items():
            if folder != runtime:
                stale += emit.check(files, folder)
        _report(stale)
        return
    emit.write_all(folders)
    click.echo("\n".join(str(folder) for folder in folders if folder != runtime))


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _report(stale: Sequence[Stale]) -> None:
    """Print what differs; exit with 1 if anything does."""
    for each in stale:
        click.echo(each.diff, nl=False)
    if stale:
        click.echo(
            f"codegen: {len(stale)} of the emitted files are stale or were edited by hand; "
            "emit again to renew them",
            err=True,
        )
        raise click.exceptions.Exit(1)


def _kept(output: Path, check: bool) -> list[tuple[Layout, Strategy]]:
    """Return the applications of this project, or with ``check`` those that are in a folder."""
    from codegen import emit

    named = _present(output) if check else emit.COMMITTED
    return [(options.layout(spec), options.strategy(name)) for spec, name in named]


def _present(output: Path) -> list[tuple[str, str]]:
    """Return the applications below a folder that can be emitted again from their names alone."""
    from codegen import emit

    found = emit.present(output)
    if not found:
        raise UsageError(
            f"there is no emitted application in {output}; name another folder with --output, "
            "or emit one"
        )
    strategies = {each.name for each in STRATEGIES}
    known = [each for each in found if each[0] in formats.catalogue() and each[1] in strategies]
    for format_name, strategy_name in found:
        if (format_name, strategy_name) not in known:
            click.echo(
                f"codegen: {output / format_name / strategy_name} is not checked: its format or "
                "strategy is in a file of your own; name that file with --format or --strategy",
                err=True,
            )
    return known
