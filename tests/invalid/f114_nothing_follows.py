"""A header that announces what is not there."""

from codegen.model import Fill, Header, NextHeader, Packet, UInt

LOWER = Header("lower", (UInt("type", 16, NextHeader("ethertype")),))
FORMAT = Packet("p", LOWER / Fill())
