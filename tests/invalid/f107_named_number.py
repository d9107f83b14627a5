"""A name for a number that the field cannot have."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(1), names={1: "on", 300: "off"}),))
FORMAT = Packet("p", H / Fill())
