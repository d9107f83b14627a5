"""The header is covered twice."""

from codegen.model import HEADER, HEADER_AND_PAYLOAD, Checksum, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (UInt("sum", 16, Checksum((HEADER, HEADER_AND_PAYLOAD))), UInt("b", 16, Default(0))),
)
FORMAT = Packet("p", H / Fill())
