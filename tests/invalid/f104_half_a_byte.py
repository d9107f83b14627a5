"""A header of twelve bits."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 12, Default(0)),))
FORMAT = Packet("p", H / Fill())
