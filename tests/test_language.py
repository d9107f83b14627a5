"""What a packet can be made of: optional fields, groups, repeated headers, checksums.

Each is held against a frame that was put together by hand here, or against a
function of someone else's; that the emitted C agrees is shown by ``verify``.
"""

from __future__ import annotations

import binascii
import random
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from scapy.layers import sctp
from scapy.utils import checksum as scapy_checksum

from codegen import oracle
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.formats import ipv4, mpls, vlan
from codegen.formats.ethernet import ETHERNET
from codegen.formats.udp import UDP
from codegen.layout import Layout
from codegen.model import (
    BIT,
    HEADER,
    HEADER_AND_PAYLOAD,
    HEADER_TO_TRAILER,
    MAC,
    PAYLOAD,
    STRATEGIES,
    Algorithm,
    Bytes,
    Checksum,
    Const,
    Count,
    Counter,
    Cycle,
    Default,
    Fill,
    Format,
    FromDevice,
    Group,
    Header,
    IPv6Address,
    Length,
    Member,
    NextHeader,
    OwnAlgorithm,
    Packet,
    Pad,
    Parameter,
    Random,
    Range,
    Span,
    UInt,
    inner,
    repeat,
)
from codegen.resolve import resolve
from codegen.verify.compare import verify
from codegen.verify.subject import Subject


def packet(*fields: Member, fill: bool = False) -> Packet:
    header = Header("h", fields)
    return Packet("own", header / Fill(0xEE) if fill else header, min_length=1, max_length=1514)


def encoded(format: Format, length: int | None = None, **given: int | str | bytes) -> bytes:
    layout = resolve(format)
    return oracle.encode(layout, given, length or layout.min_length)


def agrees(format: Format, strategy: str = "pool-dup", examples: int = 15) -> None:
    """Let the emitted C be compared with the oracle."""
    chosen = next(each for each in STRATEGIES if each.name == strategy)
    report = verify(Subject.build(resolve(format), chosen, optimize="-O1"), examples, seed=0)
    assert report.counterexample is None, report.counterexample


def names(layout: Layout) -> list[str]:
    return [each.argument.name for each in layout.arguments]


# --- Optional fields -----------------------------------------------------------------

OPTIONAL = Header(
    "h",
    (
        UInt("flags", 4, Default(0)),
        UInt("kind", 4, Const(0)),
        UInt("key", 16, Parameter("key", 0x1234), when="flags"),
        UInt("two", 16, Const(0x2222), when=("kind", 2)),
        Group("both", (UInt("a", 8, Const(0xAA)), UInt("b", 8, Const(0xBB))), when=("kind", 3)),
        UInt("end", 8, Length(HEADER)),
    ),
)


@pytest.mark.parametrize(
    ("bindings", "wanted"),
    [
        ({}, "00 02"),
        ({"flags": 1}, "10 1234 04"),
        ({"kind": 2}, "02 2222 04"),
        ({"kind": 3, "flags": 9}, "93 1234 aabb 06"),
    ],
)
def test_optional_fields(bindings: dict[str, int], wanted: str) -> None:
    format = Packet("own", OPTIONAL.bind(**bindings), min_length=1)
    assert encoded(format) == bytes.fromhex(wanted)
    agrees(format)


def test_bind_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="the header 'h' has no field 'nope'; it has: flags, kind"):
        OPTIONAL.bind(nope=1)
    with pytest.raises(ValueError, match=r"h\.both is bound to a tuple of fields, not to 1"):
        OPTIONAL.bind(both=1)
    with pytest.raises(ValueError, match=r"h\.key is bound to a value or a source"):
        OPTIONAL.bind(key=())


def test_fields_may_have_names_that_are_keywords_of_c() -> None:
    """In C they are ``h_class``, ``h_default``, ..., whatever their values come from."""
    format = packet(
        UInt("default", 16, Checksum(HEADER)),
        UInt("class", 8, Parameter("traffic", 1)),
        UInt("register", 8, Counter(3)),
        Group(
            "union",
            (
                UInt("struct", 8, Length(HEADER_AND_PAYLOAD)),
                MAC("int", Parameter("own", FromDevice.HWADDR)),
            ),
        ),
        fill=True,
    )
    agrees(replace(format, max_length=40), "ring-patch")


# --- References ----------------------------------------------------------------------


