"""IPv6, RFC 8200 section 3, and two of its extension headers (sections 4.3 and 4.5).

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |Version| Traffic Class |              Flow Label               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |        Payload Length         |  Next Header  |   Hop Limit   |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                                                               |
    +                                                               +
    |                                                               |
    +                        Source Address                         +
    |                                                               |
    +                                                               +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                                                               |
    +                                                               +
    |                                                               |
    +                      Destination Address                      +
    |                                                               |
    +                                                               +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

Hop-by-hop options; a header of options alone is as long as they are::

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Next Header  |  Hdr Ext Len  |                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+            Options            +
    |                                                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

Fragment::

    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Next Header  |   Reserved    |     Fragment Offset     |Res|M|
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Identification                         |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
"""

from collections.abc import Callable
from typing import Any

from codegen.model import (
    HEADER,
    PAYLOAD,
    Bytes,
    Const,
    Default,
    Dissectors,
    Group,
    Header,
    IPv6Address,
    Length,
    LinkType,
    NextHeader,
    Pad,
    Parameter,
    Reserved,
    Span,
    UInt,
    UpperLength,
    UpperNumber,
    Zeros,
)
from codegen.model.dissectors import Members

IPV6 = Header(
    "ipv6",
    (
        UInt("version", 4, Const(6), at=0),
        UInt("traffic_class", 8, Default(0), at=4),
        UInt("flow_label", 20, Parameter("flow_label", 0), at=12),
        UInt("payload_length", 16, Length(PAYLOAD), at=32),
        UInt("next_header", 8, NextHeader("ip_protocol"), at=48),
        UInt("hop_limit", 8, Parameter("hop_limit", 64), at=56),
        IPv6Address("src", Parameter("ipv6_src", "2001:db8::1"), at=64),
        IPv6Address("dst", Parameter("ipv6_dst", "2001:db8::2"), at=192),
    ),
    title="Internet Protocol version 6",
    reference="RFC 8200 section 3",
    numbers={"ethertype": 0x86DD, "ip_protocol": 41, "mpls_bottom": 1},
    linktypes=(LinkType.RAW_IP, LinkType.IPV6),
    requires_checksums=True,
    known_as=Dissectors(
        "scapy.layers.inet6.IPv6",
        "ipv6",
        {
            "version": ("version", "ipv6.version"),
            "traffic_class": ("tc", "ipv6.tclass"),
            "flow_label": ("fl", "ipv6.flow"),
            "payload_length": ("plen", "ipv6.plen"),
            "next_header": ("nh", "ipv6.nxt"),
            "hop_limit": ("hlim", "ipv6.hlim"),
            "src": ("src", "ipv6.src"),
            "dst": ("dst", "ipv6.dst"),
        },
    ),
    # RFC 8200 section 8.1; the number is that of the upper layer, whatever lies between.
    pseudo_header=("src", "dst", UpperLength(32), Zeros(24), UpperNumber(8, "ip_protocol")),
)


def _scapy_options(members: Members) -> list[Any]:
    """Return the options as scapy has them."""
    from scapy.layers import inet6

    spelled: dict[str, Callable[[dict[str, int]], Any]] = {
        "pad_n": lambda _: inet6.PadN(optdata=bytes(4)),
        "pad_0": lambda _: inet6.PadN(optdata=b""),
        "router_alert": lambda fields: inet6.RouterAlert(value=fields["value"]),
    }
    return [spelled[name](fields) for name, fields in members]


#: RFC 8200 section 4.2: an option that fills up, of two bytes and its zeros.
PAD_N = Group(
    "pad_n",
    (
        UInt("type", 8, Const(1)),
        UInt("length", 8, Length(Span("zeros", "zeros"))),
        Bytes("zeros", Const(bytes(4))),
    ),
)

#: RFC 2711: routers look into the packet; filled up to eight bytes.
ROUTER_ALERT = (
    Group(
        "router_alert",
        (
            UInt("type", 8, Const(5)),
            UInt("length", 8, Length(Span("value", "value"))),
            UInt("value", 16, Default(0)),
        ),
    ),
    Group("pad_0", (UInt("type", 8, Const(1)), UInt("length", 8, Const(0)))),
)

HOP_BY_HOP = Header(
    "hop_by_hop",
    (
        UInt("next_header", 8, NextHeader("ip_protocol"), at=0),
        # In units of eight bytes, the first eight not counted.
        UInt("length", 8, Length(HEADER, unit=8, plus=-1), at=8),
        Group("options", (PAD_N,)),
        Pad(8),
    ),
    title="IPv6 hop-by-hop options",
    reference="RFC 8200 section 4.3",
    numbers={"ip_protocol": 0},
    known_as=Dissectors(
        "scapy.layers.inet6.IPv6ExtHdrHopByHop",
        "ipv6.hopopts",
        {
            "next_header": ("nh", "ipv6.hopopts.nxt"),
            "length": ("len", "ipv6.hopopts.len"),
            "options.router_alert.value": ("", "ipv6.opt.router_alert"),
            "options.pad_n.length": ("", "ipv6.opt.length"),
        },
        {"options": ("options", _scapy_options)},
    ),
    extends=True,
)

FRAGMENT = Header(
    "fragment",
    (
        UInt("next_header", 8, NextHeader("ip_protocol"), at=0),
        Reserved(8, at=8),
        UInt("offset", 13, Default(0, decides=0x1FFF), at=16),
        Reserved(2, "reserved2", at=29),
        UInt("more", 1, Default(0, decides=1), at=31),
        UInt("id", 32, Parameter("fragment_id", 0), at=32),
    ),
    title="IPv6 fragment",
    reference="RFC 8200 section 4.5",
    numbers={"ip_protocol": 44},
    known_as=Dissectors(
        "scapy.layers.inet6.IPv6ExtHdrFragment",
        "ipv6.fraghdr",
        {
            "next_header": ("nh", "ipv6.fraghdr.nxt"),
            "offset": ("offset", "ipv6.fraghdr.offset"),
            "more": ("m", "ipv6.fraghdr.more"),
            "id": ("id", "ipv6.fraghdr.ident"),
        },
    ),
    extends=True,
)
