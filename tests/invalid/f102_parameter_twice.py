"""Two fields that take the same parameter."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("x", 0)), UInt("b", 8, Parameter("x", 0))))
FORMAT = Packet("p", H / Fill())
