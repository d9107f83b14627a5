"""Check of a strategy: what it declares, and whether it is sound for a packet.

A user's own strategy is as little to be trusted as a user's own format: its name is a
folder's, a macro's and a part of a C string, its parent is C.
"""

from __future__ import annotations

import re

from codegen.errors import UsageError, shown
from codegen.layout import Layout
from codegen.model import Fetch, Strategy
from codegen.model.strategy import COMBINATIONS
from codegen.typecheck import mistakes

#: The largest number of buffers, and of bytes of one: what fits into the C types.
OBJECTS_MAX = 1 << 20
OBJECT_SIZE_MAX = 1 << 16

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")

#: Calls, members and addresses; neither a comment nor a second statement.
_EXPRESSION = re.compile(r"[A-Za-z0-9_()&*>.,\[\] -]{1,200}")


def check_strategy(layout: Layout, strategy: Strategy) -> None:
    """Raise UsageError for an invalid declaration, and where packets would be wrong."""
    for place, found, wanted in mistakes(strategy):
        raise UsageError(f"strategy {place}: {found}; {wanted}")
    _check_names(strategy)
    _check_numbers(strategy)
    if strategy.fetch not in COMBINATIONS[strategy.buffers]:
        allowed = ", ".join(each.value for each in COMBINATIONS[strategy.buffers])
        raise UsageError(
            f"strategy {strategy.name!r}: buffers {strategy.buffers.value!r} do not go with "
            f"packets by {strategy.fetch.value!r}; they go with: {allowed}"
        )
    if strategy.fetch is Fetch.SHARE and layout.is_swept:
        swept = ", ".join(
            [each.path for each in layout.sweeps]
            + (["the payload"] if layout.sweeps_payload else [])
            + (["the length"] if layout.length_sweep is not None else [])
        )
        raise UsageError(
            f"strategy {strategy.name!r} sends one netbuf for all packets, and {layout.name!r} "
            f"sweeps {swept}: packets that are still on their way would change; "
            "use ring-patch, which writes only what differs"
        )


def _check_names(strategy: Strategy) -> None:
    """Raise UsageError for what could not stand in a path, a C string or a C expression."""
    if not _NAME.fullmatch(strategy.name):
        raise UsageError(
            f"a strategy cannot be called {shown(strategy.name)}: 1 to 63 letters, digits and "
            "_ - are allowed, and a letter or digit comes first"
        )
    if not _EXPRESSION.fullmatch(strategy.parent):
        raise UsageError(
            f"strategy {strategy.name!r}: parent={shown(strategy.parent)} is not the C expression "
            "of an allocator; use one such as uk_alloc_get_default()"
        )
    for name in ("summary", "cost", "refused"):
        text = getattr(strategy, name)
        if not text.isprintable():
            raise UsageError(
                f"strategy {strategy.name!r}: {name}={shown(text)} has characters that cannot be "
                "printed; use one line of text"
            )


def _check_numbers(strategy: Strategy) -> None:
    """Raise UsageError for numbers of buffers, or sizes, that there cannot be."""
    for name, limit in (("objects", OBJECTS_MAX), ("object_size", OBJECT_SIZE_MAX)):
        value = getattr(strategy, name)
        if value is not None and not 1 <= value <= limit:
            raise UsageError(f"strategy {strategy.name!r}: {name}={shown(value)}; use 1 to {limit}")
