"""``codegen import``: a format file to edit, from what others have declared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from codegen.cli import options
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.importing.found import Found
    from codegen.model.field import ByteOrder


#: What can be imported, in words.
KINDS = "HEADER.h:STRUCT, scapy:MODULE.CLASS, FILE.pdl or FILE.pdl:PACKET"


@click.command("import", cls=options.Verb)
@click.argument("source", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write.  [default: standard output]",
)
@click.option("--force", is_flag=True, help="Replace the file where it is there already.")
@click.option(
    "--byteorder",
    type=click.Choice(("big", "little")),
    help="Of a header: the order of integers whose types name none, and of bit fields.  "
    "[default: big]",
)
@click.option(
    "-I",
    "--include",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Of a header: a folder with what it includes.",
)
@click.option(
    "-D",
    "--define",
    "macros",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Of a header: a macro that is defined before it is read.",
)
def command(
    source: str | None,
    output: Path | None,
    force: bool,
    byteorder: str | None,
    folders: tuple[Path, ...],
    macros: tuple[str, ...],
) -> None:
    """Write the format that SOURCE describes, as a Python file to edit.

    SOURCE is HEADER.h:STRUCT, a struct of a C header; scapy:MODULE.CLASS, a class of scapy; or
    FILE.pdl:PACKET, a packet in pdl, the packet description language (FILE.pdl: all packets).
    What could not be carried over, or was assumed, stands at the top of the file, and is printed
    on standard error. Nothing of a header is executed; the module of a class is imported.
    """
    from codegen import temporary
    from codegen.importing import write

    if source is None:
        raise UsageError(f"name what is imported: {KINDS}")
    if output is not None and os.path.lexists(output) and not force:
        raise UsageError(f"{output} is there already; --force replaces it")
    if force and output is None:
        raise UsageError("--force goes with --output; nothing is replaced without it")
    path = source.rpartition(":")[0] or source
    if (byteorder or folders or macros) and not path.endswith(".h"):
        raise UsageError("--byteorder, --include and --define go with a header, HEADER.h:STRUCT")
    found = _read(source, cast("ByteOrder", byteorder or "big"), folders, macros)
    text = write.checked(found)
    if output is None:
        click.echo(text, nl=False)
    else:
        temporary.write(output, text)
    for note in found.notes:
        click.echo(f"codegen: {write.plain(note)}", err=True)


def _read(
    source: str, order: ByteOrder, folders: tuple[Path, ...], macros: tuple[str, ...]
) -> Found:
    """Return what a source describes; raises UsageError when it cannot be read."""
    from codegen import extras

    kind, _, rest = source.partition(":")
    if kind == "scapy":
        from codegen.importing import scapy_class

        return scapy_class.read(rest)
    path, colon, name = source.rpartition(":")
    if not colon:
        path, name = source, ""
    if path.endswith(".h"):
        extras.require("import", "codegen import of a header")
        from codegen.importing import c_header

        return c_header.read(Path(path), name, order=order, folders=folders, macros=macros)
    if path.endswith(".pdl"):
        from codegen.importing import pdl

        return pdl.read(Path(path), name)
    raise UsageError(f"{source!r} cannot be imported; name {KINDS}")
