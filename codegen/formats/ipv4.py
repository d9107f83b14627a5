"""IPv4, RFC 791 section 3.1; DSCP and ECN as in RFC 2474 and RFC 3168.

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
    |                    Options                    |    Padding    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

A packet has the options that its header is given: ``IPV4.bind(options=(ROUTER_ALERT,))``.
"""

from collections.abc import Callable
from typing import Any

from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Default,
    Dissectors,
    Group,
    Header,
    IPv4Address,
    Length,
    LinkType,
    NextHeader,
    Pad,
    Parameter,
    UInt,
    UpperLength,
    UpperNumber,
    Zeros,
)
from codegen.model.dissectors import Members


def _scapy_options(members: Members) -> list[Any]:
    """Return the options as scapy has them."""
    from scapy.layers import inet

    spelled: dict[str, Callable[[dict[str, int]], Any]] = {
        "end": lambda _: inet.IPOption_EOL(),
        "nop": lambda _: inet.IPOption_NOP(),
        "router_alert": lambda fields: inet.IPOption_Router_Alert(alert=fields["value"]),
        "timestamp": lambda fields: inet.IPOption_Timestamp(
            pointer=fields["pointer"],
            oflw=fields["overflow"],
            flg=fields["flag"],
            internet_address=IPv4Address("", Default(0)).show(fields["address"]),
            timestamp=fields["time"],
        ),
    }
    return [spelled[name](fields) for name, fields in members]


IPV4 = Header(
    "ipv4",
    (
        UInt("version", 4, Const(4), at=0),
        UInt("ihl", 4, Length(HEADER, unit=4), at=4),
        UInt("dscp", 6, Default(0), at=8),
        UInt("ecn", 2, Default(0), at=14),
        UInt("total_length", 16, Length(HEADER_AND_PAYLOAD), at=16),
        UInt("id", 16, Default(0), at=32),
        # A fragment has "more fragments" set, or an offset: what follows is not a whole datagram.
        UInt("flags", 3, Default(0, decides=0b001), at=48),
        UInt("fragment_offset", 13, Default(0, decides=0x1FFF), at=51),
        UInt("ttl", 8, Parameter("ttl", 64), at=64),
        UInt("protocol", 8, NextHeader("ip_protocol"), at=72),
        UInt("checksum", 16, Checksum(HEADER), at=80),
        IPv4Address("src", Parameter("ipv4_src", "192.0.2.1"), at=96),
        IPv4Address("dst", Parameter("ipv4_dst", "192.0.2.2"), at=128),
        Group("options", ()),
        Pad(4),
    ),
    title="Internet Protocol version 4",
    reference="RFC 791 section 3.1",
    numbers={"ethertype": 0x0800, "ip_protocol": 4, "mpls_bottom": 1},
    linktypes=(LinkType.RAW_IP, LinkType.IPV4),
    known_as=Dissectors(
        "scapy.layers.inet.IP",
        "ip",
        {
            "version": ("version", "ip.version"),
            "ihl": ("ihl", "ip.hdr_len/4"),
            "dscp": ("tos@2", "ip.dsfield.dscp"),
            "ecn": ("tos@0", "ip.dsfield.ecn"),
            "total_length": ("len", "ip.len"),
            "id": ("id", "ip.id"),
            "flags": ("flags", ""),
            "fragment_offset": ("frag", "ip.frag_offset"),
            "ttl": ("ttl", "ip.ttl"),
            "protocol": ("proto", "ip.proto"),
            "checksum": ("chksum", "ip.checksum"),
            "src": ("src", "ip.src"),
            "dst": ("dst", "ip.dst"),
            "options.router_alert.length": ("", "ip.opt.len"),
            "options.router_alert.value": ("", "ip.opt.ra"),
            "options.timestamp.length": ("", "ip.opt.len"),
            "options.timestamp.pointer": ("", "ip.opt.ptr"),
            "options.timestamp.flag": ("", "ip.opt.flag"),
            "options.timestamp.address": ("", "ip.opt.time_stamp_addr"),
        },
        {"options": ("options", _scapy_options)},
        ("ip.check_checksum:TRUE",),
    ),
    pseudo_header=("src", "dst", Zeros(8), UpperNumber(8, "ip_protocol"), UpperLength(16)),
)

#: RFC 791 section 3.1, one byte each: the end of the options, and nothing at all.
END = Group("end", (UInt("type", 8, Const(0)),))
NO_OPERATION = Group("nop", (UInt("type", 8, Const(1)),))

#: RFC 2113: routers look into the packet.
ROUTER_ALERT = Group(
    "router_alert",
    (
        UInt("type", 8, Const(148)),
        UInt("length", 8, Length(HEADER)),
        UInt("value", 16, Default(0)),
    ),
)

#: RFC 791 section 3.1: room in which the first router notes its time and address.
TIMESTAMP = Group(
    "timestamp",
    (
        UInt("type", 8, Const(68)),
        UInt("length", 8, Length(HEADER)),
        UInt("pointer", 8, Default(5)),
        UInt("overflow", 4, Default(0)),
        UInt("flag", 4, Const(1)),
        IPv4Address("address", Default("0.0.0.0")),
        UInt("time", 32, Default(0)),
    ),
)
