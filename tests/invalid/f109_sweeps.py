"""Sweeps of nothing: no values, ends in the wrong order, steps out of the range, no such seed."""

from codegen.model import Cycle, Fill, Header, Packet, Random, Range, UInt

H = Header(
    "h",
    (
        UInt("a", 8, Cycle(())),
        UInt("b", 8, Range(9, 8)),
        UInt("c", 8, Range(1, 8, step=9)),
        UInt("d", 8, Random(seed=-1)),
    ),
)
FORMAT = Packet("p", H / Fill())
