"""Formats that nobody wrote: drawn at random, emitted, compiled, and proved like any other.

The catalogue only has what its protocols need. Here fields lie where no protocol
puts them, so that what layout, lowering and templates promise for *any* format
is tried. ``make test-long`` tries forty times as many; a format that fails is made as
small as it can be, and printed as Python.
"""

from __future__ import annotations

import functools
import operator
import os
import re
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from codegen import emit, model, oracle
from codegen.diagnostics import Code, FormatError
from codegen.host import build
from codegen.layout import Layout, TimestampSweep
from codegen.model import (
    BIT,
    CRC,
    HEADER,
    HEADER_AND_PAYLOAD,
    HEADER_TO_TRAILER,
    MAC,
    PAYLOAD,
    Algorithm,
    AtLeast,
    AtMost,
    Bytes,
    Checksum,
    Const,
    Content,
    Count,
    Counter,
    Cycle,
    Default,
    Edge,
    Fetch,
    Field,
    Fill,
    Format,
    FromDevice,
    Group,
    Header,
    Increment,
    Int,
    IPv4Address,
    IPv6Address,
    Is,
    Length,
    Member,
    NextHeader,
    OwnAlgorithm,
    Packet,
    Pad,
    Parameter,
    PayloadPad,
    Permutation,
    Random,
    Range,
    Reserved,
    Source,
    Span,
    Stack,
    Sweep,
    Switch,
    Timestamp,
    UInt,
    UpperLength,
    UpperNumber,
    VarInt,
    Zeros,
    limits,
)
from codegen.model.crcs import CATALOGUE
from codegen.model.field import ByteOrder, Encoding
from codegen.model.strategy import STRATEGIES
from codegen.resolve import resolve
from codegen.resolve.findings import Findings
from codegen.resolve.placing import place
from codegen.verify.compare import verify
from codegen.verify.subject import Subject

#: How many formats are tried, in so many tests that run beside one another.
COUNT = int(os.environ.get("OWN_FORMATS", "48"))
PARTS = 8

Draw = Callable[[st.SearchStrategy[Any]], Any]

#: A checksum that no one else has; the source of a failing format calls it by this name.
OWN = OwnAlgorithm(
    "xor16",
    16,
    lambda data: functools.reduce(
        operator.xor,
        (octet << 8 * (at % 2) for at, octet in enumerate(data)),
        0x1234,
    ),
    """
static inline uint16_t xor16(const uint8_t *p, size_t len, size_t field)
{
	uint16_t x = 0x1234;
	size_t i;

	for (i = 0; i < len; i++)
		x ^= (uint16_t)(csum_octet(p, i, field, sizeof(uint16_t)) << 8 * (i % 2));
	return x;
}
""",
)


# --- Drawing a format, valid by construction -----------------------------------------


def size(members: Iterable[Member]) -> int:
    """Return the bits of members that are there whatever their header is given."""
    return sum(
        size(each.fields)
        if isinstance(each, Group)
        else 0
        if isinstance(each, Pad | PayloadPad)
        else each.bits
        for each in members
    )


def sources(members: Iterable[Member]) -> Iterator[tuple[Field, Source]]:
    """Yield the fields with their sources, those in groups too."""
    for each in members:
        if isinstance(each, Group):
            yield from sources(each.fields)
        elif not isinstance(each, Pad | PayloadPad):
            yield each, each.source


