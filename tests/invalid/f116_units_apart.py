"""A payload in words, and one byte more in words too: no frame has both."""

from codegen.model import Edge, Fill, Header, Length, Packet, Span, UInt

H = Header(
    "h",
    (
        UInt("a", 8, Length(Span("a", Edge.FRAME_END), unit=2)),
        UInt("b", 8, Length(Span("b", Edge.FRAME_END), unit=2)),
    ),
)
FORMAT = Packet("p", H / Fill(), max_length=100)
