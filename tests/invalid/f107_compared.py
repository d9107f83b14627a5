"""A condition compares a number of 4 bits with 16."""

from codegen.model import AtLeast, Const, Default, Fill, Header, Packet, Reserved, UInt

H = Header(
    "h",
    (
        UInt("size", 4, Const(1)),
        Reserved(4),
        UInt("key", 8, Default(0), when=AtLeast("size", 16)),
    ),
)
FORMAT = Packet("p", H / Fill())
