"""Sweeps: a hundred thousand consecutive packets of each kind, each checked on its own.

What a field should hold is told by a formula that is written here; a checksum by
summing up the whole frame as a receiver does. Neither knows how the emitted C
keeps partial sums.
"""

from __future__ import annotations

import binascii
import ipaddress
import itertools
import struct
import subprocess
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codegen import describe, emit, formats, oracle
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.host import build
from codegen.layout import PermutationSweep, RandomSweep
from codegen.lower import check_strategy
from codegen.model import (
    HEADER_AND_PAYLOAD,
    IMIX,
    STRATEGIES,
    Algorithm,
    Binding,
    Checksum,
    Counter,
    Cycle,
    Fetch,
    Fill,
    Header,
    Packet,
    Permutation,
    Preset,
    Random,
    Range,
    Span,
    Strategy,
    Timestamp,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify.compare import verify
from codegen.verify.subject import Subject
from tests.tools import need

PACKETS = 100_000

#: The first numbers of SplitMix64 from the seed 1234567, as its author published them.
SPLITMIX = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)


def preset(packet: str, **bindings: Binding) -> Preset:
    return formats.load(packet).packet.preset("swept", "a sweep", dotted(bindings))


def dotted(bindings: dict[str, Binding]) -> dict[str, Binding]:
    return {key.replace("__", "."): value for key, value in bindings.items()}


def address(text: str) -> int:
    return int(ipaddress.ip_address(text))


