"""Lengths that are swept, and not whole words."""

from codegen.model import HEADER_AND_PAYLOAD, Cycle, Fill, Header, Length, Packet, UInt

H = Header("h", (UInt("n", 16, Length(HEADER_AND_PAYLOAD, unit=4)),))
FORMAT = Packet("p", H / Fill()).preset("q", "odd lengths", {"length": Cycle((64, 65))})
