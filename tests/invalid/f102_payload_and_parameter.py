"""A parameter with the name of the payload."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("fill", 1)),))
FORMAT = Packet("p", H / Fill())
