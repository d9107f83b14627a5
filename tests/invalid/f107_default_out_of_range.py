"""A default outside the declared range."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("a_", 9, maximum=8)),))
FORMAT = Packet("p", H / Fill())
