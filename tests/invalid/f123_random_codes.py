"""Lengths of a table are not at even distances."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, Random, UInt

PACKET = Packet(
    "p", Header("h", (UInt("size", 8, Length(PAYLOAD, table={1: 64, 2: 80, 3: 99})),)) / Fill()
)
FORMAT = PACKET.preset("q", "", {"length": Random()})
