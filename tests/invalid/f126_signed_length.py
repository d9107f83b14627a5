"""A length is never negative."""

from codegen.model import HEADER, Fill, Header, Int, Length, Packet

FORMAT = Packet("p", Header("h", (Int("length", 16, Length(HEADER)),)) / Fill())
