"""A field that counts as zero, in front of what is covered."""

from codegen.model import PAYLOAD, Checksum, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (UInt("ttl", 16, Default(64)), UInt("sum", 16, Checksum(PAYLOAD, zeroed=("ttl",)))),
)
FORMAT = Packet("p", H / Fill())
