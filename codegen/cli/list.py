"""``codegen list``: the formats, strategies and other choices that there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.errors import CodegenError, plain

if TYPE_CHECKING:
    from codegen.model import Format

SECTIONS = ("formats", "presets", "strategies", "devices")


@click.command("list")
@click.argument("section", required=False, type=click.Choice(SECTIONS))
def command(section: str | None) -> None:
    """List formats, presets, strategies and devices, a line each.

    The last column of a format is where it comes from: the catalogue, an installed package,
    or the table [tool.codegen] of pyproject.toml.

    With a SECTION, list only that. 'codegen list strategies' also shows what a packet costs
    with each strategy, and when the strategy is refused.
    """
    from codegen.cli.console import print_table, table

    lister: dict[str, Callable[[], Sequence[tuple[str, ...]]]] = {
        "formats": _formats,
        "presets": _presets,
        "strategies": _strategies if section is None else _strategies_in_full,
        "devices": _devices,
    }
    chosen = {name: lister[name]() for name in ([section] if section else SECTIONS)}
    width = max(len(row[0]) for rows in chosen.values() for row in rows)
    for title, rows in chosen.items():
        click.secho(title, bold=True)
        lines = table(*("" for _ in rows[0]))
        lines.columns[0].min_width = width
        for row in rows:
            lines.add_row(*row)
        print_table(lines, indent=2)


def _formats() -> list[tuple[str, str, str]]:
    return [row for row, each in _found() if each is None or each.packet is each]


def _presets() -> list[tuple[str, str, str]]:
    return [row for row, each in _found() if each is not None and each.packet is not each]


@cache
def _found() -> list[tuple[tuple[str, str, str], Format | None]]:
    """Return a row (name, summary, where it is from) for each format, and the format.

    There is none in place of a format that cannot be loaded; its summary is the reason.
    """
    from codegen import formats, project

    own = project.find()
    found = [
        each
        for spec in (own.formats if own else ())
        for each in _rows(spec, "pyproject.toml", own.folder if own else Path())
    ]
    for name, entry in formats.installed().items():
        found += _rows(name.replace("_", "-"), formats.came_from(entry))
    for each in formats.catalogue().values():
        found += _rows(formats.spelled(each), "catalogue")
    return found


def _rows(
    spec: str, source: str, folder: Path = Path()
) -> list[tuple[tuple[str, str, str], Format | None]]:
    """Return the rows of what one name stands for: all formats of a file, perhaps."""
    from codegen import formats

    try:
        found = formats.load_all(spec, folder)
    except CodegenError as error:
        return [((spec, f"cannot be loaded: {error}", source), None)]
    several = spec.endswith(".py")
    return [
        ((f"{spec}:{name}" if several else spec, _summary(each), source), each)
        for name, each in found.items()
    ]


def _summary(format: Format) -> str:
    from codegen import formats

    of = "" if format.packet is format else f" (of {formats.spelled(format.packet)})"
    return f"{plain(format.summary)}{of}"


def _strategies() -> list[tuple[str, str]]:
    from codegen.model import STRATEGIES

    return [(each.name, each.summary) for each in STRATEGIES]


def _strategies_in_full() -> list[tuple[str, str]]:
    from codegen.model import STRATEGIES

    rows = []
    for each in STRATEGIES:
        rows += [
            (each.name, each.summary),
            ("", f"a packet costs {each.cost}"),
            ("", f"refused {each.refused}"),
        ]
    return rows


def _devices() -> list[tuple[str, str]]:
    from codegen.host import devices

    return [(each.spec, each.summary) for each in devices.DEVICES]
