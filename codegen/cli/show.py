"""``codegen show``: what a packet looks like on the wire."""

from __future__ import annotations

import click

from codegen import formats


@click.command("show")
@click.argument("format_spec", metavar="[FORMAT]", default=formats.DEFAULT)
def command(format_spec: str) -> None:
    """Draw FORMAT as RFCs do, and list where each field's value comes from.

    FORMAT is a packet or preset of the catalogue, or path/to/file.py:NAME.
    """
    from codegen import describe
    from codegen.cli.console import console, print_table, table
    from codegen.layout import resolve

    layout = resolve(formats.load(format_spec))
    out = console()
    out.print(f"{layout.name}: {layout.format.summary}")
    sweep = layout.length_sweep
    swept = "" if sweep is None else f"; sent with {describe.sweep(sweep, str)}"
    out.print(f"frames of {layout.min_length} to {layout.max_length} bytes{swept}\n")
    out.print(describe.diagram(layout))
    out.print()
    rows = table("byte.bit", "bits", "field", "shape", "value")
    for placed in layout.fields:
        rows.add_row(
            describe.position(placed),
            str(placed.bits),
            placed.path,
            placed.field.kind,
            describe.origin(placed),
        )
    if layout.payload is not None:
        fill = layout.payload.fill.show(layout.payload.value)
        rows.add_row(str(layout.payload.start), "", layout.payload.path, "payload", f"each {fill}")
    print_table(out, rows)
