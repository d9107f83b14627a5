"""A length of eight bits for frames of 1514 bytes."""

from codegen.model import HEADER_AND_PAYLOAD, Fill, Header, Length, Packet, UInt

H = Header("h", (UInt("n", 8, Length(HEADER_AND_PAYLOAD)),))
FORMAT = Packet("p", H / Fill())
