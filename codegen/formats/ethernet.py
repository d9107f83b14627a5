"""Ethernet II, IEEE 802.3 clause 3.2 (type interpretation of Length/Type).

::

    |    destination, 6 bytes   |      source, 6 bytes      | type |
"""

from codegen.model import MAC, Dissectors, FromDevice, Header, LinkType, NextHeader, Parameter, UInt

ETHERNET = Header(
    "ethernet",
    (
        MAC("dst", Parameter("mac_dst", "ff:ff:ff:ff:ff:ff"), at=0),
        MAC("src", Parameter("mac_src", FromDevice.HWADDR), at=48),
        UInt("type", 16, NextHeader("ethertype"), at=96),
    ),
    title="Ethernet II",
    reference="IEEE 802.3 clause 3.2",
    known_as=Dissectors(
        "scapy.layers.l2.Ether",
        "eth",
        {"dst": ("dst", "eth.dst"), "src": ("src", "eth.src"), "type": ("type", "eth.type")},
    ),
    numbers={"frame": 1, "mpls_bottom": 1},
    linktypes=(LinkType.ETHERNET,),
)
