"""Much padding, from the middle of a byte on."""

from codegen.model import Const, Fill, Header, Packet, Pad, UInt

H = Header("h", (UInt("a", 4, Const(0)), Pad(32), UInt("b", 4, Const(0))))
FORMAT = Packet("p", H / Fill())
