"""The nanoseconds of a second take 30 bits."""

from codegen.model import Fill, Header, Packet, Timestamp, UInt

FORMAT = Packet("p", Header("h", (UInt("t", 24, Timestamp("ns", "unix", fraction=True)),)) / Fill())
