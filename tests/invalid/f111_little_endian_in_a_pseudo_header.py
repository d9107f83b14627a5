"""Twelve bits have no order of bytes."""

from codegen.model import HEADER, Checksum, Default, Fill, Header, Packet, Reserved, UInt, Zeros

BELOW = Header(
    "below",
    (UInt("a", 12, Default(0), byteorder="little"), Reserved(4, byteorder="little")),
    pseudo_header=(Zeros(4), "a"),
)
ABOVE = Header("above", (UInt("sum", 16, Checksum(HEADER, pseudo_header=True)),))
FORMAT = Packet("p", BELOW / ABOVE / Fill())
