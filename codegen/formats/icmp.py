"""Echo messages: ICMP for IPv4, RFC 792, and for IPv6, RFC 4443 section 4.1.

::

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |     Type      |     Code      |           Checksum            |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    |          Identifier           |        Sequence Number        |
    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

The two differ in their numbers, and in that the checksum of ICMPv6 covers a
pseudo header (RFC 4443 section 2.3).
"""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.ipv6 import IPV6
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Checksum,
    Const,
    Dissectors,
    Fill,
    Header,
    Packet,
    Parameter,
    UInt,
)


def _echo(
    name: str,
    title: str,
    reference: str,
    number: int,
    request: int,
    pseudo_header: bool,
    known_as: Dissectors,
) -> Header:
    """Return the header of an echo request."""
    return Header(
        name,
        (
            UInt("type", 8, Const(request), at=0),
            UInt("code", 8, Const(0), at=8),
            UInt("checksum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=pseudo_header), at=16),
            UInt("id", 16, Parameter("echo_id", 0), at=32),
            UInt("sequence", 16, Parameter("echo_seq", 0), at=48),
        ),
        title=title,
        reference=reference,
        numbers={"ip_protocol": number},
        known_as=known_as,
    )


ICMP4 = _echo(
    "icmp4",
    "ICMP echo request",
    "RFC 792",
    number=1,
    request=8,
    pseudo_header=False,
    known_as=Dissectors(
        "scapy.layers.inet.ICMP",
        "icmp",
        {
            "type": ("type", "icmp.type"),
            "code": ("code", "icmp.code"),
            "checksum": ("chksum", "icmp.checksum"),
            "id": ("id", "icmp.ident"),
            "sequence": ("seq", "icmp.seq"),
        },
    ),
)
ICMP6 = _echo(
    "icmp6",
    "ICMPv6 echo request",
    "RFC 4443 section 4.1",
    number=58,
    request=128,
    pseudo_header=True,
    known_as=Dissectors(
        "scapy.layers.inet6.ICMPv6EchoRequest",
        "icmpv6",
        {
            "type": ("type", "icmpv6.type"),
            "code": ("code", "icmpv6.code"),
            "checksum": ("cksum", "icmpv6.checksum"),
            "id": ("id", "icmpv6.echo.identifier"),
            "sequence": ("seq", "icmpv6.echo.sequence_number"),
        },
    ),
)

ICMP4_ECHO = Packet("icmp4_echo", ETHERNET / IPV4 / ICMP4 / Fill(), "an echo request over IPv4")
ICMP6_ECHO = Packet("icmp6_echo", ETHERNET / IPV6 / ICMP6 / Fill(), "an echo request over IPv6")
