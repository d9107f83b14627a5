"""``codegen list``: what there is to choose from."""

from __future__ import annotations

import click


@click.command("list")
def command() -> None:
    """List formats, presets, strategies and devices, a line each."""
    from codegen import formats
    from codegen.cli.console import console, print_table, table
    from codegen.host import devices
    from codegen.model import STRATEGIES, Preset

    catalogue = formats.catalogue().values()
    sections = {
        "formats": [(each.name, each.summary) for each in catalogue if each.packet is each],
        "presets": [
            (each.name, f"{each.summary} (of {each.packet.name})")
            for each in catalogue
            if isinstance(each, Preset)
        ],
        "strategies": [(each.name, each.summary) for each in STRATEGIES],
        "devices of the host platform": [(each.spec, each.summary) for each in devices.DEVICES],
    }
    out = console()
    width = max(len(name) for rows in sections.values() for name, _ in rows)
    for title, rows in sections.items():
        out.print(title, style="bold")
        lines = table("", "")
        lines.columns[0].min_width = width
        for row in rows:
            lines.add_row(*row)
        print_table(out, lines, indent=2)
