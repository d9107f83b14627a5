"""``codegen verify``: compare the emitted C with the oracle."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen import formats
from codegen.cli import options
from codegen.cli.progress import progress_bar
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.host.netbuf import Netbuf
    from codegen.layout import Layout
    from codegen.verify.results import Outcome
    from codegen.verify.table import Row


@click.command("verify", cls=options.Verb)
@click.argument("format_specs", metavar="[FORMAT]...", nargs=-1)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="The number of generated sets of values per format; every length is tried as well.",
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Make all cross-checks (oracle, scapy, tshark, the emitted parser), in one table.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The seed of the generated values; equal seeds give equal values.",
)
@click.option(
    "--platform",
    type=click.Choice(["host", "xdp"]),
    default="host",
    show_default=True,
    help="Where the C runs: as a library here, or in this machine's kernel.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the results as JUnit's XML as well, for CI systems.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as one JSON object.")
@options.netbuf_option
@options.uk_root_option
def command(
    format_specs: tuple[str, ...],
    examples: int,
    every: bool,
    seed: int,
    platform: str,
    junit: Path | None,
    as_json: bool,
    netbuf_name: str,
    uk_root: Path | None,
) -> None:
    """Compile the emitted C, and compare it with the oracle, which is written in Python.

    FORMAT is a name that 'codegen list' shows, path/to/file.py:NAME, package.module:NAME, or
    path/to/file.py for all formats of a file. If none is given, the formats of the table
    [tool.codegen] of pyproject.toml are verified, or all of the catalogue if there is none.

    With --all, the result is a table: a row per format, and per cross-check the number of
    examples on which it agreed with the emitted C. With --platform xdp, the kernel's verifier
    must accept the emitted C, and the kernel runs it; this needs root.

    Exits with 1 if there is a counterexample.
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
    if platform == "xdp" and (netbuf_name != "host" or as_json or junit):
        raise UsageError("--netbuf, --json and --junit are for the platform host; leave them out")
    extras.require("verify", "codegen verify")
    # hypothesis would leave a folder of its own in the current directory.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache.folder() / "hypothesis"))

    if platform == "xdp":
        _in_kernel(chosen, examples, seed, every)
        return
    chosen_netbuf = netbuf.load(netbuf_name, uk_root)
    if every:
        from codegen.verify.table import CROSS_CHECKS

        rows = _cross_checked(chosen, examples, seed, chosen_netbuf)
        outcomes = [outcome for _, outcome in rows]
        if not as_json:
            _print_rows([row for row, _ in rows])
        _finish(outcomes, CROSS_CHECKS, junit)
    else:
        outcomes = []
        with_netbuf = "" if netbuf_name == "host" else ", Unikraft's netbufs"
        for outcome in _compared(chosen, examples, seed, chosen_netbuf):
            outcomes.append(outcome)
            if not as_json:
                head = f"{outcome.format}: {examples} examples, seed {seed}{with_netbuf}"
                _print_counts(head, outcome.counts)
        _finish(outcomes, ("oracle",), junit)
    if as_json:
        from codegen.verify import results

        click.echo(results.as_json(outcomes, examples, seed))
    for outcome in outcomes:
        for fault in outcome.faults.values():
            click.echo(f"codegen: counterexample: {fault}", err=True)
    if any(outcome.faults for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _in_kernel(chosen: list[Layout], examples: int, seed: int, every: bool) -> None:
    """Compare what the kernel does with the oracle; exit with 1 where it differs or refuses."""
    from codegen.cli.console import print_table, table
    from codegen.xdp import needs, verify

    needs.check()
    failed = []
    rows = table("packet", *verify.COLUMNS)
    for column in rows.columns[1:]:
        column.justify = "right"
    for layout in chosen:
        name = formats.spelled(layout.format)
        try:
            report = verify.verify(layout, examples, seed)
        except verify.RefusedError as refused:
            failed.append(str(refused))
            rows.add_row(name, "REFUSED", *["-"] * (len(verify.COLUMNS) - 1))
            continue
        counts = {each: str(report.counts[it] or "-") for each, it in verify.COLUMNS.items()}
        if report.counterexample is not None:
            failed.append(f"counterexample: {report.counterexample}")
            counts[list(counts)[-1]] = "FAILED"
        rows.add_row(name, *counts.values())
        if not every:
            head = f"{layout.name}: {examples} examples, seed {seed}, in the kernel"
            _print_counts(head, report.counts)
    if every:
        print_table(rows)
    for message in failed:
        click.echo(f"codegen: {message}", err=True)
    if failed:
        raise click.exceptions.Exit(1)


def _compared(chosen: list[Layout], examples: int, seed: int, netbuf: Netbuf) -> Iterator[Outcome]:
    """Yield the outcome of the comparison with the oracle, format by format."""
    from codegen.verify.compare import verify
    from codegen.verify.results import Outcome
    from codegen.verify.subject import Subject

    for layout in chosen:
        start = time.monotonic()
        strategy = options.strategy(options.DEFAULT_STRATEGY)
        with progress_bar(None, f"verify {layout.name}"):
            report = verify(Subject.build(layout, strategy, netbuf=netbuf), examples, seed)
        found = report.counterexample
        faults = {} if found is None else {"oracle": found}
        yield Outcome(layout.name, time.monotonic() - start, report.counts, faults)


def _cross_checked(
    chosen: list[Layout], examples: int, seed: int, netbuf: Netbuf
) -> list[tuple[Row, Outcome]]:
    """Return the row of each format, and its outcome."""
    from codegen.verify.results import Outcome
    from codegen.verify.table import cross_check

    found = []
    for layout in chosen:
        start = time.monotonic()
        strategy = options.strategy(options.DEFAULT_STRATEGY)
        with progress_bar(None, f"verify {layout.name}"):
            row = cross_check(layout, strategy, examples, seed, netbuf)
        seconds, left_out = time.monotonic() - start, row.missing | row.inapplicable
        found.append((row, Outcome(layout.name, seconds, row.agreed, row.faults, left_out)))
    return found


def _finish(outcomes: list[Outcome], checks: Sequence[str], junit: Path | None) -> None:
    """Write the results for a CI system, where a file for them is given."""
    if junit is not None:
        from codegen import temporary
        from codegen.verify import results

        temporary.write(junit, results.as_junit(outcomes, checks))


def _print_counts(head: str, counts: Mapping[str, int]) -> None:
    from codegen.cli.console import print_table, table

    click.secho(head, bold=True)
    rows = table("", "")
    rows.columns[0].justify = "right"
    for comparison, count in counts.items():
        rows.add_row(str(count), comparison)
    print_table(rows, indent=2)


def _print_rows(found: list[Row]) -> None:
    """Print the table of all cross-checks, and why some were not made."""
    from codegen.cli.console import print_table, table
    from codegen.verify.table import CROSS_CHECKS

    rows = table("packet", *CROSS_CHECKS)
    for column in rows.columns[1:]:
        column.justify = "right"
    missing: dict[str, str] = {}
    inapplicable: dict[tuple[str, str], dict[str, None]] = {}
    for row in found:
        name = row.format.replace("_", "-")
        rows.add_row(
            name,
            *(
                "FAILED" if check in row.faults else str(row.agreed.get(check, "-"))
                for check in CROSS_CHECKS
            ),
        )
        missing |= row.missing
        for why in dict.fromkeys(row.inapplicable.values()):
            checks = ", ".join(check for check, its in row.inapplicable.items() if its == why)
            inapplicable.setdefault((checks, why), {})[name] = None
    print_table(rows)
    for check, why in missing.items():
        click.echo(f"codegen: no cross-check with {check}: {why}", err=True)
    for (checks, why), names in inapplicable.items():
        shown = ", ".join(names)
        click.echo(f"codegen: no cross-check of {shown} with {checks}: {why}", err=True)
