"""Formats that nobody wrote: drawn at random, emitted, compiled, and proved like any other.

The catalogue only has what its protocols need. Here fields lie where no protocol
puts them, so that what layout, lowering and templates promise for *any* format
is tried. ``OWN_FORMATS=200`` tries that many, other ones each time.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from codegen import emit, model, oracle
from codegen.host import build
from codegen.layout import resolve
from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    MAC,
    PAYLOAD,
    Checksum,
    Const,
    Default,
    Field,
    Fill,
    Format,
    FromDevice,
    Group,
    Header,
    IPv4Address,
    Length,
    Packet,
    Pad,
    Parameter,
    Reserved,
    Source,
    Stack,
    UInt,
    UpperLength,
    UpperNumber,
    Zeros,
)
from codegen.model.strategy import STRATEGIES
from codegen.verify.judge import verify
from codegen.verify.subject import Subject

ASKED = os.environ.get("OWN_FORMATS")

Draw = Callable[[st.SearchStrategy[Any]], Any]


# --- Drawing a format, valid by construction -----------------------------------------


def plain(header: Header) -> list[Field]:
    """Return the fields of a header that has nothing else."""
    return [each for each in header.fields if not isinstance(each, Group | Pad)]


class _Drawn:
    """A format on its way: names that are used once, and the parameters so far."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.names = 0
        self.parameters: dict[str, Any] = {}

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def number(self, bits: int) -> int:
        """Draw a number, small or large: ranges of both are of interest."""
        top = (1 << bits) - 1
        return int(self.draw(st.integers(0, top) | st.sampled_from(sorted({0, 1, top // 2, top}))))

    def value(self, bits: int) -> Source:
        """Draw where the value of a number comes from."""
        kind = self.draw(st.sampled_from(["const", "default", "parameter", "range", "parameter"]))
        if kind == "const":
            return Const(self.number(bits))
        if kind == "default":
            return Default(self.number(bits))
        name = self.name("p")
        low, default, high = sorted(self.number(bits) for _ in range(3))
        self.parameters[name] = default
        if kind == "range":
            return Parameter(name, default, low, high)
        return Parameter(name, default)

    def bits(self) -> list[Field]:
        """Draw fields that share whole bytes, cut anywhere."""
        size = 8 * self.draw(st.integers(1, 8))
        cuts = self.draw(st.sets(st.integers(1, size - 1), max_size=4))
        edges = [0, *sorted(cuts), size]
        fields: list[Field] = []
        for start, end in pairwise(edges):
            if self.draw(st.integers(0, 5)) == 0:
                fields.append(Reserved(end - start, self.name("r")))
            else:
                fields.append(UInt(self.name("f"), end - start, self.value(end - start)))
        return fields

    def little(self) -> list[Field]:
        bits = 8 * self.draw(st.integers(1, 8))
        return [UInt(self.name("f"), bits, self.value(bits), "little")]

    def shifted(self) -> list[Field]:
        """Draw a little-endian field that starts inside of a byte."""
        bits = 8 * self.draw(st.integers(2, 4))
        here = self.draw(st.integers(1, 7))
        return [
            UInt(self.name("f"), here, self.value(here)),
            UInt(self.name("f"), bits, self.value(bits), "little"),
            UInt(self.name("f"), 8 - here, self.value(8 - here)),
        ]

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

    def length(self) -> list[Field]:
        """Draw a length; in an odd number of bits it brings the rest of its bytes along."""
        of = self.draw(st.sampled_from([HEADER, PAYLOAD, HEADER_AND_PAYLOAD]))
        source = Length(of, plus=self.draw(st.sampled_from([0, 1, 4])))
        shape = self.draw(st.sampled_from(["plain", "little", "bits", "wide"]))
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

    def header(self, below: Header | None) -> Header:
        """Draw a header; at most one checksum, on a word of what it covers."""
        name = self.name("h")
        kinds = [self.bits, self.little, self.shifted, self.mac, self.ipv4, self.length]
        parts = self.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
        groups = [part() for part in parts]
        if self.draw(st.integers(0, 3)):
            at = self.draw(st.integers(0, len(groups)))
            before = sum(each.bits for group in groups[:at] for each in group) // 8
            if before % 2:
                groups.insert(at, [UInt(self.name("f"), 8, self.value(8))])
                at += 1
            pseudo = below is not None and bool(below.pseudo_header) and self.draw(st.booleans())
            checksum = Checksum(
                self.draw(st.sampled_from([HEADER, HEADER_AND_PAYLOAD])),
                pseudo_header=pseudo,
                zero_as=self.draw(st.sampled_from([None, 0xFFFF, 0xABCD])),
            )
            groups.insert(at, [UInt(self.name("sum"), 16, checksum)])
        fields = tuple(field for group in groups for field in group)
        return Header(
            name,
            fields,
            numbers={"upper": self.number(8)},
            pseudo_header=self.pseudo_header(fields),
        )

    def pseudo_header(self, fields: tuple[Field, ...]) -> tuple[Any, ...]:
        """Draw what checksums above sum besides; not a checksum, which may cover them."""
        usable = [
            each
            for each in fields
            if not isinstance(each, Reserved) and not isinstance(each.source, Checksum)
        ]
        if not usable:
            return ()
        chosen = self.draw(st.lists(st.sampled_from(usable), max_size=3, unique=True))
        parts: list[Any] = [each.name for each in chosen]
        bits = sum(each.bits for each in chosen) % 16
        if bits:
            parts.insert(self.draw(st.integers(0, len(parts))), Zeros(16 - bits))
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

    def packet(self) -> Packet:
        layers: list[Header] = []
        for _ in range(self.draw(st.integers(1, 3))):
            layers.append(self.header(layers[-1] if layers else None))
        size = sum(each.bits for layer in layers for each in plain(layer)) // 8
        order = None
        if self.parameters and self.draw(st.booleans()):
            order = tuple(self.draw(st.permutations(list(self.parameters))))
        if self.draw(st.integers(0, 3)) == 0 and not self.needs_payload(layers):
            return Packet("own", Stack(tuple(layers)), "no payload", order, 1, size)
        fill = Fill(self.draw(st.sampled_from([0, 1, 0x55, 0x80, 0xFF])))
        room = self.draw(st.integers(0, 3))
        low = self.draw(st.sampled_from([1, size, size + 1, size + 2]))
        high = max(low, size) + self.draw(st.sampled_from([0, 1, 9, 40])) + room
        return Packet("own", Stack((*layers, fill)), "a payload", order, low, high)

    def needs_payload(self, layers: list[Header]) -> bool:
        """A span of what follows the last header would be empty."""
        return any(
            isinstance(each.source, Length) and each.source.of == PAYLOAD
            for each in plain(layers[-1])
        )

    def format(self) -> Format:
        packet = self.packet()
        if self.draw(st.booleans()):
            return packet
        bindings: dict[str, Any] = {
            name: value for name, value in self.parameters.items() if self.draw(st.booleans())
        }
        if isinstance(packet.layers[-1], Fill) and self.draw(st.booleans()):
            bindings["fill"] = self.draw(st.sampled_from([0, 7, "U"]))
        for layer in packet.layers:
            for each in plain(layer) if isinstance(layer, Header) else ():
                if (
                    isinstance(each.source, Checksum | Default)
                    and self.draw(st.integers(0, 4)) == 0
                ):
                    bindings[f"{layer.name}.{each.name}"] = self.number(each.bits)
        return packet.preset("bound", "some of it bound", bindings)


@st.composite
def own_formats(draw: Draw) -> Format:
    return _Drawn(draw).format()


def source_of(format: Format) -> str:
    """Return a format as Python that makes it, given ``from codegen.model import *``."""
    return re.sub(r"<(\w+\.\w+): [^>]*>", r"\1", repr(format))


def namespace() -> dict[str, Any]:
    """Return what the source of a format refers to."""
    return {name: getattr(model, name) for name in dir(model)}


# --- Proving it ----------------------------------------------------------------------


def proved(format: Format, folder: Path) -> None:
    """Emit, compile and verify a format, and let its program send a few frames."""
    app = folder / "app"
    emit.write(emit.render(format, STRATEGIES[len(repr(format)) % len(STRATEGIES)]), app)
    subject = Subject.from_folder(format, app, optimize="-O1")
    report = verify(subject, examples=15, seed=0)
    assert report.counterexample is None, report.counterexample
    sent(format, app, folder / "frames.pcap")


def sent(format: Format, app: Path, capture: Path) -> None:
    """Compare the frames that the program sends for arguments on its command line."""
    layout = resolve(format)
    # The largest value of each range, and a size that the device takes.
    given = {each.argument.name: each.argument.maximum for each in layout.arguments}
    shown = [
        f"{each.argument.name}={each.field.show(each.argument.maximum)}"
        for each in layout.arguments
    ]
    length = layout.max_length
    program = build.build_program(app, optimize="-O1")
    done = subprocess.run(
        [program, f"device=pcap:{capture}", "--", "count=3", f"length={length}", *shown],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    wanted = oracle.encode(layout, given, length)
    record = struct.pack("=II", length, length) + wanted
    data = capture.read_bytes()
    found = [data[at + 8 : at + 16 + length] for at in range(24, len(data), 16 + length)]
    for each in found:
        assert each == record, oracle.explain(layout, wanted, each[8:])
    assert len(found) == 3


@hypothesis.settings(
    max_examples=int(ASKED or 15),
    derandomize=not ASKED,
    database=None,
    deadline=None,
    # A smaller counterexample takes a compilation a step: only where time was asked for.
    phases=list(hypothesis.Phase) if ASKED else [hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(format=own_formats())
def test_any_format_is_emitted_right(
    format: Format, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = source_of(format)
    assert eval(source, namespace()) == format  # so that a failure can be tried again
    try:
        proved(format, tmp_path_factory.mktemp("own"))
    except Exception as error:
        error.add_note(f"The format, with 'from codegen.model import *':\n{source}")
        raise


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
    "little-endian numbers in a pseudo header": Packet(
        "own", Header("h", (
            UInt("a", 32, Const(0x12345678), "little"),
            UInt("b", 64, Parameter("x", 0x123456789ABCDEF0), "little"),
            UInt("c", 24, Parameter("y", 0x123456), "little"),
        ), pseudo_header=("a", Zeros(3), "b", "c", Zeros(5))) / Header("i", (
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD, pseudo_header=True)),
        )) / Fill(0x55), min_length=1, max_length=20,
    ),
}  # fmt: skip


@pytest.mark.parametrize("format", CORNERS.values(), ids=CORNERS)
def test_corners(format: Format, tmp_path: Path) -> None:
    app = tmp_path / "app"
    emit.write(emit.render(format, STRATEGIES[0]), app)
    report = verify(Subject.from_folder(format, app, optimize="-O1"), examples=15, seed=0)
    assert report.counterexample is None
    layout = resolve(format)
    assert report.counts["C writes the oracle's bytes, and none besides"] > (
        layout.max_length - layout.min_length
    )
    if layout.max_length <= 1514:
        sent(format, app, tmp_path / "frames.pcap")
