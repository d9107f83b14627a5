"""No payload of the packet has one of the sizes."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, UInt

FORMAT = Packet(
    "p",
    Header("h", (UInt("size", 16, Length(PAYLOAD, table={0: 4, 1: 200})),)) / Fill(),
    min_length=10,
    max_length=100,
)
