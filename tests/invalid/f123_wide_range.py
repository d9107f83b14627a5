"""A range of addresses that share too little."""

from codegen.model import Fill, Header, IPv6Address, Packet, Range

H = Header("h", (IPv6Address("a", Range("2001:db8::/32")),))
FORMAT = Packet("p", H / Fill())
