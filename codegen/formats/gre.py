"""GRE, RFC 2784 section 2, with the key and sequence number of RFC 2890 section 2.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |C| |K|S| Reserved0       | Ver |         Protocol Type         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |      Checksum (optional)      |       Reserved1 (Optional)    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                         Key (optional)                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Sequence Number (Optional)                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Dissectors,
    Fill,
    Header,
    NextHeader,
    Packet,
    Parameter,
    Reserved,
    UInt,
    inner,
)

GRE = Header(
    "gre",
    (
        UInt("has_checksum", 1, Const(0), at=0),
        Reserved(1, "reserved", at=1),
        UInt("has_key", 1, Const(0), at=2),
        UInt("has_sequence", 1, Const(0), at=3),
        Reserved(9, "reserved0", at=4),
        UInt("version", 3, Const(0), at=13),
        UInt("protocol", 16, NextHeader("ethertype"), at=16),
        UInt("checksum", 16, Checksum(HEADER_AND_PAYLOAD), when="has_checksum"),
        Reserved(16, "reserved1", when="has_checksum"),
        UInt("key", 32, Parameter("gre_key", 0), when="has_key"),
        UInt("sequence", 32, Parameter("gre_seq", 0), when="has_sequence"),
    ),
    title="Generic Routing Encapsulation",
    reference="RFC 2784 section 2, RFC 2890 section 2",
    numbers={"ip_protocol": 47},
    known_as=Dissectors(
        "scapy.layers.l2.GRE",
        "gre",
        {
            "has_checksum": ("chksum_present", "gre.flags.checksum"),
            "has_key": ("key_present", "gre.flags.key"),
            "has_sequence": ("seqnum_present", "gre.flags.sequence_number"),
            "version": ("version", "gre.flags.version"),
            "protocol": ("proto", "gre.proto"),
            "checksum": ("chksum", "gre.checksum"),
            "key": ("key", "gre.key"),
            "sequence": ("sequence_number", "gre.sequence_number"),
        },
    ),
)

GRE_UDP4 = Packet(
    "gre_udp4",
    ETHERNET
    / IPV4
    / GRE.bind(has_checksum=1, has_key=1, has_sequence=1)
    / inner(IPV4 / UDP / Fill()),
    "UDP over IPv4 in a GRE tunnel with checksum, key and sequence number",
)
