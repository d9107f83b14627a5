"""Bits of an address that are to decide what follows."""

from codegen.model import Default, Fill, Header, IPv4Address, Packet

H = Header("h", (IPv4Address("a", Default("192.0.2.1", decides=1)),))
FORMAT = Packet("p", H / Fill())