def test_a_name_is_that_of_what_is_nearest() -> None:
    """A field may be named like the group that it is in."""
    name = (UInt("length", 16, Length(Span("name", "name"))), Bytes("name", Const(b"codegen")))
    assert encoded(packet(Group("name", name))) == b"\x00\x07codegen"
    around = UInt("length", 16, Length(Span("name", "name")))
    assert encoded(packet(around, Group("name", name))) == b"\x00\x09\x00\x07codegen"


# --- Least significant bits first ----------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_bits_from_the_least_significant_one_on_lie_as_gcc_puts_bit_fields(
    seed: int, tmp_path: Path
) -> None:
    """On a little-endian machine C's bit-fields are such fields."""
    chosen = random.Random(seed)
    widths = [chosen.randint(1, 33) for _ in range(12)]
    widths.append(-sum(widths) % 8 or 8)
    values = [chosen.getrandbits(bits) for bits in widths]
    members = "".join(f"uint64_t f{n} : {bits};" for n, bits in enumerate(widths))
    source = tmp_path / "bits.c"
    source.write_text(
        "#include <stdint.h>\n#include <stdio.h>\n"
        f"static const struct __attribute__((packed)) {{ {members} }} bits = "
        f"{{ {', '.join(f'{each}u' if each < 1 << 32 else f'{each}ul' for each in values)} }};\n"
        "int main(void) { return fwrite(&bits, sizeof(bits), 1, stdout) != 1; }\n"
    )
    subprocess.run(["gcc", str(source), "-o", str(tmp_path / "bits")], check=True, timeout=60)
    wanted = subprocess.run([tmp_path / "bits"], check=True, capture_output=True, timeout=60).stdout
    format = packet(
        *(
            UInt(f"f{n}", bits, Parameter(f"f{n}", value), "little")
            for n, (bits, value) in enumerate(zip(widths, values, strict=True))
        )
    )
    assert encoded(format) == wanted
    agrees(format)


# --- Groups, arrays, padding ---------------------------------------------------------


def test_a_list_of_type_length_value() -> None:
    def option(name: str, kind: int, *value: UInt | Bytes) -> Group:
        return Group(
            name, (UInt("kind", 8, Const(kind)), UInt("length", 8, Length(HEADER)), *value)
        )

    format = packet(
        UInt("words", 4, Length(HEADER, unit=4)),
        UInt("number", 4, Count("options")),
        UInt("size", 8, Length(Span("options", "options"))),
        Group(
            "options",
            (
                option("empty", 1),
                option("number", 2, UInt("value", 24, Parameter("x", 0x010203))),
                option("text", 3, Bytes("value", Parameter("text", b"abc"))),
            ),
        ),
        Pad(4),
    )
    assert encoded(format) == bytes.fromhex("43 0c 0102 0205010203 0305616263 0000")
    assert encoded(format, x=7, text="7a7a7a")[6:14] == bytes.fromhex("0000070305") + b"zzz"
    agrees(format)


def test_nothing_may_be_in_a_group() -> None:
    format = packet(
        UInt("size", 8, Length(Span("options", "options"))),
        UInt("number", 8, Count("options")),
        Group("options", ()),
        Pad(4),
    )
    assert encoded(format) == bytes(4)


def test_an_array_numbers_its_elements() -> None:
    entry = Group("entry", (UInt("id", 8, Parameter("id", 9)), UInt("x", 8, Const(1))))
    format = packet(UInt("n", 8, Count("entries")), Group("entries", repeat(entry, 3)), fill=True)
    assert names(resolve(format)) == ["id1", "id2", "id3"]
    assert encoded(format, 9, id2=5) == bytes.fromhex("03 0901 0501 0901 eeee")
    agrees(format)


# --- Names of what stands more than once ---------------------------------------------


def test_a_repeated_header_is_numbered() -> None:
    stack = (
        ETHERNET
        / vlan.VLAN
        / vlan.VLAN
        / mpls.MPLS
        / mpls.MPLS
        / mpls.MPLS
        / ipv4.IPV4
        / UDP
        / Fill()
    )
    layout = resolve(Packet("own", stack))
    assert [each for each in names(layout) if "vid" in each] == ["vlan_vid", "vlan2_vid"]
    assert [each for each in names(layout) if "label" in each] == [
        *("mpls_label", "mpls2_label", "mpls3_label")
    ]
    assert layout["mpls2.bottom"].origin != layout["mpls3.bottom"].origin


def test_a_name_that_ends_in_a_digit_is_numbered_apart() -> None:
    layout = resolve(Packet("own", ETHERNET / ipv4.IPV4 / ipv4.IPV4 / UDP / Fill()))
    assert {"ipv4_dst", "ipv4_2_dst", "ttl", "ipv4_2_ttl"} <= {*names(layout)}


