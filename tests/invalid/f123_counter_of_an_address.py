"""A counter for what is wider than a number."""

from codegen.model import Counter, Fill, Header, IPv6Address, Packet

H = Header("h", (IPv6Address("a", Counter()),))
FORMAT = Packet("p", H / Fill())
