"""A checksum that straddles the words that it sums."""

from codegen.model import HEADER, Checksum, Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)), UInt("sum", 16, Checksum(HEADER))))
FORMAT = Packet("p", H / Fill())
