"""A condition on a field that is optional itself, and not there."""

from codegen.model import AtLeast, Const, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (
        UInt("has_size", 8, Const(0)),
        UInt("size", 8, Const(4), when="has_size"),
        UInt("key", 8, Default(0), when=AtLeast("size", 2)),
    ),
)
FORMAT = Packet("p", H / Fill())
