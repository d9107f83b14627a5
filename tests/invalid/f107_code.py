"""A code of 4 bits is at most 15."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, Reserved, UInt

FORMAT = Packet(
    "p",
    Header("h", (UInt("size", 4, Length(PAYLOAD, table={15: 64, 16: 128})), Reserved(4))) / Fill(),
)
