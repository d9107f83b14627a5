"""``codegen emit``: write application folders, or check that they are current."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from codegen import formats
from codegen.cli import options
from codegen.errors import UsageError
from codegen.model import STRATEGIES, Strategy

if TYPE_CHECKING:
    from codegen.layout import Layout


@click.command("emit", cls=options.Verb)
@options.format_option
@options.strategy_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder below which FORMAT/STRATEGY/ is written.  [default: generated, or what "
    "pyproject.toml has]",
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
    format_spec: str,
    strategy_name: str,
    output: Path | None,
    check: bool,
    all_: bool,
) -> None:
    """Write the application of a format and a strategy to OUTPUT/FORMAT/STRATEGY/.

    What all applications have in common goes to OUTPUT/runtime/. Where pyproject.toml has a
    table [tool.codegen], its formats, strategies and output are what is used for the options
    that are not given.
    """
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
        of_project = own if own and "format_spec" not in given else None
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
    for each in stale:
        click.echo(each.diff, nl=False)
    if stale:
        click.echo(
            f"codegen: {len(stale)} of the emitted files are stale or were edited by hand; "
            "emit again to renew them",
            err=True,
        )
        raise click.exceptions.Exit(1)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


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
