"""A field that hangs on one that does not exist."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)), UInt("key", 8, Default(0), when="flag")))
FORMAT = Packet("p", H / Fill())
