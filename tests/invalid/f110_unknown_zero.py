"""There is no field that could count as zero."""

from codegen.model import HEADER, Checksum, Fill, Header, Packet, UInt

H = Header("h", (UInt("sum", 16, Checksum(HEADER, zeroed=("ttl",))),))
FORMAT = Packet("p", H / Fill())
