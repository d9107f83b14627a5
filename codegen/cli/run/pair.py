"""Two unikernels on one bridge: one sends, the other receives and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from codegen.cli.run import program

if TYPE_CHECKING:
    from codegen.run import Request
    from codegen.unikernel.guest import Setup


def run(request: Request, setup: Setup, as_json: bool) -> None:
    """Run both, and report what each did and what was lost between them."""
    from codegen.cli.progress import image_steps
    from codegen.unikernel import pair

    with image_steps("the image") as on_step:
        found = pair.run_pair(request, setup, program.line_printer(as_json), on_step)
    (program.show_json if as_json else _report)(found)


def _report(found: dict[str, Any]) -> None:
    """Print the results of a pair for people."""
    for role in ("sender", "receiver"):
        program.report(found[role])
    line = f"lost {found['lost']}"
    if "dropped" in found:
        line += f", of which the taps counted {found['dropped']} as dropped"
    click.echo(line)
