"""One program: run it, and report how fast it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from codegen.run import Request
    from codegen.unikernel.guest import Setup


#: How much the clock of a guest may differ from this machine's without being mentioned.
CLOCK_TOLERANCE = 0.02


def run_host(request: Request, as_json: bool) -> None:
    """Run the program on this machine."""
    from codegen import run

    show = show_json if as_json else report
    # An interrupted program has a result as well: what it did until then.
    show(run.run_host(request, line_printer(as_json), on_interrupted=show))


def run_xdp(request: Request, cores: int, as_json: bool) -> None:
    """Run the programs in this machine's kernel."""
    from codegen.xdp import program

    show = show_json if as_json else report
    show(program.run_xdp(request, cores, line_printer(as_json), on_interrupted=show))


def run_guest(request: Request, setup: Setup, as_json: bool) -> None:
    """Run the program as a unikernel."""
    from codegen.cli.progress import image_steps
    from codegen.unikernel import guest

    with image_steps("the image") as on_step:
        found = guest.run_guest(request, setup, line_printer(as_json), on_step)
    (show_json if as_json else report)(found)


def line_printer(as_json: bool) -> Callable[[str], None]:
    """Return what gets the lines of a running program, which have no place beside JSON."""
    return (lambda _: None) if as_json else click.echo


def show_json(found: dict[str, Any]) -> None:
    """Print a result for programs."""
    click.echo(json.dumps(found))


def report(found: dict[str, Any]) -> None:
    """Print a result for people."""
    seconds, whole, rate = (
        float(str(found[key])) for key in ("seconds", "run_seconds", "packets_per_second")
    )
    when = "" if found["mode"] != "rx" else f"from the first packet to the last, {seconds:.3f} s: "
    click.echo(
        f"{found['format']}, {found['strategy']}, device {found['device']}, mode {found['mode']}, "
        f"{_frames(found)}"
    )
    click.echo(
        f"  sent {found['sent']}, received {found['received']}, failed {found['failed']} "
        f"in {whole:.3f} s"
    )
    if any(found[verdict] for verdict in ("valid", "other", "invalid")):
        click.echo(
            f"  of those received {found['valid']} are valid, {found['other']} other "
            f"traffic, {found['invalid']} invalid"
        )
    for reason, count in found.get("reasons", {}).items():
        if count:
            click.echo(f"    {reason}: {count}")
    click.echo(
        f"  {when}{_si(rate)}pps, {found['megabits_per_second']} Mbit/s "
        f"(with {found['wire_overhead_bytes']} bytes of Ethernet overhead a frame)"
    )
    ratio = found.get("clock_ratio")
    if ratio is not None and abs(ratio - 1) > CLOCK_TOLERANCE:
        click.echo(
            f"  its clock ran {ratio:.2f} times as fast as this machine's, and its seconds and "
            "rates are off by as much: Unikraft measured the clock while this machine was busy"
        )
    kind, _, path = str(found["device"]).partition(":")
    if kind == "pcap" and found["mode"] == "tx":
        click.echo(f"  capture of {found['sent']} frames: {path}")


def _frames(found: dict[str, Any]) -> str:
    """Return how long the frames of a result are."""
    if found["length"] is not None:
        return f"frames of {found['length']} bytes"
    packets = found["received" if found["mode"] == "rx" else "sent"]
    mean = f", {found['bytes'] / packets:.1f} bytes on average" if packets else ""
    return f"frames of swept lengths{mean}"


def _si(value: float) -> str:
    """Return a number with its unit prefix, as rates are spoken."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.2f} {prefix}"
    return f"{value:.2f} "
