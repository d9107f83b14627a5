"""What other tools call a header: how outside judges are asked about it.

Scapy and Wireshark have their own idea of each protocol. A header that says what
its fields are called there can be judged by them, in any packet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The members of a group: the name of each, and its fields as integers.
Members = list[tuple[str, dict[str, int]]]


@dataclass(frozen=True)
class Elsewhere:
    """The names of a header and its fields in scapy and in tshark.

    ``scapy`` is a class (``scapy.layers.inet.IP``) and ``tshark`` a protocol. A class of
    one's own need not be bound to the layer below it: scapy then takes the format's number.
    ``fields`` maps a field, by its path in the header, to its two names there, either
    of them empty where the tool has none. Scapy's may end in ``@2``: the bit at which
    the field starts in a number; tshark's in ``/4``: its unit. ``groups`` make scapy's
    value of a group from its members. ``preferences`` are those of tshark that let it
    check everything.
    """

    scapy: str
    tshark: str
    fields: Mapping[str, tuple[str, str]]
    groups: Mapping[str, tuple[str, Callable[[Members], Any]]] = field(default_factory=dict)
    preferences: tuple[str, ...] = ()