def test_what_a_tunnel_carries_is_inner() -> None:
    tunnel = inner(ETHERNET / vlan.VLAN / vlan.VLAN / ipv4.IPV4 / inner(ipv4.IPV4 / UDP / Fill()))
    layout = resolve(Packet("own", ETHERNET / ipv4.IPV4 / UDP / tunnel))
    assert {
        *("mac_dst", "inner_mac_dst", "inner_vlan2_vid", "inner_ipv4_dst", "inner_inner_ipv4_dst"),
        *("inner_inner_port_src", "inner_inner_ttl"),
    } <= {*names(layout)}


# --- Checksums -----------------------------------------------------------------------

DATA = [b"", b"123456789", bytes(300), b"\xff" * 1500, random.Random(3).randbytes(999)]

#: The same checksums by someone else.
ELSEWHERE = {
    Algorithm.ADLER32: zlib.adler32,
    Algorithm.CRC32: binascii.crc32,
    Algorithm.CRC32C: lambda data: int.from_bytes(sctp.crc32c(data).to_bytes(4, "little"), "big"),  # type: ignore[no-untyped-call]
    Algorithm.INTERNET: scapy_checksum,
}


def summed(algorithm: Algorithm, data: bytes) -> int:
    """Return the oracle's checksum of some bytes."""
    bits = algorithm.bits
    fields: tuple[Member, ...] = (
        *([Bytes("data", Const(data))] if data else []),
        UInt("sum", bits, Checksum(Span("data", "data") if data else HEADER, algorithm)),
    )
    frame = encoded(packet(*fields))
    return int.from_bytes(frame[-bits // 8 :], "big")


@pytest.mark.parametrize("algorithm", ELSEWHERE, ids=lambda each: each.name)
@pytest.mark.parametrize("data", DATA[1:], ids=["digits", "zeros", "ones", "random"])
def test_the_oracles_checksums_are_those_of_others(algorithm: Algorithm, data: bytes) -> None:
    if algorithm is Algorithm.INTERNET and len(data) % 2:
        data += b"\0"
    assert summed(algorithm, data) == ELSEWHERE[algorithm](data)


@pytest.mark.parametrize(
    ("data", "wanted"), [(b"abcde", 0xC8F0), (b"abcdef", 0x2057), (b"abcdefgh", 0x0627)]
)
def test_fletchers_checksum_is_as_published(data: bytes, wanted: int) -> None:
    """Known values: no library at hand computes the variant of RFC 1146."""
    assert summed(Algorithm.FLETCHER16, data) == wanted


@pytest.mark.parametrize("algorithm", Algorithm, ids=lambda each: each.name)
@pytest.mark.parametrize("order", ["big", "little"])
def test_every_checksum_in_c(algorithm: Algorithm, order: str) -> None:
    if algorithm is Algorithm.INTERNET:
        order = "big"
    own = Header(
        "h",
        (
            UInt("x", 32, Parameter("x", 1)),
            UInt("sum", algorithm.bits, Checksum(HEADER_AND_PAYLOAD, algorithm), order),  # type: ignore[arg-type]
            UInt("y", 8, Parameter("y", 1)),
        ),
    )
    agrees(Packet("own", own / Fill(0x5A), min_length=1, max_length=200))


XOR = OwnAlgorithm(
    "xor8",
    8,
    lambda data: __import__("functools").reduce(lambda a, b: a ^ b, data, 0),
    """
/** The exclusive or of all bytes */
static inline uint8_t xor8(const uint8_t *p, size_t len, size_t field)
{
	uint8_t result = 0;
	size_t i;

	for (i = 0; i < len; i++)
		result ^= csum_octet(p, i, field, sizeof(uint8_t));
	return result;
}
""",
)


def own_checksum(algorithm: OwnAlgorithm) -> Packet:
    return packet(
        UInt("x", 16, Parameter("x", 0x0102)),
        UInt("sum", 8, Checksum(HEADER_AND_PAYLOAD, algorithm)),
        fill=True,
    )


def test_a_checksum_of_ones_own() -> None:
    assert encoded(own_checksum(XOR), 5) == bytes.fromhex("0102 03 eeee")
    agrees(own_checksum(XOR))


def test_a_checksum_of_ones_own_that_differs_in_c_is_caught() -> None:
    wrong = OwnAlgorithm("xor8", 8, XOR.compute, XOR.c.replace("result = 0", "result = 1"))
    chosen = STRATEGIES[0]
    report = verify(Subject.build(resolve(own_checksum(wrong)), chosen, optimize="-O1"), 15, seed=0)
    assert report.counterexample is not None
    assert "h.sum" in report.counterexample


SUM16 = OwnAlgorithm(
    "sum16",
    16,
    lambda data: sum(data) & 0xFFFF,
    """
/** The sum of all bytes */
static inline uint16_t sum16(const uint8_t *p, size_t len, size_t field)
{
	int sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += (int8_t)csum_octet(p, i, field, sizeof(uint16_t));
	return (uint16_t)sum;
}
""",
)


def test_a_checksum_that_is_wrong_for_other_payloads_only_is_caught() -> None:
    """Bytes from 0x80 on count as negative, and the format's own payload has none."""
    own = Header("h", (UInt("sum", 16, Checksum(PAYLOAD, SUM16)),))
    format = Packet("own", own / Fill(0x55), min_length=1, max_length=100)
    report = verify(Subject.build(resolve(format), STRATEGIES[0], optimize="-O1"), 1, seed=0)
    assert report.counts["C writes the oracle's bytes, and none besides"] > 0
    assert report.counterexample is not None
    assert "the parser calls a frame 'invalid checksum', and it is 'valid'" in report.counterexample


@pytest.mark.parametrize("examples", [1, 15])
def test_payloads_are_varied_where_frames_are_parsed(examples: int) -> None:
    format = packet(UInt("x", 8, Parameter("x", 1)), UInt("n", 16, Length(PAYLOAD)), fill=True)
    subject = Subject.build(resolve(format), STRATEGIES[0], optimize="-O1")
    counts = verify(subject, examples, seed=0).counts
    parsed = counts["a frame with any payload is parsed, checksums included"]
    assert parsed == len(subject.layout.lengths) + examples


def test_checksums_within_checksums_are_computed_inside_out() -> None:
    """An internet checksum over a CRC over an internet checksum over swept bytes."""
    layer = Header("deep", (UInt("n", 16, Counter(65530, 3)), UInt("sum", 16, Checksum(PAYLOAD))))
    middle = Header(
        "middle", (UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32C), "little"),)
    )
    outer = Header(
        "outer",
        (
            UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD)),
            UInt("adler", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.ADLER32)),
        ),
    )
    top = Header("top", (UInt("x", 16, Parameter("x", 5)),))
    format = Packet("own", outer / middle / layer / top / Fill(7), min_length=1, max_length=80)
    with pytest.raises(Exception, match="F112"):
        resolve(format)
    outer = outer.bind(adler=Checksum(PAYLOAD, Algorithm.ADLER32))
    format = Packet("own", outer / middle / layer / top / Fill(7), min_length=1, max_length=80)
    assert [each.path for each in resolve(format).checksums] == [
        *("deep.sum", "middle.crc", "outer.adler", "outer.sum")
    ]
    agrees(format, "ring-patch")


