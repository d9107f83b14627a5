"""A field of no bits, and one of too many."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 0, Default(0)), UInt("b", 72, Default(0))))
FORMAT = Packet("p", H / Fill())
