"""Bytes that start in the middle of one."""

from codegen.model import Bytes, Const, Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 4, Default(0)), Bytes("b", Const(b"abc")), UInt("c", 4, Default(0))))
FORMAT = Packet("p", H / Fill())
