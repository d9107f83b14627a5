"""MPLS label stack entries, RFC 3032 section 2.1; the traffic class as in RFC 5462.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                 Label                 | TC  |S|      TTL      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

An entry is a header, so a stack of labels is ``MPLS / MPLS``. The bit S marks the bottom
of the stack; the label of that entry determines what follows.
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import Default, Dissectors, Fill, Header, NextHeader, Packet, Parameter, UInt

MPLS = Header(
    "mpls",
    (
        UInt("label", 20, Parameter("mpls_label", 16), at=0),
        UInt("traffic_class", 3, Default(0), at=20),
        UInt("bottom", 1, NextHeader("mpls_bottom", last=1), at=23),
        UInt("ttl", 8, Parameter("mpls_ttl", 64), at=24),
    ),
    title="MPLS label stack entry",
    reference="RFC 3032 section 2.1",
    known_as=Dissectors(
        "scapy.contrib.mpls.MPLS",
        "mpls",
        {
            "label": ("label", "mpls.label"),
            "traffic_class": ("cos", "mpls.exp"),
            "bottom": ("s", "mpls.bottom"),
            "ttl": ("ttl", "mpls.ttl"),
        },
    ),
    numbers={"ethertype": 0x8847, "mpls_bottom": 0, "ip_protocol": 137},
)

MPLS_UDP4 = Packet(
    "mpls_udp4",
    ETHERNET / MPLS / MPLS / IPV4 / UDP / Fill(),
    "UDP over IPv4 under two MPLS labels",
)
