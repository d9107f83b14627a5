"""ARP for IPv4 over Ethernet, RFC 826.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |         Hardware Type         |         Protocol Type         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |    HLEN       |    PLEN       |           Operation           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Sender Hardware Address                       |
    +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                               |    Sender Protocol Address    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |   Sender Protocol Address     |    Target Hardware Address    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Target Protocol Address                    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from codegen.formats.ethernet import ETHERNET
from codegen.model import (
    ETHERNET_MIN,
    MAC,
    Const,
    Default,
    Dissectors,
    Fill,
    FromDevice,
    Header,
    IPv4Address,
    Packet,
    Parameter,
    UInt,
)

REQUEST, REPLY = 1, 2

ARP = Header(
    "arp",
    (
        UInt("hardware_type", 16, Const(1), at=0),
        UInt("protocol_type", 16, Const(0x0800), at=16),
        UInt("hardware_length", 8, Const(6), at=32),
        UInt("protocol_length", 8, Const(4), at=40),
        UInt("operation", 16, Const(REQUEST), at=48),
        MAC("sender_mac", Parameter("arp_sender_mac", FromDevice.HWADDR), at=64),
        IPv4Address("sender_ip", Parameter("arp_sender_ip", "192.0.2.1"), at=112),
        MAC("target_mac", Default("00:00:00:00:00:00"), at=144),
        IPv4Address("target_ip", Parameter("arp_target_ip", "192.0.2.2"), at=192),
    ),
    title="Address Resolution Protocol",
    reference="RFC 826",
    numbers={"ethertype": 0x0806},
    known_as=Dissectors(
        "scapy.layers.l2.ARP",
        "arp",
        {
            "hardware_type": ("hwtype", "arp.hw.type"),
            "protocol_type": ("ptype", "arp.proto.type"),
            "hardware_length": ("hwlen", "arp.hw.size"),
            "protocol_length": ("plen", "arp.proto.size"),
            "operation": ("op", "arp.opcode"),
            "sender_mac": ("hwsrc", "arp.src.hw_mac"),
            "sender_ip": ("psrc", "arp.src.proto_ipv4"),
            "target_mac": ("hwdst", "arp.dst.hw_mac"),
            "target_ip": ("pdst", "arp.dst.proto_ipv4"),
        },
    ),
)

ARP_REQUEST = Packet(
    "arp_request",
    ETHERNET / ARP / Fill(),
    "who has an IPv4 address, filled up to the least frame",
    max_length=ETHERNET_MIN,
)
