"""The validation of formats for a test suite of one's own.

``check`` compares the emitted C of a format with the oracle, as ``codegen verify`` does.
``packets`` and ``frames`` are hypothesis strategies for properties that only the owner of a
format knows; ``encode`` and ``decode`` are the oracle's. Where a function takes a format, it
takes a packet, a preset, or a name such as ``"telemetry.py:PACKET"``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from codegen import extras, formats, oracle
from codegen import vectors as vectors_
from codegen.layout import Layout
from codegen.model import STRATEGIES, Format, Strategy, Value
from codegen.oracle import Decoded, Result
from codegen.resolve import resolve
from codegen.vectors import Vector

if TYPE_CHECKING:
    import pytest
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Decoded",
    "Result",
    "Sample",
    "Vector",
    "check",
    "decode",
    "encode",
    "frames",
    "packets",
    "vectors",
]

_STRATEGY = next(each for each in STRATEGIES if each.name == "pool-dup")


@dataclass
class Defaults:
    """What :func:`check` does when it is not given otherwise; the pytest options set it."""

    examples: int = 200
    seed: int = 0


#: The defaults of this test run.
defaults = Defaults()


@dataclass(frozen=True)
class Sample:
    """What a packet is made from: a value per parameter, and the frame's length in bytes.

    The values are integers as they are on the wire, an address or a byte string too.
    """

    values: Mapping[str, int]
    length: int


def check(
    format: Format | str,
    examples: int | None = None,
    seed: int | None = None,
    strategy: Strategy = _STRATEGY,
) -> None:
    """Compare the emitted C of a format with the oracle; AssertionError with a counterexample.

    ``examples`` are the generated sets of values, besides every length of the frame; equal
    seeds give equal values. The counterexample is the smallest that hypothesis finds. Raises
    FormatError for a format that cannot work, and UsageError where a package is missing.
    """
    __tracebackhide__ = True
    extras.require("verify", "codegen.testing.check")
    from codegen.verify.compare import verify
    from codegen.verify.subject import Mismatch, Subject

    layout = _layout(format)
    try:
        subject = Subject.build(layout, strategy)
    except Mismatch as mismatch:
        raise AssertionError(str(mismatch)) from None
    report = verify(
        subject,
        defaults.examples if examples is None else examples,
        defaults.seed if seed is None else seed,
    )
    if report.counterexample is not None:
        raise AssertionError(f"counterexample: {report.counterexample}")


def packets(format: Format | str) -> SearchStrategy[Sample]:
    """Return a strategy for what packets of a format are made from, over the whole ranges.

    Raises FormatError for a format that cannot work, and UsageError where hypothesis is missing.
    """
    extras.require("verify", "codegen.testing.packets")
    from hypothesis import strategies as st

    from codegen.verify import values

    layout = _layout(format)
    return st.builds(Sample, values.arguments(layout), values.lengths(layout))


def frames(format: Format | str) -> SearchStrategy[bytes]:
    """Return a strategy for valid frames, with the format's payload and with any other.

    Raises the errors of :func:`packets`.
    """
    extras.require("verify", "codegen.testing.frames")
    from hypothesis import strategies as st

    layout = _layout(format)

    def frame(sample: Sample, fill: bytes | None) -> bytes:
        return oracle.encode(layout, sample.values, sample.length, fill=fill)

    return st.builds(frame, packets(format), st.none() | st.binary(min_size=1, max_size=64))


def encode(
    format: Format | str, values: Mapping[str, Value], length: int | None = None, packet: int = 0
) -> bytes:
    """Return the frame of ``length`` bytes, by default as long as the program sends it.

    Parameters that ``values`` lacks have their defaults; a sweep has the value of the packet
    with that number, from 0 on. Raises UsageError for a value or a length that is not allowed.
    """
    layout = _layout(format)
    return oracle.encode(layout, values, layout.length if length is None else length, packet)


def decode(format: Format | str, frame: bytes) -> Decoded:
    """Return the fields of a received frame by path (``ipv4.ttl``), and what is wrong with it."""
    return oracle.parse(_layout(format), frame)


def vectors(file: str | Path) -> pytest.MarkDecorator:
    """Return a decorator that runs a test with each ``vector`` of a file, by its name.

    A relative path starts at the folder of the test. The test has an argument ``vector``, a
    :class:`Vector`; the form of the file is that of ``codegen vectors``. Raises UsageError
    when it has another form.
    """
    import pytest

    folder = Path(sys._getframe(1).f_globals["__file__"]).parent
    found = vectors_.read(folder / file)
    return pytest.mark.parametrize("vector", found, ids=[each.name for each in found])


#: Formats with their layouts, by identity: formats that are equal may differ in examples.
_layouts: dict[int, tuple[Format, Layout]] = {}


def _layout(format: Format | str) -> Layout:
    """Return the layout of a format; a property asks for it with each of its examples."""
    found = _loaded(format, Path.cwd()) if isinstance(format, str) else format
    known = _layouts.get(id(found))
    if known is None:
        # A test that draws formats at random would keep them all.
        if len(_layouts) >= 64:
            _layouts.clear()
        known = _layouts[id(found)] = (found, resolve(found))
    return known[1]


@cache
def _loaded(spec: str, folder: Path) -> Format:
    return formats.load(spec, folder)
