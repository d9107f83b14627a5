"""No number is 1 and 2."""

from codegen.model import Const, Default, Fill, Header, Is, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(1)),
        UInt("key", 8, Default(0), when=Is("kind", 1) & Is("kind", 2)),
    ),
)
FORMAT = Packet("p", H / Fill())
