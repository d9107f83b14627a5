"""Hypothesis strategies that are drawn from a layout, so that no format needs its own."""

from __future__ import annotations

from hypothesis import strategies as st

from codegen.layout import Layout, Placed


def arguments(layout: Layout) -> st.SearchStrategy[dict[str, int]]:
    """Draw a value for every argument of the format, over its whole range.

    The values are integers as they are on the wire.
    """
    return st.fixed_dictionaries(
        {placed.argument.name: _value(placed) for placed in layout.arguments}
    )


def _value(placed: Placed) -> st.SearchStrategy[int]:
    """Draw from the range, and more often what carries and borrows go wrong with."""
    low, high = placed.argument.minimum, placed.argument.maximum
    edges = {low, low + 1, high - 1, high, (low + high) // 2}
    # All bits of one word set or cleared: where ones' complement has its two zeros.
    edges |= {0xFFFF << shift for shift in range(0, placed.bits, 16)}
    inside = sorted(edge for edge in edges if low <= edge <= high)
    return st.integers(low, high) | st.sampled_from(inside)


def lengths(layout: Layout) -> st.SearchStrategy[int]:
    """Draw a frame length in bytes, the bounds and both parities included."""
    low, high = layout.min_length, layout.max_length
    return st.integers(low, high) | st.sampled_from(sorted({low, min(low + 1, high), high}))
