"""A name of a megabyte."""

from codegen.model import Default, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a" * (1 << 20), 8, Default(0)),)) / Fill())
