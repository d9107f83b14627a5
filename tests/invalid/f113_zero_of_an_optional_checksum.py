"""A checksum of which zero means that there is none, and which may come out as zero."""

from codegen.model import HEADER, Checksum, Fill, Header, Packet, Parameter, UInt

H = Header(
    "h",
    (
        UInt("a", 16, Parameter("x", 0)),
        UInt("sum", 16, Checksum(HEADER, optional=True)),
    ),
)
FORMAT = Packet("p", H / Fill())
