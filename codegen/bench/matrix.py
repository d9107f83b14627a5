"""The matrix of a bench: who is measured, against whom, and how.

Each cell is a process of its own, pinned to one core. All cells of a length and
a sink are measured in turn, round after round, so that a drift of the machine
hits them alike; a ratio is taken round by round.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codegen.errors import CodegenError
from codegen.host import build
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.model import Fetch, Format, Strategy
from codegen.run import build_application
from codegen.sink import compiler_flags

_OWNERS = {"host": "as Unikraft's", "unikraft": "Unikraft's own"}

BASELINE_SOURCE = Path(__file__).parent / "baseline"

#: The plain ways, by name, with the flags that choose them in ``baseline/main.c``.
BASELINES = {
    "memcpy": ("-DWHO=0",),
    "tutorial-refcount": ("-DWHO=1",),
    "tutorial-heap-gen": ("-DWHO=2",),
    "tutorial-pool-gen": ("-DWHO=2", "-DPOOL"),
    "tutorial-heap-dup": ("-DWHO=3",),
    "tutorial-pool-dup": ("-DWHO=3", "-DPOOL"),
}


@dataclass(frozen=True)
class Spread:
    """A figure over all rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of some figures."""
        return cls(statistics.median(values), min(values), max(values))

    def as_json(self) -> dict[str, float]:
        """Return the figures with four digits that mean something."""
        return {key: float(f"{value:.4g}") for key, value in vars(self).items()}


@dataclass(frozen=True)
class Cell:
    """One thing that is measured: ``command`` runs it and prints its result last."""

    who: str
    format: str
    length: int
    sink: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Ratio:
    """One cell's time divided by that of another one, both of the same length and sink."""

    who: str
    against: str
    length: int
    sink: str
    spread: Spread


@dataclass
class Result:
    """Nanoseconds a packet, a figure a round, of every cell."""

    times: dict[Cell, list[float]] = field(default_factory=dict)

    def ratios(self) -> list[Ratio]:
        """Return each strategy against what it is to be compared with."""
        found = []
        by_key = {(cell.who, cell.length, cell.sink): cell for cell in self.times}
        for cell, times in self.times.items():
            for against in _compared_with(cell.who):
                other = by_key.get((against, cell.length, cell.sink))
                if other is None:
                    continue
                pairs = zip(times, self.times[other], strict=True)
                spread = Spread.of([mine / theirs for mine, theirs in pairs])
                found.append(Ratio(cell.who, against, cell.length, cell.sink, spread))
        return found

    def as_json(self) -> dict[str, object]:
        """Return the object that ``codegen bench --json`` writes."""
        return {
            "cells": [
                {
                    "who": cell.who,
                    "format": cell.format,
                    "length": cell.length,
                    "sink": cell.sink,
                    "ns_per_packet": Spread.of(times).as_json(),
                }
                for cell, times in self.times.items()
            ],
            "ratios": [
                {
                    "who": ratio.who,
                    "against": ratio.against,
                    "length": ratio.length,
                    "sink": ratio.sink,
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
    plain: Format,
    swept: Format,
    lengths: Sequence[int],
    sinks: Sequence[str],
    seconds: float,
    netbuf: Netbuf = netbufs.HOST,
) -> list[Cell]:
    """Build every program and return the cells, grouped by length and sink.

    A ring is measured with a packet that sweeps a field (``swept``), as without
    one it has nothing to write; all else with ``plain``. The baselines have the same
    netbufs as the strategies.
    """
    made = []
    for length in lengths:
        for sink in sinks:
            for name, flags in BASELINES.items():
                program = build.build_program(
                    BASELINE_SOURCE, extra_flags=(*flags, *compiler_flags(sink)), netbuf=netbuf
                )
                command: tuple[str, ...] = (
                    str(program),
                    "device=null",
                    "--",
                    f"length={length}",
                    f"milliseconds={round(seconds * 1000)}",
                )
                made.append(Cell(name, "", length, sink, command))
            for strategy in strategies:
                format = swept if strategy.fetch is Fetch.PATCH else plain
                program = build_application(format, strategy, sink, netbuf)
                command = (
                    str(program),
                    "device=null",
                    "--",
                    f"length={length}",
                    "mode=tx",
                    f"duration={seconds:.6f}",
                    "interval=0",
                )
                made.append(Cell(strategy.name, format.name, length, sink, command))
    return made


def measure(
    chosen: Sequence[Cell], repeat: int, on_step: Callable[[Cell], None] = lambda _: None
) -> Result:
    """Run every cell once to warm up and ``repeat`` times in turn; return the times.

    ``on_step`` is called before each run, of which there are
    ``len(chosen) * (repeat + 1)``.
    """
    result = Result({cell: [] for cell in chosen})
    groups: dict[tuple[int, str], list[Cell]] = {}
    for cell in chosen:
        groups.setdefault((cell.length, cell.sink), []).append(cell)
    for group in groups.values():
        for round_ in range(repeat + 1):
            for cell in group:
                on_step(cell)
                time = _nanoseconds(cell)
                if round_:
                    result.times[cell].append(time)
    return result


def core() -> int:
    """Return the core that the measurements are pinned to: the last one that we may use."""
    return max(os.sched_getaffinity(0))


def _nanoseconds(cell: Cell) -> float:
    """Run a cell and return its nanoseconds a packet."""
    pinned = {core()}
    done = subprocess.run(
        cell.command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, pinned),
    )
    if done.returncode:
        raise CodegenError(f"{cell.who} failed: {done.stderr.strip() or done.stdout.strip()}")
    measured = json.loads(done.stdout.splitlines()[-1])
    return float(measured["seconds"]) * 1e9 / int(measured["sent"])


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
