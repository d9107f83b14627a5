"""A span of one byte, and words of 16 bits behind it."""

from codegen.model import PAYLOAD, Checksum, Default, Fill, Header, Packet, Span, UInt

H = Header(
    "h",
    (UInt("b", 8, Default(0)), UInt("sum", 16, Checksum((Span("b", "b"), PAYLOAD)))),
)
FORMAT = Packet("p", H / Fill())
