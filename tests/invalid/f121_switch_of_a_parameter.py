"""A field that is there or not, as the program's user likes."""

from codegen.model import Default, Fill, Header, Packet, Parameter, UInt

H = Header(
    "h",
    (UInt("flag", 8, Parameter("flag", 0)), UInt("key", 8, Default(0), when="flag")),
)
FORMAT = Packet("p", H / Fill())
