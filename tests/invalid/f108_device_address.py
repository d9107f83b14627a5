"""A number that should come from the device."""

from codegen.model import Fill, FromDevice, Header, Packet, Parameter, UInt

H = Header("h", (UInt("x", 8, Parameter("x_", FromDevice.HWADDR)),))
FORMAT = Packet("p", H / Fill())
