"""What is bound is there only for the kinds 2 and 3."""

from codegen.model import Const, Default, Fill, Header, Is, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(1)),
        UInt("key", 8, Default(0), when=Is("kind", 2) | Is("kind", 3)),
    ),
)
FORMAT = Packet("p", H.bind(key=4) / Fill())
