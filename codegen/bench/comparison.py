"""Comparison of several programs: strategies and builds, as unikernels or on the host.

Absolute times in a guest mean little, as everything there is emulated or shared. What can
be compared are the rates of programs that run in turns on the same machine. Where
packets go to no device, the baselines of the tutorial are measured too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from codegen import emit, run, sink
from codegen.bench import turns
from codegen.bench.matrix import (
    BASELINE_FRAMES,
    BASELINE_LENGTHS,
    BASELINE_SOURCE,
    BASELINES,
    OnRefusal,
    accepted,
)
from codegen.bench.turns import Spread
from codegen.model import STRATEGIES, Strategy
from codegen.unikernel import guest, image, machine

#: What the others are compared with, where it is run.
REFERENCE = "tutorial-pool-dup"

#: The baselines that use netbufs, and not only bytes.
_PLAIN = {name: flags for name, flags in BASELINES.items() if name.startswith("tutorial-")}


@dataclass(frozen=True)
class Candidate:
    """A program that can be run again and again; ``image_bytes`` is None on the host."""

    who: str
    build: str
    image_bytes: int | None
    run: Callable[[], dict[str, object]]

    def rate(self) -> float:
        """Run the program; return packets a second."""
        found = self.run()
        return int(str(found["sent"])) / float(str(found["seconds"]))


@dataclass
class Row:
    """The rates of a candidate in packets a second, a figure a round."""

    candidate: Candidate
    rates: list[float]

    @property
    def rate(self) -> Spread:
        """The rates over all rounds."""
        return Spread.of(self.rates)

    def against(self, other: Row) -> Spread:
        """Return the speed of this row relative to another one, round by round."""
        return Spread.of_ratios(self.rates, other.rates)


def on_host(
    request: run.Request, strategies: Sequence[Strategy], on_refusal: OnRefusal
) -> Iterator[Candidate]:
    """Yield a program for this machine of each strategy."""
    run.check(request)
    for mine, _ in _accepted(request, strategies, on_refusal):
        yield Candidate(mine.strategy.name, "", None, partial(run.run_host, mine, _unheard))


def as_unikernels(
    request: run.Request,
    strategies: Sequence[Strategy],
    setups: Sequence[guest.Setup],
    folder: Path,
    on_step: image.OnStep,
    on_refusal: OnRefusal,
) -> Iterator[Candidate]:
    """Build and yield the images of the baselines and of each strategy, for each setup.

    The images are in ``folder`` and must stay there while they run. A baseline sends
    the same frames as the strategies, or is refused. Raises as
    :func:`codegen.unikernel.guest.run_guest` does.
    """
    guest.check(request)
    programs = [
        (mine.strategy.name, files, mine.program_arguments())
        for mine, files in _accepted(request, strategies, on_refusal)
    ]
    plain = [] if request.sink == sink.DEVICE else _plain_ways(request, on_refusal)
    # All have as much, so that none has an advantage.
    memory = max(machine.memory_for(each, sink.held(request.sink)) for each in strategies)
    for setup in setups:
        build = setup.options.build
        for who, files, arguments in (*plain, *programs):
            where = folder / f"{who}-{build}"
            guests = guest.prepare(files, setup, where, on_step, _unheard, memory=memory)
            program = partial(guest.measure, guests, arguments, _unheard)
            yield Candidate(who, build, guests.image.size, program)


def measure(
    candidates: Sequence[Candidate], repeat: int, on_step: Callable[[Candidate], None]
) -> list[Row]:
    """Run each of them ``repeat`` times in turn and return the rates.

    ``on_step`` is called before each of the ``len(candidates) * repeat`` runs.
    """
    rates = turns.measure(candidates, Candidate.rate, repeat, on_step)
    return [Row(*each) for each in zip(candidates, rates, strict=True)]


def reference(row: Row, rows: Sequence[Row]) -> Row | None:
    """Return the row that this one is compared with, which is of the same build."""
    for other in rows:
        if (other.candidate.who, other.candidate.build) == (REFERENCE, row.candidate.build):
            return other
    return None


def as_json(rows: Sequence[Row]) -> dict[str, object]:
    """Return the figures, and the ratios where there is something to compare with."""
    return {
        "cells": [
            {
                "who": row.candidate.who,
                "build": row.candidate.build,
                "image_bytes": row.candidate.image_bytes,
                "packets_per_second": row.rate.as_json(),
            }
            for row in rows
        ],
        "ratios": [
            {
                "who": row.candidate.who,
                "against": REFERENCE,
                "build": row.candidate.build,
                **row.against(other).as_json(),
            }
            for row in rows
            if (other := reference(row, rows)) is not None and other is not row
        ],
    }


def _unheard(_: str) -> None:
    """Drop a line: a table has no room for it."""


def _accepted(
    request: run.Request, strategies: Sequence[Strategy], on_refusal: OnRefusal
) -> list[tuple[run.Request, dict[str, str]]]:
    """Return requests and emitted files of the strategies that work with the packet."""
    layout = request.layout
    return [
        (replace(request, strategy=strategy), emit.render(layout, strategy))
        for strategy, _ in accepted([(each, layout) for each in strategies], on_refusal)
    ]


def _plain_ways(
    request: run.Request, on_refusal: OnRefusal
) -> list[tuple[str, dict[str, str], list[str]]]:
    """Return the baselines, with files and arguments, if they can send a request's frames."""
    layout = request.layout
    length = layout.length if request.length is None else request.length
    if layout.length_sweep is not None or length not in BASELINE_LENGTHS:
        on_refusal("tutorial-*", BASELINE_FRAMES)
        return []
    duration = request.duration or run.DEFAULT_DURATION
    arguments = [f"milliseconds={round(duration * 1000)}", f"length={length}"]
    return [(name, _plain(request, name), arguments) for name in _PLAIN]


def _plain(request: run.Request, name: str) -> dict[str, str]:
    """Return the files of a baseline: an application whose only source is that of the bench."""
    flags = " ".join(_PLAIN[name])
    return emit.render(request.layout, STRATEGIES[0]) | {
        "runtime/main.c": (BASELINE_SOURCE / "main.c").read_text(encoding="utf-8"),
        "Makefile.uk": "$(eval $(call addlib,apppktgen))\n\n"
        "APPPKTGEN_SRCS-y += $(APPPKTGEN_BASE)/runtime/main.c\n"
        f"APPPKTGEN_CFLAGS-y += {flags}\n",
    }
