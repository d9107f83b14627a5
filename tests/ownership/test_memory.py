"""Every emitted loop with the platform's own devices, under sanitizers and valgrind.

The scripted device of ``test_loops.py`` sees what a loop does to its packets; here
memory itself is watched, with devices as they are: what is read before it was
written, or beyond a buffer, or never given back.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from codegen import formats, oracle
from codegen.model import STRATEGIES, Buffers, QueueFull, Strategy
from codegen.resolve import resolve

SANITIZE = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
VALGRIND_FOUND = 96
VALGRIND = (
    *("valgrind", "-q", f"--error-exitcode={VALGRIND_FOUND}", "--leak-check=full"),
    *("--errors-for-leak-kinds=definite,indirect", "--show-leak-kinds=definite,indirect"),
)
OWN_ADDRESS = "02:00:00:00:00:01"

#: Devices as Unikraft has them, and the smallest there can be.
DEVICES: dict[str, dict[str, object]] = {
    "virtio": {"ring": 256, "descs": 2, "encap": 16, "ioalign": 2048, "rx_extra": 10},
    "old-virtio": {"ring": 256, "descs": 2, "encap": 14, "ioalign": 8},
    "tap": {"ring": 65535, "descs": 1, "encap": 0, "ioalign": 0},
    "tiny": {"ring": 1, "descs": 1, "encap": 16, "ioalign": 8},
    "tiny-virtio": {"ring": 2, "descs": 2, "encap": 16, "ioalign": 2048},
}
LENGTHS = (60, 61, *range(96, 1514, 101), 1513, 1514)

CASES = [
    pytest.param(format, strategy, id=f"{format}-{strategy.name}")
    for format in ("usoc21", "udp4_seq")
    for strategy in STRATEGIES
    # What sweeps cannot be shared: lowering refuses it.
    if not (format == "udp4_seq" and strategy.buffers is Buffers.SHARED)
]


class Watched:
    """The loops of a format under something that watches memory."""

    def __init__(self, server: Any) -> None:
        self.server = server

    def run(self, name: str, arguments: str, **settings: object) -> tuple[int, dict[str, Any]]:
        """Return the status, which is 0 if nothing was found, and the program's report."""
        # The late packets are waited for: a clock that runs makes that short.
        settings = {"plain": 1, "clock": 1_000_000, "time": 60} | settings
        status, out, err = self.server.run(name, arguments, **settings)
        lines = [each for each in out.splitlines() if each.startswith("{")]
        if status:
            return status, {"said": err}
        assert lines, err
        return status, json.loads(lines[-1]) | {"seen": out.partition("--seen--")[2]}


@pytest.fixture(scope="session")
def sanitized(programs: Callable[..., Path], serve: Callable[..., Any]) -> Callable[[str], Watched]:
    @cache
    def start(format: str) -> Watched:
        options = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        return Watched(serve(programs(format, SANITIZE), **options))

    return start


@pytest.fixture(scope="session")
def valgrind(
    require: Callable[[str], str], programs: Callable[..., Path], serve: Callable[..., Any]
) -> Callable[[str], Watched]:
    require("valgrind")

    @cache
    def start(format: str) -> Watched:
        return Watched(serve(*VALGRIND, programs(format, ("-g",), sinks=("netdev",))))

    return start


def all_good(status: int, report: dict[str, Any], count: int) -> None:
    assert status == 0, report["said"]
    wanted = {"sent": count, "received": count, "valid": count, "other": 0, "invalid": 0}
    assert {key: report[key] for key in wanted} == wanted


def frames_of(capture: Path) -> list[bytes]:
    content = capture.read_bytes()
    frames, at = [], 24
    while at < len(content):
        (length,) = struct.unpack_from("=I", content, at + 8)
        frames.append(content[at + 16 : at + 16 + length])
        at += 16 + length
    return frames


