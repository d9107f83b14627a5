"""``codegen emit``: write application folders, or check that they are current."""

from __future__ import annotations

from pathlib import Path

import click

from codegen.cli import options


@click.command("emit")
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
    help="The applications that this project keeps in generated/, instead of one.",
)
def command(format_spec: str, strategy_name: str, output: Path, check: bool, all_: bool) -> None:
    """Write the application of a format and a strategy to OUTPUT/FORMAT/STRATEGY/."""
    from codegen import emit

    chosen = emit.COMMITTED if all_ else ((format_spec, strategy_name),)
    stale = []
    for spec, name in chosen:
        layout, strategy = options.layout(spec), options.strategy(name)
        files = emit.render(layout, strategy)
        target = emit.folder(output, layout, strategy)
        if check:
            stale += emit.check(files, target)
        else:
            emit.write(files, target)
            click.echo(target)
    for each in stale:
        click.echo(each.diff, nl=False)
    if stale:
        click.echo(
            f"codegen: {len(stale)} of the emitted files are stale or were edited by hand; "
            "emit again to renew them",
            err=True,
        )
        raise click.exceptions.Exit(1)
