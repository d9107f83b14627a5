"""Behind a payload of any size, a sum of words does not know where its words are."""

from codegen.model import HEADER_TO_TRAILER, Checksum, Const, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Const(1)),), trailer=(UInt("sum", 16, Checksum(HEADER_TO_TRAILER)),))
FORMAT = Packet("p", H / Fill())
