"""Formats that differ from packet to packet in every way that a sweep can."""

from dataclasses import replace

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP, UDP4
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Algorithm,
    Checksum,
    Counter,
    Fill,
    Header,
    Packet,
    Parameter,
    Random,
    Range,
    Reserved,
    Timestamp,
    UInt,
)

_STAMPED = Header(
    "stamped",
    (
        UInt("number", 32, Counter()),
        UInt("reading", 32, Random(seed=7)),
        UInt("sent", 64, Timestamp()),
    ),
)
FIELDS = Packet(
    "fields4",
    ETHERNET / IPV4.bind(id=Counter()) / UDP.bind(src=Range(1024, 60000)) / _STAMPED / Fill(),
    "four swept fields and a time stamp",
)
LENGTHS = UDP4.preset(
    "lengths4", "swept lengths", {"length": Range(60, 1514), "port_src": Counter()}
)
_TRAILED = Header(
    "trailed",
    (UInt("channel", 8, Parameter("channel", 7)), Reserved(24)),
    trailer=(
        UInt("sequence", 32, Counter()),
        UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32)),
    ),
)
TRAILER = Packet(
    "trailer4",
    ETHERNET / IPV4 / UDP / _TRAILED / Fill(),
    "a counter and a CRC behind the payload",
    max_length=500,
)
TRAILERS = TRAILER.preset("trailers4", "the same, swept lengths", {"length": Range(60, 500)})
LONG = replace(UDP4, name="long4", max_length=9014)
HUGE = replace(UDP4, name="huge4", max_length=65535)
del UDP4
