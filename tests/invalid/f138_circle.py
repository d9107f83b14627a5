"""Two sweeps that wait for each other."""

from codegen.model import Fill, Header, Packet, Range, UInt

H = Header("h", (UInt("a", 8, Range(1, 9, every="b")), UInt("b", 8, Range(1, 9, every="a"))))
FORMAT = Packet("p", H / Fill())
