"""A constant that does not fit."""

from codegen.model import Const, Fill, Header, Packet, UInt

H = Header("h", (UInt("version", 4, Const(16)), UInt("b", 4, Const(0))))
FORMAT = Packet("p", H / Fill())