@pytest.mark.parametrize("algorithm", Algorithm, ids=lambda each: each.name)
def test_a_checksum_may_stand_outside_of_what_it_covers(algorithm: Algorithm) -> None:
    covered = UInt("x", 32, Parameter("x", 1))
    total = UInt("sum", algorithm.bits, Checksum(Span("x", "x"), algorithm))
    agrees(packet(covered, UInt("y", 16, Parameter("y", 1)), total, fill=True), examples=30)
    agrees(packet(total, UInt("y", 16, Parameter("y", 1)), covered, fill=True), examples=30)


# --- Shapes --------------------------------------------------------------------------


def test_bytes_and_ipv6_addresses() -> None:
    format = packet(
        IPv6Address("a", Parameter("address", "2001:db8::ff")),
        Bytes("b", Parameter("b", "c0ffee")),
        Bytes("c", Const(b"xyz")),
        UInt("sum", 16, Checksum(HEADER)),
        IPv6Address("d", Const("::1")),
    )
    frame = encoded(format)
    assert frame[:22] == bytes.fromhex("20010db80000000000000000000000ff c0ffee 78797a")
    assert encoded(format, address="::", b=b"\0\0\1")[16:19] == b"\0\0\1"
    agrees(format)


# --- Trailers and units of lengths ---------------------------------------------------

