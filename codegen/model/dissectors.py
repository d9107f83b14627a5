"""What other tools call a header and its fields, for cross-checks.

Scapy and Wireshark implement each protocol independently. A header that declares the
names of its fields in these tools can be cross-checked by them, in any packet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The members of a group: the name of each, and its fields as integers.
Members = list[tuple[str, dict[str, int]]]


@dataclass(frozen=True)
class Dissectors:
    """The names of a header and its fields in scapy and in tshark.

    ``scapy`` is a class (``scapy.layers.inet.IP``) and ``tshark`` a protocol. A class of
    one's own need not be bound to the layer below it: scapy then takes the format's number.
    ``fields`` maps a field, by its path in the header, to its two names there, either
    of them empty where the tool has none. A name in scapy may end in ``@2``, the bit of a
    number at which the field starts; one in tshark in ``/4``, its unit. ``groups`` are
    functions that return scapy's value of a group from its members. ``preferences`` are
    the settings with which tshark checks everything.
    """

    scapy: str
    tshark: str
    fields: Mapping[str, tuple[str, str]]
    groups: Mapping[str, tuple[str, Callable[[Members], Any]]] = field(default_factory=dict)
    preferences: tuple[str, ...] = ()
