"""Link types: what the frames of a capture begin with, as numbered by tcpdump's registry."""

from __future__ import annotations

from enum import IntEnum


class LinkType(IntEnum):
    """The link types of the registry (tcpdump.org/linktypes.html) that have a name here.

    Any other number of it serves as well. The user-defined types are for formats of one's own.
    """

    ETHERNET = 1
    #: IPv4 or IPv6, as the first four bits have it.
    RAW_IP = 101
    USER0 = 147
    USER1 = 148
    USER2 = 149
    USER3 = 150
    USER4 = 151
    USER5 = 152
    USER6 = 153
    USER7 = 154
    USER8 = 155
    USER9 = 156
    USER10 = 157
    USER11 = 158
    USER12 = 159
    USER13 = 160
    USER14 = 161
    USER15 = 162
    #: With the frame check sequence at its end.
    IEEE802_15_4 = 195
    #: The header of SocketCAN, its numbers in network order, before the data of CAN or CAN FD.
    CAN = 227
    IPV4 = 228
    IPV6 = 229
    IEEE802_15_4_WITHOUT_FCS = 230
