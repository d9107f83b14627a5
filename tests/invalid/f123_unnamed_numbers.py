"""A sweep through numbers of an enumeration that have no name."""

from codegen.model import Fill, Header, Packet, Random, Range, UInt

H = Header(
    "h",
    (
        UInt("a", 8, Range(1, 3), names={1: "on", 3: "off"}),
        UInt("b", 8, Random(), names={1: "on"}),
    ),
)
FORMAT = Packet("p", H / Fill())
