"""A checksum over nothing."""

from codegen.model import Checksum, Fill, Header, Packet, UInt

H = Header("h", (UInt("sum", 16, Checksum(())),))
FORMAT = Packet("p", H / Fill())
