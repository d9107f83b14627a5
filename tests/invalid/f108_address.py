"""An address that is none."""

from codegen.model import Default, Fill, Header, IPv4Address, Packet

H = Header("h", (IPv4Address("a", Default("192.0.2.256")),))
FORMAT = Packet("p", H / Fill())
