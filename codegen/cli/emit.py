"""``codegen emit``: write application folders, or check that they are current."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from codegen import formats
from codegen.cli import options
from codegen.errors import UsageError
from codegen.model import STRATEGIES


@click.command("emit", cls=options.Verb)
@options.format_option
@options.strategy_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("generated"),
    show_default=True,
    help="Folder below which FORMAT/STRATEGY/ is written.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff when stale.")
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="The applications that this project keeps in generated/, instead of one; "
    "with --check, those that are in OUTPUT.",
)
def command(format_spec: str, strategy_name: str, output: Path, check: bool, all_: bool) -> None:
    """Write the application of a format and a strategy to OUTPUT/FORMAT/STRATEGY/.

    What all applications have in common goes to OUTPUT/runtime/.
    """
    from codegen import emit

    chosen: Sequence[tuple[str, str]] = ((format_spec, strategy_name),)
    if all_:
        chosen = _present(output) if check else emit.COMMITTED
    # The applications last: one that is there has all that it needs beside it.
    folders = {emit.runtime_folder(output): emit.render_runtime()}
    for spec, name in chosen:
        layout, strategy = options.layout(spec), options.strategy(name)
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
