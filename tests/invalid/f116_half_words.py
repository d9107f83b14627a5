"""A header of three bytes, counted in words."""

from codegen.model import HEADER, Default, Fill, Header, Length, Packet, UInt

H = Header("h", (UInt("n", 16, Length(HEADER, unit=4)), UInt("a", 8, Default(0))))
FORMAT = Packet("p", H / Fill())
