"""Comparison of several programs: strategies, builds, and the tutorial's baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from codegen.cli.run import program

if TYPE_CHECKING:
    from codegen.bench.comparison import Row
    from codegen.model import Strategy
    from codegen.run import Request
    from codegen.unikernel.guest import Setup


def run(
    request: Request,
    strategies: list[Strategy],
    setups: list[Setup],
    repeat: int,
    as_json: bool,
) -> None:
    """Run several programs in turns and print a table of their rates."""
    from codegen import temporary
    from codegen.bench import comparison
    from codegen.cli.console import left_out
    from codegen.cli.progress import image_steps, progress_bar

    with temporary.folder() as folder:
        if setups:
            with image_steps("images") as on_step:
                made = comparison.as_unikernels(
                    request, strategies, setups, folder, on_step, left_out
                )
                candidates = list(made)
        else:
            candidates = list(comparison.on_host(request, strategies, left_out))
        with progress_bar(len(candidates) * repeat) as update:
            rows = comparison.measure(
                candidates, repeat, lambda each: update(advance=1, description=each.who)
            )
    if as_json:
        program.show_json(comparison.as_json(rows))
        return
    where = (
        f"Unikraft {setups[0].tree.version}, {setups[0].options.target.name}, " if setups else ""
    )
    click.secho(f"{where}{request.layout.name}, sink {request.sink}, median of {repeat}", bold=True)
    _print(rows)


def _print(rows: list[Row]) -> None:
    """Print the rates, and the ratios where there is something to compare with."""
    from codegen.bench import comparison
    from codegen.cli.console import print_table, table

    lines = table(
        "who", "build", "image bytes", "Mpps", "low..high", f"times {comparison.REFERENCE}"
    )
    for column in lines.columns[2:5]:
        column.justify = "right"
    for row in rows:
        other = comparison.reference(row, rows)
        ratio = row.against(other) if other is not None else None
        lines.add_row(
            row.candidate.who,
            row.candidate.build,
            str(row.candidate.image_bytes or ""),
            f"{row.rate.median / 1e6:.3f}",
            f"{row.rate.low / 1e6:.3f}..{row.rate.high / 1e6:.3f}",
            f"{ratio.median:.2f} ({ratio.low:.2f}..{ratio.high:.2f})" if ratio else "",
        )
    print_table(lines)
