"""VXLAN, RFC 7348 section 5: an Ethernet frame in UDP.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |R|R|R|R|I|R|R|R|            Reserved                           |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                VXLAN Network Identifier (VNI) |   Reserved    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The outer UDP checksum is optional there, and covers the inner one.
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import (
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

VXLAN = Header(
    "vxlan",
    (
        Reserved(4, "reserved0", at=0),
        UInt("valid_vni", 1, Const(1), at=4),
        Reserved(27, "reserved1", at=5),
        UInt("vni", 24, Parameter("vxlan_vni", 1), at=32),
        Reserved(8, "reserved2", at=56),
    ),
    title="Virtual eXtensible Local Area Network",
    reference="RFC 7348 section 5",
    numbers={"udp_port": 4789},
    carries="frame",
    known_as=Dissectors(
        "scapy.layers.vxlan.VXLAN",
        "vxlan",
        {"valid_vni": ("flags@3", "vxlan.flag_i"), "vni": ("vni", "vxlan.vni")},
    ),
)

VXLAN_UDP4 = Packet(
    "vxlan_udp4",
    ETHERNET
    / IPV4
    / UDP.bind(dst=NextHeader("udp_port"))
    / VXLAN
    / inner(ETHERNET / IPV4 / UDP / Fill()),
    "UDP over IPv4 in an Ethernet frame in a VXLAN, all checksums computed",
)

VXLAN_ZERO = VXLAN_UDP4.preset(
    "vxlan_zero",
    "without the outer UDP checksum, as RFC 7348 has it by default",
    {"udp.checksum": 0},
)
