"""UDP, RFC 768, over IPv4, and over IPv6, where a checksum is wanted (RFC 8200 section 8.1).

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Source Port          |       Destination Port        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |            Length             |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.ipv6 import IPV6
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Checksum,
    Counter,
    Dissectors,
    Fill,
    Header,
    Length,
    Packet,
    Parameter,
    UInt,
)

UDP = Header(
    "udp",
    (
        UInt("src", 16, Parameter("port_src", 5001), at=0),
        UInt("dst", 16, Parameter("port_dst", 5001), at=16),
        UInt("length", 16, Length(HEADER_AND_PAYLOAD), at=32),
        UInt(
            "checksum",
            16,
            Checksum(HEADER_AND_PAYLOAD, pseudo_header=True, zero_as=0xFFFF, optional=True),
            at=48,
        ),
    ),
    title="User Datagram Protocol",
    reference="RFC 768",
    numbers={"ip_protocol": 17},
    known_as=Dissectors(
        "scapy.layers.inet.UDP",
        "udp",
        {
            "src": ("sport", "udp.srcport"),
            "dst": ("dport", "udp.dstport"),
            "length": ("len", "udp.length"),
            "checksum": ("chksum", "udp.checksum"),
        },
        preferences=("udp.check_checksum:TRUE",),
    ),
)

UDP4 = Packet(
    "udp4",
    ETHERNET / IPV4 / UDP / Fill(),
    "UDP over IPv4 over Ethernet, all checksums computed",
    arguments=("mac_src", "mac_dst", "ipv4_src", "ipv4_dst", "port_src", "port_dst", "ttl"),
)

UDP6 = Packet(
    "udp6",
    ETHERNET / IPV6 / UDP / Fill(),
    "UDP over IPv6 over Ethernet",
)

SEQUENCE = Header(
    "seqno",
    (UInt("number", 32, Counter()),),
    title="Sequence number of the packet, counted by the sender",
)

UDP4_SEQ = Packet(
    "udp4_seq",
    ETHERNET / IPV4 / UDP / SEQUENCE / Fill(),
    "udp4 with a 32-bit sequence number in front of the payload",
    arguments=UDP4.arguments,
)

USOC21 = UDP4.preset(
    "usoc21",
    "the frame of the Unikraft summer of code 2021: broadcast, UDP checksum 0, payload of 'U'",
    {
        "mac_dst": "ff:ff:ff:ff:ff:ff",
        "ipv4_src": "192.168.128.1",
        "ipv4_dst": "192.168.128.254",
        "port_src": 5001,
        "port_dst": 5001,
        "ttl": 64,
        "udp.checksum": 0,
        "fill": "U",
    },
)
