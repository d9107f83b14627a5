"""A span that ends before it starts."""

from codegen.model import Default, Fill, Header, Length, Packet, Span, UInt

H = Header(
    "h",
    (UInt("a", 8, Default(0)), UInt("b", 8, Default(0)), UInt("n", 8, Length(Span("b", "a")))),
)
FORMAT = Packet("p", H / Fill())
