"""The matrix of a bench: what is measured, against which baselines, and how.

Each cell is a process of its own, pinned to one core. All cells of a length and a sink
are measured in turns. Only programs that send the same frames are compared: a format that
sweeps its length is measured with the lengths of its sweep, and without the baselines,
which send frames of one length only.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codegen.bench import turns
from codegen.bench.turns import Spread
from codegen.errors import CodegenError, UsageError
from codegen.host import build
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.layout import Layout
from codegen.lower import check_strategy
from codegen.model import Fetch, Strategy
from codegen.model.packet import ETHERNET_MAX, ETHERNET_MIN
from codegen.run import build_application, check_length
from codegen.sink import compiler_flags

_OWNERS = {"host": "as Unikraft's", "unikraft": "Unikraft's own"}

BASELINE_SOURCE = Path(__file__).parent / "baseline"

#: The baselines, by name, with the flags that choose them in ``baseline/main.c``.
BASELINES = {
    "memcpy": ("-DWHO=0",),
    "tutorial-refcount": ("-DWHO=1",),
    "tutorial-heap-gen": ("-DWHO=2",),
    "tutorial-pool-gen": ("-DWHO=2", "-DPOOL"),
    "tutorial-heap-dup": ("-DWHO=3",),
    "tutorial-pool-dup": ("-DWHO=3", "-DPOOL"),
}

#: What they can send: one length, for which ``baseline/main.c`` has room.
BASELINE_LENGTHS = range(ETHERNET_MIN, ETHERNET_MAX + 1)
BASELINE_FRAMES = f"the baselines send frames of one length, {ETHERNET_MIN} to {ETHERNET_MAX} bytes"

#: The least frame, one of an ordinary mix, and the longest.
USUAL_LENGTHS = (ETHERNET_MIN, 508, ETHERNET_MAX)

#: Called with the name of what cannot be measured, and the reason.
OnRefusal = Callable[[str, str], None]


@dataclass(frozen=True)
class Cell:
    """One thing that is measured: ``command`` runs it and prints its result last.

    ``length`` is None where the format sweeps it.
    """

    who: str
    format: str
    length: int | None
    mean_length: float
    sink: str
    command: tuple[str, ...]

    @property
    def group(self) -> str:
        """The description of the cells that this one can be compared with: same frames and sink."""
        if self.length is not None:
            return f"{self.length} bytes, sink {self.sink}"
        return (
            f"lengths of {self.format}, {self.mean_length:.1f} bytes on average, sink {self.sink}"
        )

    @property
    def compared_with(self) -> tuple[str, ...]:
        """The cells of its group that its time is divided by that of."""
        return _compared_with(self.who)

    @property
    def counter(self) -> str:
        """The number of the program's result that counts packets."""
        return "sent"

    def nanoseconds(self) -> float:
        """Run the program once, pinned to a core, and return its nanoseconds a packet."""
        pinned = {core()}
        done = subprocess.run(
            self.command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, pinned),
        )
        if done.returncode:
            raise CodegenError(f"{self.who} failed: {done.stderr.strip() or done.stdout.strip()}")
        measured = json.loads(done.stdout.splitlines()[-1])
        return float(measured["seconds"]) * 1e9 / int(measured[self.counter])


@dataclass(frozen=True)
class Ratio:
    """One cell's time divided by that of another one of its group."""

    cell: Cell
    against: str
    spread: Spread


@dataclass
class Result:
    """Nanoseconds a packet, a figure a round, of every cell."""

    times: dict[Cell, list[float]] = field(default_factory=dict)

    def ratios(self) -> list[Ratio]:
        """Return each strategy against what it is to be compared with."""
        found = []
        by_key = {(cell.who, cell.group): cell for cell in self.times}
        for cell, times in self.times.items():
            for against in cell.compared_with:
                other = by_key.get((against, cell.group))
                if other is None:
                    continue
                spread = Spread.of_ratios(times, self.times[other])
                found.append(Ratio(cell, against, spread))
        return found

    def as_json(self) -> dict[str, object]:
        """Return the object that ``codegen bench --json`` writes."""
        return {
            "cells": [
                {
                    "who": cell.who,
                    "format": cell.format,
                    "length": cell.length,
                    "mean_length": round(cell.mean_length, 2),
                    "sink": cell.sink,
                    "ns_per_packet": Spread.of(times).as_json(),
                }
                for cell, times in self.times.items()
            ],
            "ratios": [
                {
                    "who": ratio.cell.who,
                    "against": ratio.against,
                    "length": ratio.cell.length,
                    "sink": ratio.cell.sink,
                    **ratio.spread.as_json(),
                }
                for ratio in self.ratios()
            ],
        }


def _compared_with(who: str) -> tuple[str, ...]:
    """Return the baselines of a strategy, by its name without ``-retry``."""
    return {
        "heap-gen": ("tutorial-heap-gen",),
        "heap-dup": ("tutorial-heap-dup",),
        "pool-gen": ("tutorial-pool-gen",),
        "pool-dup": ("tutorial-pool-dup", "memcpy"),
        "ring-patch": ("tutorial-pool-dup",),
        "zero-copy": ("tutorial-refcount",),
    }.get(who.removesuffix("-retry"), ())


