"""A sweep that follows a field that does not exist."""

from codegen.model import Fill, Header, Packet, Range, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Range(1, 9, every="b")),)) / Fill())
