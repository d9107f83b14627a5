"""A range that starts below what the bits of a signed number stand for."""

from codegen.model import Fill, Header, Int, Packet, Parameter

FORMAT = Packet("p", Header("h", (Int("celsius", 8, Parameter("celsius", 0, -129, 60)),)) / Fill())
