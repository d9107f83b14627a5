"""Time stamps of the wall clock, against other implementations and against the clock itself."""

from __future__ import annotations

import datetime
import struct
import subprocess
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.fields import FixedPointField

from codegen import emit, oracle
from codegen.errors import UsageError
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.host import build
from codegen.layout import Layout
from codegen.model import (
    STRATEGIES,
    Const,
    Default,
    Fill,
    Header,
    Int,
    NextHeader,
    Packet,
    Reserved,
    Timestamp,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify import outside
from codegen.verify.compare import verify
from codegen.verify.subject import Memory, Subject
from codegen.xdp import build as xdp

Require = Callable[[str], str]

FIELDS = (
    UInt("unix", 32, Timestamp("s", "unix")),
    UInt("unix_ns", 32, Timestamp("ns", "unix", fraction=True)),
    UInt("ntp", 64, Timestamp("2^-32 s", "ntp")),
    UInt("ntp_seconds", 32, Timestamp("s", "ntp")),
    UInt("ntp_fraction", 32, Timestamp("2^-32 s", "ntp", fraction=True)),
    UInt("ntp_short", 32, Timestamp("2^-16 s", "ntp")),
    UInt("ptp_seconds", 48, Timestamp("s", "ptp")),
    UInt("ptp_ns", 32, Timestamp("ns", "ptp", fraction=True)),
    Int("ms", 64, Timestamp("ms", "unix"), "little"),
    UInt("us_of_second", 20, Timestamp("us", "unix", fraction=True)),
    UInt("monotonic", 12, Timestamp("us")),
)
STAMPED = Packet("stamped", Header("h", FIELDS) / Fill(1), min_length=1, max_length=200)

#: 1900 to 1970 in seconds, by Python's calendar.
ERA = int((datetime.datetime(1970, 1, 1) - datetime.datetime(1900, 1, 1)).total_seconds())

clocks = st.integers(0, (1 << 63) - 1)


def values(layout: Layout, wall: int) -> dict[str, int]:
    frame = oracle.encode(layout, {}, layout.min_length, wall=wall)
    return {path[2:]: value for path, value in oracle.decode(layout, frame).values.items()}


def fixed_point(number: Fraction, size: int, bits: int) -> int:
    """Return a number as scapy's field has it, which computes with any kind of number."""
    field: Any = FixedPointField("t", 0, size=size, frac_bits=bits)
    return int(field.any2i(None, number))


@given(clocks)
@example(0)
@example(999_999_999)
@example(1_000_000_000)
@example((1 << 32) * 10**9 - 1)
def test_stamps_are_those_of_other_implementations(wall: int) -> None:
    found = values(resolve(STAMPED), wall)
    # A timespec as Linux's clock_gettime() gives it.
    seconds, nanoseconds = divmod(wall, 10**9)
    assert found["unix"] == seconds % (1 << 32)
    assert found["unix_ns"] == found["ptp_ns"] == nanoseconds
    assert found["us_of_second"] == nanoseconds // 1000
    assert found["ms"] == wall // 10**6
    # Leap seconds: 10 before 1972, and 27 since.
    assert found["ptp_seconds"] == seconds + 10 + 27
    # Scapy's fixed point numbers, which it has for NTP.
    exact = Fraction(wall, 10**9) + ERA
    ntp = fixed_point(exact, 64, 32)
    assert found["ntp"] == ntp % (1 << 64)
    assert (found["ntp_seconds"] << 32) + found["ntp_fraction"] == ntp % (1 << 64)
    assert found["ntp_short"] == fixed_point(exact, 32, 16) % (1 << 32)


def test_c_writes_the_time_that_its_clock_has() -> None:
    layout = resolve(STAMPED)
    subject = Subject.build(layout, STRATEGIES[0], optimize="-O1")
    report = verify(subject, 20, seed=0)
    assert report.counterexample is None, report.counterexample
    wall = int(datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.UTC).timestamp()) * 10**9
    frame = subject.sweep({}, layout.min_length, 0, Memory(), now=4095_000, wall=wall + 123_456_789)
    assert oracle.decode(layout, frame).values["h.unix"] == wall // 10**9
    assert oracle.decode(layout, frame).values["h.unix_ns"] == 123_456_789
    assert oracle.decode(layout, frame).values["h.monotonic"] == 4095


def frames_of(capture: Path) -> list[bytes]:
    data, at, found = capture.read_bytes(), 24, []
    while at < len(data):
        (length,) = struct.unpack_from("=I", data, at + 8)
        found.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return found


