"""``codegen export``: a format as other tools read it."""

from __future__ import annotations

from pathlib import Path

import click

from codegen import formats, temporary
from codegen.cli import options
from codegen.errors import UsageError

TARGETS = ("wireshark-lua", "scapy", "kaitai", "json", "c-struct")


@click.command("export", cls=options.Verb)
@click.argument("format_spec", metavar="[FORMAT]", default=formats.DEFAULT)
@click.option(
    "--to",
    "target",
    type=click.Choice(TARGETS),
    default=TARGETS[0],
    show_default=True,
    help="wireshark-lua: a dissector for Wireshark and tshark; scapy: classes of packets; "
    "kaitai: the layout as a .ksy file; json: the layout; "
    "c-struct: C functions that read and write each field.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write.  [default: standard output]",
)
@click.option(
    "--name",
    metavar="NAME",
    help="The name of the protocol in Wireshark, if the format's own name is taken there.",
)
def command(format_spec: str, target: str, output: Path | None, name: str | None) -> None:
    """Write FORMAT as another tool reads it.

    FORMAT is a name that 'codegen list' shows, path/to/file.py:NAME or package.module:NAME.
    """
    from codegen.export import as_json, c_struct, kaitai, scapy_classes, wireshark

    if name is not None and target != "wireshark-lua":
        raise UsageError(f"--name goes with --to wireshark-lua; omit it with --to {target}")
    layout = options.layout(format_spec)
    match target:
        case "json":
            text = as_json.document(layout)
        case "c-struct":
            text = c_struct.accessors(layout)
        case "kaitai":
            text = kaitai.struct(layout)
        case "scapy":
            text = scapy_classes.source(layout)
        case _:
            text = wireshark.dissector(layout, name)
    if output is None:
        click.echo(text, nl=False)
    else:
        temporary.write(output, text)
