"""A range that holds nothing."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("x", 8, Parameter("x_", 5, minimum=6, maximum=4)),))
FORMAT = Packet("p", H / Fill())