@pytest.mark.parametrize("strategy", ["pool-dup", "ring-patch"])
def test_the_program_reads_the_clock_once_for_each_packet(strategy: str, tmp_path: Path) -> None:
    layout = resolve(STAMPED)
    chosen = next(each for each in STRATEGIES if each.name == strategy)
    emit.write(emit.render(layout, chosen), tmp_path / "app")
    program = build.build_program(tmp_path / "app", optimize="-O1")
    capture = tmp_path / "frames.pcap"
    before = time.time_ns()
    subprocess.run([program, f"device=pcap:{capture}", "--", "count=2000"], check=True, timeout=60)
    after = time.time_ns()
    seen = []
    for frame in frames_of(capture):
        found = {path[2:]: value for path, value in oracle.decode(layout, frame).values.items()}
        wall = found["unix"] * 10**9 + found["unix_ns"]
        assert before <= wall <= after
        # All fields are of this one instant.
        assert values(layout, wall) | {"monotonic": found["monotonic"]} == found
        seen.append(wall)
    assert len(seen) == 2000
    assert seen == sorted(seen)
    assert len(set(seen)) > 100


# --- tshark --------------------------------------------------------------------------

NTP = Header(
    "ntp",
    (
        UInt("leap", 2, Const(0)),
        UInt("version", 3, Const(4)),
        UInt("mode", 3, Const(3)),
        UInt("stratum", 8, Default(2)),
        UInt("poll", 8, Default(6)),
        Int("precision", 8, Default(-20)),
        UInt("root_delay", 32, Default(0)),
        UInt("root_dispersion", 32, Default(0)),
        UInt("reference_id", 32, Default(0)),
        UInt("reference", 64, Default(0)),
        UInt("origin", 64, Default(0)),
        UInt("receive", 64, Default(0)),
        UInt("transmit", 64, Timestamp("2^-32 s", "ntp")),
    ),
    numbers={"udp_port": 123},
)
PTP = Header(
    "ptp",
    (
        UInt("kind", 8, Const(0)),
        UInt("version", 8, Const(2)),
        UInt("length", 16, Const(44)),
        UInt("rest", 64, Default(0)),
        UInt("rest2", 64, Default(0)),
        UInt("port", 64, Default(0)),
        UInt("port2", 16, Default(1)),
        UInt("sequence", 16, Default(7)),
        UInt("control", 8, Default(0)),
        Int("interval", 8, Default(-3)),
        UInt("seconds", 48, Timestamp("s", "ptp")),
        UInt("nanoseconds", 32, Timestamp("ns", "ptp", fraction=True)),
        Reserved(16),
    ),
    numbers={"ethertype": 0x88F7},
)
INSTANT = datetime.datetime(2026, 11, 25, 18, 30, 15, tzinfo=datetime.UTC)
WALL = int(INSTANT.timestamp()) * 10**9 + 123_456_789


def read(layout: Layout, tshark: str, folder: Path, *columns: str) -> list[str]:
    length = layout.min_length
    frame = oracle.encode(layout, {"mac_src": 2}, length, wall=WALL)
    outside.write_pcap(folder / "frames.pcap", [frame])
    done = subprocess.run(
        [tshark, "-n", "-r", str(folder / "frames.pcap"), "-T", "fields"]
        + [f"-e{each}" for each in columns],
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return str(done.stdout).rstrip("\n").split("\t")


def test_tshark_shows_the_time_of_ntp(require: Require, tmp_path: Path) -> None:
    stack = ETHERNET / IPV4 / UDP.bind(dst=NextHeader("udp_port")) / NTP / Fill()
    layout = resolve(Packet("ntp", stack))
    (shown,) = read(layout, require("tshark"), tmp_path, "ntp.xmt")
    # Wireshark 4.4 has ISO 8601, those before it words.
    forms = ("Nov 25, 2026 18:30:15.12345678", "2026-11-25T18:30:15.12345678")
    assert any(shown.startswith(each) for each in forms), shown


def test_tshark_shows_the_time_of_ptp(require: Require, tmp_path: Path) -> None:
    layout = resolve(Packet("ptp", ETHERNET / PTP / Fill()))
    names = ("ptp.v2.sdr.origintimestamp.seconds", "ptp.v2.sdr.origintimestamp.nanoseconds")
    seconds, nanoseconds = read(layout, require("tshark"), tmp_path, *names)
    assert int(seconds) == int(INSTANT.timestamp()) + 37
    assert int(nanoseconds) == 123_456_789


# --- Where there is no such clock -----------------------------------------------------


def test_the_kernel_has_no_wall_clock_for_programs_in_it() -> None:
    with pytest.raises(UsageError, match="has time stamps of the wall clock"):
        xdp.build_loader(resolve(STAMPED), "-O2")
