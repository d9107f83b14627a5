"""Two numbers under one name."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(1), names={1: "on", 2: "on"}),))
FORMAT = Packet("p", H / Fill())
