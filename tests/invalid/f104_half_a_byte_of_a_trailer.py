"""A trailer of twelve bits."""

from codegen.model import Const, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Const(1)),), trailer=(UInt("b", 12, Const(1)),))
FORMAT = Packet("p", H / Fill())
