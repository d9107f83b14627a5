"""``codegen run``: build the emitted program and run it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from codegen.cli import options


@click.command("run")
@options.format_option
@options.strategy_option
@click.option(
    "--platform",
    type=click.Choice(["host"]),
    default="host",
    show_default=True,
    help="Where the program runs; host is a process on this machine.",
)
@click.option(
    "--device",
    default="null",
    show_default=True,
    metavar="DEVICE",
    help="null, loop, pcap:FILE, tap:NAME, …; 'codegen list devices' explains them.",
)
@click.option(
    "--sink",
    default="netdev",
    show_default=True,
    metavar="SINK",
    help="Where packets go: netdev to the device; free and window:N nowhere, to see their cost.",
)
@click.option(
    "--mode",
    type=click.Choice(["tx", "rx", "both"]),
    help="Send, receive or both.  [default: both on the device loop, else tx]",
)
@click.option("--length", type=int, help="Frame bytes without check sequence.  [default: least]")
@click.option("--count", type=click.IntRange(0), help="Packets; 0 for no limit.")
@click.option(
    "--duration",
    type=click.FloatRange(0, 10**9),
    help="Seconds; 0 for no limit.  [default: 1, when there is no --count]",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="An argument of the program, such as ipv4_dst=10.0.0.2, rate=1Mpps, match=on; repeatable.",
)
@options.netbuf_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def command(
    format_spec: str,
    strategy_name: str,
    platform: str,
    device: str,
    sink: str,
    mode: str | None,
    length: int | None,
    count: int | None,
    duration: float | None,
    settings: tuple[str, ...],
    netbuf_name: str,
    uk_root: Path | None,
    as_json: bool,
) -> None:
    """Build the emitted main loop, run it, and report how fast it was."""
    from codegen import formats
    from codegen.host import netbuf
    from codegen.run import Request, run_host

    request = Request(
        formats.load(format_spec),
        options.strategy(strategy_name),
        device=device,
        sink=sink,
        mode=mode,
        length=length,
        count=count,
        duration=duration,
        settings=settings,
        netbuf=netbuf.load(netbuf_name, uk_root),
    )
    runner = {"host": run_host}[platform]
    found = runner(request, (lambda _: None) if as_json else click.echo)
    if as_json:
        click.echo(json.dumps(found))
        return
    _report(found)


def _report(found: dict[str, object]) -> None:
    """Print a result for people."""
    numbers = {key: float(str(found[key])) for key in ("seconds", "packets_per_second")}
    click.echo(
        f"{found['format']}, {found['strategy']}, device {found['device']}, mode {found['mode']}, "
        f"frames of {found['length']} bytes"
    )
    click.echo(
        f"  sent {found['sent']}, received {found['received']}, failed {found['failed']} "
        f"in {numbers['seconds']:.3f} s"
    )
    if any(found[verdict] for verdict in ("good", "foreign", "wrong")):
        click.echo(
            f"  of those received {found['good']} are good, {found['foreign']} foreign, "
            f"{found['wrong']} wrong"
        )
    click.echo(
        f"  {_si(numbers['packets_per_second'])}pps, {found['megabits_per_second']} Mbit/s "
        f"(with {found['wire_overhead_bytes']} bytes of Ethernet overhead a frame)"
    )
    kind, _, path = str(found["device"]).partition(":")
    if kind == "pcap" and found["mode"] == "tx":
        click.echo(f"  capture of {found['sent']} frames: {path}")


def _si(value: float) -> str:
    """Return a number with its unit prefix, as rates are spoken."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.2f} {prefix}"
    return f"{value:.2f} "
