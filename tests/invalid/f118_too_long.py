"""Headers that are longer than the frame may be."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", tuple(UInt(f"a{i}", 64, Default(0)) for i in range(190)))
FORMAT = Packet("p", H / Fill())
