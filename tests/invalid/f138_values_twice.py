"""A count of each value, of which one comes twice in a round."""

from codegen.model import Counter, Cycle, Fill, Header, Packet, UInt

H = Header("h", (UInt("a", 8, Counter(per="b")), UInt("b", 8, Cycle((1, 2, 1)))))
FORMAT = Packet("p", H / Fill())
