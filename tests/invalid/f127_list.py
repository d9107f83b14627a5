"""Lists where tuples are wanted, and a class where an instance is."""

from codegen.model import Counter, Cycle, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (UInt("a", 8, Cycle([1, 2])), UInt("b", 8, Counter), UInt("c", 8.0, Default(0))),  # type: ignore[arg-type]
)
FORMAT = Packet("p", H / Fill())
