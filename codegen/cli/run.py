"""``codegen run``: build the emitted program and run it, on this machine or as a unikernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codegen.cli import options
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.model import Strategy
    from codegen.run import Request
    from codegen.unikernel.guest import Setup
    from codegen.unikernel.image import Options as ImageOptions


@click.command("run", cls=options.Verb)
@options.format_option
@click.option(
    "--strategy",
    "strategy_specs",
    default=options.DEFAULT_STRATEGY,
    show_default=True,
    metavar="STRATEGY,...",
    help="How packet buffers are got, filled and given back; names, path/to/file.py:NAME, or all.",
)
@click.option(
    "--platform",
    type=click.Choice(["host", "qemu", "linuxu"]),
    default="host",
    show_default=True,
    help="host: a process here; qemu: a unikernel; linuxu: a unikernel as a process.",
)
@click.option(
    "--device",
    default="null",
    show_default=True,
    metavar="DEVICE",
    help="null, loop, pcap:FILE, tap:NAME, …; 'codegen list devices' explains them.",
)
@options.sink_option
@click.option(
    "--mode",
    type=click.Choice(["tx", "rx", "both"]),
    help="Send, receive or both.  [default: both on the device loop, else tx]",
)
@click.option(
    "--length",
    type=int,
    help="Frame bytes without check sequence, unless the format sweeps them.  "
    "[default: the format's]",
)
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
@options.netbuf_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Rounds of a table of several programs.",
)
@click.option(
    "--pair",
    is_flag=True,
    help="Two unikernels on one bridge: one sends, one receives and checks.",
)
@click.option(
    "--build",
    "builds",
    default="default",
    show_default=True,
    metavar="BUILD,...",
    help="Compiler options of the image: default, dce, lto, dce+lto, or all.",
)
@options.image_options
@options.machine_options
def command(
    format_spec: str,
    strategy_specs: str,
    platform: str,
    device: str,
    sink: str,
    mode: str | None,
    length: int | None,
    count: int | None,
    duration: float | None,
    settings: tuple[str, ...],
    netbuf_name: str,
    as_json: bool,
    repeat: int,
    pair: bool,
    arch: str,
    uk_root: Path | None,
    builds: str,
    log_level: str,
    bridge: str,
    kvm: str,
    bus: str | None,
    notify: str | None,
) -> None:
    """Build the emitted main loop, run it, and report how fast it was.

    Several strategies or builds (or all) give a table of their rates; where packets go
    to no device, unikernels are compared with the tutorial's plain ways. A unikernel
    needs a Unikraft tree, and a bridge ('codegen net up') unless its sink is no device;
    --pair and what is listed below it is for unikernels.
    """
    from codegen.host import netbuf
    from codegen.run import Request, run_host

    if platform != "host" and netbuf_name != "host":
        raise UsageError("--netbuf is for the platform host; a unikernel has Unikraft's own")
    strategies = options.strategies(strategy_specs)
    request = Request(
        options.layout(format_spec),
        strategies[0],
        device=device,
        sink=sink,
        mode=mode,
        length=length,
        count=count,
        duration=duration,
        settings=settings,
        netbuf=netbuf.load(netbuf_name, uk_root),
    )
    on_line = (lambda _: None) if as_json else click.echo
    images: list[ImageOptions] = []
    if platform != "host":
        from codegen import unikraft
        from codegen.cli.progress import image_steps
        from codegen.unikernel import guest, image, qemu

        target = unikraft.target(platform, arch)
        images = [image.Options(target, build, sink, log_level) for build in options.builds(builds)]
        (guest.check_pair if pair else guest.check)(request)
        if platform == "qemu":
            qemu.check_bus(target, bus)
    elif pair:
        raise UsageError("--pair is for unikernels: add --platform qemu")
    several = len(strategies) > 1 or len(images) > 1
    if several and (pair or mode not in (None, "tx")):
        raise UsageError("a table of several programs has rates of sending: no --pair, no --mode")
    setups: list[Setup] = []
    if images:
        # The command line was checked first: misuse is reported whatever this machine lacks.
        tree = unikraft.find_tree(uk_root)
        setups = [guest.Setup(tree, each, bridge, kvm, bus, notify) for each in images]
    if several:
        _table(request, strategies, setups, repeat, as_json)
        return
    show = _show_json if as_json else _report_pair if pair else _report
    if not setups:
        # An interrupted program has a result as well: what it did until then.
        show(run_host(request, on_line, on_interrupted=show))
    else:
        runner = guest.run_pair if pair else guest.run_guest
        with image_steps("the image") as on_step:
            found = runner(request, setups[0], on_line, on_step)
        show(found)


def _table(
    request: Request,
    strategies: list[Strategy],
    setups: list[Setup],
    repeat: int,
    as_json: bool,
) -> None:
    """Run several programs in turn and print a table of their rates."""
    import tempfile

    from codegen.bench import contest
    from codegen.cli.console import left_out, print_table, table
    from codegen.cli.progress import image_steps, progress_bar

    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        if setups:
            with image_steps("images") as on_step:
                made = contest.as_unikernels(
                    request, strategies, setups, Path(folder), on_step, left_out
                )
                contestants = list(made)
        else:
            contestants = list(contest.on_host(request, strategies, left_out))
        with progress_bar(len(contestants) * repeat) as update:
            rows = contest.measure(
                contestants, repeat, lambda each: update(advance=1, description=each.who)
            )
    if as_json:
        click.echo(json.dumps(contest.as_json(rows)))
        return
    where = (
        f"Unikraft {setups[0].tree.version}, {setups[0].options.target.name}, " if setups else ""
    )
    click.secho(f"{where}{request.layout.name}, sink {request.sink}, median of {repeat}", bold=True)
    lines = table("who", "build", "image bytes", "Mpps", "low..high", f"times {contest.REFERENCE}")
    for column in lines.columns[2:5]:
        column.justify = "right"
    for row in rows:
        other = contest.reference(row, rows)
        ratio = row.against(other) if other is not None else None
        lines.add_row(
            row.contestant.who,
            row.contestant.build,
            str(row.contestant.image_bytes or ""),
            f"{row.rate.median / 1e6:.3f}",
            f"{row.rate.low / 1e6:.3f}..{row.rate.high / 1e6:.3f}",
            f"{ratio.median:.2f} ({ratio.low:.2f}..{ratio.high:.2f})" if ratio else "",
        )
    print_table(lines)


def _show_json(found: dict[str, Any]) -> None:
    """Print a result for programs."""
    click.echo(json.dumps(found))


def _report(found: dict[str, Any]) -> None:
    """Print a result for people."""
    numbers = {key: float(str(found[key])) for key in ("seconds", "packets_per_second")}
    click.echo(
        f"{found['format']}, {found['strategy']}, device {found['device']}, mode {found['mode']}, "
        f"{_frames(found)}"
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


def _frames(found: dict[str, Any]) -> str:
    """Return how long the frames of a result are."""
    if found["length"] is not None:
        return f"frames of {found['length']} bytes"
    packets = found["received" if found["mode"] == "rx" else "sent"]
    mean = f", {found['bytes'] / packets:.1f} bytes on average" if packets else ""
    return f"frames of swept lengths{mean}"


def _report_pair(found: dict[str, Any]) -> None:
    """Print the results of a pair for people."""
    for role in ("sender", "receiver"):
        _report(found[role])
    line = f"lost {found['lost']}"
    if "dropped" in found:
        line += f", of which the taps counted {found['dropped']} as dropped"
    click.echo(line)


def _si(value: float) -> str:
    """Return a number with its unit prefix, as rates are spoken."""
    for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.2f} {prefix}"
    return f"{value:.2f} "
