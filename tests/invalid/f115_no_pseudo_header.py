"""A checksum with a pseudo header that nobody lends."""

from codegen.model import HEADER, Checksum, Fill, Header, Packet, UInt

H = Header("h", (UInt("sum", 16, Checksum(HEADER, pseudo_header=True)),))
FORMAT = Packet("p", H / Fill())
