"""Tables as the verbs print them: plainly, and folded to the terminal where rich is installed.

A program that reads the output gets a line a row. So does a person without rich,
whose terminal then breaks long lines anywhere.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Literal

import click


@dataclass
class Column:
    """A column: its head, which side its cells are on, and the least characters it takes."""

    head: str
    justify: Literal["left", "right"] = "left"
    min_width: int = 0


@dataclass
class Table:
    """Columns, and rows with a cell for each."""

    columns: list[Column]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add_row(self, *cells: str) -> None:
        """Add a row below the others."""
        self.rows.append(cells)

    @property
    def has_head(self) -> bool:
        """Whether any column has a head."""
        return any(column.head for column in self.columns)


def table(*heads: str) -> Table:
    """Return an empty table without frame; columns without names have no head."""
    return Table([Column(head) for head in heads])


def print_table(rows: Table, indent: int = 0) -> None:
    """Print a table, without blanks at the ends of its lines."""
    folds = sys.stdout.isatty() and find_spec("rich") is not None
    width = shutil.get_terminal_size().columns - indent
    for line in _folded(rows, width) if folds else _plain(rows):
        click.echo(f"{' ' * indent}{line}")


def left_out(who: str, reason: str) -> None:
    """Say why a table has no row of someone who was asked for; not in the table's own output."""
    click.echo(f"{who} is left out: {reason}", err=True)


def _plain(rows: Table) -> Iterable[str]:
    """Return a line a row, however long."""
    heads = tuple(column.head for column in rows.columns)
    shown = [heads, *rows.rows] if rows.has_head else rows.rows
    widths = [
        max([column.min_width, *map(len, cells)])
        for column, cells in zip(rows.columns, zip(*shown, strict=True), strict=False)
    ]
    for cells in shown:
        line = "  ".join(
            cell.rjust(width) if column.justify == "right" else cell.ljust(width)
            for column, cell, width in zip(rows.columns, cells, widths, strict=True)
        ).rstrip()
        yield click.style(line, bold=True) if cells is heads else line


def _folded(rows: Table, width: int) -> Iterable[str]:
    """Return the lines of a table whose cells are folded so that it has ``width`` characters."""
    from rich.console import Console
    from rich.table import Table as Folded

    folded = Folded(box=None, pad_edge=False, show_header=rows.has_head)
    for column in rows.columns:
        folded.add_column(
            column.head,
            header_style="bold",
            overflow="fold",
            justify=column.justify,
            min_width=column.min_width,
        )
    for cells in rows.rows:
        folded.add_row(*cells)
    # Text is shown as it is: a MAC address may contain what rich takes for an emoji.
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(folded)
    return [line.rstrip() for line in capture.get().splitlines()]
