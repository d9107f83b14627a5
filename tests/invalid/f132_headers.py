"""More headers than codegen handles."""

from codegen.model import Default, Fill, Header, Packet, Stack, UInt

HEADERS = tuple(Header(f"h{number}", (UInt("a", 8, Default(0)),)) for number in range(257))
FORMAT = Packet("p", Stack(HEADERS) / Fill())
