"""``codegen verify``: compare the emitted C with the oracle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen import formats
from codegen.cli import options

if TYPE_CHECKING:
    from codegen.host.netbuf import Netbuf
    from codegen.layout import Layout


@click.command("verify", cls=options.Verb)
@click.argument("format_specs", metavar="[FORMAT]...", nargs=-1)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Generated value sets per format, besides every length.",
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Make every cross-check (oracle, scapy, tshark, the emitted parser), in one table.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds, equal values.")
@options.netbuf_option
@options.uk_root_option
def command(
    format_specs: tuple[str, ...],
    examples: int,
    every: bool,
    seed: int,
    netbuf_name: str,
    uk_root: Path | None,
) -> None:
    """Build the emitted C for this machine and compare its packets with the oracle's.

    FORMAT is a name that 'codegen list' shows, path/to/file.py:NAME, package.module:NAME, or
    path/to/file.py for each that the file has. When none is given, those of the table
    [tool.codegen] of pyproject.toml are verified, or else all of the catalogue.
    With --all, a table has a row per format and, per cross-check, the number
    of examples on which it agreed with the emitted C.
    Exits with 1 when there is a counterexample.
    """
    from codegen import extras, project
    from codegen.host import cache, netbuf

    own = None if format_specs else project.find()
    specs = format_specs or formats.catalogue()
    chosen = (
        options.own_layouts(own)
        if own
        else [each for spec in specs for each in options.layouts(spec)]
    )
    extras.require("verify", "codegen verify")
    # hypothesis would leave a folder of its own in the current directory.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache.folder() / "hypothesis"))

    from codegen.cli.console import print_table, table
    from codegen.verify.compare import verify
    from codegen.verify.subject import Subject

    chosen_netbuf = netbuf.load(netbuf_name, uk_root)
    if every:
        _table(chosen, examples, seed, chosen_netbuf)
        return
    failed = []
    for layout in chosen:
        strategy = options.strategy(options.DEFAULT_STRATEGY)
        subject = Subject.build(layout, strategy, netbuf=chosen_netbuf)
        report = verify(subject, examples, seed)
        with_netbuf = "" if netbuf_name == "host" else ", Unikraft's netbufs"
        click.secho(f"{layout.name}: {examples} examples, seed {seed}{with_netbuf}", bold=True)
        rows = table("", "")
        rows.columns[0].justify = "right"
        for comparison, count in report.counts.items():
            rows.add_row(str(count), comparison)
        print_table(rows, indent=2)
        if report.counterexample is not None:
            failed.append(report.counterexample)
    for counterexample in failed:
        click.echo(f"codegen: counterexample: {counterexample}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _table(chosen: list[Layout], examples: int, seed: int, netbuf: Netbuf) -> None:
    """Print the results of all cross-checks of each format; exit with 1 when one disagrees."""
    from codegen.cli.console import print_table, table
    from codegen.verify.table import CROSS_CHECKS, cross_check

    rows = table("packet", *CROSS_CHECKS)
    for column in rows.columns[1:]:
        column.justify = "right"
    faults: list[str] = []
    missing: dict[str, str] = {}
    inapplicable: dict[tuple[str, str], dict[str, None]] = {}
    for layout in chosen:
        strategy = options.strategy(options.DEFAULT_STRATEGY)
        row = cross_check(layout, strategy, examples, seed, netbuf)
        rows.add_row(
            formats.spelled(layout.format),
            *(
                "FAILED" if check in row.faults else str(row.agreed.get(check, "-"))
                for check in CROSS_CHECKS
            ),
        )
        faults += row.faults.values()
        missing |= row.missing
        for why in dict.fromkeys(row.inapplicable.values()):
            checks = ", ".join(check for check, its in row.inapplicable.items() if its == why)
            inapplicable.setdefault((checks, why), {})[formats.spelled(layout.format)] = None
    print_table(rows)
    for check, why in missing.items():
        click.echo(f"codegen: no cross-check with {check}: {why}", err=True)
    for (checks, why), names in inapplicable.items():
        shown = ", ".join(names)
        click.echo(f"codegen: no cross-check of {shown} with {checks}: {why}", err=True)
    for fault in faults:
        click.echo(f"codegen: counterexample: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)