class _Drawn:
    """A format on its way: names that are used once, and the parameters so far."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.names = 0
        self.parameters: dict[str, Any] = {}
        #: The parameters that a sweep of numbers goes with, with their bits and their sign.
        self.widths: dict[str, tuple[int, bool]] = {}
        #: Whether lengths may be at odd distances.
        self.has_table = False
        #: The fields that decide on others, which a preset cannot bind.
        self.switches: set[str] = set()

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def number(self, bits: int, signed: bool = False) -> int:
        """Draw a number, small or large: ranges of both are of interest."""
        top = (1 << bits) - 1
        number = self.draw(st.integers(0, top) | st.sampled_from(sorted({0, 1, top // 2, top})))
        return int(number) - (1 << (bits - 1) if signed else 0)

    def value(self, bits: int, signed: bool = False) -> Source:
        """Draw where the value of a number comes from."""
        kind = self.draw(
            st.sampled_from(["const", "default", "parameter", "range", "parameter", "sweep"])
        )
        if kind == "sweep":
            return self.sweep(bits, signed)
        if kind == "const":
            return Const(self.number(bits, signed))
        if kind == "default":
            decides = self.number(bits) if self.draw(st.integers(0, 3)) == 0 and not signed else 0
            return Default(self.number(bits, signed), decides=decides)
        name = self.name("p")
        low, default, high = sorted(self.number(bits, signed) for _ in range(3))
        self.parameters[name] = default
        self.widths[name] = bits, signed
        if kind == "range":
            return Parameter(name, default, low, high)
        return Parameter(name, default)

    def sweep(self, bits: int, signed: bool = False) -> Sweep:
        """Draw how a number differs from packet to packet."""
        low, high = sorted((self.number(bits, signed), self.number(bits, signed)))
        kinds = ["counter", "cycle", "range", "random", "time", "down", "permutation"]
        match self.draw(st.sampled_from(kinds)):
            case "down":
                return Range(high, low, -max((high - low) // 3, 1), self.draw(st.booleans()))
            case "permutation":
                return Permutation(low, high, self.number(64))
            case "time":
                unit = self.draw(st.sampled_from(["ns", "us", "ms", "s", "2^-32 s", "2^-16 s"]))
                epoch = self.draw(st.sampled_from([None, "unix", "ntp", "ptp"]))
                fraction = unit != "s" and bits > 32 and self.draw(st.booleans())
                return Timestamp(unit, epoch, fraction)
            case "counter":
                return Counter(low, self.number(bits) or 1)
            case "cycle":
                return Cycle(
                    tuple(self.number(bits, signed) for _ in range(self.draw(st.integers(1, 5))))
                )
            case "range":
                return Range(low, high, max((high - low) // 3, 1))
        return Random(self.number(64), low, high)

    def nested(self) -> list[Field]:
        """Draw sweeps that go round, and others that move on after each round of theirs."""
        inner, middle = self.name("in"), self.name("mid")
        low, high = sorted((self.number(16), self.number(16)))
        within = self.draw(
            st.sampled_from([Range(low, high), Permutation(low, high), Cycle((low, low + 1))])
        )
        outer = self.draw(st.sampled_from([Counter(per=inner), Counter(3, 5, every=middle)]))
        return [
            UInt(self.name("out"), 8, outer),
            UInt(middle, 24, Range(9, 3, -2, fold=True, every=inner)),
            UInt(inner, 17, within),
            UInt(self.name("rnd"), 15, Random(7, every=inner)),
        ]

    def bits(self) -> list[Field]:
        """Draw fields that share whole bytes, cut anywhere, in either order."""
        order: ByteOrder = self.draw(st.sampled_from(["big", "little"]))
        size = 8 * self.draw(st.integers(1, 8))
        cuts = self.draw(st.sets(st.integers(1, size - 1), max_size=4))
        edges = [0, *sorted(cuts), size]
        fields: list[Field] = []
        for start, end in pairwise(edges):
            if self.draw(st.integers(0, 5)) == 0:
                fields.append(Reserved(end - start, self.name("r"), byteorder=order))
            else:
                shape = self.draw(st.sampled_from([UInt, UInt, Int]))
                value = self.value(end - start, shape is Int)
                fields.append(shape(self.name("f"), end - start, value, order))
        return fields

    def little(self) -> list[Field]:
        bits = 8 * self.draw(st.integers(1, 8))
        return [UInt(self.name("f"), bits, self.value(bits), "little")]

    def variable(self) -> list[Field]:
        """Draw a number of variable length, in a size that its value or the format gives."""
        encoding: Encoding = self.draw(st.sampled_from(["quic", "leb128"]))
        number = self.draw(st.integers(0, 60).map(lambda bits: (1 << bits) - 1))
        number = min(number, (1 << (62 if encoding == "quic" else 56)) - 1)
        name = self.name("v")
        least, largest = limits(VarInt(name, Const(number), encoding))
        size = VarInt(name, Const(number), encoding).bytes
        kind = self.draw(st.sampled_from(["const", "default", "parameter", "range", "random"]))
        match kind:
            case "const":
                return [VarInt(name, Const(number), encoding)]
            case "default":
                return [VarInt(name, Default(number), encoding)]
            case "range":
                return [VarInt(name, Range(least, least + 9), encoding, size)]
            case "random":
                return [VarInt(name, Random(1, least, largest), encoding, size)]
        parameter = self.name("p")
        self.parameters[parameter] = number
        return [VarInt(name, Parameter(parameter, number), encoding)]

    def mac(self) -> list[Field]:
        text = self.number(48).to_bytes(6, "big").hex(":")
        kind = self.draw(st.sampled_from(["const", "parameter", "device"]))
        if kind == "const":
            return [MAC(self.name("m"), Const(text))]
        name = self.name("p")
        self.parameters[name] = text
        default = FromDevice.HWADDR if kind == "device" else text
        return [MAC(self.name("m"), Parameter(name, default))]

    def ipv4(self) -> list[Field]:
        text = ".".join(str(octet) for octet in self.number(32).to_bytes(4, "big"))
        if self.draw(st.booleans()):
            return [IPv4Address(self.name("a"), Const(text))]
        name = self.name("p")
        self.parameters[name] = text
        return [IPv4Address(self.name("a"), Parameter(name, text))]

    def ipv6(self) -> list[Field]:
        text = IPv6Address("", Const("::")).show(self.number(64) << self.draw(st.integers(0, 64)))
        kind = self.draw(st.sampled_from(["const", "parameter", "range"]))
        if kind == "range":
            return [IPv6Address(self.name("a"), Range("2001:db8::fff0", "2001:db8::1:2", 7))]
        if kind == "const":
            return [IPv6Address(self.name("a"), Const(text))]
        name = self.name("p")
        self.parameters[name] = text
        return [IPv6Address(self.name("a"), Parameter(name, text))]

    def octets(self) -> list[Field]:
        value = self.draw(st.binary(min_size=1, max_size=20))
        kind = self.draw(st.sampled_from(["const", "default", "parameter", "cycle", "random"]))
        if kind == "random":
            return [Bytes(self.name("b"), Random(self.number(64)), len(value))]
        if kind == "parameter":
            name = self.name("p")
            self.parameters[name] = value
            return [Bytes(self.name("b"), Parameter(name, value))]
        if kind == "cycle":
            return [Bytes(self.name("b"), Cycle((value, value[::-1])), len(value))]
        return [Bytes(self.name("b"), Const(value) if kind == "const" else Default(value))]

    def enumeration(self) -> list[Field]:
        bits = self.draw(st.sampled_from([8, 16, 24]))
        numbers = sorted({self.number(bits) for _ in range(3)})
        names = {number: f"name{number}" for number in numbers}
        value = self.draw(st.sampled_from(numbers))
        source: Source = Default(value)
        if self.draw(st.booleans()):
            name = self.name("p")
            self.parameters[name] = value
            source = Parameter(name, value)
        order = self.draw(st.sampled_from(["big", "little"]))
        return [UInt(self.name("e"), bits, source, order, names=names)]

    def optional(self) -> list[Member]:
        """Draw a switch and what hangs on it."""
        value, level = self.draw(st.integers(0, 2)), self.draw(st.integers(-2, 2))
        made = st.sampled_from([Const, Default])
        switch = UInt(self.name("s"), 8, self.draw(made)(value))
        signed = Int(self.name("s"), 8, self.draw(made)(level))
        self.switches |= {switch.name, signed.name}
        condition, there = self.condition(switch.name, signed.name, value, level)
        before = set(self.parameters)
        inside: tuple[Member, ...] = tuple(self.bits())
        for name in set(self.parameters) - before if not there else ():
            # The packet has them not, then.
            self.widths.pop(name, None)
            del self.parameters[name]
        return [
            switch,
            signed,
            Group(self.name("g"), inside, when=condition),
            UInt(self.name("o"), 16, Default(7), when=(switch.name, 2)),
        ]

    def condition(self, a: str, b: str, value: int, level: int) -> tuple[Switch, bool]:
        """Draw a condition on two fields, and whether it holds for their values."""
        conditions: list[tuple[Switch, bool]] = [
            (a, value != 0),
            ((a, 2), value == 2),
            (Is(b, -1), level == -1),
            (AtLeast(a, 1), value >= 1),
            (AtMost(b, -1), level <= -1),
            (~AtMost(b, 0) & a, level > 0 and value != 0),
            (Is(a, 1) | AtLeast(b, 0), value == 1 or level >= 0),
            (~(Is(a, 1) & (AtMost(b, 1) | Is(b, 2))), not (value == 1 and level <= 2)),
        ]
        return self.draw(st.sampled_from(conditions))  # type: ignore[no-any-return]

    def options(self) -> list[Member]:
        """Draw a list of type, length and value, how long it is, and its padding."""
        group = self.name("g")
        options = tuple(
            Group(
                self.name("t"),
                (
                    UInt("kind", 8, Const(number)),
                    UInt("length", 8, Length(HEADER)),
                    *self.octets(),
                ),
            )
            for number in range(self.draw(st.integers(0, 3)))
        )
        return [
            UInt(self.name("n"), 8, Count(group)),
            UInt(self.name("l"), 8, Length(Span(group, group), plus=1)),
            Group(group, options),
            Pad(self.draw(st.sampled_from([1, 2, 4, 8])), self.name("pad")),
        ]

    def other_checksum(self) -> list[Field]:
        """Draw a checksum of another kind, over one field, so that no circle can come of it."""
        algorithm = self.draw(
            st.sampled_from([OWN, *(each for each in Algorithm if each is not Algorithm.INTERNET)])
        )
        covered = self.little()[0]
        over = Span(covered.name, covered.name)
        order = self.draw(st.sampled_from(["big", "little"]))
        return [covered, UInt(self.name("c"), algorithm.bits, Checksum(over, algorithm), order)]

    def crc_of_any_width(self) -> list[Field]:
        """Draw a CRC inside a byte, over two fields and some zeros."""
        width = self.draw(st.integers(1, 64))
        top = (1 << width) - 1
        algorithm = CRC(
            self.name("own"),
            width,
            self.draw(st.integers(0, top)) | 1,
            self.draw(st.sampled_from([0, 1, top])),
            self.draw(st.booleans()),
            self.draw(st.booleans()),
            self.draw(st.sampled_from([0, 1, top])),
        )
        if self.draw(st.integers(0, 2)) == 0:
            algorithm = self.draw(st.sampled_from(CATALOGUE))
        first, second = self.little()[0], self.bits()
        before = self.draw(st.integers(0, 7))
        behind = -(before + algorithm.width) % 8
        order = self.draw(st.sampled_from(["big", "little"]))
        over = (Span(second[0].name, second[-1].name), Span(first.name, first.name))
        names = [each.name for each in (first, *second)]
        zeroed = tuple(self.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)))
        source = Checksum(over[: self.draw(st.integers(1, 2))], algorithm, zeroed=zeroed)
        if len(source.over if isinstance(source.over, tuple) else ()) == 1:
            source = replace(source, zeroed=tuple(each for each in zeroed if each != first.name))
        around = [
            UInt(self.name("f"), before, self.value(before), order) if before else None,
            UInt(self.name("crc"), algorithm.width, source, order),
            UInt(self.name("f"), behind, self.value(behind), order) if behind else None,
        ]
        return [first, *second, *(each for each in around if each is not None)]

    def next_header(self) -> list[Field]:
        return [UInt(self.name("n"), 8, NextHeader("upper", last=self.number(8)))]

    def length(self) -> list[Field]:
        """Draw a length; in an odd number of bits it brings the rest of its bytes along."""
        of = self.draw(st.sampled_from([HEADER, PAYLOAD, HEADER_AND_PAYLOAD, HEADER_TO_TRAILER]))
        unit = self.draw(st.sampled_from([1, 1, 1, 2, 4, BIT]))
        source = Length(of, unit, plus=self.draw(st.sampled_from([0, 1, 4])))
        shape = self.draw(st.sampled_from(["plain", "little", "bits", "wide", "coded"]))
        if shape == "coded":
            self.has_table = True
            without = self.draw(st.sets(st.integers(0, 80), max_size=30))
            sizes = [each for each in range(600) if each not in without]
            table = dict(zip(range(1000, 0, -1), sizes, strict=False))
            return [UInt(self.name("len"), 16, replace(source, unit=1, table=table), "little")]
        if shape == "bits":
            before = self.draw(st.integers(0, 6))
            around = [
                *([UInt(self.name("f"), before, self.value(before))] if before else []),
                UInt(self.name("len"), 10, source),
                UInt(self.name("f"), 6 - before, self.value(6 - before)) if before < 6 else None,
            ]
            return [each for each in around if each is not None]
        bits = self.draw(st.sampled_from([24, 64])) if shape == "wide" else 16
        return [UInt(self.name("len"), bits, source, "little" if shape == "little" else "big")]

    def group_sum(self) -> list[Member]:
        """Draw an internet checksum over its own group, which may stand anywhere."""
        checksum = UInt(self.name("sum"), 16, Checksum(HEADER, zero_as=0xFFFF))
        return [Group(self.name("g"), (checksum, *self.bits()))]

    def crc(self) -> list[Member]:
        """Draw a checksum behind what it covers."""
        algorithm = self.draw(st.sampled_from([Algorithm.CRC32, Algorithm.CRC32C, OWN]))
        over = self.draw(st.sampled_from([HEADER, HEADER_AND_PAYLOAD]))
        order = self.draw(st.sampled_from(["big", "little"]))
        return [UInt(self.name("crc"), algorithm.bits, Checksum(over, algorithm), order)]

    def trailer(self) -> tuple[Member, ...]:
        """Draw what stands behind all that a header carries; often nothing does."""
        if self.draw(st.integers(0, 2)) < 2:
            return ()
        kinds: list[Callable[[], Sequence[Member]]]
        kinds = [self.bits, self.bits, self.little, self.mac, self.octets, self.enumeration]
        kinds += [self.variable]
        kinds += [self.length, self.next_header, self.other_checksum, self.group_sum, self.crc]
        kinds += [self.crc_of_any_width]
        parts = self.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
        return tuple(field for part in parts for field in part())

    def header(self, below: Header | None) -> Header:
        """Draw a header; at most one checksum, on a word of what it covers."""
        name = self.name("h")
        kinds = [
            *(self.bits, self.bits, self.little, self.mac, self.ipv4, self.length, self.ipv6),
            *(self.octets, self.enumeration, self.optional, self.options, self.other_checksum),
            *(self.next_header, self.group_sum, self.variable),
            *(self.crc_of_any_width, self.nested),
        ]
        trailer = self.trailer()
        parts = self.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
        groups: list[list[Any]] = [list(part()) for part in parts]
        if self.draw(st.integers(0, 3)):
            # Before what may be there or not, so that it stands at a word whatever comes.
            fixed = next(
                (at for at, part in enumerate(parts) if part in (self.optional, self.options)),
                len(parts),
            )
            at = self.draw(st.integers(0, fixed))
            before = size(each for group in groups[:at] for each in group) // 8
            if before % 2:
                groups.insert(at, [UInt(self.name("f"), 8, self.value(8))])
                at += 1
            spans = [HEADER, HEADER_AND_PAYLOAD]
            if not any(isinstance(source, Checksum) for _, source in sources(trailer)):
                spans.append(HEADER_TO_TRAILER)  # and else each might cover the other
            pseudo = below is not None and bool(below.pseudo_header) and self.draw(st.booleans())
            zero_as = self.draw(st.sampled_from([None, 0xFFFF, 0xABCD]))
            checksum = Checksum(
                self.draw(st.sampled_from(spans)),
                pseudo_header=pseudo,
                zero_as=zero_as,
                optional=zero_as is not None and self.draw(st.booleans()),
            )
            groups.insert(at, [UInt(self.name("sum"), 16, checksum)])
        fields = tuple(field for group in groups for field in group)
        return Header(
            name,
            fields,
            trailer=trailer,
            numbers={"upper": self.number(8)},
            pseudo_header=self.pseudo_header(fields),
            requires_checksums=self.draw(st.booleans()),
        )

    def pseudo_header(self, fields: tuple[Member, ...]) -> tuple[Any, ...]:
        """Draw what checksums above sum besides; not a checksum, which may cover them."""
        usable = [
            each
            for each in fields
            if not isinstance(each, Reserved | Pad | PayloadPad | Group)
            and not isinstance(each.source, Checksum)
            and each.when is None
            and (each.byteorder == "big" or not each.bits % 8)
        ]
        if not usable:
            return ()
        chosen = self.draw(st.lists(st.sampled_from(usable), max_size=3, unique=True))
        parts: list[Any] = []
        bits = 0
        for each in chosen:
            # What is little-endian has whole bytes there.
            fill = -bits % 8 if each.byteorder == "little" else self.draw(st.sampled_from([0, 3]))
            parts += [Zeros(fill), each.name] if fill else [each.name]
            bits += fill + each.bits
        if bits % 16:
            parts.append(Zeros(-bits % 16))
        parts += self.draw(
            st.sampled_from(
                [
                    [UpperLength(16)],
                    [UpperLength(32)],
                    [Zeros(8), UpperNumber(8, "upper"), UpperLength(16)],
                ]
            )
        )
        return tuple(parts)

    def padded(self, header: Header) -> Header:
        """Return a header with padding behind its payload, and a length that locates it."""
        pad = self.name("pad")
        own_span = Span(pad, pad)
        spans = [HEADER_TO_TRAILER, Span(Edge.HEADER_END, pad), Span(Edge.HEADER_START, pad)]
        of = self.draw(st.sampled_from(spans))
        multiple = self.draw(st.sampled_from([0, 2, 3, 4, 8, 256]))
        content = self.draw(st.sampled_from([None, Increment(1), Increment(250, 7)]))
        padding = PayloadPad(
            multiple or 1, 0 if multiple else self.draw(st.integers(1, 60)), of, content, pad
        )
        if self.draw(st.booleans()):
            length = UInt(self.name("len"), 16, Length(HEADER_AND_PAYLOAD))
            header = replace(header, fields=(*header.fields, length))
            return replace(header, trailer=(padding, *header.trailer))
        length = UInt(self.name("len"), 16, Length(own_span), "little")
        return replace(header, trailer=(padding, *header.trailer, length))

    def packet(self) -> Packet:
        layers: list[Header] = []
        for _ in range(self.draw(st.integers(1, 3))):
            layers.append(self.header(layers[-1] if layers else None))
        if self.draw(st.integers(0, 3)) == 0:
            layers[-1] = self.padded(layers[-1])
        own = Packet("own", Stack(tuple(layers)))
        size = place(Findings(own), own).least_length
        order = None
        if self.parameters and self.draw(st.booleans()):
            order = tuple(self.draw(st.permutations(list(self.parameters))))
        if self.draw(st.integers(0, 3)) == 0 and not self.needs_payload(layers):
            return Packet("own", Stack(tuple(layers)), "no payload", order, 1, size)
        fill = Fill(self.content())
        room = self.draw(st.integers(0, 3))
        low = self.draw(st.sampled_from([1, size, size + 1, size + 2]))
        high = max(low, size) + self.draw(st.sampled_from([0, 1, 9, 40])) + room
        if any(isinstance(each, PayloadPad) for each in layers[-1].trailer):
            high += 300  # so that there is a frame with all of its padding
        return Packet("own", Stack((*layers, fill)), "a payload", order, low, high)

    def content(self) -> Content:
        """Draw what a payload repeats; often it is one byte."""
        kind = self.draw(
            st.sampled_from(["byte", "byte", "octets", "increment", "cycle", "random"])
        )
        if kind == "random":
            return Random(self.number(64))
        if kind == "increment":
            return Increment(self.number(8), self.number(8))
        if kind == "cycle":
            return Cycle(tuple(self.draw(st.lists(st.binary(min_size=1), min_size=1, max_size=4))))
        if kind == "octets":
            return self.draw(st.sampled_from(["text", b"\xff\xfe\0", bytes(range(200)) * 2]))  # type: ignore[no-any-return]
        return self.number(8)

    def needs_payload(self, layers: list[Header]) -> bool:
        """A span of what follows the last header would be empty."""
        return any(
            isinstance(source, Length) and source.of == PAYLOAD
            for _, source in sources(layers[-1].members)
        )

    def format(self) -> Format:
        packet = self.packet()
        if self.draw(st.booleans()):
            return packet
        bindings: dict[str, Any] = {
            name: value for name, value in self.parameters.items() if self.draw(st.booleans())
        }
        for name, (bits, signed) in self.widths.items():
            if self.draw(st.integers(0, 3)) == 0:
                bindings[name] = self.sweep(bits, signed)
        swept = self.draw(st.integers(0, 3)) == 0 and not self.has_table
        if isinstance(packet.layers[-1], Fill) and swept:
            bindings["length"] = Random(self.number(64))
        if isinstance(packet.layers[-1], Fill) and self.draw(st.booleans()):
            bindings["fill"] = self.content()
        for layer in packet.layers:
            for each in layer.members if isinstance(layer, Header) else ():
                if (
                    isinstance(each, UInt)
                    and each.when is None
                    and not each.names
                    and each.name not in self.switches
                    and isinstance(each.source, Checksum | Default)
                    and self.draw(st.integers(0, 4)) == 0
                ):
                    bindings[f"{layer.name}.{each.name}"] = self.number(each.bits)
        return packet.preset("bound", "some of it bound", bindings)


@st.composite
def own_formats(draw: Draw) -> Format:
    format = _Drawn(draw).format()
    try:
        resolve(format)
    except FormatError as error:
        # That lengths of all units fit together, and into their fields, is left to chance.
        codes = {each.code for each in error.diagnostics}
        hypothesis.assume(not codes <= {Code.F116, Code.F131})
        raise
    return format


def source_of(format: Format) -> str:
    """Return a format as Python that makes it, given ``from codegen.model import *``."""
    text = repr(format).replace(repr(OWN), "OWN")
    return re.sub(r"<(\w+\.\w+): [^>]*>", r"\1", text)


def namespace() -> dict[str, Any]:
    """Return what the source of a format refers to."""
    return {name: getattr(model, name) for name in dir(model)} | {"Fraction": Fraction, "OWN": OWN}


# --- Proving it ----------------------------------------------------------------------


def proved(format: Format, folder: Path) -> None:
    """Emit, compile and verify a format, and let its program send a few frames."""
    app = folder / "app"
    layout = resolve(format)
    strategies = [
        each for each in STRATEGIES if each.fetch is not Fetch.SHARE or not layout.is_swept
    ]
    emit.write(emit.render(layout, strategies[len(repr(format)) % len(strategies)]), app)
    subject = Subject.from_folder(layout, app, optimize="-O1")
    report = verify(subject, examples=15, seed=0)
    assert report.counterexample is None, report.counterexample
    sent(layout, app, folder / "frames.pcap")


def sent(layout: Layout, app: Path, capture: Path) -> None:
    """Compare the frames that the program sends for arguments on its command line."""
    # The largest value of each range, and a size that the device takes.
    given = {each.argument.name: each.argument.ends[1] for each in layout.arguments}
    shown = [
        f"{each.argument.name}={each.field.show(given[each.argument.name])}"
        for each in layout.arguments
    ]
    swept = layout.length_sweep
    if swept is None:
        shown.append(f"length={layout.max_length}")
    program = build.build_program(app, optimize="-O1")
    done = subprocess.run(
        [program, f"device=pcap:{capture}", "--", "count=3", *shown],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    data, at = capture.read_bytes(), 24
    for number in range(3):
        length = layout.max_length if swept is None else oracle.swept_value(swept, number)
        wanted = oracle.encode(layout, given, length, packet=number)
        length = len(wanted)
        assert data[at + 8 : at + 16] == struct.pack("=II", length, length)
        found = data[at + 16 : at + 16 + length]
        # When it was sent, the oracle cannot know.
        timed = any(isinstance(each.origin, TimestampSweep) for each in layout.sweeps)
        assert timed or found == wanted, oracle.explain(layout, wanted, found)
        at += 16 + length
    assert at == len(data)


def search(prove: Callable[[Format], None], count: int, seed: int) -> None:
    """Try formats; the smallest that fails is in the notes of what ``prove`` raises."""

    def tried(format: Format) -> None:
        source = source_of(format)
        assert eval(source, namespace()) == format  # so that a failure can be tried again
        try:
            prove(format)
        except Exception as error:
            error.add_note(f"The format, with 'from codegen.model import *':\n{source}")
            raise

    test: Callable[[], None] = hypothesis.given(format=own_formats())(tried)
    test = hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )(hypothesis.seed(seed)(test))
    test()


@pytest.mark.parametrize("part", range(PARTS))
def test_any_format_is_emitted_right(part: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    search(lambda format: proved(format, tmp_path_factory.mktemp("own")), COUNT // PARTS, part)


def test_a_failure_is_made_small_and_printed_as_python() -> None:
    """A control: what fails whenever a format has bytes ends as a format of little else."""

    def prove(format: Format) -> None:
        for layer in format.packet.layers:
            for each, _ in sources(layer.members) if isinstance(layer, Header) else ():
                assert not isinstance(each, Bytes)

    with pytest.raises(AssertionError) as caught:
        search(prove, 200, 0)
    notes = "\n".join(caught.value.__notes__)
    source = notes.split("import *':\n")[1].splitlines()[0]
    format = eval(source, namespace())
    headers = [layer for layer in format.packet.layers if isinstance(layer, Header)]
    fields = [each for header in headers for each, _ in sources(header.members)]
    # Of the many headers and fields that are drawn, a few are left.
    assert len(headers) <= 3
    assert len(fields) <= 6


# --- What chance might miss ----------------------------------------------------------

CORNERS: dict[str, Format] = {
    "no parameter at all": Packet(
        "own", Header("h", (UInt("a", 16, Const(0x1234)), UInt("sum", 16, Checksum(HEADER))))
        / Fill(0x80), min_length=1, max_length=9,
    ),
    "a single bit, 64 across bytes, and what is left": Packet(
        "own", Header("h", (
            UInt("a", 1, Parameter("x", 1)),
            UInt("b", 64, Parameter("y", (1 << 64) - 1)),
            UInt("c", 7, Parameter("z", 0)),
                UInt("d", 8, Default(0xFF)),
            UInt("sum", 16, Checksum(HEADER)),
        )), min_length=1, max_length=64,
    ),
    "the longest frame": Packet(
        "own", Header("h", (
            UInt("a", 16, Length(HEADER_AND_PAYLOAD)),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD)),
        )) / Fill(0xFF), min_length=0xFFFF - 3, max_length=0xFFFF,
    ),
    "the widest range of a 48-bit number": Packet(
        "own", Header("h", (
            UInt("a", 48, Parameter("x", 1, 1, (1 << 48) - 2)),
            UInt("b", 48, Parameter("y", 0), "little"),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "all zero, where the sum is a zero of the other kind": Packet(
        "own", Header("h", (
            UInt("a", 16, Parameter("x", 0)),
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, zero_as=0xFFFF)),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "a checksum of constants, within another": Packet(
        "own", Header("h", (
            UInt("outer", 16, Checksum(HEADER_AND_PAYLOAD)),
            UInt("a", 8, Parameter("x", 5)),
        )) / Header("i", (
            UInt("b", 16, Const(0xFFFF)),
            UInt("inner", 16, Checksum(HEADER)),
            UInt("c", 8, Default(3)),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "a checksum of constants that is zero, within another": Packet(
        "own", Header("h", (
            UInt("outer", 16, Checksum(HEADER_AND_PAYLOAD)),
            UInt("a", 16, Parameter("x", 5)),
        )) / Header("i", (
            UInt("b", 16, Const(0xFFFF)),
            UInt("inner", 16, Checksum(HEADER)),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "a checksum of constants that is zero, and sent as something else": Packet(
        "own", Header("h", (
            UInt("b", 16, Const(0xFFFF)),
            UInt("sum", 16, Checksum(HEADER, zero_as=0xABCD)),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "the device's own address, and nothing else": Packet(
        "own", Header("h", (
            MAC("src", Parameter("x", FromDevice.HWADDR)),
        )) / Fill(), min_length=1, max_length=20,
    ),
    "checksums in a pseudo header, one of constants and one not": Packet(
        "own", Header("h", (
            UInt("a", 16, Const(0x1234)),
            UInt("sum", 16, Checksum(HEADER)),
        ), pseudo_header=("sum", UpperLength(16))) / Header("i", (
            UInt("b", 16, Parameter("x", 1)),
            UInt("sum", 16, Checksum(HEADER, pseudo_header=True)),
        ), pseudo_header=("sum", UpperLength(16))) / Header("j", (
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True)),
        )) / Fill(0x55), min_length=1, max_length=20,
    ),
    "signed numbers, and those of variable length, in a pseudo header": Packet(
        "own", Header("h", (
            Int("a", 16, Const(-2)),
            Int("b", 16, Parameter("x", -3)),
            VarInt("c", Parameter("y", 300), "leb128"),
            VarInt("d", Const(500)),
            Int("e", 32, Range(-5, 5), "little"),
        ), pseudo_header=("a", "b", "c", "d", "e")) / Header("i", (
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True)),
        )) / Fill(0x55), min_length=1, max_length=30,
    ),
    "little-endian numbers in a pseudo header": Packet(
        "own", Header("h", (
            UInt("a", 32, Const(0x12345678), "little"),
            UInt("b", 64, Parameter("x", 0x123456789ABCDEF0), "little"),
            UInt("c", 24, Parameter("y", 0x123456), "little"),
        ), pseudo_header=("a", Zeros(8), "b", "c")) / Header("i", (
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True)),
        )) / Fill(0x55), min_length=1, max_length=20,
    ),
}  # fmt: skip


@pytest.mark.parametrize("format", CORNERS.values(), ids=CORNERS)
def test_corners(format: Format, tmp_path: Path) -> None:
    app = tmp_path / "app"
    layout = resolve(format)
    emit.write(emit.render(layout, STRATEGIES[0]), app)
    report = verify(Subject.from_folder(layout, app, optimize="-O1"), examples=15, seed=0)
    assert report.counterexample is None
    assert report.counts["C writes the oracle's bytes, and none besides"] > (
        layout.max_length - layout.min_length
    )
    if layout.max_length <= 1514:
        sent(layout, app, tmp_path / "frames.pcap")
