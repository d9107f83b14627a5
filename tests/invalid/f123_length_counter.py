"""A length that would count out of its frame."""

from codegen.model import Counter, Default, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Default(0)),)) / Fill()).preset(
    "q", "longer and longer", {"length": Counter()}
)
