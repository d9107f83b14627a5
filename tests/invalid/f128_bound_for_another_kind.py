"""Members of a group that is there for another kind, in a header that was renamed."""

from codegen.model import Const, Default, Fill, Group, Header, Packet, UInt

H = Header(
    "h",
    (
        UInt("kind", 8, Const(2)),
        Group("options", (), when=("kind", 3)),
    ),
)
FORMAT = Packet("p", H.bind(options=(UInt("a", 8, Default(0)),)).named("other") / Fill())
