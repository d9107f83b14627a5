"""A payload of any length, counted in words."""

from codegen.model import HEADER_AND_PAYLOAD, Fill, Header, Length, Packet, UInt

H = Header("h", (UInt("n", 16, Length(HEADER_AND_PAYLOAD, unit=4)),))
FORMAT = Packet("p", H / Fill())
