"""A preset whose macros are those of its packet."""

from codegen.model import Default, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Default(0)),)) / Fill()).preset("P", "", {})
