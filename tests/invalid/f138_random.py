"""Random numbers have no round after which another sweep could move on."""

from codegen.model import Fill, Header, Packet, Random, Range, UInt

H = Header("h", (UInt("a", 8, Range(1, 9, every="b")), UInt("b", 8, Random())))
FORMAT = Packet("p", H / Fill())
