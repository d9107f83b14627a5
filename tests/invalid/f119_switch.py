"""A preset that would change which fields there are."""

from codegen.model import Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("flag", 8, Default(0)), UInt("key", 8, Default(0), when="flag")))
FORMAT = Packet("p", H / Fill()).preset("q", "with a key", {"h.flag": 1})
