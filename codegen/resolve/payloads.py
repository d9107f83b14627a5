"""What a payload consists of, and the frames that it fills once.

Reports F108 (content of the wrong type or form), F109 (a Cycle of no contents), F118 (random
bytes do not end), F123 (a sweep that is no content) and F138 (it follows a field).
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.layout import Patterns, RandomOctetsSweep
from codegen.model import Binding, Content, Cycle, Fill, Increment, Random, Sweep
from codegen.resolve import sweeps
from codegen.resolve.findings import Findings


def content(found: Findings, fill: Fill, value: Binding) -> Patterns | RandomOctetsSweep:
    """Return what a payload consists of; one byte after a report."""
    if isinstance(value, Cycle | Random) and value.every is not None:
        problem = f"it is to follow {value.every!r}, and a payload follows no field"
        found.report(Code.F138, fill.name, problem, "leave every= out")
        return Patterns((b"\0",))
    match value:
        case Random():
            return sweeps.random_octets(found, fill.name, value)
        case Cycle(values=()):
            found.report(Code.F109, fill.name, "a Cycle of no contents", "give it one")
        case Cycle(values=values):
            return Patterns(tuple(_pattern(found, fill, each) for each in values))
        case Increment() | int() | str() | bytes():
            return Patterns((_pattern(found, fill, value),))
        case _:
            kind = type(value).__name__
            problem = f"a {kind} is no content of a payload"
            if isinstance(value, Sweep):
                problem = f"a {kind} needs a number, and a payload is none"
            remedy = "use bytes, text, Increment(), Cycle(contents) or Random()"
            found.report(Code.F123, fill.name, problem, remedy)
    return Patterns((b"\0",))


def _pattern(found: Findings, fill: Fill, value: Content) -> bytes:
    """Return what the payload repeats, one byte after a report."""
    try:
        return fill.parse(value)
    except ValueError as error:
        found.report(Code.F108, fill.name, str(error), "mend the value")
        return b"\0"


def once(
    found: Findings, content: Patterns | RandomOctetsSweep | None, least_length: int
) -> Cycle | int | None:
    """Return the length of frames that have a payload's content once, None after a report.

    ``least_length`` is the size of all headers and trailers, in bytes.
    """
    if isinstance(content, Patterns):
        lengths = tuple(least_length + len(each) for each in content.patterns)
        return Cycle(lengths) if len(lengths) > 1 else lengths[0]
    found.report(
        Code.F118,
        "length",
        "the content of the payload is to be sent once, "
        + ("and random bytes do not end" if content else "and there is no payload"),
        "give a length in bytes, or a sweep of lengths",
    )
    return None
