"""A header that the one below cannot announce."""

from codegen.model import Default, Fill, Header, NextHeader, Packet, UInt

LOWER = Header("lower", (UInt("type", 16, NextHeader("ethertype")),))
UPPER = Header("upper", (UInt("a", 8, Default(0)),))
FORMAT = Packet("p", LOWER / UPPER / Fill())
