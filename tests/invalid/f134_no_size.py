"""Padding that has neither a multiple nor a least size."""

from codegen.model import PAYLOAD, Fill, Header, Length, Packet, PayloadPad, UInt

H = Header("h", (UInt("a", 16, Length(PAYLOAD)),), trailer=(PayloadPad(),))
FORMAT = Packet("p", H / Fill())
