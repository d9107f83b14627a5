"""The one rich console of the command line, and tables as the verbs print them."""

from __future__ import annotations

import shutil
import sys

import click
from rich.console import Console
from rich.table import Table

#: Wide enough that no line is folded where a program reads the output.
_UNBOUNDED = 1000


def console() -> Console:
    """Return a console on standard output; lines stay whole where it is no terminal.

    Text is printed as it is: a MAC address may contain what rich takes for an emoji.
    """
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNBOUNDED
    return Console(width=width, highlight=False, markup=False, emoji=False)


def table(*columns: str) -> Table:
    """Return an empty table without frame; columns without names have no head."""
    made = Table(box=None, pad_edge=False, show_header=any(columns))
    for column in columns:
        made.add_column(column, header_style="bold", overflow="fold")
    return made


def print_table(out: Console, rows: Table, indent: int = 0) -> None:
    """Print a table without the blanks that rich puts behind its lines."""
    with out.capture() as capture:
        out.print(rows)
    for line in capture.get().splitlines():
        print(f"{' ' * indent}{line.rstrip()}")


def left_out(who: str, reason: str) -> None:
    """Say why a table has no row of someone who was asked for; not in the table's own output."""
    click.echo(f"{who} is left out: {reason}", err=True)
