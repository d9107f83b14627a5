"""``codegen vectors``: print frames beside their values, or check a file of them."""

from __future__ import annotations

from pathlib import Path

import click

from codegen import formats
from codegen.cli import options
from codegen.errors import UsageError


@click.command("vectors", cls=options.Verb)
@click.argument("format_spec", metavar="[FORMAT]", default=formats.DEFAULT)
@click.option(
    "--check",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check the vectors of a file instead of printing some.",
)
@click.option(
    "--count",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="The number of vectors with random values, after the least and the largest ones.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The seed of the random values; equal seeds give equal values.",
)
def command(format_spec: str, file: Path | None, count: int, seed: int) -> None:
    """Print vectors of FORMAT as JSON: frames in hexadecimal digits, with their values.

    The examples that a packet declares come first. With --check, FILE has vectors in the same
    form, perhaps of another implementation; exits with 1 when the oracle makes other bytes
    of the values, or a frame is invalid.
    """
    from codegen import vectors

    layout = options.layout(format_spec)
    if file is None:
        found = vectors.of_examples(layout) + vectors.generated(layout, count, seed)
        click.echo(vectors.as_json(layout, found))
        return
    given = vectors.read(file, layout)
    faults = []
    for each in given:
        try:
            fault = vectors.mismatch(layout, each)
        except UsageError as error:
            raise UsageError(f"{file}: {each.name}: {error}") from None
        faults += [] if fault is None else [fault]
    for fault in faults:
        click.echo(f"codegen: {fault}", err=True)
    click.echo(f"{len(given) - len(faults)} of {len(given)} vectors agree with {layout.name}")
    if faults:
        raise click.exceptions.Exit(1)
