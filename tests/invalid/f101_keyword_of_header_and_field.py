"""A header and a field whose variable in C would be a keyword of C++."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("co", (UInt("await", 8, Default(0)),))
FORMAT = Packet("p", H / Fill())