#: A packet and what it sweeps; the field; and its value by the number of the packet.
KINDS: dict[str, tuple[Preset, str, Callable[[int], int]]] = {
    "counter": (
        preset("udp4", port_src=Counter(65000, 7)), "udp.src",
        lambda n: (65000 + 7 * n) % 65536,
    ),
    "sequence number": (
        preset("icmp4_echo", echo_seq=Counter()), "icmp4.sequence", lambda n: n % 65536,
    ),
    "list": (
        preset("udp6", port_dst=Cycle((53, 123, 65535))), "udp.dst",
        lambda n: (53, 123, 65535)[n % 3],
    ),
    "list of addresses": (
        preset("udp6", ipv6_dst=Cycle(("::1", "2001:db8::", "ff02::1"))), "ipv6.dst",
        lambda n: (1, address("2001:db8::"), address("ff02::1"))[n % 3],
    ),
    "range of addresses": (
        preset("vxlan_udp4", inner_ipv4_src=Range("10.0.0.250", "10.0.3.7", 5)), "inner_ipv4.src",
        lambda n: address("10.0.0.250") + n % 106 * 5,
    ),
    "back and forth": (
        preset("udp4", port_src=Range(10, 18, 2, fold=True)), "udp.src",
        lambda n: (10, 12, 14, 16, 18, 16, 14, 12)[n % 8],
    ),
    "two values, back and forth": (
        preset("udp4", ttl=Range(1, 2, fold=True)), "ipv4.ttl", lambda n: (1, 2)[n % 2],
    ),
    "a prefix of IPv6, back and forth": (
        preset("udp6", ipv6_dst=Range("2001:db8::/126", fold=True)), "ipv6.dst",
        lambda n: address("2001:db8::") + (0, 1, 2, 3, 2, 1)[n % 6],
    ),
    "prefix": (
        preset("gre_udp4", ipv4_dst=Range("10.128.0.0/17")), "ipv4.dst",
        lambda n: address("10.128.0.0") + n % 32768,
    ),
    "prefix of IPv6": (
        preset("tcp6_syn", ipv6_src=Range("2001:db8:1:2::/64")), "ipv6.src",
        lambda n: address("2001:db8:1:2::") + n,
    ),
    "range of MAC addresses": (
        preset("arp_request", arp_sender_mac=Range("02:00:00:ff:ff:f0", "02:00:01:00:00:20")),
        "arp.sender_mac", lambda n: 0x020000FFFFF0 + n % 49,
    ),
    "bits of a byte": (
        preset("mpls_udp4", mpls_label=Counter(0xFFFFE), mpls2_label=Counter()), "mpls.label",
        lambda n: (0xFFFFE + n) % (1 << 20),
    ),
    "down": (
        preset("udp4", port_src=Range(100, 89, -4)), "udp.src", lambda n: (100, 96, 92)[n % 3],
    ),
    "a prefix downwards": (
        preset("udp6", ipv6_dst=Range("2001:db8::/126", step=-1)), "ipv6.dst",
        lambda n: address("2001:db8::3") - n % 4,
    ),
    "down and back": (
        preset("udp4", ttl=Range(9, 5, -2, fold=True)), "ipv4.ttl", lambda n: (9, 7, 5, 7)[n % 4],
    ),
    "within another": (
        preset(
            "udp4", ipv4_src=Range("10.0.0.0/24", every="ipv4_dst"), ipv4_dst=Range("192.0.2.0/25"),
            port_src=Counter(every="ipv4_src"),
        ),
        "ipv4.src", lambda n: address("10.0.0.0") + n // 128 % 256,
    ),
    "a count of each flow": (
        preset("udp4", ipv4_src=Range("10.0.0.0/26"), ipv4__id=Counter(7, per="ipv4_src")),
        "ipv4.id", lambda n: (7 + n // 64) % 65536,
    ),
    "time of sending": (
        preset("tcp4_syn", tcp_tsval=Timestamp("us")), "tcp.options.timestamps.value",
        lambda n: n * 12_345_678_901 // 1000 % (1 << 32),
    ),
}  # fmt: skip


def test_all_pairs_of_two_prefixes() -> None:
    """Each pair once, in the order of Python's own product."""
    swept = preset(
        "udp4",
        ipv4_src=Range("10.0.0.0/28", every="ipv4_dst"),
        ipv4_dst=Range("192.0.2.0/27"),
        port_src=Range(9, 7, -1, every="ipv4_src"),
    )
    layout = resolve(swept)
    networks = map(ipaddress.ip_network, ("10.0.0.0/28", "192.0.2.0/27"))
    given = {"mac_src": "02:00:00:00:00:01"}
    found = []
    for n in range(3 * 16 * 32):
        frame = oracle.encode(layout, given, 60, packet=n)
        source, destination = frame[26:30], frame[30:34]
        pair = (ipaddress.ip_address(source), ipaddress.ip_address(destination))
        found.append((int.from_bytes(frame[34:36], "big"), pair))
    pairs = list(itertools.product(*networks))
    assert found == list(itertools.product((9, 8, 7), pairs))


@pytest.mark.parametrize("name", ["heap-gen", "pool-dup", "ring-patch"])
def test_tshark_reads_all_pairs_of_what_the_program_sends(name: str, tmp_path: Path) -> None:
    need("tshark")
    swept = preset(
        "udp4",
        ipv4_src=Range("10.0.0.0/29", every="ipv4_dst"),
        ipv4_dst=Range("192.0.2.0/30"),
        port_src=Permutation(1000, 1031, seed=3),
        ipv4__id=Counter(per="ipv4_dst"),
    )
    emit.write(emit.render(resolve(swept), strategy(name)), tmp_path / "app")
    program = build.build_program(tmp_path / "app", optimize="-O1")
    capture = tmp_path / "frames.pcap"
    command = [str(program), f"device=pcap:{capture}", "--", "count=64"]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    columns = ("ip.src", "ip.dst", "udp.srcport", "ip.id", "ip.checksum.status")
    done = subprocess.run(
        [
            *("tshark", "-r", str(capture), "-o", "ip.check_checksum:TRUE", "-T", "fields"),
            *(part for column in columns for part in ("-e", column)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    pairs = list(
        itertools.product(
            map(str, ipaddress.ip_network("10.0.0.0/29")),
            map(str, ipaddress.ip_network("192.0.2.0/30")),
        )
    )
    assert [(row[0], row[1]) for row in rows] == pairs * 2
    assert [int(row[3], 16) for row in rows] == [n // 4 for n in range(64)]
    ports = [int(row[2]) for row in rows]
    assert sorted(ports[:32]) == list(range(1000, 1032))
    assert ports[:32] == ports[32:] != sorted(ports[32:])
    assert {row[4] for row in rows} == {"1"}  # valid


def test_each_flow_has_its_own_sequence() -> None:
    layout = resolve(
        preset("udp4", ipv4_src=Permutation("10.0.0.0/27"), ipv4__id=Counter(per="ipv4_src"))
    )
    seen: Tally[bytes] = Tally()
    for n in range(1000):
        frame = oracle.encode(layout, {"mac_src": "02:00:00:00:00:01"}, 60, packet=n)
        assert int.from_bytes(frame[18:20], "big") == seen[frame[26:30]]
        seen[frame[26:30]] += 1
    assert len(seen) == 32


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 100, 257, 65536])
def test_a_permutation_has_each_value_once(count: int) -> None:
    """And in the same order in the next round; seeds give different ones, none of them sorted."""
    sweeps = [PermutationSweep(5, count, seed) for seed in range(3)]
    orders = [[oracle.swept_value(each, n) for n in range(count)] for each in sweeps]
    for each, order in zip(sweeps, orders, strict=True):
        assert sorted(order) == list(range(5, 5 + count))
        assert oracle.swept_value(each, count + count // 2) == order[count // 2]
    if count >= 7:
        assert len(set(map(tuple, orders))) == 3
        assert sorted(orders[0]) != orders[0]


@pytest.mark.parametrize(
    "swept",
    [Permutation("2001:db8::/64"), Permutation("2001:db8::/120", seed=(1 << 64) - 1)],
    ids=["2^64 values", "256 values"],
)
def test_a_permutation_in_c(swept: Permutation) -> None:
    subject = built(preset("udp6", ipv6_dst=swept, port_src=Permutation(0, 999)))
    given = {each.argument.name: each.argument.maximum for each in subject.layout.arguments}
    for n, frame in enumerate(itertools.islice(frames(subject, 1100, 80), 1100)):
        assert frame == oracle.encode(subject.layout, given, 80, packet=n)


def strategy(name: str) -> Strategy:
    return next(each for each in STRATEGIES if each.name == name)


def built(format: Preset) -> Subject:
    return Subject.build(resolve(format), strategy("ring-patch"), optimize="-O1")


def frames(subject: Subject, count: int, length: int) -> Iterator[bytes]:
    """Yield the frames of consecutive packets, written one after the other into one buffer."""
    ffi, lib, name = subject.ffi, subject.lib, subject.layout.name
    given = {each.argument.name: each.argument.maximum for each in subject.layout.arguments}
    args = subject._args(given)
    frame = ffi.new("uint8_t[]", length)
    sweep = ffi.new(f"struct {name}_sweep *")
    getattr(lib, f"{name}_write")(frame, length, args)
    getattr(lib, f"{name}_sweep_init")(sweep, length, args)
    view = ffi.buffer(frame)
    for number in range(count):
        if hasattr(sweep, "now"):
            sweep.now = number * 12_345_678_901
        lib.verify_sweep_write(frame, sweep)
        yield bytes(view)
        lib.verify_sweep_next(sweep)
        assert sweep.n == number + 1


def is_right(subject: Subject, frame: bytes) -> bool:
    """Tell whether a receiver is content with each checksum of a frame.

    A sum of words is a number modulo 65535, whatever the length of the number.
    """
    for placed in subject.layout.checksums:
        over: Any = placed.origin
        (extent,) = over.over
        start = extent.start.in_frame(len(frame)) // 8
        data = frame[start : start + extent.size(len(frame))]
        bits = "".join(
            f"{_part(subject, part, frame, len(data)):0{part.bits}b}" for part in over.pseudo
        )
        number = int(bits or "0", 2) << 8 * (len(data) + len(data) % 2)
        number += int.from_bytes(data + b"\0" * (len(data) % 2), "big")
        if number == 0 or number % 0xFFFF:
            return False
    return True


def _part(subject: Subject, part: Any, frame: bytes, size: int) -> int:
    if hasattr(part, "path"):
        placed = subject.layout[part.path]
        return int.from_bytes(frame[placed.start.octet : placed.end.octet], "big")
    return int(getattr(part, "value", size))


@pytest.mark.parametrize("kind", KINDS)
def test_each_packet_of_a_sweep_is_right(kind: str) -> None:
    format, path, value = KINDS[kind]
    subject = built(format)
    layout = subject.layout
    placed = layout[path]
    first, last = placed.start.octet, (placed.end + 7).octet
    shift, mask = last * 8 - placed.end.bits, (1 << placed.bits) - 1
    seen = set()
    length = min(layout.min_length + 1, layout.max_length)
    for number, frame in enumerate(frames(subject, PACKETS, length)):
        found = int.from_bytes(frame[first:last], "big") >> shift & mask
        assert found == value(number), number
        assert is_right(subject, frame), number
        seen.add(found)
    assert len(seen) == len({value(n) for n in range(PACKETS)})
    report = verify(subject, examples=5, seed=0)
    assert report.counterexample is None, report.counterexample
    assert report.counts["packets of a sweep have the oracle's bytes"] >= 600


def test_random_numbers_are_those_of_splitmix() -> None:
    assert tuple(oracle._splitmix64(1234567, n) for n in range(5)) == SPLITMIX
    format = formats.load("udp4_seq").packet.preset("swept", "", {"seqno.number": Random(1234567)})
    subject = built(format)
    found = [int.from_bytes(frame[42:46], "big") for frame in frames(subject, 5, 60)]
    assert found == [number % (1 << 32) for number in SPLITMIX]


def test_random_numbers_are_uniform() -> None:
    """Chi-squared over 100,000 packets, and every checksum of them."""
    subject = built(preset("udp4", port_src=Random(7, 1000, 1099), ipv4_src=Random(8)))
    counts: Tally[int] = Tally()
    for frame in frames(subject, PACKETS, 61):
        counts[int.from_bytes(frame[34:36], "big")] += 1
        assert is_right(subject, frame)
    assert set(counts) == set(range(1000, 1100))
    wanted = PACKETS / 100
    chi_squared = sum((count - wanted) ** 2 / wanted for count in counts.values())
    # 99 degrees of freedom: one in a thousand is above 148.2, and below 61.1.
    assert 61.1 < chi_squared < 148.2


def test_random_fields_differ_from_one_another() -> None:
    """Each has a seed of its own, unless it is given one."""
    subject = built(
        preset("udp4", ipv4_src=Random(), ipv4_dst=Random(), port_src=Random(), port_dst=Random(0))
    )
    for frame in frames(subject, 1000, 60):
        assert frame[26:30] != frame[30:34]
        assert is_right(subject, frame)
    drawn = {placed.path: placed.origin for placed in subject.layout.sweeps}
    seeds = {path: each.seed for path, each in drawn.items() if isinstance(each, RandomSweep)}
    # The first digits of the path's SHA-256, as sha256sum prints them.
    assert seeds["ipv4.src"] == 0x2462949D
    assert seeds["udp.dst"] == 0
    assert len(set(seeds.values())) == 4


def test_a_crc_follows_a_sweep() -> None:
    """It is no sum: it is computed anew for each packet."""
    header = Header(
        "h",
        (
            UInt("n", 16, Counter(65000)),
            UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32)),
            UInt("sum", 16, Checksum(Span("n", "n"))),
        ),
    )
    packet = Packet("own", header / Fill(1), min_length=1, max_length=60)
    subject = Subject.build(resolve(packet), strategy("ring-patch"), optimize="-O1")
    for number, frame in enumerate(frames(subject, PACKETS, 33)):
        assert frame[:2] == ((65000 + number) % 65536).to_bytes(2, "big")
        crc = binascii.crc32(frame[:2] + bytes(4) + frame[6:])
        assert frame[2:6] == crc.to_bytes(4, "big")
        assert int.from_bytes(frame[6:8], "big") == 0xFFFF ^ int.from_bytes(frame[:2], "big")


# --- Lengths -------------------------------------------------------------------------

LENGTHS: dict[str, tuple[Binding, Callable[[int], int]]] = {
    "imix": (IMIX, lambda n: IMIX.values[n % 12]),  # type: ignore[dict-item, return-value]
    "list": (Cycle((100, 61, 1514)), lambda n: (100, 61, 1514)[n % 3]),
    "range": (Range(60, 1514), lambda n: 60 + n % 1455),
}


@pytest.mark.parametrize("kind", LENGTHS)
def test_a_length_that_sweeps_changes_all_that_it_should(kind: str) -> None:
    binding, value = LENGTHS[kind]
    fill = formats.load("udp4").packet.preset("swept", "", {"length": binding, "fill": "U"})
    subject = built(fill)
    layout = subject.layout
    given = {each.argument.name: each.argument.maximum for each in layout.arguments}
    found = list(itertools.islice(swept_lengths(subject), PACKETS))
    assert [length for length, _ in found] == [value(n) for n in range(PACKETS)]
    for number, (length, frame) in enumerate(found[:3000]):
        wanted = oracle.encode(layout, given, length, packet=number)
        assert frame == wanted, oracle.explain(layout, wanted, frame)
    for length, frame in found:
        assert frame[16:18] == (length - 14).to_bytes(2, "big")
        assert frame[38:40] == (length - 34).to_bytes(2, "big")
        assert is_right(subject, frame)


@pytest.mark.parametrize(("name", "least"), [("udp6", 62), ("vxlan_udp4", 92)])
def test_the_least_frames_of_the_mix_are_the_formats(name: str, least: int) -> None:
    """Headers may take more than the 60 bytes of the mix."""
    mixed = resolve(formats.load(name).packet.preset("mixed", "", {"length": IMIX}))
    assert mixed.min_length == least
    assert mixed.length_sweep is not None
    sent = [oracle.swept_value(mixed.length_sweep, n) for n in range(24)]
    assert sent == 2 * [least if each == 60 else each for each in IMIX.values]
    assert describe.clipping(mixed) == (
        f"format 'mixed': frames of IMIX that are shorter than its least, {least} bytes, "
        f"are sent with {least}"
    )


def test_what_is_no_mix_is_not_clipped() -> None:
    assert describe.clipping(resolve(preset("udp4", length=IMIX))) is None
    assert describe.clipping(resolve(formats.load("udp6"))) is None
    with pytest.raises(FormatError, match="F118 length: a frame of 60 bytes is asked for"):
        resolve(preset("udp6", length=Cycle((60, 590))))


def swept_lengths(subject: Subject) -> Iterator[tuple[int, bytes]]:
    """Yield length and frame of consecutive packets, in a buffer with the longest."""
    ffi, lib, name = subject.ffi, subject.lib, subject.layout.name
    layout = subject.layout
    args = subject._args({each.argument.name: each.argument.maximum for each in layout.arguments})
    frame = ffi.new("uint8_t[]", layout.max_length)
    sweep = ffi.new(f"struct {name}_sweep *")
    getattr(lib, f"{name}_write")(frame, layout.max_length, args)
    getattr(lib, f"{name}_sweep_init")(sweep, lib.verify_sweep_length(0), args)
    view, total = ffi.buffer(frame), 0
    while True:
        lib.verify_sweep_write(frame, sweep)
        assert sweep.bytes == total
        yield sweep.pktlen, bytes(view[: sweep.pktlen])
        total += sweep.pktlen
        lib.verify_sweep_next(sweep)


def test_uniform_lengths_are_uniform() -> None:
    layout = resolve(preset("udp4", length=Random(3)))
    assert layout.length_sweep is not None
    drawn = [oracle.swept_value(layout.length_sweep, n) for n in range(PACKETS)]
    assert (min(drawn), max(drawn)) == (60, 1514)
    assert abs(sum(drawn) / PACKETS - 787) < 787 * 0.01


# --- The program ---------------------------------------------------------------------

MIXED = preset(
    "udp4",
    length=IMIX,
    port_src=Random(5),
    ipv4_src=Range("10.0.0.0/24"),
    ipv4__id=Counter(65534),
    fill="U",
)


def sent(format: Preset, strategy_name: str, folder: Path, count: int) -> list[bytes]:
    """Return the frames that the emitted program sends."""
    app, capture = folder / "app", folder / "frames.pcap"
    emit.write(emit.render(resolve(format), strategy(strategy_name)), app)
    program = build.build_program(app, optimize="-O1")
    done = subprocess.run(
        [program, f"device=pcap:{capture}", "--", f"count={count}", "mac_src=02:00:00:00:00:01"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    data, at, found = capture.read_bytes(), 24, []
    while at < len(data):
        (size,) = struct.unpack_from("=I", data, at + 8)
        found.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    assert f'"bytes":{sum(map(len, found))},' in done.stdout
    return found


@pytest.mark.parametrize(
    "name", [each.name for each in STRATEGIES if each.fetch is not Fetch.SHARE]
)
def test_every_strategy_sends_the_sweep(name: str, tmp_path: Path) -> None:
    layout = resolve(MIXED)
    found = sent(MIXED, name, tmp_path, 600)
    given = {each.argument.name: each.argument.default for each in layout.arguments}
    given["mac_src"] = 0x020000000001
    assert layout.length_sweep is not None
    for number, frame in enumerate(found):
        length = oracle.swept_value(layout.length_sweep, number)
        wanted = oracle.encode(layout, given, length, packet=number)  # type: ignore[arg-type]
        assert frame == wanted, oracle.explain(layout, wanted, frame)
    assert len(found) == 600


def test_a_time_stamp_is_the_time(tmp_path: Path) -> None:
    found = sent(preset("udp4", ipv4__id=Timestamp("us")), "pool-dup", tmp_path, 2000)
    stamps = [int.from_bytes(frame[18:20], "big") for frame in found]
    steps = [(after - before) % 65536 for before, after in itertools.pairwise(stamps)]
    # Two thousand packets take less than the 65 ms after which it wraps, and more than 1 us.
    assert 0 < sum(steps) < 65536
    assert max(steps) < 32768


@pytest.mark.parametrize(
    ("bindings", "named"),
    [
        ({"port_src": Counter()}, "udp.src"),
        ({"length": IMIX}, "the length"),
        ({"ipv4_src": Range("10.0.0.0/8"), "length": IMIX}, "ipv4.src, the length"),
    ],
)
def test_one_netbuf_for_all_refuses_a_sweep(bindings: dict[str, Binding], named: str) -> None:
    with pytest.raises(UsageError, match=f"'swept' sweeps {named}: packets that are still"):
        check_strategy(resolve(preset("udp4", **bindings)), strategy("zero-copy"))


def test_a_rate_in_bits_counts_the_mean_length() -> None:
    """7:4:1 of 60, 590 and 1514 bytes: 357.8 on average, and 24 on the wire besides."""
    text = emit.render(resolve(MIXED), strategy("pool-dup"))["packet.h"]
    assert "#define PACKET_MEAN_BITS\t3055ULL\n" in text
    assert round(8 * (sum(IMIX.values) / 12 + 24)) == 3055  # type: ignore[arg-type]


def test_a_swept_length_is_no_argument(tmp_path: Path) -> None:
    emit.write(emit.render(resolve(MIXED), strategy("pool-dup")), tmp_path / "app")
    program = build.build_program(tmp_path / "app", optimize="-O1")
    done = subprocess.run([program, "length=60"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unknown argument 'length=60'" in done.stderr
    assert "  length " not in done.stderr


def test_a_fixed_length_is_the_default(tmp_path: Path) -> None:
    found = sent(preset("udp4", length=512), "pool-dup", tmp_path, 3)
    assert [len(frame) for frame in found] == [512] * 3