# ---------------------------------------------------------------- sanitizers


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_what_is_sent_comes_back(
    sanitized: Callable[[str], Watched], format: str, strategy: Strategy, device: str
) -> None:
    """More packets than any ring has room for, so that each buffer is used again."""
    watched = sanitized(format)
    for length in (60, 1514):
        arguments = f"mode=both match=on count=1100 length={length}"
        settings = DEVICES[device]
        all_good(
            *watched.run(f"{strategy.name}/netdev", arguments, device="loop", **settings), 1100
        )


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_every_length(sanitized: Callable[[str], Watched], format: str, strategy: Strategy) -> None:
    watched = sanitized(format)
    for length in LENGTHS:
        arguments = f"mode=both match=on count=20 length={length}"
        run = watched.run(f"{strategy.name}/netdev", arguments, device="loop", ring=4)
        all_good(*run, 20)


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_a_capture_has_the_oracles_packets(
    sanitized: Callable[[str], Watched], format: str, strategy: Strategy, tmp_path: Path
) -> None:
    watched = sanitized(format)
    layout = resolve(formats.load(format))
    own = {
        each.argument.name: OWN_ADDRESS
        for each in layout.arguments
        if each.argument.default is None
    }
    capture = tmp_path / "out.pcap"
    name = f"{strategy.name}/netdev"
    for length, settings in ((60, DEVICES["virtio"]), (1514, DEVICES["tiny"])):
        arguments = f"mode=tx count=300 length={length}"
        for device in ("null", f"pcap:{capture}"):
            status, report = watched.run(name, arguments, device=device, **settings)
            assert status == 0, report["said"]
            assert (report["sent"], report["bytes"]) == (300, 300 * length)
        expected = [oracle.encode(layout, own, length, packet=each) for each in range(300)]
        assert frames_of(capture) == expected


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_a_wire_that_is_full(
    sanitized: Callable[[str], Watched], format: str, strategy: Strategy, device: str
) -> None:
    """Nobody receives: wire and ring fill up, and from then on nothing is taken."""
    settings: dict[str, Any] = DEVICES[device]
    ring = min(settings["ring"], 1024) // settings["descs"]
    status, report = sanitized(format).run(
        f"{strategy.name}/netdev",
        "mode=tx duration=0.05",
        **settings | {"device": "loop:8", "clock": 10_000_000},
    )
    assert status == 0, report["said"]
    assert report["sent"] == 8 + ring
    assert (report["failed"] > 0) == (strategy.queue_full is QueueFull.DROP)


# ------------------------------------------------------------------ valgrind


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_valgrind_finds_nothing(
    valgrind: Callable[[str], Watched], format: str, strategy: Strategy, tmp_path: Path
) -> None:
    """Nothing is used before it is written, on the wire neither, and nothing leaks."""
    watched = valgrind(format)
    name = f"{strategy.name}/netdev"
    for device, length in (("virtio", 60), ("tiny", 1514)):
        arguments = f"mode=both match=on count=300 length={length}"
        all_good(*watched.run(name, arguments, device="loop", **DEVICES[device]), 300)
    # Bytes that nobody wrote are noticed when they are written to a file.
    capture = f"pcap:{tmp_path}/out.pcap"
    status, report = watched.run(name, "mode=tx count=40 length=61", device=capture)
    assert status == 0, report["said"]
    status, report = watched.run(
        name, "mode=tx duration=0.05", device="loop:8", ring=4, clock=10_000_000
    )
    assert status == 0, report["said"]
    assert report["sent"] == 12


# ----------------------------------------------------------------- the checks


Mutants = Callable[[str], dict[str, dict[str, str]]]


def program_of(mutants: Mutants, mistake: str) -> str:
    """Return the name of the program that has a mistake in it."""
    return next(name for name, each in mutants("usoc21").items() if each["name"] == mistake)


def test_sanitizers_see_a_mistake(sanitized: Callable[[str], Watched], mutants: Mutants) -> None:
    watched = sanitized("usoc21")
    # The scripted device frees a packet at once: no other does so that early.
    read = program_of(mutants, "a packet is read after it was taken")
    status, report = watched.run(read, "mode=tx count=1", script=1, steps="ny")
    assert status not in (0, VALGRIND_FOUND)
    assert "heap-use-after-free" in report["said"]


def test_valgrind_sees_mistakes(
    valgrind: Callable[[str], Watched], mutants: Mutants, tmp_path: Path
) -> None:
    watched = valgrind("usoc21")
    read = program_of(mutants, "a packet is read after it was taken")
    assert watched.run(read, "mode=tx count=1", script=1, steps="ny")[0] == VALGRIND_FOUND
    lost = program_of(mutants, "a packet that was not taken is not given back")
    full = {"device": "loop:8", "ring": 4, "clock": 10_000_000}
    assert watched.run(lost, "mode=tx duration=0.05", **full)[0] == VALGRIND_FOUND
    unwritten = program_of(mutants, "a frame is not written")
    capture = f"pcap:{tmp_path}/out.pcap"
    assert watched.run(unwritten, "mode=tx count=40", device=capture)[0] == VALGRIND_FOUND
