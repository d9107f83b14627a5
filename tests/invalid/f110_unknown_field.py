"""A length of a field that is not there."""

from codegen.model import Edge, Fill, Header, Length, Packet, Span, UInt

H = Header("h", (UInt("n", 8, Length(Span("body", Edge.HEADER_END))),))
FORMAT = Packet("p", H / Fill())
