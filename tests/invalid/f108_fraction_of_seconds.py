"""In whole seconds nothing is behind the second."""

from codegen.model import Fill, Header, Packet, Timestamp, UInt

FORMAT = Packet("p", Header("h", (UInt("t", 32, Timestamp("s", "unix", fraction=True)),)) / Fill())
