"""The range has numbers of other sizes."""

from codegen.model import Fill, Header, Packet, Parameter, VarInt

FORMAT = Packet("p", Header("h", (VarInt("n", Parameter("n", 300, 0, 400)),)) / Fill())
