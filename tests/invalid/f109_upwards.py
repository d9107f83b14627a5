"""Steps down, and the larger end is the last one."""

from codegen.model import Fill, Header, Packet, Range, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Range(1, 9, -1)),)) / Fill())
