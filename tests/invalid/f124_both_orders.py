"""Of the bits that are left over in a byte, no one could say which they are."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 4, Default(0), byteorder="little"), UInt("b", 4, Default(0))))
FORMAT = Packet("p", H / Fill())
