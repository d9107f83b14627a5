"""There is no time since the epoch of that name."""

from codegen.model import Fill, Header, Packet, Timestamp, UInt

FORMAT = Packet("p", Header("h", (UInt("t", 64, Timestamp("s", "gps")),)) / Fill())
