"""A field that an RFC draws further on."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0), at=0), UInt("b", 8, Default(0), at=16)))
FORMAT = Packet("p", H / Fill())
