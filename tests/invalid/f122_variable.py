"""A number of variable length starts on a whole byte."""

from codegen.model import Const, Fill, Header, Packet, Reserved, VarInt

FORMAT = Packet(
    "p", Header("h", (Reserved(4), VarInt("n", Const(300)), Reserved(4, "rest"))) / Fill()
)
