"""A payload that may be empty, counted less one."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, UInt

H = Header("h", (UInt("a", 8, Length(PAYLOAD, unit=4, plus=-1)),))
FORMAT = Packet("p", H / Fill(), min_length=1, max_length=60)
