"""A frame that is shorter than Ethernet's least."""

from codegen.model import Default, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Default(0)),)))
