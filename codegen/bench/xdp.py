"""Send from the kernel, beside an AF_XDP socket and trafgen: the same core and cable, in turn.

Run with ``make bench-xdp``, as root. The cable is that of :mod:`codegen.bench.wire`; at its
far end, an XDP program of the platform receives. In one part of the run it only counts, in
the other it checks each frame. trafgen sends one frame again and again; the others sweep.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from codegen import events, formats, temporary
from codegen.bench import turns, wire
from codegen.bench.turns import Spread
from codegen.bench.wire import FAR, FOR_EVER, NEAR, RIVAL, Sender
from codegen.errors import CodegenError
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.layout import Layout
from codegen.model import Counter, Fill, Header, Packet, Random, Range, Timestamp, UInt
from codegen.resolve import resolve
from codegen.unikernel.qemu import die_with_parent
from codegen.xdp import build, needs

_STAMPED = Header(
    "stamped",
    (
        UInt("number", 32, Counter()),
        UInt("reading", 32, Random(seed=7)),
        UInt("sent", 64, Timestamp()),
    ),
)

#: Four swept fields and a time stamp.
STAMPED = Packet(
    "stamped4",
    ETHERNET / IPV4.bind(id=Counter()) / UDP.bind(src=Range(1024, 60000)) / _STAMPED / Fill(),
)

#: What is sent, with the least ratios to the rates of the AF_XDP socket and of trafgen.
FORMATS = {
    "one counter": (formats.load("udp4_seq"), {f"xdp:{NEAR}": 5.0, RIVAL: 8.0}),
    "four fields and a time stamp": (STAMPED, {f"xdp:{NEAR}": 3.5}),
}
PLATFORM = "--platform xdp"

ROUNDS = 7


@contextmanager
def _receiver(layout: Layout, match: str) -> Iterator[dict[str, int]]:
    """Receive at the far end; what was counted is in the dictionary afterwards."""
    built = build.build_loader(layout)
    settings = ("mode=rx", "count=0", "duration=0", "interval=0", f"match={match}", *wire.ADDRESSES)
    process = subprocess.Popen(
        [str(built.loader), f"object={built.object}", f"interface={FAR}", "--", *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=die_with_parent,
    )
    counted: dict[str, int] = {}
    try:
        assert process.stdout
        for line in process.stdout:
            if (events.parse(line) or {}).get("event") == "started":
                break
        yield counted
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()
    counted |= {
        key: json.loads(out.splitlines()[-1])[key] for key in ("received", "valid", "invalid")
    }


def _commands(layout: Layout, folder: Path) -> dict[str, list[str]]:
    """Return the commands that send a format for ever, by name."""
    built = build.build_loader(layout)
    loader = [str(built.loader), f"object={built.object}", f"interface={NEAR}", "--", "stall=0"]
    device = f"xdp:{NEAR}"
    sent = wire.frame(layout, build.STRATEGY)
    return {
        PLATFORM: [*loader, *FOR_EVER],
        device: wire.program(layout, build.STRATEGY, device),
        RIVAL: wire.rival(sent, folder),
    }


def _measure(
    layout: Layout, match: str, rounds: int
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Return the rates of all senders, one a round, and what the far end counted."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary.folder())
        counted = stack.enter_context(_receiver(layout, match))
        senders = [
            Sender.start(who, command, folder, stack)
            for who, command in _commands(layout, folder).items()
        ]
        rates = turns.measure(senders, Sender.rate, rounds)
    return {each.who: its for each, its in zip(senders, rates, strict=True)}, counted


def _report(rates: dict[str, list[float]], targets: dict[str, float]) -> bool:
    """Print rates and ratios; return whether the targets are reached."""
    for who, figures in rates.items():
        mpps = Spread.of([each / 1e6 for each in figures])
        print(f"  {who:<14} {mpps.median:6.2f} Mpps ({mpps.low:.2f} to {mpps.high:.2f})")
    reached = True
    for who, target in targets.items():
        ratio = Spread.of_ratios(rates[PLATFORM], rates[who])
        reached &= ratio.median >= target
        print(
            f"  {PLATFORM} / {who}: {ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}), "
            f"target {target}: {'reached' if ratio.median >= target else 'MISSED'}"
        )
    return reached


def _run(rounds: int) -> bool:
    wire.lay_cable()
    os.sched_setaffinity(0, {wire.CORE})  # the senders' as well
    reached = True
    for what, (format, targets) in FORMATS.items():
        layout = resolve(format)
        for match, far in (("off", "the far end counts"), ("on", "the far end checks each frame")):
            rates, counted = _measure(layout, match, rounds)
            print(f"{wire.LENGTH} bytes, {what}, one core, veth; {far}; median (low to high)")
            # A checked frame costs all senders the same time, which is nobody's own.
            reached &= _report(rates, targets if match == "off" else {})
            if match == "on":
                print(f"  {counted['received']} received, {counted['valid']} valid")
                reached &= counted["received"] == counted["valid"]
    return reached


def main() -> None:
    """Measure in a namespace of its own; exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        wire.require_tools()
        needs.check()
        if not arguments.inside:
            wire.run_inside("-n", __spec__.name)
        sys.exit(not _run(arguments.rounds))
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
