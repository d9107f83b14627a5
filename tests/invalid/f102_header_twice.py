"""Two headers of one name, in a stack that was not built with ``/``."""

from codegen.model import Default, Fill, Header, Packet, Stack, UInt

H = Header("h", (UInt("a", 8, Default(0)),))
FORMAT = Packet("p", Stack((H, H, Fill())))
