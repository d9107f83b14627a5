"""Two fields of one name."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)), UInt("a", 8, Default(0))))
FORMAT = Packet("p", H / Fill())
