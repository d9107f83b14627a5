"""A parameter that is a keyword of C."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("int", 0)),))
FORMAT = Packet("p", H / Fill())
