"""Padding at the start of a header, in a group."""

from codegen.model import Default, Fill, Group, Header, Packet, Pad, UInt

H = Header("h", (Group("g", (Pad(4),)), UInt("a", 8, Default(0))))
FORMAT = Packet("p", H / Fill())
