"""A packet, and a preset of one: what every command takes as a format.

A packet gives a stack of headers a name and the bounds of its frame. A preset
is the same packet with some values bound, and the name of an emitted shorthand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from codegen.model.declared import Declared
from codegen.model.field import Fill
from codegen.model.header import Header, Stack
from codegen.model.linktype import LinkType
from codegen.model.source import Binding, Value

#: The shortest frame, in bytes without the frame check sequence (IEEE 802.3 clause 3.2.7, 4.4.2).
ETHERNET_MIN = 60
#: The longest frame without jumbo frames, in bytes: a header of 14 and 1500 of payload.
ETHERNET_MAX = 1514
#: Bytes on the wire besides: frame check sequence, preamble with start delimiter, gap.
WIRE_OVERHEAD = 4 + 8 + 12


@dataclass(frozen=True)
class Example(Declared):
    """A frame that is known from elsewhere, such as the specification.

    ``hex`` is the whole frame in hexadecimal digits, blanks between them allowed, and
    ``values`` what it is made from, by parameter; others have their defaults. In a packet with
    sweeps, it is the packet number 0, sent at the time 0.
    """

    hex: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    name: str = ""


@dataclass(frozen=True)
class Packet(Declared):
    """A stack of headers with a name.

    ``arguments`` orders the parameters of the emitted function by name; without
    it they come in wire order. ``min_length`` and ``max_length`` bound the frame,
    in bytes, without preamble and frame check sequence. ``examples`` are
    compared with the oracle and with the emitted C when the packet is verified. ``linktype`` is
    that of captures with such frames; without it, the lowest header's, or else Ethernet.
    Frames of Ethernet have 60 bytes at least, others one, if ``min_length`` is not given.
    """

    name: str
    stack: Stack | Header
    summary: str = ""
    arguments: tuple[str, ...] | None = None
    min_length: int | None = None
    max_length: int = ETHERNET_MAX
    examples: tuple[Example, ...] = field(default=(), compare=False, repr=False)
    linktype: int | None = None

    @property
    def link(self) -> int:
        """The link type of the frames."""
        if self.linktype is not None:
            return self.linktype
        lowest = self.layers[0] if self.layers else None
        known = lowest.linktypes if isinstance(lowest, Header) else ()
        return known[0] if known else LinkType.ETHERNET

    @property
    def has_link(self) -> bool:
        """Whether the link type was declared, by the packet or by its lowest header."""
        lowest = self.layers[0] if self.layers else None
        return self.linktype is not None or (isinstance(lowest, Header) and bool(lowest.linktypes))

    @property
    def least(self) -> int:
        """The least length of a frame."""
        if self.min_length is not None:
            return self.min_length
        return ETHERNET_MIN if self.link == LinkType.ETHERNET else 1

    @property
    def packet(self) -> Packet:
        """The packet itself; that of a preset is the packet that it binds values of."""
        return self

    @property
    def bindings(self) -> tuple[tuple[str, Binding], ...]:
        """Empty, as a packet binds nothing; a preset does."""
        return ()

    @property
    def layers(self) -> tuple[Header | Fill, ...]:
        """The layers, lowest first."""
        return self.stack.layers if isinstance(self.stack, Stack) else (self.stack,)

    def preset(self, name: str, summary: str, bindings: Mapping[str, Binding]) -> Preset:
        """Return a preset of this packet.

        A key of ``bindings`` is a parameter (``ipv4_src``), a field
        (``udp.checksum``), the payload (``fill``) or the length of the frame
        (``length``); a value may be a sweep such as ``Counter()``.
        """
        return Preset(name, self, summary, tuple(bindings.items()))


@dataclass(frozen=True)
class Preset(Declared):
    """A packet with some values bound; made by :meth:`Packet.preset`.

    ``bindings`` are pairs of a name and what it is bound to. ``name`` is also that of an
    emitted shorthand function.
    """

    name: str
    packet: Packet
    summary: str
    bindings: tuple[tuple[str, Binding], ...]


#: What every command takes: a packet, or a preset of one.
Format = Packet | Preset
