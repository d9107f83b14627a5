"""A span that starts in the middle of a byte."""

from codegen.model import Default, Edge, Fill, Header, Length, Packet, Span, UInt

H = Header(
    "h",
    (
        UInt("a", 4, Default(0)),
        UInt("b", 4, Default(0)),
        UInt("n", 16, Length(Span("b", Edge.FRAME_END))),
    ),
)
FORMAT = Packet("p", H / Fill())
