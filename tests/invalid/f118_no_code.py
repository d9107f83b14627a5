"""A preset asks for a length that has no code."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, UInt

PACKET = Packet(
    "p", Header("h", (UInt("size", 8, Length(PAYLOAD, table={1: 64, 2: 80, 3: 99})),)) / Fill()
)
FORMAT = PACKET.preset("q", "", {"length": 90})
