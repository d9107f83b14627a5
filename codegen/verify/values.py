"""Hypothesis strategies that are drawn from a layout, so that no format needs its own."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st

from codegen import oracle
from codegen.layout import Layout, Placed, Sum
from codegen.model import Algorithm

#: Ones' complement arithmetic of 16-bit words is arithmetic modulo this.
_MODULUS = 0xFFFF


def arguments(layout: Layout) -> st.SearchStrategy[dict[str, int]]:
    """Draw a value for every argument of the format, over its whole range.

    The values are integers as they are on the wire.
    """
    return st.fixed_dictionaries(
        {placed.argument.name: _value(placed) for placed in layout.arguments}
    )


def some(layout: Layout, chosen: random.Random) -> dict[str, int]:
    """Return a value for every argument, drawn from its whole range."""
    return {
        argument.name: chosen.choice(argument.numbers)
        if argument.numbers
        else chosen.randint(argument.minimum, argument.maximum)
        for argument in (placed.argument for placed in layout.arguments)
    }


def some_fill(layout: Layout, length: int, chosen: random.Random) -> bytes:
    """Return what the payload of a frame of ``length`` bytes repeats: the format's, or others."""
    own = oracle.payload(layout.payload, length) if layout.payload else b""
    return chosen.choice([own, chosen.randbytes(1), chosen.randbytes(length)])


def _value(placed: Placed) -> st.SearchStrategy[int]:
    """Draw from the range, with a preference for values that are prone to carry errors."""
    if placed.argument.numbers:
        return st.sampled_from(placed.argument.numbers)
    low, high = placed.argument.minimum, placed.argument.maximum
    edges = {low, low + 1, high - 1, high, (low + high) // 2}
    # All bits of one word set or cleared: where ones' complement has its two zeros.
    edges |= {0xFFFF << shift for shift in range(0, placed.bits, 16)}
    inside = sorted(edge for edge in edges if low <= edge <= high)
    return st.integers(low, high) | st.sampled_from(inside)


def lengths(layout: Layout) -> st.SearchStrategy[int]:
    """Draw a frame length in bytes, the bounds and both parities included."""
    possible = layout.lengths
    return st.sampled_from(possible) | st.sampled_from([*possible[:2], possible[-1]])


def zero_sums(layout: Layout, placed: Placed, seed: int) -> Iterator[tuple[dict[str, int], int]]:
    """Yield arguments and frame lengths for which a checksum comes out as zero.

    Only one of 65536 values does, so a random search hardly finds any. They are computed
    instead: each argument counts in the sum with a weight of its own modulo 65535, so one
    division gives the value that completes the others to zero. Nothing is yielded where
    no argument is covered, or none has a sufficient range.
    """
    assert isinstance(placed.origin, Sum)
    if placed.origin.algorithm is not Algorithm.INTERNET:
        return
    plain = replace(placed, origin=replace(placed.origin, zero_as=None))

    def result(given: dict[str, int], length: int) -> int:
        return oracle.checksum(layout, plain, oracle.encode(layout, given, length))

    generator = random.Random(seed)
    for _ in range(10):
        length = generator.choice(layout.lengths)
        levers = [_Lever(each, generator) for each in layout.arguments]
        generator.shuffle(levers)
        given = {each.name: each.value for each in levers}
        start = result(given, length)
        for each in levers:
            if each.low < each.high:
                each.weight = (result(given | {each.name: each.next}, length) - start) * (
                    each.next - each.value
                )
        for changed in _completions(levers, -start):
            if result(given | changed, length) == 0:
                yield given | changed, length
                break


class _Lever:
    """An argument that moves a checksum by ``weight`` for each increment of its value."""

    def __init__(self, placed: Placed, generator: random.Random) -> None:
        self.name = placed.argument.name
        self.low, self.high = placed.argument.minimum, placed.argument.maximum
        if placed.argument.numbers:
            self.low = self.high = generator.choice(placed.argument.numbers)
        self.value = generator.randint(self.low, self.high)
        self.next = self.value + (1 if self.value < self.high else -1)
        self.weight = 0

    def reach(self, distance: int) -> int | None:
        """Return the value that moves the checksum by ``distance``, None if there is none."""
        common = math.gcd(self.weight, _MODULUS)
        if common == _MODULUS or distance % common:
            return None
        period = _MODULUS // common
        steps = distance // common * pow(self.weight // common, -1, period)
        value = self.low + (self.value + steps - self.low) % period
        return value if value <= self.high else None


def _completions(levers: list[_Lever], distance: int) -> Iterator[dict[str, int]]:
    """Yield values of one argument, or of two narrow ones, that move a checksum by ``distance``."""
    for each in levers:
        value = each.reach(distance)
        if value is not None:
            yield {each.name: value}
    for other in levers:
        for moved in range(other.low, min(other.high, other.low + 0xFF) + 1):
            rest = distance - other.weight * (moved - other.value)
            for each in levers:
                value = each.reach(rest) if each is not other and other.weight else None
                if value is not None:
                    yield {other.name: moved, each.name: value}
