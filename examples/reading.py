"""A sensor's readings, as the payload of a UDP datagram or of any other transport."""

from codegen.model import (
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Counter,
    Fill,
    Header,
    Length,
    Packet,
    Parameter,
    UInt,
)

READING = Header(
    "reading",
    (
        UInt("magic", 16, Const(0xC0DE)),
        UInt("sensor", 8, Parameter("sensor", 1, maximum=15)),
        UInt("length", 8, Length(HEADER_AND_PAYLOAD)),
        UInt("number", 32, Counter()),
        UInt("millikelvin", 32, Parameter("millikelvin", 293_150)),
        UInt("checksum", 16, Checksum(HEADER_AND_PAYLOAD)),
    ),
)
PACKET = Packet("reading", READING / Fill(), "a sensor's reading", min_length=14, max_length=255)
