"""A format whose files would be those of the runtime."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("a", 8, Parameter("a8", 0)),))
FORMAT = Packet("frame", H / Fill())
