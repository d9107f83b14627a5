"""Nothing determines how many bytes the number takes."""

from codegen.model import Default, Fill, Header, Packet, Range, UInt, VarInt

FORMAT = Packet("p", Header("h", (VarInt("n", Range(1, 5)), UInt("k", 8, Default(0)))) / Fill())
