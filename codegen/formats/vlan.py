"""VLAN tags: the customer's of IEEE 802.1Q, and the service provider's before it.

IEEE 802.1Q-2018 clause 9.6 (tag control information) and table 9-1 (tag protocol
identifiers); the service tag is the one that came with IEEE 802.1ad. A tag is a
header here: its own identifier is the type of the header below, and its type is
that of what it carries.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    | PCP |D|          VID          |             Type              |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import Default, Dissectors, Fill, Header, NextHeader, Packet, Parameter, UInt

VLAN = Header(
    "vlan",
    (
        UInt("pcp", 3, Default(0), at=0),
        UInt("dei", 1, Default(0), at=3),
        UInt("vid", 12, Parameter("vlan_vid", 1, maximum=4094), at=4),
        UInt("type", 16, NextHeader("ethertype"), at=16),
    ),
    title="Customer VLAN tag",
    reference="IEEE 802.1Q clause 9.6",
    numbers={"ethertype": 0x8100},
    known_as=Dissectors(
        "scapy.layers.l2.Dot1Q",
        "vlan",
        {
            "pcp": ("prio", "vlan.priority"),
            "dei": ("dei", "vlan.dei"),
            "vid": ("vlan", "vlan.id"),
            "type": ("type", "vlan.etype"),
        },
    ),
)

SERVICE_VLAN = Header(
    "svlan",
    (
        UInt("pcp", 3, Default(0), at=0),
        UInt("dei", 1, Default(0), at=3),
        UInt("vid", 12, Parameter("svlan_vid", 1, maximum=4094), at=4),
        UInt("type", 16, NextHeader("ethertype"), at=16),
    ),
    title="Service VLAN tag",
    reference="IEEE 802.1Q clause 9.6",
    numbers={"ethertype": 0x88A8},
    known_as=Dissectors(
        "scapy.layers.l2.Dot1AD",
        "ieee8021ad",
        {
            "pcp": ("prio", "ieee8021ad.priority"),
            "dei": ("dei", "ieee8021ad.dei"),
            "vid": ("vlan", "ieee8021ad.id"),
            "type": ("type", ""),
        },
    ),
)

VLAN_UDP4 = Packet(
    "vlan_udp4",
    ETHERNET / VLAN / IPV4 / UDP / Fill(),
    "UDP over IPv4 in a VLAN",
)

QINQ_UDP4 = Packet(
    "qinq_udp4",
    ETHERNET / SERVICE_VLAN / VLAN / IPV4 / UDP / Fill(),
    "UDP over IPv4 in a VLAN inside of a service provider's",
)
