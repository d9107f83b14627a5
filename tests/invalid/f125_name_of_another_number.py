"""A name that reads as another number."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(1), names={1: "2", 2: "1"}),))
FORMAT = Packet("p", H / Fill())
