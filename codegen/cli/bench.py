"""``codegen bench``: what sending or receiving a packet costs with each strategy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from codegen import formats, temporary
from codegen.cli import options
from codegen.errors import CodegenError, UsageError

if TYPE_CHECKING:
    from codegen.bench.matrix import Result


#: Where packets go, unless something else is asked for.
SINKS = "free,window:128"


@click.command("bench", cls=options.Verb)
@click.option(
    "--mode",
    type=click.Choice(["tx", "rx"]),
    default="tx",
    show_default=True,
    help="Measure sending, or receiving.",
)
@click.option(
    "--format",
    "format_spec",
    default=formats.DEFAULT,
    show_default=True,
    metavar="FORMAT",
    help="The packet of all strategies, except those with a ring.",
)
@click.option(
    "--swept-format",
    "swept_spec",
    default="udp4_seq",
    show_default=True,
    metavar="FORMAT",
    help="The packet of strategies with a ring: one that sweeps a field.",
)
@click.option(
    "--strategy",
    "strategy_specs",
    default="all",
    show_default=True,
    metavar="STRATEGY,...",
    help="Names of strategies, path/to/file.py:NAME, or all.",
)
@click.option(
    "--length",
    "lengths",
    metavar="BYTES,...",
    help="Frame lengths; a format that sweeps its length has its own.  "
    "[default: 60,508,1514, or the nearest that the formats have]",
)
@click.option(
    "--sink",
    "sinks",
    metavar="SINK,...",
    help=f"Where sent packets go.  [default: {SINKS}]",
)
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="The number of rounds; one more, before them, does not count.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.001, 60),
    default=0.1,
    show_default=True,
    help="The duration of one measurement in seconds.",
)
@options.netbuf_option
@options.uk_root_option
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file as well.",
)
def command(
    mode: str,
    format_spec: str,
    swept_spec: str,
    strategy_specs: str,
    lengths: str | None,
    sinks: str | None,
    repeat: int,
    seconds: float,
    netbuf_name: str,
    uk_root: Path | None,
    json_path: Path | None,
) -> None:
    """Measure the nanoseconds that a packet takes, by strategy, frame length and sink.

    Each cell of the table is measured in a process of its own, on one core. The rows
    'tutorial-...' are the baselines: uk_netbuf_alloc_buf(), write or memcpy(),
    uk_netbuf_free(). All programs are measured in turn, and a ratio compares figures of the
    same round. A format that sweeps its length is measured without the baselines, which send
    frames of one length.

    With --mode rx, receiving is measured: a device returns one frame again and again, and
    with 'match=on' each is compared with the packet. The reference is DPDK's testpmd, if it
    is installed.
    """
    from codegen.bench import matrix, receiving
    from codegen.cli.console import left_out
    from codegen.cli.progress import progress_bar
    from codegen.host import netbuf as netbufs

    if mode == "rx" and sinks is not None:
        raise UsageError(
            f"--sink {sinks} is where packets go that are sent, and --mode rx sends none; "
            "leave one of the two out"
        )
    netbuf = netbufs.load(netbuf_name, uk_root)
    chosen = options.strategies(strategy_specs)
    packets = options.layout(format_spec), options.layout(swept_spec)
    wanted = None if lengths is None else _lengths(lengths)
    if mode == "rx":
        cells = receiving.cells(chosen, *packets, wanted, seconds, netbuf, left_out)
    else:
        sink_list = (sinks or SINKS).split(",")
        cells = matrix.cells(chosen, *packets, wanted, sink_list, seconds, netbuf, left_out)
    machine = matrix.machine(netbuf)
    for line in machine:
        click.secho(line, dim=True)
    with progress_bar(len(cells) * (repeat + 1)) as update:
        result = matrix.measure(
            cells,
            repeat,
            lambda cell: update(advance=1, description=f"{cell.who}, {cell.group}"),
        )
    _print(result)
    if json_path is not None:
        found = {"machine": machine, "netbuf": netbuf.name, "mode": mode, **result.as_json()}
        _write(json_path, found)


def _lengths(text: str) -> list[int]:
    try:
        return [int(each) for each in text.split(",")]
    except ValueError:
        raise UsageError(
            f"--length {text}: frame lengths in bytes are wanted, such as 60,1514"
        ) from None


def _print(result: Result) -> None:
    from codegen.bench.matrix import BASELINE_FRAMES, BASELINES
    from codegen.bench.receiving import Received
    from codegen.bench.turns import Spread
    from codegen.cli.console import print_table, table

    ratios = result.ratios()
    for group in dict.fromkeys(cell.group for cell in result.times):
        click.secho(f"\n{group}", bold=True)
        members = {cell: times for cell, times in result.times.items() if cell.group == group}
        if not any(cell.who in BASELINES or isinstance(cell, Received) for cell in members):
            click.secho(f"nothing to compare with: {BASELINE_FRAMES}", dim=True)
        rows = table("who", "ns/packet", "low..high", "Mpps", "times the time of")
        for column in rows.columns[1:4]:
            column.justify = "right"
        for cell, times in members.items():
            spread = Spread.of(times)
            compared = "; ".join(
                f"{ratio.spread.median:.2f} ({ratio.spread.low:.2f}..{ratio.spread.high:.2f}) "
                f"{ratio.against}"
                for ratio in ratios
                if ratio.cell == cell
            )
            rows.add_row(
                cell.who,
                f"{spread.median:.1f}",
                f"{spread.low:.1f}..{spread.high:.1f}",
                f"{1000 / spread.median:.1f}",
                compared,
            )
        print_table(rows)


def _write(path: Path, found: dict[str, object]) -> None:
    try:
        temporary.write(path, json.dumps(found, indent=2) + "\n")
    except OSError as error:
        raise CodegenError(f"cannot write {path}: {error.strerror}") from None
