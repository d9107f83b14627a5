"""More bits that decide what follows than the field has."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("flags", 8, Default(0, decides=0x100)),))
FORMAT = Packet("p", H / Fill())
