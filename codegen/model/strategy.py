"""Buffer strategies: points in a small space, not a class per name.

Where buffers come from, how a packet gets into one, and what happens when the
transmit queue is full are three separate choices. Each choice is one partial of
the emitted main loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Buffers(Enum):
    """Where the memory of a packet comes from."""

    HEAP = "heap"
    POOL = "pool"


class Fetch(Enum):
    """How a packet gets into its buffer."""

    GEN = "gen"
    DUP = "dup"


class QueueFull(Enum):
    """What becomes of a packet that the device did not take."""

    DROP = "drop"


@dataclass(frozen=True)
class Strategy:
    """How the emitted program gets, fills and gives back its packet buffers."""

    name: str
    buffers: Buffers
    fetch: Fetch
    queue_full: QueueFull
    summary: str


STRATEGIES = (
    Strategy(
        "heap-gen",
        Buffers.HEAP,
        Fetch.GEN,
        QueueFull.DROP,
        "allocate each packet from the heap and write every byte of it",
    ),
    Strategy(
        "pool-dup",
        Buffers.POOL,
        Fetch.DUP,
        QueueFull.DROP,
        "take a buffer from a pool in constant time and copy one primordial packet into it",
    ),
)
