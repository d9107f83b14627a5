"""Where a field's value comes from: the other half of a field's declaration.

A field's shape (bits, byte order, kind) and the origin of its value are
separate questions, so any shape can be combined with any source. Sources only
declare; :mod:`codegen.layout` resolves them against a whole packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: What a person may write as a value: a number, or the text form of an address.
Value = int | str


class Edge(Enum):
    """The ends of a span that are not a field of the same header."""

    HEADER_START = "the start of the header"
    HEADER_END = "the end of the header"
    FRAME_END = "the end of the frame"


@dataclass(frozen=True)
class Span:
    """A run of whole bytes, from a declared start to a declared end.

    ``start`` and ``end`` are an :class:`Edge` or the name of a field of the
    header that declares the span; both named fields lie inside the span.
    """

    start: Edge | str
    end: Edge | str


#: The header that declares the field, without what follows it.
HEADER = Span(Edge.HEADER_START, Edge.HEADER_END)
#: All that follows the header that declares the field.
PAYLOAD = Span(Edge.HEADER_END, Edge.FRAME_END)
#: The header that declares the field and all that follows it.
HEADER_AND_PAYLOAD = Span(Edge.HEADER_START, Edge.FRAME_END)


class Algorithm(Enum):
    """Checksum algorithms; each has an oracle and a lowering of its own."""

    INTERNET = "RFC 1071 internet checksum"


@dataclass(frozen=True)
class Const:
    """A value that is part of the format: no one may change it, the decoder checks it."""

    value: Value


@dataclass(frozen=True)
class Default:
    """A value that a preset may override; the decoder accepts any."""

    value: Value


class FromDevice(Enum):
    """Defaults that are known only when the program runs on its device."""

    HWADDR = "the device's own address"


@dataclass(frozen=True)
class Parameter:
    """An argument of the emitted function and of the emitted program.

    ``name`` is its C name; ``default`` is what the program uses when nothing is
    said. ``minimum`` and ``maximum`` narrow the range that the field's bits
    allow.
    """

    name: str
    default: Value | FromDevice
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Counter:
    """A sweep: ``start + n * step`` in the n-th packet that is sent, from 0 on.

    It wraps at the field's width. A preset may bind a field or a parameter to it.
    """

    start: int = 0
    step: int = 1


@dataclass(frozen=True)
class Length:
    """The size of a span: ``bytes // unit + plus``, in network terms a length field."""

    of: Span
    unit: int = 1
    plus: int = 0


@dataclass(frozen=True)
class Checksum:
    """A checksum over a span; the field itself counts as zero while it is computed.

    With ``pseudo_header`` the pseudo header of the header below is summed too
    (RFC 768, RFC 793). ``zero_as`` is sent in place of a result of zero (RFC 768:
    a UDP checksum of zero is sent as 0xFFFF).
    """

    over: Span
    algorithm: Algorithm = Algorithm.INTERNET
    pseudo_header: bool = False
    zero_as: int | None = None


@dataclass(frozen=True)
class NextHeader:
    """The number of the header that follows, in a registry such as ``ethertype``.

    The number itself stands with the header that it names
    (:attr:`codegen.model.Header.numbers`). ``last`` is sent when no header
    follows, only the payload.
    """

    registry: str
    last: int | None = None


Source = Const | Default | Parameter | Counter | Length | Checksum | NextHeader

#: What a preset may bind: a value, or a sweep.
Binding = Value | Counter
