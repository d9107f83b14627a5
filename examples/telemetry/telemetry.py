"""A sensor's readings over UDP: a format of a repository of its own."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import (
    PAYLOAD,
    Const,
    Example,
    Fill,
    Header,
    Length,
    Packet,
    Parameter,
    Reserved,
    UInt,
)

TELEMETRY = Header(
    "telemetry",
    (
        UInt("version", 4, Const(2)),
        Reserved(3),
        UInt("urgent", 1, Parameter("urgent", 0)),
        UInt("channel", 8, Parameter("channel", 7, maximum=15)),
        UInt("body_length", 16, Length(PAYLOAD)),
        UInt("reading", 32, Parameter("reading", 0)),
    ),
)
PACKET = Packet(
    "telemetry4",
    ETHERNET / IPV4 / UDP / TELEMETRY / Fill(0xEE),
    "readings over UDP",
    examples=(
        Example(
            "0200000000020200000000010800 "
            "4500002e000000004011f6bbc0000201c0000202 "
            "03e807d0001aa03a "
            "2109000a01020304 "
            "eeeeeeeeeeeeeeeeeeee",
            {
                "mac_dst": "02:00:00:00:00:02",
                "mac_src": "02:00:00:00:00:01",
                "ttl": 64,
                "ipv4_src": "192.0.2.1",
                "ipv4_dst": "192.0.2.2",
                "port_src": 1000,
                "port_dst": 2000,
                "urgent": 1,
                "channel": 9,
                "reading": 0x01020304,
            },
            "a reading, built with scapy",
        ),
    ),
)
