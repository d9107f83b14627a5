"""Padding to more than eight bytes."""

from codegen.model import Default, Fill, Header, Packet, Pad, UInt

H = Header("h", (UInt("a", 8, Default(0)), Pad(16)))
FORMAT = Packet("p", H / Fill())
