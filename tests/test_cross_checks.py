"""Cross-checks with tools that know nothing of this project: scapy builds, tshark dissects.

The oracle and the emitted C share a layout, so a wrong layout would satisfy
both. Scapy and Wireshark have their own idea of every protocol of the catalogue.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from scapy.utils import checksum as scapy_checksum

from codegen import formats, oracle
from codegen.formats import gre, ipv4, ipv6, mpls, tcp, vlan
from codegen.formats.ethernet import ETHERNET
from codegen.formats.icmp import ICMP6
from codegen.formats.udp import UDP
from codegen.formats.vxlan import VXLAN
from codegen.layout import Layout, Sum
from codegen.model import (
    STRATEGIES,
    Const,
    Counter,
    Cycle,
    Fill,
    Format,
    NextHeader,
    Packet,
    Random,
    Range,
    inner,
)
from codegen.resolve import resolve
from codegen.verify import compare, outside, values
from codegen.verify.subject import Memory, Subject

Require = Callable[[str], str]

#: Stacks that the catalogue's headers also make.
STACKS = (
    Packet(
        "options4",
        ETHERNET
        / ipv4.IPV4.bind(
            options=(ipv4.ROUTER_ALERT, ipv4.NO_OPERATION, ipv4.TIMESTAMP, ipv4.END), flags=2
        )
        / UDP
        / Fill("x"),
    ),
    Packet(
        "extended6",
        ETHERNET
        / ipv6.IPV6
        / ipv6.HOP_BY_HOP.bind(options=ipv6.ROUTER_ALERT)
        / ipv6.FRAGMENT
        / UDP
        / Fill("x"),
    ),
    Packet("padded6", ETHERNET / ipv6.IPV6 / ipv6.HOP_BY_HOP / ICMP6 / Fill("x")),
    Packet(
        "flags4",
        ETHERNET
        / vlan.VLAN
        / vlan.VLAN
        / ipv4.IPV4
        / tcp.TCP.bind(ack=Const(1), psh=1, cwr=1, options=(tcp.NO_OPERATION, tcp.WINDOW_SCALE))
        / Fill("x"),
    ),
    Packet("gre_bare", ETHERNET / ipv4.IPV4 / gre.GRE / inner(ipv4.IPV4 / UDP / Fill("x"))),
    Packet(
        "gre_key",
        ETHERNET / ipv6.IPV6 / gre.GRE.bind(has_key=1) / inner(ipv6.IPV6 / UDP / Fill("x")),
    ),
    Packet(
        "labels6",
        ETHERNET / mpls.MPLS / mpls.MPLS / mpls.MPLS / ipv6.IPV6 / tcp.TCP / Fill("x"),
    ),
    Packet(
        "vxlan6",
        ETHERNET
        / ipv6.IPV6
        / UDP.bind(dst=NextHeader("udp_port"))
        / VXLAN
        / inner(ETHERNET / vlan.VLAN / ipv6.IPV6 / tcp.SYN / Fill("x")),
    ),
)
#: One that sweeps: its first packet is checked.
SWEPT = formats.load("udp6").packet.preset(
    "swept6",
    "what differs from packet to packet",
    {
        "ipv6_src": Range("2001:db8:7::/64"),
        "port_src": Counter(7777),
        "flow_label": Random(3),
        "ipv6.traffic_class": Cycle((5, 6)),
    },
)
KNOWN = [each for each in formats.catalogue().values() if outside.is_known(resolve(each))]
FORMATS = [*KNOWN, *STACKS, SWEPT]


@pytest.fixture(scope="module", params=FORMATS, ids=lambda format: format.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    format: Format = request.param
    return Subject.build(resolve(format), STRATEGIES[0], optimize="-O1")


def cases(layout: Layout, seed: int, count: int) -> list[tuple[dict[str, int], int]]:
    """Return arguments and lengths: drawn at random, at the ends, and where sums are zero."""
    chosen = random.Random(seed)
    low, high = layout.min_length, layout.max_length
    found = [
        ({each.argument.name: getattr(each.argument, edge) for each in layout.arguments}, length)
        for edge in ("minimum", "maximum")
        for length in (low, high)
    ]
    for number in range(count):
        given = {
            each.argument.name: chosen.randint(each.argument.minimum, each.argument.maximum)
            for each in layout.arguments
        }
        # Both parities, and in time all lengths.
        found.append((given, low + (number * 37) % (high - low + 1)))
    for placed in layout.checksums:
        found += values.zero_sums(layout, placed, seed)
    return found


def test_the_catalogue_is_cross_checked() -> None:
    """All but those with a header that other tools do not know."""
    assert {each.name for each in formats.catalogue().values()} - {each.name for each in KNOWN} == {
        "udp4_seq"
    }
    wanted = "udp4 udp6 tcp4_syn tcp6_syn icmp4_echo icmp6_echo arp_request vlan_udp4 qinq_udp4"
    assert {*wanted.split(), "mpls_udp4", "gre_udp4", "vxlan_udp4"} <= {each.name for each in KNOWN}


def test_scapy_builds_the_same_frames(subject: Subject) -> None:
    layout = subject.layout
    for given, length in cases(layout, 1, 100):
        wanted = outside.built_by_scapy(layout, given, length)
        found = subject.generate(given, length, Memory())
        assert found == wanted, oracle.explain(layout, wanted, found)


def test_tshark_reads_what_was_written(subject: Subject, require: Require, tmp_path: Path) -> None:
    layout = subject.layout
    dissection = outside.Dissection(layout, require("tshark"))
    tried = cases(layout, 2, 300)
    frames = [subject.generate(given, length, Memory()) for given, length in tried]
    expected = []
    for (given, length), frame in zip(tried, frames, strict=True):
        known = oracle.decode(layout, frame).values
        assert {each.path: given[each.argument.name] for each in layout.arguments}.items() <= (
            known.items()
        )
        expected.append(known)
        assert len(frame) == length
    outside.write_pcap(tmp_path / "frames.pcap", frames)
    assert dissection.faults(tmp_path / "frames.pcap", expected) == []

    # The control: each checksum wrong by one bit is seen, by tshark's own sum.
    sums = [each for each in layout.checksums if isinstance(each.origin, Sum)]
    for number, placed in enumerate(sums):
        wrong = bytearray(frames[number])
        wrong[placed.start.octet + 1] ^= 1
        outside.write_pcap(tmp_path / "wrong.pcap", [bytes(wrong)])
        known = oracle.decode(layout, bytes(wrong)).values
        faults = dissection.faults(tmp_path / "wrong.pcap", [known])
        name = dissection.names[placed.path][0]
        assert any(f"{name}.status is" in fault for fault in faults)


def test_each_field_that_tshark_has_is_looked_at() -> None:
    """A control: a value that is wrong anywhere is seen."""
    layout = resolve(formats.load("vxlan-udp4"))
    names = outside.Dissection(layout, "tshark").names
    assert {each.path for each in layout.arguments} <= names.keys()
    assert names["inner_ipv4.dst"] == ("ip.dst", 1, 1)
    assert names["inner_ethernet.type"] == ("eth.type", 1, 1)


def test_scapy_and_the_oracle_do_not_agree_by_chance() -> None:
    """A control: scapy's frame for other values differs, in the field that was changed."""
    for format in KNOWN:
        layout = resolve(format)
        given = {each.argument.name: each.argument.maximum for each in layout.arguments}
        frame = oracle.encode(layout, given, layout.min_length)
        for placed in layout.arguments:
            other = given | {placed.argument.name: placed.argument.minimum}
            assert outside.built_by_scapy(layout, other, layout.min_length) != frame


