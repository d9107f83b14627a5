"""A payload without its parentheses."""

from codegen.model import Default, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Default(0)),)) / Fill)  # type: ignore[operator]
