"""A name that goes over two lines."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(1), names={1: "on\noff"}),))
FORMAT = Packet("p", H / Fill())
