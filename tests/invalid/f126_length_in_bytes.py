"""A length is a number, and bytes are none."""

from codegen.model import PAYLOAD, Bytes, Fill, Header, Length, Packet

H = Header("h", (Bytes("a", Length(PAYLOAD), size=2),))
FORMAT = Packet("p", H / Fill())
