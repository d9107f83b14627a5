"""Four bits have no byte order."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 4, Default(0), byteorder="little"), UInt("b", 4, Default(0))))
FORMAT = Packet("p", H / Fill())
