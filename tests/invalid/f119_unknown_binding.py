"""A preset that binds what is not there."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Default(0)),))
FORMAT = Packet("p", H / Fill()).preset("q", "", {"h.b": 1})
