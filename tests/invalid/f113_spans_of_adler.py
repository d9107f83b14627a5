"""Two spans of a checksum whose function takes one."""

from codegen.model import PAYLOAD, Algorithm, Checksum, Default, Fill, Header, Packet, Span, UInt

OVER = (Span("b", "b"), PAYLOAD)
H = Header(
    "h",
    (UInt("b", 16, Default(0)), UInt("sum", 32, Checksum(OVER, Algorithm.ADLER32))),
)
FORMAT = Packet("p", H / Fill())
