"""A payload that is no ASCII text."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)),))
FORMAT = Packet("p", H / Fill("\N{EURO SIGN}"))
