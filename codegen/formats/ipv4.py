"""IPv4 without options, RFC 791 section 3.1; DSCP and ECN as in RFC 2474 and RFC 3168.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Version|  IHL  |   DSCP    |ECN|         Total Length          |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |        Identification         |Flags|     Fragment Offset     |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      TTL      |   Protocol    |        Header Checksum        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Source Address                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                      Destination Address                      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Default,
    Header,
    IPv4Address,
    Length,
    NextHeader,
    Parameter,
    UInt,
    UpperLength,
    UpperNumber,
    Zeros,
)

IPV4 = Header(
    "ipv4",
    (
        UInt("version", 4, Const(4), at=0),
        UInt("ihl", 4, Length(HEADER, unit=4), at=4),
        UInt("dscp", 6, Default(0), at=8),
        UInt("ecn", 2, Default(0), at=14),
        UInt("total_length", 16, Length(HEADER_AND_PAYLOAD), at=16),
        UInt("id", 16, Default(0), at=32),
        UInt("flags", 3, Default(0), at=48),
        UInt("fragment_offset", 13, Default(0), at=51),
        UInt("ttl", 8, Parameter("ttl", 64), at=64),
        UInt("protocol", 8, NextHeader("ip_protocol"), at=72),
        UInt("checksum", 16, Checksum(HEADER), at=80),
        IPv4Address("src", Parameter("ipv4_src", "192.0.2.1"), at=96),
        IPv4Address("dst", Parameter("ipv4_dst", "192.0.2.2"), at=128),
    ),
    title="Internet Protocol version 4",
    reference="RFC 791 section 3.1",
    numbers={"ethertype": 0x0800, "ip_protocol": 4},
    pseudo_header=("src", "dst", Zeros(8), UpperNumber(8, "ip_protocol"), UpperLength(16)),
)
