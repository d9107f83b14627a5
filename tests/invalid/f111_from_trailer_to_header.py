"""A span that starts behind the payload and ends before it."""

from codegen.model import Const, Fill, Header, Length, Packet, Span, UInt

H = Header("h", (UInt("a", 8, Length(Span("b", "a"))),), trailer=(UInt("b", 8, Const(1)),))
FORMAT = Packet("p", H / Fill())
