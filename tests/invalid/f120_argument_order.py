"""An order of arguments that forgets one."""

from codegen.model import Fill, Header, Packet, Parameter, UInt

H = Header("h", (UInt("x", 8, Parameter("x_", 0)), UInt("y", 8, Parameter("y_", 0))))
FORMAT = Packet("p", H / Fill(), arguments=("x_",))