# --- Frames of others ----------------------------------------------------------------


def frame_of(layout: Layout) -> bytearray:
    return bytearray(
        oracle.encode(layout, values.some(layout, random.Random(1)), layout.min_length)
    )


def read_by_tshark(frame: bytes, tshark: str, folder: Path, *columns: str) -> list[str]:
    """Return what tshark reads of one frame, by column; checksums are checked."""
    capture = folder / "one.pcap"
    outside.write_pcap(capture, [frame])
    done = subprocess.run(
        [tshark, "-n", "-r", str(capture), "-T", "fields", "-oudp.check_checksum:TRUE"]
        + ["-oip.check_checksum:TRUE", *(f"-e{each}" for each in columns)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip("\n").split("\t")


@pytest.mark.parametrize(
    ("name", "result", "status"),
    [
        ("udp4", "valid", "3"),  # not present: RFC 768
        ("udp6", "invalid checksum", "4"),  # illegal: RFC 8200 section 8.1
        ("vxlan-udp4", "valid", "3"),
    ],
)
def test_a_udp_checksum_of_zero_is_none_over_ipv4(
    name: str, result: str, status: str, require: Require, tmp_path: Path
) -> None:
    layout = resolve(formats.load(name))
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    frame = frame_of(layout)
    at = layout["udp.checksum"].start.octet
    frame[at : at + 2] = bytes(2)
    read = read_by_tshark(bytes(frame), require("tshark"), tmp_path, "udp.checksum.status")
    assert read[0].split(",")[0] == status
    assert compare.parse(subject, bytes(frame)).value == result
    # A control: any other wrong checksum is invalid.
    frame[at] = 1
    read = read_by_tshark(bytes(frame), require("tshark"), tmp_path, "udp.checksum.status")
    assert read[0].split(",")[0] == "0"
    assert compare.parse(subject, bytes(frame)).value == "invalid checksum"


@pytest.mark.parametrize(
    ("name", "flags", "offset", "result"),
    [
        ("udp4", 0, 0, "valid"),
        ("udp4", 2, 0, "valid"),  # not to be fragmented
        ("udp4", 1, 0, "another header"),  # the first of several
        ("udp4", 3, 0, "another header"),
        ("udp4", 0, 1, "another header"),
        ("udp4", 1, 0x1000, "another header"),
        ("tcp4-syn", 1, 0, "another header"),
        ("icmp4-echo", 0, 9, "another header"),
    ],
)
def test_a_fragment_is_other_traffic(
    name: str, flags: int, offset: int, result: str, require: Require, tmp_path: Path
) -> None:
    layout = resolve(formats.load(name))
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    frame = frame_of(layout)
    frame[20:22] = (flags << 13 | offset).to_bytes(2, "big")
    frame[24:26] = bytes(2)
    frame[24:26] = scapy_checksum(bytes(frame[14:34])).to_bytes(2, "big")
    read = read_by_tshark(bytes(frame), require("tshark"), tmp_path, "frame.protocols")
    transport = name.removesuffix("-syn").removesuffix("-echo").removesuffix("4")
    assert (transport in read[0].split(":")) == (result == "valid")
    assert compare.parse(subject, bytes(frame)).value == result
    given = values.some(layout, random.Random(1))
    wanted = "valid" if result == "valid" else "other"
    assert subject.verdict(given, bytes(frame)) == wanted


def test_who_sends_fragments_receives_them() -> None:
    """What a preset binds is what decides: a format of fragments is not one of whole packets."""
    fragments = formats.load("udp4").packet.preset(
        "fragments", "", {"ipv4.flags": 1, "udp.checksum": 0}
    )
    layout = resolve(fragments)
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    assert compare.parse(subject, bytes(frame_of(layout))).value == "valid"
    whole = resolve(formats.load("udp4"))
    assert compare.parse(subject, bytes(frame_of(whole))).value == "another header"
