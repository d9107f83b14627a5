"""Lengths that are sent as codes: the table from codes to sizes.

Reports F107 (a code does not fit its field) and F131 (a size has no code, or several).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codegen.diagnostics import Code
from codegen.layout import FrameLength
from codegen.model import Length
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place

#: No frame is larger, and no number that is counted in one, even in bits.
_LARGEST = 0xFFFF * 8


def codes(found: Findings, place: Place, source: Length) -> tuple[tuple[int, int], ...] | None:
    """Return the sizes with their codes, none without a table; None after a report."""
    largest = (1 << place.field.bits) - 1
    by_size: dict[int, int] = {}
    for code, size in source.table.items():
        if not 0 <= code <= largest:
            found.report(
                Code.F107,
                place.path,
                f"the code {code} of its table does not fit into {place.field.bits} bits",
                f"use 0 to {largest}, or widen the field",
            )
            return None
        problem = None
        if not 0 <= size <= _LARGEST:
            problem = f"the code {code} stands for {size}, and sizes are 0 to {_LARGEST}"
        elif size in by_size:
            problem = f"the size {size} has the codes {by_size[size]} and {code}"
        if problem is not None:
            found.report(Code.F131, place.path, problem, "leave one of them out")
            return None
        by_size[size] = code
    return tuple(sorted(by_size.items()))


def report_absent(
    found: Findings, place: Place, origin: FrameLength, wanted: Sequence[int]
) -> None:
    """Report that none of the sizes from the first to the last that is wanted has a code."""
    sizes = " to ".join(map(str, dict.fromkeys(wanted)))
    found.report(
        Code.F131,
        place.path,
        f"its table has no code for {sizes}, nearest to it "
        f"{nearest(wanted, [size for size, _ in origin.codes])}",
        "fill up what it counts to such a size, or give that one a code",
    )


def nearest(wanted: Sequence[int], known: Iterable[int]) -> str:
    """Return the next smaller and the next larger one of what is known."""
    below = [each for each in known if each < min(wanted)]
    above = [each for each in known if each > max(wanted)]
    found = [*([max(below)] if below else []), *([min(above)] if above else [])]
    return " and ".join(map(str, found)) or "none"
