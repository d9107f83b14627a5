"""More fields than codegen handles."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", tuple(UInt(f"f{number}", 8, Default(0)) for number in range(1025)))
FORMAT = Packet("p", H / Fill(), max_length=9000)