#: A trailer around another one, and a sum in the header over both; the payload may be odd.
TRAILED = (
    Header(
        "outer",
        (
            UInt("words", 16, Length(HEADER_TO_TRAILER, unit=2)),
            UInt("sum", 16, Checksum(HEADER_TO_TRAILER)),
            UInt("bits", 16, Length(PAYLOAD, unit=BIT)),
        ),
        trailer=(
            UInt("count", 4, Counter(14), "little"),
            UInt("tag", 12, Parameter("tag", 0xABC), "little"),
            Bytes("end", Const(b"END")),
        ),
    )
    / Header(
        "middle",
        (UInt("size", 8, Length(PAYLOAD)),),
        trailer=(
            UInt("kind", 8, NextHeader("kinds", last=9)),
            UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32)),
            Pad(4),
        ),
    )
    / Fill(0x80)
)


def by_hand(length: int, packet: int) -> bytes:
    """Return such a frame as one would write it down, checksums by zlib and scapy."""
    payload = bytes([0x80]) * (length - 6 - 1 - 8 - 5)
    middle = bytes([len(payload)]) + payload
    middle += b"\x09" + zlib.crc32(middle).to_bytes(4, "big") + bytes(3)
    trailer = ((14 + packet) % 16 | 0xABC << 4).to_bytes(2, "little") + b"END"
    words, bits = (length // 2).to_bytes(2, "big"), (8 * len(middle)).to_bytes(2, "big")
    whole = words + bytes(2) + bits + middle + trailer
    return words + scapy_checksum(whole).to_bytes(2, "big") + bits + middle + trailer


@pytest.mark.parametrize("strategy", ["pool-gen", "ring-patch"])
def test_trailers_lie_around_what_their_headers_carry(strategy: str) -> None:
    format = Packet("own", TRAILED, min_length=1, max_length=101)
    layout = resolve(format)
    assert layout.lengths == range(20, 101, 2)
    for length, packet_ in ((20, 0), (22, 1), (100, 3)):
        assert oracle.encode(layout, {}, length, packet_) == by_hand(length, packet_)
    agrees(format, strategy)


def test_a_trailer_moves_with_a_swept_length() -> None:
    format = Packet("own", TRAILED, min_length=1, max_length=101).preset(
        "moving", "each packet longer or shorter", {"length": Random(5)}
    )
    layout = resolve(format)
    lengths = [oracle.swept_value(layout.length_sweep, n) for n in range(50)]  # type: ignore[arg-type]
    assert set(lengths) <= set(layout.lengths)
    assert len(set(lengths)) > 15
    for strategy in ("heap-dup", "ring-patch"):
        chosen = next(each for each in STRATEGIES if each.name == strategy)
        subject = Subject.build(resolve(format), chosen, optimize="-O1")
        assert verify(subject, 5, seed=0).counterexample is None
        frame = bytearray(layout.max_length)
        ffi, sweep = subject.ffi, subject.ffi.new("struct moving_sweep *")
        args = subject.ffi.new("struct moving_args *", {"tag": 0xABC})
        subject.lib.moving_sweep_init(sweep, lengths[0], args)
        # Into one and the same memory, as a ring's buffers are.
        subject.lib.moving_write(ffi.from_buffer(frame), layout.max_length, args)
        for packet_, length in enumerate(lengths):
            assert sweep.pktlen == length
            subject.lib.verify_sweep_write(ffi.from_buffer(frame), sweep)
            assert bytes(frame[:length]) == by_hand(length, packet_)
            subject.lib.verify_sweep_next(sweep)


def test_without_a_payload_a_trailer_follows_at_once() -> None:
    header = Header(
        "h",
        (UInt("size", 8, Length(HEADER_TO_TRAILER)),),
        trailer=(UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32)),),
    )
    format = Packet("own", header / Header("i", (UInt("x", 8, Const(7)),)), min_length=1)
    assert encoded(format) == b"\x06\x07" + zlib.crc32(b"\x06\x07").to_bytes(4, "big")
    agrees(format)


def test_padding_to_a_large_multiple() -> None:
    format = packet(UInt("x", 24, Const(1)), Pad(64), UInt("end", 8, Const(2)))
    assert encoded(format) == b"\0\0\1" + bytes(61) + b"\2"
    agrees(format)


