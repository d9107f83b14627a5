"""A packet whose name no C function can have."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)),))
FORMAT = Packet("udp-4", H / Fill())
