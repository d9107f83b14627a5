"""Every number of 8 bits is 0 or more; the other part does not matter."""

from codegen.model import AtLeast, Const, Default, Fill, Header, Is, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(1)),
        UInt("key", 8, Default(0), when=AtLeast("kind", 0) & Is("kind", 2)),
    ),
)
FORMAT = Packet("p", H / Fill())
