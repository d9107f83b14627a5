"""A prefix of another protocol, one with host bits set, and one of a number."""

from codegen.model import Fill, Header, IPv4Address, IPv6Address, Packet, Range, UInt

H = Header(
    "h",
    (
        IPv4Address("a", Range("2001:db8::/64")),
        IPv6Address("b", Range("2001:db8::1/64")),
        UInt("c", 32, Range("10.0.0.0/8")),
    ),
)
FORMAT = Packet("p", H / Fill())
