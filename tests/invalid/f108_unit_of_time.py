"""A time in a unit that there is not."""

from codegen.model import Fill, Header, Packet, Timestamp, UInt

H = Header("h", (UInt("a", 32, Timestamp("min")),))
FORMAT = Packet("p", H / Fill())
