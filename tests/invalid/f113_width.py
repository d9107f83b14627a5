"""A checksum of eight bits."""

from codegen.model import HEADER, Checksum, Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("sum", 8, Checksum(HEADER)), UInt("b", 8, Default(0))))
FORMAT = Packet("p", H / Fill())