def cells(
    strategies: Sequence[Strategy],
    plain: Layout,
    swept: Layout,
    lengths: Sequence[int] | None,
    sinks: Sequence[str],
    seconds: float,
    netbuf: Netbuf = netbufs.HOST,
    on_refusal: OnRefusal = lambda *_: None,
) -> list[Cell]:
    """Build every program and return the cells.

    A ring is measured with a packet that sweeps a field (``swept``), as without a sweep it
    has nothing to write; all other strategies with ``plain``. A format that sweeps its
    length is measured with those lengths only, all others with ``lengths``, or the usual
    ones if that is None. The baselines have the same netbufs as the strategies.

    Raises UsageError for a length that a format does not have, for a sink that does not
    exist, and when no strategy is left.
    """
    packets = [swept if each.fetch is Fetch.PATCH else plain for each in strategies]
    chosen = accepted(zip(strategies, packets, strict=True), on_refusal)
    fixed = [each for each in chosen if each[1].length_sweep is None]
    sweeping = [each for each in chosen if each[1].length_sweep is not None]
    wanted = lengths_of(lengths, [layout for _, layout in fixed]) if fixed else ()
    for sink in sinks:
        compiler_flags(sink)
    # The checks come before the builds, which take long.
    made = []
    for length in wanted:
        for sink in sinks:
            if length in BASELINE_LENGTHS:
                made += [_baseline(name, length, sink, seconds, netbuf) for name in BASELINES]
            for strategy, layout in fixed:
                made.append(_cell(strategy, layout, length, sink, seconds, netbuf))
    for sink in sinks:
        for strategy, layout in sweeping:
            made.append(_cell(strategy, layout, None, sink, seconds, netbuf))
    return list(dict.fromkeys(made))


def accepted(
    candidates: Iterable[tuple[Strategy, Layout]], on_refusal: OnRefusal
) -> list[tuple[Strategy, Layout]]:
    """Return the strategies that work with their packet; raises UsageError when none does."""
    found = []
    for strategy, layout in candidates:
        try:
            check_strategy(layout, strategy)
        except UsageError as error:
            on_refusal(strategy.name, str(error))
        else:
            found.append((strategy, layout))
    if not found:
        raise UsageError("no strategy is left; choose another with --strategy")
    return found


def lengths_of(chosen: Sequence[int] | None, layouts: Sequence[Layout]) -> Sequence[int]:
    """Return the lengths of the fixed formats: those that were chosen, or the usual ones.

    Raises UsageError when one of the formats has no such frames.
    """
    if chosen is not None:
        for layout in layouts:
            for length in chosen:
                check_length(layout, length)
        return chosen
    common = set.intersection(*(set(layout.lengths) for layout in layouts))
    if not common:
        names = " and ".join(dict.fromkeys(repr(layout.name) for layout in layouts))
        raise UsageError(
            f"formats {names} have no length in common; measure them one after the other, "
            "with --strategy"
        )
    nearest = (min(common, key=lambda each: (abs(each - length), each)) for length in USUAL_LENGTHS)
    return list(dict.fromkeys(nearest))


def _baseline(name: str, length: int, sink: str, seconds: float, netbuf: Netbuf) -> Cell:
    flags = (*BASELINES[name], *compiler_flags(sink))
    program = build.build_program(BASELINE_SOURCE, extra_flags=flags, netbuf=netbuf)
    arguments = (f"length={length}", f"milliseconds={round(seconds * 1000)}")
    command = (str(program), "device=null", "--", *arguments)
    return Cell(name, "", length, length, sink, command)


def _cell(
    strategy: Strategy,
    layout: Layout,
    length: int | None,
    sink: str,
    seconds: float,
    netbuf: Netbuf,
) -> Cell:
    program = build_application(layout, strategy, sink, netbuf)
    arguments = [] if length is None else [f"length={length}"]
    arguments += ["mode=tx", f"duration={seconds:.6f}", "interval=0"]
    command = (str(program), "device=null", "--", *arguments)
    mean = float(layout.mean_length) if length is None else length
    return Cell(strategy.name, layout.name, length, mean, sink, command)


def measure(
    chosen: Sequence[Cell], repeat: int, on_step: Callable[[Cell], None] = lambda _: None
) -> Result:
    """Run every cell once to warm up and ``repeat`` times in turn; return the times.

    ``on_step`` is called before each run, of which there are
    ``len(chosen) * (repeat + 1)``.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in chosen:
        groups.setdefault(cell.group, []).append(cell)
    times: dict[Cell, list[float]] = {}
    for group in groups.values():
        found = turns.measure(group, lambda cell: cell.nanoseconds(), repeat, on_step, warm_up=1)
        times |= dict(zip(group, found, strict=True))
    return Result({cell: times[cell] for cell in chosen})


def core() -> int:
    """Return the core that the measurements are pinned to: the last one that we may use."""
    return max(os.sched_getaffinity(0))


def machine(netbuf: Netbuf = netbufs.HOST) -> list[str]:
    """Return what the figures were measured on: processor, compiler, flags, netbufs."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    compiler = build.Compiler.find()
    version = compiler.identity.splitlines()[1]
    return [
        f"{model}, core {core()} of {os.cpu_count()}",
        f"{version}, -O2 {' '.join(build.WARNINGS[:1])}",
        f"netbufs with a locked reference count, {_OWNERS[netbuf.name]}; "
        "geometry of a virtio device",
    ]
