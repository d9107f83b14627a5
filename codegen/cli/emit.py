"""``codegen emit``: write applications or packet layers, or check that they are current."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from codegen import formats
from codegen.cli import options
from codegen.errors import UsageError
from codegen.model import STRATEGIES, Strategy

if TYPE_CHECKING:
    from codegen.emit import Stale
    from codegen.layout import Layout


@click.command("emit", cls=options.Verb)
@click.option(
    "--target",
    type=click.Choice(["unikraft", "c"]),
    default="unikraft",
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
    help="A packet or preset of the catalogue, or path/to/file.py:NAME. With --target c it can "
    "be given several times.",
)
@options.strategy_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder below which FORMAT/STRATEGY/ is written, or into which the packet layer is.  "
    "[default: generated or what pyproject.toml has, and packets with --target c]",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when stale.")
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="The applications that this project keeps in generated/, instead of one; "
    "with --check, those that are in OUTPUT.",
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

    What all applications have in common goes to OUTPUT/runtime/. Where pyproject.toml has a
    table [tool.codegen], its formats, strategies and output are what is used for the options
    that are not given.

    With --target c, write the packet layer of each --format to OUTPUT: FORMAT.c, FORMAT.h,
    the headers that they include, and build files for CMake and make.
    """
    if target == "c":
        given = context.get_parameter_source("strategy_name") is not ParameterSource.DEFAULT
        if given or all_:
            raise UsageError(
                f"{'--strategy' if given else '--all'} is about applications, and --target c "
                "emits none; leave one of the two out"
            )
        _packets(format_specs, output, check)
        return
    if len(format_specs) > 1:
        shown = " and ".join(map(repr, format_specs))
        raise UsageError(
            f"--format is given {len(format_specs)} times, as {shown}, and takes one value: "
            "choose one; several go into one folder with --target c"
        )
    _applications(context, format_specs[0], strategy_name, output, check, all_)


def _packets(format_specs: Sequence[str], output: Path | None, check: bool) -> None:
    """Write the packet layer of some formats, or check that it is current."""
    from codegen import emit
    from codegen.targets import c

    folder = c.FOLDER if output is None else output
    files = c.render([options.layout(spec) for spec in format_specs])
    if check:
        _report(emit.check(files, folder))
        return
    c.check_folder(files, folder)
    emit.write(files, folder)
    click.echo(folder)


def _applications(
    context: click.Context,
    format_spec: str,
    strategy_name: str,
    output: Path | None,
    check: bool,
    all_: bool,
) -> None:
    """Write applications and what they have in common, or check that they are current."""
    from codegen import emit, project

    own = project.find()
    if output is None:
        output = own.output if own else project.Project.output
    chosen: Iterable[tuple[Layout, Strategy]]
    if all_:
        named = _present(output) if check else emit.COMMITTED
        chosen = ((options.layout(spec), options.strategy(name)) for spec, name in named)
    else:
        given = {name for name in context.params if _is_given(context, name)}
        of_project = own if own and "format_specs" not in given else None
        layouts = options.own_layouts(of_project) if of_project else [options.layout(format_spec)]
        strategies = [options.strategy(strategy_name)]
        if own and "strategy_name" not in given:
            strategies = [options.strategy(each, own.folder) for each in own.strategies]
        chosen = itertools.product(layouts, strategies)
    # The applications last: one that is there has all that it needs beside it.
    folders = {emit.runtime_folder(output): emit.render_runtime()}
    for layout, strategy in chosen:
        folders[emit.folder(output, layout, strategy)] = emit.render(layout, strategy)
    runtime, *applications = folders
    if not check:
        emit.write_all(folders)
        click.echo("\n".join(map(str, applications)))
        return
    stale = emit.check_runtime(runtime)
    for target in applications:
        stale += emit.check(folders[target], target)
    _report(stale)


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
