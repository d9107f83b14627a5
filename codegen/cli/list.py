"""``codegen list``: the formats, strategies and other choices that there are."""

from __future__ import annotations

import click

SECTIONS = ("formats", "presets", "strategies", "devices")


@click.command("list")
@click.argument("section", required=False, type=click.Choice(SECTIONS))
def command(section: str | None) -> None:
    """List formats, presets, strategies and devices, a line each.

    With a SECTION, only that; 'codegen list strategies' also says what a packet
    costs with each, and when it is refused.
    """
    from codegen.cli.console import print_table, table

    lister = {
        "formats": _formats,
        "presets": _presets,
        "strategies": _strategies if section is None else _strategies_in_full,
        "devices": _devices,
    }
    chosen = {name: lister[name]() for name in ([section] if section else SECTIONS)}
    width = max(len(row[0]) for rows in chosen.values() for row in rows)
    for title, rows in chosen.items():
        click.secho(title, bold=True)
        lines = table("", "")
        lines.columns[0].min_width = width
        for row in rows:
            lines.add_row(*row)
        print_table(lines, indent=2)


def _formats() -> list[tuple[str, str]]:
    from codegen import formats

    catalogue = formats.catalogue().values()
    return [(formats.spelled(each), each.summary) for each in catalogue if each.packet is each]


def _presets() -> list[tuple[str, str]]:
    from codegen import formats
    from codegen.model import Preset

    return [
        (formats.spelled(each), f"{each.summary} (of {formats.spelled(each.packet)})")
        for each in formats.catalogue().values()
        if isinstance(each, Preset)
    ]


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
