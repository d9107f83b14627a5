"""A count of each value of a field that has one."""

from codegen.model import Counter, Default, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Counter(per="b")), UInt("b", 8, Default(1))))
FORMAT = Packet("p", H / Fill())
