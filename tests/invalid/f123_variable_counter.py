"""A counter grows beyond the numbers of one byte."""

from codegen.model import Counter, Fill, Header, Packet, VarInt

FORMAT = Packet("p", Header("h", (VarInt("n", Counter(), size=1),)) / Fill())
