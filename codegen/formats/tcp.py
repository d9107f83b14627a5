"""TCP, RFC 9293 section 3.1, with the options that open a connection.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Source Port          |       Destination Port        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                        Sequence Number                        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Acknowledgment Number                      |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |  Data |       |C|E|U|A|P|R|S|F|                               |
    | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
    |       |       |R|E|G|K|H|T|N|N|                               |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |           Checksum            |         Urgent Pointer        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |                    Options                    |    Padding    |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

A packet has the flags and options that its header is given, as ``SYN`` has below.
"""

from collections.abc import Callable
from typing import Any

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.ipv6 import IPV6
from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Default,
    Dissectors,
    Group,
    Header,
    Length,
    Packet,
    Pad,
    Parameter,
    Reserved,
    UInt,
)
from codegen.model.dissectors import Members


def _scapy_options(members: Members) -> list[tuple[str, Any]]:
    """Return the options as scapy has them."""
    spelled: dict[str, Callable[[dict[str, int]], tuple[str, Any]]] = {
        "nop": lambda _: ("NOP", None),
        "mss": lambda fields: ("MSS", fields["value"]),
        "window_scale": lambda fields: ("WScale", fields["shift"]),
        "sack_permitted": lambda _: ("SAckOK", b""),
        "timestamps": lambda fields: ("Timestamp", (fields["value"], fields["echo"])),
    }
    return [spelled[name](fields) for name, fields in members]


TCP = Header(
    "tcp",
    (
        UInt("src", 16, Parameter("port_src", 5001), at=0),
        UInt("dst", 16, Parameter("port_dst", 5001), at=16),
        UInt("seq", 32, Parameter("tcp_seq", 0), at=32),
        UInt("ack_number", 32, Parameter("tcp_ack", 0), at=64),
        UInt("data_offset", 4, Length(HEADER, unit=4), at=96),
        Reserved(4, at=100),
        UInt("cwr", 1, Default(0), at=104),
        UInt("ece", 1, Default(0), at=105),
        UInt("urg", 1, Default(0), at=106),
        UInt("ack", 1, Default(0), at=107),
        UInt("psh", 1, Default(0), at=108),
        UInt("rst", 1, Default(0), at=109),
        UInt("syn", 1, Default(0), at=110),
        UInt("fin", 1, Default(0), at=111),
        UInt("window", 16, Parameter("tcp_window", 65535), at=112),
        UInt("checksum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True), at=128),
        UInt("urgent", 16, Default(0), at=144),
        Group("options", ()),
        Pad(4),
    ),
    title="Transmission Control Protocol",
    reference="RFC 9293 section 3.1",
    numbers={"ip_protocol": 6},
    known_as=Dissectors(
        "scapy.layers.inet.TCP",
        "tcp",
        {
            "src": ("sport", "tcp.srcport"),
            "dst": ("dport", "tcp.dstport"),
            "seq": ("seq", "tcp.seq_raw"),
            "ack_number": ("ack", "tcp.ack_raw"),
            "data_offset": ("dataofs", "tcp.hdr_len/4"),
            "cwr": ("flags@7", "tcp.flags.cwr"),
            "ece": ("flags@6", "tcp.flags.ece"),
            "urg": ("flags@5", "tcp.flags.urg"),
            "ack": ("flags@4", "tcp.flags.ack"),
            "psh": ("flags@3", "tcp.flags.push"),
            "rst": ("flags@2", "tcp.flags.reset"),
            "syn": ("flags@1", "tcp.flags.syn"),
            "fin": ("flags@0", "tcp.flags.fin"),
            "window": ("window", "tcp.window_size_value"),
            "checksum": ("chksum", "tcp.checksum"),
            "urgent": ("urgptr", "tcp.urgent_pointer"),
            "options.mss.value": ("", "tcp.options.mss_val"),
            "options.window_scale.shift": ("", "tcp.options.wscale.shift"),
            "options.timestamps.value": ("", "tcp.options.timestamp.tsval"),
            "options.timestamps.echo": ("", "tcp.options.timestamp.tsecr"),
        },
        {"options": ("options", _scapy_options)},
        ("tcp.check_checksum:TRUE",),
    ),
)


def _option(name: str, kind: int, *value: UInt) -> Group:
    """Return an option of RFC 9293 section 3.1: its kind, its length, its value."""
    return Group(name, (UInt("kind", 8, Const(kind)), UInt("length", 8, Length(HEADER)), *value))


#: RFC 9293 section 3.2: nothing at all, in one byte.
NO_OPERATION = Group("nop", (UInt("kind", 8, Const(1)),))
#: RFC 9293 section 3.7.1.
MAXIMUM_SEGMENT_SIZE = _option("mss", 2, UInt("value", 16, Parameter("tcp_mss", 1460)))
#: RFC 7323 section 2.2.
WINDOW_SCALE = _option("window_scale", 3, UInt("shift", 8, Default(7)))
#: RFC 2018 section 2.
SACK_PERMITTED = _option("sack_permitted", 4)
#: RFC 7323 section 3.2.
TIMESTAMPS = _option(
    "timestamps", 8, UInt("value", 32, Parameter("tcp_tsval", 0)), UInt("echo", 32, Default(0))
)

#: What opens a connection, with the options in the order in which Linux sends them.
SYN = TCP.bind(
    syn=Const(1),
    ack_number=0,  # means nothing without the flag ACK
    options=(MAXIMUM_SEGMENT_SIZE, SACK_PERMITTED, TIMESTAMPS, NO_OPERATION, WINDOW_SCALE),
)

TCP4_SYN = Packet("tcp4_syn", ETHERNET / IPV4 / SYN, "the first segment of a connection over IPv4")
TCP6_SYN = Packet("tcp6_syn", ETHERNET / IPV6 / SYN, "the first segment of a connection over IPv6")
