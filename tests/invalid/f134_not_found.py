"""Padding whose start no length field gives."""

from codegen.model import Default, Fill, Header, Packet, PayloadPad, UInt

H = Header("h", (UInt("a", 8, Default(0)),), trailer=(PayloadPad(4),))
FORMAT = Packet("p", H / Fill())
