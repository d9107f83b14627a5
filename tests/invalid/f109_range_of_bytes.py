"""A range for what is no number."""

from codegen.model import Fill, Header, IPv6Address, Packet, Parameter

H = Header("h", (IPv6Address("a", Parameter("x", "::1", maximum=5)),))
FORMAT = Packet("p", H / Fill())
