"""Two checksums, each over the other."""

from codegen.model import HEADER, Checksum, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 16, Checksum(HEADER)), UInt("b", 16, Checksum(HEADER))))
FORMAT = Packet("p", H / Fill())
