"""A trailer that is to fill up the payload, and counts from its own start."""

from codegen.model import Default, Fill, Header, Packet, Pad, UInt

H = Header("h", (UInt("a", 8, Default(0)),), trailer=(Pad(4),))
FORMAT = Packet("p", H / Fill())
