"""Measure in turns, and compare figures of the same turn.

Machines drift: clock rates change, other loads come and go. So the things to compare are
measured one after the other, round after round, and each ratio is that of two figures
of the same round, which a drift affects alike.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Spread:
    """A figure over all rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Return the spread of some figures."""
        return cls(statistics.median(figures), min(figures), max(figures))

    @classmethod
    def of_ratios(cls, figures: Sequence[float], others: Sequence[float]) -> Spread:
        """Return the spread of figures divided by those of another thing, round by round."""
        return cls.of([mine / its for mine, its in zip(figures, others, strict=True)])

    def as_json(self) -> dict[str, float]:
        """Return the figures with four significant digits."""
        return {key: float(f"{value:.4g}") for key, value in vars(self).items()}


def measure(
    things: Sequence[_Thing],
    figure: Callable[[_Thing], float],
    rounds: int,
    on_step: Callable[[_Thing], None] = lambda _: None,
    warm_up: int = 0,
) -> list[list[float]]:
    """Return the figures of each thing, one a round.

    The figures of the first ``warm_up`` rounds are dropped. ``on_step`` is called before
    each of the ``len(things) * (warm_up + rounds)`` measurements.
    """
    found: list[list[float]] = [[] for _ in things]
    for round_ in range(-warm_up, rounds):
        for thing, figures in zip(things, found, strict=True):
            on_step(thing)
            value = figure(thing)
            if round_ >= 0:
                figures.append(value)
    return found
