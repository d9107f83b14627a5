"""A preset that changes a constant."""

from codegen.model import Const, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Const(0)),))
FORMAT = Packet("p", H / Fill()).preset("q", "", {"h.a": 1})
