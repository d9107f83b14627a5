"""``codegen run``: build the emitted program and run it, on this machine or as a unikernel.

One program is :mod:`.program`, two unikernels that talk to each other :mod:`.pair`, and
several programs side by side :mod:`.comparison`; here is what the command line asks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen.cli import options
from codegen.cli.run import comparison, pair, program
from codegen.errors import UsageError

if TYPE_CHECKING:
    from codegen.run import Request
    from codegen.unikernel.guest import Setup
    from codegen.unikernel.image import Options as ImageOptions
    from codegen.unikernel.machine import Machine
    from codegen.unikraft import Target


@click.command("run", cls=options.Verb)
@options.format_option
@click.option(
    "--strategy",
    "strategy_specs",
    default=options.DEFAULT_STRATEGY,
    show_default=True,
    metavar="STRATEGY,...",
    help="How packet buffers are allocated, filled and released; names, path/to/file.py:NAME, "
    "or all.",
)
@click.option(
    "--platform",
    type=click.Choice(["host", "qemu", "linuxu", "xdp"]),
    default="host",
    show_default=True,
    help="host: a process here; qemu: a unikernel; linuxu: a unikernel as a process; "
    "xdp: in this machine's kernel.",
)
@click.option(
    "--device",
    default="null",
    show_default=True,
    metavar="DEVICE",
    help="null, loop, pcap:FILE, tap:NAME, …; 'codegen list devices' explains them. "
    "For xdp, an interface.",
)
@click.option(
    "--cores",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    help="The number of CPUs that send at once, on the platform xdp.",
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
    help="The frame's length in bytes, without frame check sequence; refused if the format "
    "sweeps it.  [default: the format's]",
)
@click.option("--count", type=click.IntRange(0), help="The number of packets; 0 for no limit.")
@click.option(
    "--duration",
    type=click.FloatRange(0, 10**9),
    help="The duration in seconds; 0 for no limit.  [default: 1, if --count is not given]",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="An argument of the program, such as ipv4_dst=10.0.0.2, rate=1Mpps or match=on; can be "
    "given several times.",
)
@options.netbuf_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="The number of rounds in which several programs are measured in turn.",
)
@click.option(
    "--pair",
    "as_pair",
    is_flag=True,
    help="Run two unikernels on one bridge: one sends, the other one receives and checks.",
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
    cores: int,
    sink: str,
    mode: str | None,
    length: int | None,
    count: int | None,
    duration: float | None,
    settings: tuple[str, ...],
    netbuf_name: str,
    as_json: bool,
    repeat: int,
    as_pair: bool,
    arch: str,
    uk_root: Path | None,
    builds: str,
    log_level: str,
    machine: Machine,
) -> None:
    """Build the emitted program, run it, and report its rate.

    Several strategies or builds (or all) are measured in turn, and their rates printed as a
    table. With a sink other than the device, unikernels are compared with the tutorial's
    baselines as well. A unikernel needs a Unikraft tree and, unless it has such a sink, a
    bridge ('codegen net up'). --pair and the options listed below it are for unikernels.
    """
    from codegen import unikraft
    from codegen.host import netbuf
    from codegen.run import Request, check_link

    if platform != "host" and netbuf_name != "host":
        raise UsageError("--netbuf is for the platform host; a unikernel has Unikraft's own")
    if platform != "xdp" and cores != 1:
        raise UsageError("--cores is for the platform xdp; other programs send from one core")
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
    if platform != "host" and sink == "netdev":
        check_link(request.layout, f"the platform {platform}")
    images: list[ImageOptions] = []
    if platform in ("qemu", "linuxu"):
        target = unikraft.target(platform, arch)
        images = _images(request, target, options.builds(builds), log_level, machine, as_pair)
    elif as_pair:
        raise UsageError("--pair is for unikernels: add --platform qemu")
    elif unwanted := machine.chosen():
        raise UsageError(f"{unwanted[0]} is for unikernels: add --platform qemu")
    if platform == "xdp":
        _run_xdp(request, cores, as_json)
        return
    if machine.gdb is not None and as_json:
        raise UsageError("--gdb prints how to attach a debugger: leave out --json")
    several = len(strategies) > 1 or len(images) > 1
    if several and (as_pair or mode not in (None, "tx")):
        raise UsageError("a table of several programs has rates of sending: no --pair, no --mode")
    setups: list[Setup] = []
    if images:
        from codegen.unikernel import guest

        # The command line was checked first: misuse is reported whatever this machine lacks.
        tree = unikraft.find_tree(uk_root)
        setups = [guest.Setup(tree, each, machine) for each in images]
    if several:
        comparison.run(request, strategies, setups, repeat, as_json)
    elif as_pair:
        pair.run(request, setups[0], as_json)
    elif setups:
        program.run_guest(request, setups[0], as_json)
    else:
        program.run_host(request, as_json)


def _run_xdp(request: Request, cores: int, as_json: bool) -> None:
    """Run in this machine's kernel, whose buffers leave no choice of a strategy."""
    context = click.get_current_context()
    given = context.get_parameter_source("strategy_specs")
    if given is not click.core.ParameterSource.DEFAULT:
        raise UsageError(
            "--platform xdp has no choice of a --strategy: the kernel recycles its frames, and "
            "what differs is written into them (ring-patch); leave it out"
        )
    program.run_xdp(request, cores, as_json)


def _images(
    request: Request,
    target: Target,
    builds: list[str],
    log_level: str,
    machine: Machine,
    as_pair: bool,
) -> list[ImageOptions]:
    """Return how the images of unikernels are configured, an image a build.

    Raises UsageError for what a unikernel, or a pair of them, does not have.
    """
    from codegen.unikernel import guest, image, qemu
    from codegen.unikernel import pair as guest_pair

    images = [image.Options(target, build, request.sink, log_level) for build in builds]
    (guest_pair.check if as_pair else guest.check)(request)
    machine.check(target.platform, 2 if as_pair else 1)
    if target.platform == "qemu":
        qemu.check_bus(target, machine.bus)
    return images
