"""Zeros at a place that depends on the frame's length, in 16-bit words from the header on."""

from codegen.model import HEADER_TO_TRAILER, Checksum, Default, Fill, Header, Packet, UInt

H = Header(
    "h",
    (UInt("sum", 16, Checksum(HEADER_TO_TRAILER, zeroed=("seal",))),),
    trailer=(UInt("seal", 16, Default(0)),),
)
FORMAT = Packet("p", H / Fill())
