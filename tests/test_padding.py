"""Padding that follows from the payload: ESP, SCTP and Ethernet, as scapy and tshark have it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from codegen import emit, oracle
from codegen.diagnostics import FormatError
from codegen.formats.arp import ARP
from codegen.formats.ethernet import ETHERNET, PADDED_ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.tcp import TCP
from codegen.formats.udp import UDP
from codegen.host import build
from codegen.model import (
    HEADER,
    HEADER_AND_PAYLOAD,
    HEADER_TO_TRAILER,
    ONCE,
    PAYLOAD,
    STRATEGIES,
    Algorithm,
    Binding,
    Checksum,
    Const,
    Counter,
    Cycle,
    Default,
    Edge,
    Fetch,
    Fill,
    Format,
    Header,
    Increment,
    Length,
    Member,
    NextHeader,
    Packet,
    Parameter,
    PayloadPad,
    Span,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify.compare import verify
from codegen.verify.subject import Subject
from tests.test_payloads import fields

#: RFC 4303 section 2: the payload, the padding and the two fields behind it end at a word.
ESP = Header(
    "esp",
    (UInt("spi", 32, Parameter("spi", 0x1001)), UInt("sequence", 32, Counter(1))),
    trailer=(
        PayloadPad(4, of=Span(Edge.HEADER_END, "next_header"), content=Increment(1)),
        UInt("pad_length", 8, Length(Span("padding", "padding"))),
        UInt("next_header", 8, NextHeader("ip_protocol", last=59)),
    ),
    numbers={"ip_protocol": 50},
)
#: RFC 9260 sections 3.1, 3.2 and 3.3.1: a chunk's length does not count its padding.
SCTP = Header(
    "sctp",
    (
        UInt("src", 16, Parameter("port_src", 5000)),
        UInt("dst", 16, Parameter("port_dst", 6000)),
        UInt("tag", 32, Parameter("tag", 7)),
        UInt("checksum", 32, Checksum(HEADER_TO_TRAILER, Algorithm.CRC32C), byteorder="little"),
    ),
    numbers={"ip_protocol": 132},
    carries="sctp",
)
DATA = Header(
    "data",
    (
        UInt("type", 8, Const(0)),
        UInt("flags", 8, Default(3)),
        UInt("length", 16, Length(HEADER_AND_PAYLOAD)),
        UInt("tsn", 32, Counter()),
        UInt("stream", 16, Parameter("stream", 0)),
        UInt("stream_sequence", 16, Default(0)),
        UInt("protocol", 32, Default(0)),
    ),
    trailer=(PayloadPad(4),),
    numbers={"sctp": 0},
)

FORMATS = {
    each.name: each
    for each in (
        Packet("esp4", ETHERNET / IPV4 / ESP / Fill(0x55), "ESP"),
        Packet("sctp4", ETHERNET / IPV4 / SCTP / DATA / Fill(0x55), "SCTP", max_length=600),
        Packet("short_udp4", PADDED_ETHERNET / IPV4 / UDP / Fill(0x55), "UDP", max_length=300),
        Packet("short_tcp4", PADDED_ETHERNET / IPV4 / TCP / Fill(), "a segment", max_length=200),
        Packet(
            "summed",
            ETHERNET.bind(type=0x88B5)
            / Header(
                "h",
                (
                    UInt("size", 16, Length(Span(Edge.HEADER_START, "padding"))),
                    UInt("without", 16, Length(HEADER_AND_PAYLOAD)),
                    UInt("checksum", 16, Checksum(HEADER_TO_TRAILER)),
                ),
                trailer=(
                    PayloadPad(8, content=Increment(200, 3)),
                    UInt("number", 32, Counter()),
                    UInt("crc", 32, Checksum(PAYLOAD, Algorithm.CRC32)),
                    UInt("over_padding", 32, Checksum(Span("padding", "number"), Algorithm.CRC32C)),
                ),
            )
            / Fill(b"odd"),
            "sums over padding",
            max_length=200,
        ),
    )
}


def program(format: Format, folder: Path, count: int, strategy: str = "pool-dup") -> Path:
    """Return the capture of what the emitted program sends, in frames of all lengths."""
    app, capture = folder / "app", folder / "frames.pcap"
    [chosen] = [each for each in STRATEGIES if each.name == strategy]
    emit.write(emit.render(resolve(format), chosen), app)
    made = build.build_program(app, optimize="-O1")
    done = subprocess.run(
        [made, f"device=pcap:{capture}", "--", f"count={count}", "mac_src=02:00:00:00:00:01"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return capture


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("swept", [False, True], ids=["one length", "every length"])
def test_the_emitted_c_agrees(name: str, swept: bool, tmp_path: Path) -> None:
    format: Format = FORMATS[name]
    if swept:
        layout = resolve(format)
        lengths = Cycle(tuple(layout.lengths)[:90])
        content = Cycle((b"ab", b"\xff\x01\x80"))
        format = format.packet.preset("swept", "x", {"length": lengths, "fill": content})
    layout = resolve(format)
    strategies = [each for each in STRATEGIES if each.fetch is not Fetch.SHARE]
    app = tmp_path / "app"
    emit.write(emit.render(layout, strategies[len(name) % len(strategies)]), app)
    subject = Subject.from_folder(layout, app, optimize="-O1")
    report = verify(subject, examples=60, seed=0)
    assert report.counterexample is None, report.counterexample


def swept(name: str, count: int) -> Format:
    """Return a format that sends its ``count`` shortest frames in turn."""
    layout = resolve(FORMATS[name])
    return FORMATS[name].preset("swept", "x", {"length": Cycle(tuple(layout.lengths)[:count])})


def test_esp_is_padded_as_scapy_pads_it() -> None:
    inet, ipsec = (
        pytest.importorskip("scapy.layers.inet"),
        pytest.importorskip("scapy.layers.ipsec"),
    )
    layout = resolve(FORMATS["esp4"])
    association = ipsec.SecurityAssociation(ipsec.ESP, 0x1001, crypt_algo="NULL", auth_algo="NULL")
    for length in layout.lengths[:40]:
        # The headers have 42 bytes, and two fields follow the padding.
        payload = b"\x55" * (length - 44)
        encrypted = association.encrypt(
            inet.IP(src="10.0.0.1", dst="10.0.0.2", proto=59) / payload, seq_num=1
        )
        wanted = bytes(encrypted[inet.IP].payload)
        frame = oracle.encode(layout, {"mac_src": 1}, length)
        assert frame[34:] == wanted
        assert int.from_bytes(frame[16:18], "big") == 20 + len(wanted)


def test_tshark_reads_padded_chunks(tmp_path: Path) -> None:
    names = ("sctp.data_tsn_raw", "sctp.chunk_length", "sctp.chunk_padding", "ip.len", "frame.len")
    layout = resolve(FORMATS["sctp4"])
    capture = program(swept("sctp4", 23), tmp_path, 46)
    paddings = set()
    for packet, row in enumerate(fields(capture, *names, "_ws.malformed")):
        number, chunk, padding, total, length, malformed = row
        size = layout.min_length + packet % 23 - 46
        assert (int(number), int(chunk), malformed) == (packet, size, "")
        assert len(padding) // 2 == -size % 4
        assert int(total) == 32 + size + -size % 4 == int(length) - 14
        paddings.add(len(padding) // 2)
    assert paddings == {0, 1, 2, 3}


@pytest.mark.parametrize(
    "strategy", [each.name for each in STRATEGIES if each.fetch is not Fetch.SHARE]
)
def test_a_longer_frame_after_a_padded_one_has_its_payload(strategy: str, tmp_path: Path) -> None:
    """Buffers are used again: the padding of one packet lies where another has its payload."""
    format = FORMATS["short_udp4"].preset("swept", "x", {"length": Cycle((46, 70, 61))})
    rows = fields(program(format, tmp_path, 4000, strategy), "udp.payload", "udp.checksum.status")
    for packet, row in enumerate(rows):
        assert row == ["55" * ((46, 70, 61)[packet % 3] - 42), "1"]
    assert len(rows) == 4000


@pytest.mark.parametrize("name", ["short_udp4", "short_tcp4"])
def test_tshark_reads_ethernet_padding(name: str, tmp_path: Path) -> None:
    layout = resolve(FORMATS[name])
    assert layout.min_length == layout.header_length
    names = ("ip.len", "frame.len", "eth.padding", "udp.checksum.status", "tcp.checksum.status")
    rows = fields(program(swept(name, 25), tmp_path, 25), *names)
    for packet, (total, length, padding, udp, tcp) in enumerate(rows):
        unpadded = layout.min_length + packet
        assert int(total) == unpadded - 14
        assert int(length) == max(unpadded, 60)
        assert bytes.fromhex(padding) == bytes(max(60 - unpadded, 0))
        assert udp + tcp == "1"
    assert len(rows) == 25


def test_contents_are_sent_once_and_padded(tmp_path: Path) -> None:
    contents = (b"a", b"bc", b"seventeen letters")
    bindings: dict[str, Binding] = {"fill": Cycle(contents), "length": ONCE}
    format = FORMATS["short_udp4"].preset("once", "x", bindings)
    for strategy in (each.name for each in STRATEGIES if each.fetch is not Fetch.SHARE):
        folder = tmp_path / strategy
        folder.mkdir()
        rows = fields(program(format, folder, 9, strategy), "udp.payload", "frame.len")
        assert rows == [[contents[each % 3].hex(), "60"] for each in range(9)]


def test_one_length_is_sent_padded(tmp_path: Path) -> None:
    for strategy in (each.name for each in STRATEGIES):
        folder = tmp_path / strategy
        folder.mkdir()
        rows = fields(program(FORMATS["short_udp4"], folder, 3, strategy), "ip.len", "frame.len")
        assert rows == [["28", "60"]] * 3


def test_without_a_payload_the_padding_is_a_field() -> None:
    layout = resolve(Packet("arp_padded", PADDED_ETHERNET / ARP, "a request", min_length=60))
    assert (layout.padding, layout.min_length, layout.max_length) == (None, 60, 60)
    assert layout["ethernet.padding"].bits == 8 * 18


PAD = PayloadPad(4)
SIZE = UInt("size", 16, Length(Span(Edge.HEADER_START, "padding")))


@pytest.mark.parametrize(
    ("trailer", "message"),
    [
        ((UInt("a", 8, Default(0)), PAD), "F134 h.padding: it is not the first thing behind"),
        ((PAD, PayloadPad(8, name="more")), "F134 h.more: the payload has the padding"),
        ((PayloadPad(),), "F134 h.padding: multiple=1 and least=0 do not decide"),
        ((PayloadPad(4, 60),), "F134 h.padding: multiple=4 and least=60 do not decide"),
        ((PayloadPad(257),), "F134 h.padding: multiple=257 and least=0 do not decide"),
        ((PayloadPad(4, of=HEADER),), "F134 h.padding: bytes 0..1 does not include both"),
        ((PayloadPad(4, of=Span("padding", "padding")),), "F134 h.padding: bytes 0..end does not"),
        ((PayloadPad(4, of=Span("nothing", "size")),), "F110 h.padding: 'h' has no 'nothing'"),
        ((PayloadPad(4, content=Increment(300)),), "F108 h.padding: a start and a step"),
    ],
)
def test_padding_that_is_not_possible(trailer: tuple[Member, ...], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        resolve(Packet("p", Header("h", (SIZE,), trailer=trailer) / Fill(), min_length=1))


def test_padding_that_no_receiver_finds() -> None:
    header = Header("h", (UInt("a", 16, Length(HEADER_TO_TRAILER)),), trailer=(PAD,))
    with pytest.raises(FormatError, match=r"F134 h.padding: a receiver cannot find .*Span\('padd"):
        resolve(Packet("p", header / Fill(), min_length=1))


def test_a_receiver_refuses_other_padding() -> None:
    layout = resolve(FORMATS["sctp4"])
    frame = bytearray(oracle.encode(layout, {"mac_src": 1}, layout.min_length + 1))
    frame[48] ^= 1  # the chunk's length, which leaves another number of bytes for padding
    assert oracle.parse(layout, bytes(frame)).result is oracle.Result.LENGTH
