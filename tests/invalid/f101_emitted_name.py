"""A parameter that the emitted program already has."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("count", 0)),))
FORMAT = Packet("p", H / Fill())