# --- Payloads ------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [b"\x01\x02\x03", b"\xff\xff", "some text", bytes(range(256))])
@pytest.mark.parametrize("odd", [False, True])
def test_a_payload_repeats_its_pattern(pattern: bytes | str, odd: bool) -> None:
    octets = pattern.encode() if isinstance(pattern, str) else pattern
    before = UInt("before", 24 if odd else 16, Const(1))
    format = Packet(
        "own",
        Header("h", (UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD)), before)) / Fill(pattern),
        min_length=1,
        max_length=1514,
    )
    for length in (5, 6, 7, 300, 601):
        frame = encoded(format, length)
        head = before.bits // 8
        wanted = (1).to_bytes(head, "big") + (octets * 300)[: length - 2 - head]
        assert frame == scapy_checksum(bytes(2) + wanted).to_bytes(2, "big") + wanted
    agrees(format)


@pytest.mark.parametrize("value", ["", b"", 256, -1, bytes(65536), "\u20ac"])
def test_what_is_no_payload_is_refused(value: int | str | bytes) -> None:
    with pytest.raises(FormatError, match="F108 fill: a byte"):
        resolve(Packet("own", Header("h", (UInt("a", 8, Const(1)),)) / Fill(value)))


# --- At the edges --------------------------------------------------------------------


def test_a_switch_may_be_said_by_name() -> None:
    kind = UInt("kind", 8, Default("b"), names={1: "a", 2: "b"})
    fields = (
        kind,
        UInt("x", 8, Const(7), when=("kind", "b")),
        UInt("y", 8, Const(8), when=("kind", "a")),
    )
    assert encoded(packet(*fields)) == b"\x02\x07"


def test_an_enumeration_is_swept_through_what_has_names() -> None:
    names = {1: "a", 2: "b", 9: "c"}
    format = packet(
        UInt("some", 8, Range(1, 2), names=names),
        UInt("all", 8, Cycle(("c", "a")), names=names),
        UInt("any", 4, Random(), names={number: f"n{number}" for number in range(16)}),
        UInt("rest", 4, Const(0)),
    )
    agrees(format)
    assert [oracle.encode(resolve(format), {}, 3, n)[:2] for n in range(3)] == [
        b"\x01\x09", b"\x02\x01", b"\x01\x09",
    ]  # fmt: skip


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("bits", [24, 40, 48, 56, 64])
def test_a_length_of_any_width(order: Literal["big", "little"], bits: int) -> None:
    """Damaged ones too: what they declare may be far beyond any frame."""
    fields = UInt("n", bits, Length(PAYLOAD, unit=BIT, plus=bits * 1000), order)
    agrees(packet(fields, fill=True), examples=100)


def test_a_sum_may_stand_at_an_odd_distance_from_what_it_covers() -> None:
    format = packet(
        UInt("before", 8, Const(1)),
        UInt("sum", 16, Checksum(Span("x", "y"))),
        UInt("odd", 8, Const(2)),
        UInt("x", 16, Parameter("x", 0x1234)),
        UInt("y", 16, Const(0x4321)),
    )
    assert encoded(format)[1:3] == scapy_checksum(bytes.fromhex("12344321")).to_bytes(2, "big")
    agrees(format)


def test_a_header_may_consist_of_a_trailer() -> None:
    outer = Header("outer", (), trailer=(UInt("suffix", 16, Const(0x88FB)),))
    format = Packet("own", outer / Header("h", (UInt("a", 8, Const(1)),)) / Fill(2), min_length=5)
    assert encoded(format) == b"\x01\x02\x02\x88\xfb"
    agrees(format)


def test_names_that_c_would_misread() -> None:
    name = '*/ "what??/" \\n %s \u20ac'
    header = Header(name="h", fields=(UInt("a", 8, Parameter("x", 1), names={1: name, 2: "b"}),))
    agrees(Packet("own", header / Fill(), summary=name, min_length=1))


def test_names_that_look_like_those_of_the_emitted_c() -> None:
    frame = Header("frame", (UInt("pktlen", 8, Counter()),), trailer=(UInt("end", 8, Counter()),))
    agrees(Packet("own", frame / Fill(), min_length=1, max_length=40))


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda data: "x", r"h.sum: the Python function of 'own' returns 'x', and 8 bits"),
        (lambda data: 256, r"h.sum: the Python function of 'own' returns 256, and 8 bits"),
        (lambda data: {b"": 1}[data], r"h.sum: the Python function of 'own' fails: KeyError"),
    ],
)
def test_an_own_function_that_is_no_checksum_is_told(
    compute: Callable[[bytes], int], message: str
) -> None:
    own = OwnAlgorithm("own", 8, compute, "")
    with pytest.raises(UsageError, match=message):
        encoded(packet(UInt("sum", 8, Checksum(HEADER, own))))
