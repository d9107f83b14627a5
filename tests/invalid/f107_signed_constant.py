"""A signed number of 8 bits ends at 127."""

from codegen.model import Const, Fill, Header, Int, Packet

FORMAT = Packet("p", Header("h", (Int("celsius", 8, Const(128)),)) / Fill())
