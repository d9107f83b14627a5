"""A condition combines a field with a number."""

from codegen.model import Const, Default, Fill, Header, Is, Not, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(1)),
        UInt("key", 8, Default(0), when=Is("kind", 2) & Not(3)),  # type: ignore[arg-type]
    ),
)
FORMAT = Packet("p", H / Fill())
