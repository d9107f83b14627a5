"""A condition names a field that does not exist, behind what settles it."""

from codegen.model import Const, Default, Fill, Header, Is, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(1)),
        UInt("key", 8, Default(0), when=Is("kind", 2) & Is("sort", 1)),
    ),
)
FORMAT = Packet("p", H / Fill())
