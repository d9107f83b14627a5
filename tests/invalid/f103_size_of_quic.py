"""RFC 9000 has no number of 3 bytes."""

from codegen.model import Const, Fill, Header, Packet, VarInt

FORMAT = Packet("p", Header("h", (VarInt("n", Const(5), size=3),)) / Fill())
