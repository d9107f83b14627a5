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
    RING = "ring"
    SHARED = "shared"


class Fetch(Enum):
    """How a packet gets into its buffer."""

    GEN = "gen"
    DUP = "dup"
    PATCH = "patch"
    SHARE = "share"


class QueueFull(Enum):
    """What happens to a packet that the device did not accept."""

    DROP = "drop"
    RETRY = "retry"


#: The combinations that are sound. Only the buffers of a ring still contain their packet
#: when they are reused; only a shared netbuf is sent again while it is in flight.
COMBINATIONS = {
    Buffers.HEAP: (Fetch.GEN, Fetch.DUP),
    Buffers.POOL: (Fetch.GEN, Fetch.DUP),
    Buffers.RING: (Fetch.PATCH,),
    Buffers.SHARED: (Fetch.SHARE,),
}


@dataclass(frozen=True)
class Strategy:
    """How the emitted program gets, fills and gives back its packet buffers.

    ``objects`` is the number of buffers of a pool or ring, and ``object_size`` the
    bytes of a pool's object; both are derived from the device when None.
    ``parent`` is the C expression of the allocator that the memory comes from.
    ``cost`` and ``refused`` are for people: what a packet costs, and when the
    strategy does not work.
    """

    name: str
    buffers: Buffers
    fetch: Fetch
    queue_full: QueueFull
    summary: str
    cost: str = ""
    refused: str = "never"
    objects: int | None = None
    object_size: int | None = None
    parent: str = "uk_alloc_get_default()"


_HEAP_GEN = "an allocation, a write of every byte, a free"
_HEAP_DUP = "an allocation, a copy of the frame, a free"
_POOL_GEN = "three stores to the netbuf, a write of every byte"
_POOL_DUP = "three stores to the netbuf, a copy of the frame"
_PATCH = "three stores to the netbuf, a store for each swept field and its checksums"
_SHARE = "at most two stores to the netbuf; a reference is taken for many packets at once"
_SWEEPS = "for a packet that sweeps a field: all packets on their way are one and the same"


def _both(
    name: str, buffers: Buffers, fetch: Fetch, summary: str, cost: str
) -> tuple[Strategy, Strategy]:
    """Return a strategy and its variant that sends a packet again if it was not accepted."""
    return (
        Strategy(
            name, buffers, fetch, QueueFull.DROP, f"{summary}; drop it when the queue is full", cost
        ),
        Strategy(
            f"{name}-retry",
            buffers,
            fetch,
            QueueFull.RETRY,
            f"{summary}; keep it when the queue is full and try again",
            cost,
        ),
    )


#: The strategies that the command knows by their names.
STRATEGIES = (
    *_both(
        "heap-gen",
        Buffers.HEAP,
        Fetch.GEN,
        "allocate each packet from the heap and write every byte of it",
        _HEAP_GEN,
    ),
    *_both(
        "heap-dup",
        Buffers.HEAP,
        Fetch.DUP,
        "allocate each packet from the heap and copy one primordial packet into it",
        _HEAP_DUP,
    ),
    *_both(
        "pool-gen",
        Buffers.POOL,
        Fetch.GEN,
        "take a buffer from a pool in constant time and write every byte of the packet",
        _POOL_GEN,
    ),
    *_both(
        "pool-dup",
        Buffers.POOL,
        Fetch.DUP,
        "take a buffer from a pool in constant time and copy one primordial packet into it",
        _POOL_DUP,
    ),
    *_both(
        "ring-patch",
        Buffers.RING,
        Fetch.PATCH,
        "take a buffer that has the frame already and write only what differs",
        _PATCH,
    ),
    Strategy(
        "zero-copy",
        Buffers.SHARED,
        Fetch.SHARE,
        QueueFull.DROP,
        "send one netbuf again and again, reference counted",
        _SHARE,
        _SWEEPS,
    ),
)
