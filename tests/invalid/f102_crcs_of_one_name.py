"""Two CRCs whose names differ in what C does not have."""

from codegen.model import CRC, PAYLOAD, Checksum, Fill, Header, Packet, UInt

H = Header(
    "h",
    (
        UInt("a", 8, Checksum(PAYLOAD, CRC("CRC-8/A", 8, 7))),
        UInt("b", 8, Checksum(PAYLOAD, CRC("CRC-8-A", 8, 9))),
    ),
)
FORMAT = Packet("p", H / Fill())
