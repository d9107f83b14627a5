"""Numbers whose size follows from their value, against specifications and other implementations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.contrib.mqtt import VariableFieldLenField
from scapy.layers.quic import QuicVarIntField

from codegen import oracle
from codegen.diagnostics import FormatError
from codegen.model import (
    STRATEGIES,
    Const,
    Cycle,
    Default,
    Fill,
    Header,
    Packet,
    Parameter,
    Random,
    Range,
    VarInt,
)
from codegen.model.field import Encoding
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify.compare import parse, verify
from codegen.verify.subject import Subject


def packet(*fields: VarInt) -> Packet:
    return Packet("p", Header("h", fields) / Fill(0xEE), min_length=1, max_length=60)


def encoded(number: int, encoding: Encoding, size: int | None = None) -> bytes:
    layout = resolve(packet(VarInt("n", Parameter("n", number), encoding, size)))
    frame = oracle.encode(layout, {}, layout.min_length)
    assert oracle.decode(layout, frame).values == {"h.n": number}
    return frame


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        # RFC 9000 appendix A.1
        (151288809941952652, "c2197c5eff14e88c"),
        (494878333, "9d7f3e7d"),
        (15293, "7bbd"),
        (37, "25"),
    ],
)
def test_the_examples_of_rfc_9000(number: int, wanted: str) -> None:
    assert encoded(number, "quic").hex() == wanted
    if number == 37:
        assert encoded(number, "quic", size=2).hex() == "4025"


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        # MQTT 5.0 table 1-1, and the examples of protobuf's "Encoding"
        *((0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")),
        *((2_097_151, "ffff7f"), (2_097_152, "80808001"), (268_435_455, "ffffff7f")),
        *((1, "01"), (150, "9601")),
    ],
)
def test_the_examples_of_mqtt_and_protobuf(number: int, wanted: str) -> None:
    assert encoded(number, "leb128").hex() == wanted


def of_scapy(field: Any, number: int) -> bytes:
    return bytes(field.addfield(None, b"", number))


@given(st.integers(0, 62).flatmap(lambda bits: st.integers(0, (1 << bits) - 1)))
@example(63)
@example(64)
@example(16_383)
@example(16_384)
@example((1 << 30) - 1)
@example(1 << 30)
@example((1 << 62) - 1)
def test_bytes_are_those_of_scapy(number: int) -> None:
    assert encoded(number, "quic") == of_scapy(QuicVarIntField("n", 0), number)
    if number < 1 << 28:
        field = VariableFieldLenField("n", 0)
        assert encoded(number, "leb128") == of_scapy(field, number)


@pytest.mark.parametrize("encoding", ["quic", "leb128"])
def test_c_agrees_at_the_ends_of_each_size(encoding: Encoding) -> None:
    fields: list[VarInt] = []
    sizes = (1, 2, 4, 8) if encoding == "quic" else range(1, 9)
    for size in sizes:
        bits = 8 * size - 2 if encoding == "quic" else 7 * size
        top = (1 << bits) - 1
        fields += [
            VarInt(f"parameter{size}", Parameter(f"n{size}", top), encoding),
            VarInt(f"constant{size}", Const(top), encoding),
            VarInt(f"default{size}", Default(top - 1), encoding),
            VarInt(f"range{size}", Range(top - 5, top), encoding, size),
            VarInt(f"cycle{size}", Cycle((top, top - 9)), encoding, size),
            VarInt(f"random{size}", Random(size, top - 20, top), encoding, size),
        ]
    whole = Packet("whole", Header("h", tuple(fields)) / Fill(1), min_length=1, max_length=250)
    report = verify(Subject.build(resolve(whole), STRATEGIES[0], optimize="-O1"), 40, seed=0)
    assert report.counterexample is None, report.counterexample


@pytest.mark.parametrize("encoding", ["quic", "leb128"])
def test_a_frame_with_a_number_of_another_size_is_other_traffic(encoding: Encoding) -> None:
    layout = resolve(packet(VarInt("n", Parameter("n", 300), encoding)))
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    for number in (0, 1, 63, 64, 127, 128, 300, 16_383, 16_384, 1 << 21, 1 << 30):
        frame = encoded(number, encoding)
        result = parse(subject, frame + bytes(10))
        assert (result is Result.VALID) == (len(frame) == 2)
        assert result in (Result.VALID, Result.NEXT_HEADER)
    # Of this size, though it could be smaller.
    assert parse(subject, bytes.fromhex("4005" if encoding == "quic" else "8500")) is Result.VALID


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (
            VarInt("n", Const(20_000), size=2),
            "20000 takes 4 bytes, and the field has 2; use 0 to 16383, or make another packet with "
            "VarInt(..., size=4)",
        ),
        (
            VarInt("n", Const(5), "leb128", 2),
            "5 takes 1 bytes, and the field has 2; use 128 to 16383",
        ),
        (VarInt("n", Const(-1), size=1), "-1 has no size: it is negative"),
        (VarInt("n", Const(1 << 62)), "its size does not follow from a value"),
        (VarInt("n", Const(5), "leb128", 9), "9 bytes are no size of leb128"),
        (VarInt("n", Parameter("n", 5, 0, 64)), "and another packet for each other size"),
    ],
)
def test_another_size_is_refused_with_the_way_out(field: VarInt, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        resolve(packet(field))
    assert problem in str(caught.value)
