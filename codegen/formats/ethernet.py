"""Ethernet II, IEEE 802.3 clause 3.2 (type interpretation of Length/Type).

::

    |    destination, 6 bytes   |      source, 6 bytes      | type |
"""

from dataclasses import replace

from codegen.model import (
    ETHERNET_MIN,
    MAC,
    Dissectors,
    FromDevice,
    Header,
    LinkType,
    NextHeader,
    Parameter,
    PayloadPad,
    UInt,
)

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

#: The same, with zeros behind a short payload up to the least frame, which no length field of
#: the headers above counts (IEEE 802.3 clause 4.2.3.3).
PADDED_ETHERNET = replace(ETHERNET, trailer=(PayloadPad(least=ETHERNET_MIN),))
