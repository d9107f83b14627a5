"""A header of 6 bytes, and codes for 4 and 8."""

from codegen.model import HEADER, Default, Fill, Header, Length, Packet, UInt

H = Header(
    "h",
    (
        UInt("size", 16, Length(HEADER, table={0: 4, 1: 8})),
        UInt("key", 32, Default(0)),
    ),
)
FORMAT = Packet("p", H / Fill())
