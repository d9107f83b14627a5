"""Padding to more than 256 bytes."""

from codegen.model import Default, Fill, Header, Packet, Pad, UInt

H = Header("h", (UInt("a", 8, Default(0)), Pad(512)))
FORMAT = Packet("p", H / Fill())
