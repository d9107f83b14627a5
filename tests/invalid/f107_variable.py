"""A preset binds a number of another size."""

from codegen.model import Fill, Header, Packet, Parameter, VarInt

PACKET = Packet("p", Header("h", (VarInt("n", Parameter("n", 300), "leb128"),)) / Fill())
FORMAT = PACKET.preset("q", "", {"n": 20000})
