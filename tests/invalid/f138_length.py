"""A length that is to follow a field."""

from codegen.model import Counter, Fill, Header, Packet, Range, UInt

PACKET = Packet("p", Header("h", (UInt("a", 8, Counter()),)) / Fill())
FORMAT = PACKET.preset("q", "", {"length": Range(60, 90, every="h.a")})
