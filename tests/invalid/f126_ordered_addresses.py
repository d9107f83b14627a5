"""Addresses have no order that a condition could look at."""

from codegen.model import MAC, AtLeast, Const, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (
        MAC("to", Const("02:00:00:00:00:01")),
        UInt("key", 8, Default(0), when=AtLeast("to", 16)),
    ),
)
FORMAT = Packet("p", H / Fill())
