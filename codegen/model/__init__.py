"""The vocabulary in which a person writes packets and strategies.

Frozen dataclasses only: no C, no input or output, and no decision that needs
more than one declaration at a time.
"""

from codegen.model.field import MAC, Field, Fill, IPv4Address, Reserved, UInt
from codegen.model.header import Header, Stack, UpperLength, UpperNumber, Zeros
from codegen.model.packet import ETHERNET_MAX, ETHERNET_MIN, Format, Packet, Preset
from codegen.model.source import (
    HEADER,
    HEADER_AND_PAYLOAD,
    PAYLOAD,
    Algorithm,
    Binding,
    Checksum,
    Const,
    Counter,
    Default,
    Edge,
    FromDevice,
    Length,
    NextHeader,
    Parameter,
    Source,
    Span,
    Value,
)
from codegen.model.strategy import STRATEGIES, Buffers, Fetch, QueueFull, Strategy

__all__ = [
    "ETHERNET_MAX",
    "ETHERNET_MIN",
    "HEADER",
    "HEADER_AND_PAYLOAD",
    "MAC",
    "PAYLOAD",
    "STRATEGIES",
    "Algorithm",
    "Binding",
    "Buffers",
    "Checksum",
    "Const",
    "Counter",
    "Default",
    "Edge",
    "Fetch",
    "Field",
    "Fill",
    "Format",
    "FromDevice",
    "Header",
    "IPv4Address",
    "Length",
    "NextHeader",
    "Packet",
    "Parameter",
    "Preset",
    "QueueFull",
    "Reserved",
    "Source",
    "Span",
    "Stack",
    "Strategy",
    "UInt",
    "UpperLength",
    "UpperNumber",
    "Value",
    "Zeros",
]
