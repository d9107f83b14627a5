"""A field that an RFC draws where another one still is."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 16, Default(0), at=0), UInt("b", 8, Default(0), at=8)))
FORMAT = Packet("p", H / Fill())
