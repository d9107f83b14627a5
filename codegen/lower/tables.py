"""Lengths that are sent as codes: functions from sizes to codes, and back.

They are comparisons rather than tables: most codes are the sizes themselves up to some
limit, and a compiler makes a table of what is left where that is faster.
"""

from __future__ import annotations

from collections.abc import Sequence

from codegen import describe
from codegen.c import tree
from codegen.c.tree import Binary, Call, Expression, Function, If, Name, Number, Parameter, Return
from codegen.c.types import INT, U16, U32, U64, UINT
from codegen.layout import FrameLength, Layout
from codegen.lower.access import LEN, counted_of, size_of, variable_of

#: What the functions return for a size without a code, and a code without a size.
NONE = Name("UINT64_MAX", U64)


def functions(layout: Layout) -> tuple[Function, ...]:
    """Return the functions of the tables of a format, each after those that it calls."""
    found: list[Function] = []
    for placed in layout.tables:
        origin = placed.origin
        assert isinstance(origin, FrameLength)
        name = f"{layout.name}_{variable_of(placed)}"
        sizes = origin.codes
        by_code = sorted((code, size) for size, code in sizes)
        found.append(_looked_up(f"{name}_code", "size", sizes, f"Code of a size, {placed.path}"))
        found.append(_looked_up(f"{name}_size", "code", by_code, f"Size of a code, {placed.path}"))
    if layout.length_list:
        found.append(_has_length(layout))
    return tuple(found)


def _looked_up(name: str, given: str, pairs: Sequence[tuple[int, int]], summary: str) -> Function:
    """Return the function from the first number of each pair to the second."""
    # A code has up to 64 bits; a size is less than that of any frame.
    type_ = U64 if given == "code" else U32
    number = Name(given, type_)
    body: list[tree.Statement] = []
    for first, last, to in _runs(pairs):
        tests: list[Expression] = []
        if first == last:
            tests = [Binary("==", number, tree.decimal(first))]
        else:
            tests = [Binary(">=", number, tree.decimal(first))] if first else []
            tests.append(Binary("<=", number, tree.decimal(last)))
        result: Expression = tree.decimal(to)
        if first != last:
            result = tree.added(number, to - first)
        body.append(If(tree.joined("&&", tests), (Return(result),)))
    return Function(
        name,
        U64,
        (Parameter(type_, given),),
        summary,
        (*body, Return(NONE)),
        f"The {'code' if given == 'size' else 'size'}, or UINT64_MAX where there is none",
        inline=True,
    )


def _runs(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Return pairs in which both numbers rise by one as one: the first and last, and to what."""
    found: list[tuple[int, int, int]] = []
    for number, to in pairs:
        if found:
            first, last, start = found[-1]
            if number == last + 1 and to == start + number - first:
                found[-1] = (first, number, start)
                continue
        found.append((number, number, to))
    return found


def _has_length(layout: Layout) -> Function:
    """Return ``<format>_has_length()``."""
    macro = layout.name.upper()
    tests: list[Expression] = [
        Binary(">=", LEN, Name(f"{macro}_MIN_LEN", UINT)),
        Binary("<=", LEN, Name(f"{macro}_MAX_LEN", UINT)),
    ]
    for placed in layout.fields:
        origin = placed.origin
        if not isinstance(origin, FrameLength):
            continue
        if origin.unit.numerator > 1:
            parts = Binary("*", size_of(origin.of, LEN), tree.size(origin.unit.denominator))
            rest = Binary("%", parts, tree.size(origin.unit.numerator))
            tests.append(Binary("==", rest, Number(0)))
        if origin.codes:
            name = f"{layout.name}_{variable_of(placed)}_code"
            counted = counted_of(origin, LEN)
            tests.append(Binary("!=", Call(name, (counted,), U64), NONE))
    return Function(
        f"{layout.name}_has_length",
        INT,
        (Parameter(U16, "len"),),
        f"Whether a frame can have that length: {describe.runs(layout.length_list)} bytes",
        (If(tree.joined("&&", tests), (Return(Number(1)),)), Return(Number(0))),
        inline=True,
    )
