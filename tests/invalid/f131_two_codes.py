"""The size 8 has two codes."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, UInt

FORMAT = Packet(
    "p", Header("h", (UInt("size", 8, Length(PAYLOAD, table={0: 8, 1: 64, 2: 8})),)) / Fill()
)
