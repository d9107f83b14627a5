"""A trailer, and nothing before the payload."""

from codegen.model import Const, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (), trailer=(UInt("a", 8, Const(1)),)) / Fill())
