"""``codegen decode``: the frames of a capture, field by field."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli import options
from codegen.cli.progress import progress_bar
from codegen.model import Int, LinkType, Reserved, UInt, VarInt

if TYPE_CHECKING:
    from codegen.decode import Frame, Match
    from codegen.layout import Placed


@click.command("decode", cls=options.Verb)
@click.argument("capture", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--format",
    "format_specs",
    multiple=True,
    metavar="FORMAT",
    help="A format to try; may be given more than once.  "
    "[default: the packets of the catalogue, of the project, and installed ones]",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON per frame.")
def command(capture: Path, format_specs: tuple[str, ...], as_json: bool) -> None:
    """Decode the frames of CAPTURE, a file in pcap or pcapng.

    FORMAT is a packet or preset of the catalogue, or path/to/file.py:NAME, or path/to/file.py
    for each that the file has. Without it, the packets are tried that 'codegen list' shows: the
    catalogue's, those of [tool.codegen] in pyproject.toml, and installed ones, each on frames of
    its link type. Exits with 1 when a frame is of a format and invalid.
    """
    from codegen import decode, extras

    layouts = (
        [each for spec in format_specs for each in options.layouts(spec)]
        if format_specs
        else decode.known_layouts()
    )
    extras.require("decode", "codegen decode")
    counts: Counter[str] = Counter()
    # A bar on the terminal would stand in between the frames.
    bar = (
        nullcontext(_no_bar)
        if sys.stdout.isatty()
        else progress_bar(capture.stat().st_size, f"decode {capture.name}")
    )
    with bar as update:
        for number, frame in enumerate(decode.frames(capture), 1):
            found = decode.match(layouts, frame, guess=not format_specs)
            counts[_verdict(found)] += 1
            click.echo((_line if as_json else _text)(number, frame, found))
            update(completed=frame.end)
    shown = ", ".join(f"{counts[each]} {each}" for each in ("valid", "invalid", "other"))
    click.echo(f"codegen: {counts.total()} frames: {shown}", err=True)
    if counts["invalid"]:
        raise click.exceptions.Exit(1)


def _no_bar(**_: object) -> None:
    """Move no bar."""


def _verdict(found: Match | None) -> str:
    if found is None:
        return "other"
    return "invalid" if found.decoded.problems else "valid"


def _text(number: int, frame: Frame, found: Match | None) -> str:
    """Return a frame as lines for people."""
    head = f"{number}: {len(frame.octets)} bytes"
    if found is None:
        link = "" if frame.link == LinkType.ETHERNET else f" of link type {frame.link}"
        return f"{head}{link}, other: of none of the formats"
    lines = [f"{head}, {_verdict(found)} {found.layout.name}"]
    width = max(len(path) for path in found.decoded.values)
    for path, value in found.decoded.values.items():
        lines.append(f"  {path:<{width}}  {found.layout[path].field.show(value)}")
    return "\n".join([*lines, *(f"  ! {problem}" for problem in found.decoded.problems)])


def _line(number: int, frame: Frame, found: Match | None) -> str:
    """Return a frame as one line of JSON."""
    facts: dict[str, object] = {
        "frame": number,
        "length": len(frame.octets),
        "linktype": frame.link,
        "result": _verdict(found),
    }
    if found is not None:
        facts |= {
            "format": found.layout.name,
            "fields": {
                path: _value(found.layout[path], value)
                for path, value in found.decoded.values.items()
            },
            "problems": list(found.decoded.problems),
        }
    return json.dumps(facts)


def _value(placed: Placed, value: int) -> int | str:
    """Return a number as one of JSON, and an address or bytes as their text."""
    is_number = isinstance(placed.field, UInt | Int | VarInt | Reserved)
    return value if is_number else placed.field.show(value)
