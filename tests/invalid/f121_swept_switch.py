"""A field that differs from packet to packet decides whether another is there."""

from codegen.model import AtLeast, Counter, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (
        UInt("size", 8, Counter()),
        UInt("key", 8, Default(0), when=AtLeast("size", 16)),
    ),
)
FORMAT = Packet("p", H / Fill())
