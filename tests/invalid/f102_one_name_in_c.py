"""Two fields whose paths differ in nothing but the dot."""

from codegen.model import Default, Fill, Header, Packet, UInt

A = Header("a", (UInt("b_c", 8, Default(0)),))
FORMAT = Packet("p", A / Header("a_b", (UInt("c", 8, Default(0)),)) / Fill())
