"""``codegen show``: what a packet looks like on the wire."""

from __future__ import annotations

import click

from codegen import formats
from codegen.cli import options
from codegen.errors import plain


@click.command("show")
@click.argument("format_spec", metavar="[FORMAT]", default=formats.DEFAULT)
def command(format_spec: str) -> None:
    """Draw the bit diagram of FORMAT, as RFCs do, and list the source of each field's value.

    FORMAT is a name that 'codegen list' shows, path/to/file.py:NAME or package.module:NAME.
    """
    from codegen import describe
    from codegen.cli.console import print_table, table

    layout = options.layout(format_spec)
    click.echo(f"{layout.name}: {plain(layout.format.summary)}")
    sweep = layout.length_sweep
    swept = "" if sweep is None else f"; sent with {describe.sweep(sweep, str)}"
    click.echo(f"frames of {describe.lengths(layout)}{swept}\n")
    click.echo(describe.diagram(layout))
    click.echo()
    rows = table("byte.bit", "bits", "field", "shape", "value")
    described = [
        (
            describe.position(placed),
            str(placed.bits),
            placed.path,
            placed.field.kind,
            describe.origin(placed),
        )
        for placed in layout.fields
    ]
    payload = layout.payload
    if payload is not None:
        before_trailer = sum(not placed.start.from_end for placed in layout.fields)
        row = (str(payload.start), "", payload.path, "payload", describe.payload(payload))
        described.insert(before_trailer, row)
    for each in described:
        rows.add_row(*each)
    print_table(rows)
    for condition in layout.conditions:
        click.echo(f"other fields are there unless {describe.condition(condition)}")
