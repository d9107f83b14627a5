"""The emitted programs under AddressSanitizer, LeakSanitizer and UBSan, on every kind of device.

Each is a process of its own: the sanitizers then see the whole program, from
its first allocation to what is left at its end. A report ends the program with
another exit code than 0.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codegen import formats, oracle
from codegen.emit import COMMITTED
from codegen.host import build
from codegen.host.netbuf import Netbuf
from codegen.resolve import resolve

Run = Callable[..., dict[str, int]]

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")

#: What devices report: as virtio does, as a tap does, and rings hardly there.
SETTINGS = {
    "virtio": ("ioalign=2048", "encap=16", "ring=256", "descs=2"),
    "old virtio": ("ioalign=8", "encap=14", "ring=256", "descs=2", "rx_extra=10"),
    # With more descriptors than there is memory for packets.
    "tap": ("ioalign=0", "encap=0", "ring=65535", "descs=1", "batch=1"),
    "ring of 1": ("ring=2", "descs=2"),
    "ring of 5": ("ring=5", "descs=1", "batch=3"),
    "ring of 8": ("ring=8", "descs=1", "ioalign=1", "encap=1"),
}
LENGTHS = (60, 1514)
COUNT = 700


@pytest.fixture(params=COMMITTED, ids="/".join)
def program(
    request: pytest.FixtureRequest, emitted: Callable[[str, str], Path], netbuf: Netbuf
) -> tuple[str, Path]:
    app = emitted(*request.param)
    return "/".join(request.param), build.build_program(
        app, optimize="-O1", extra_flags=SANITIZERS, netbuf=netbuf
    )


def run(program: Path, platform: tuple[str, ...], *arguments: str) -> dict[str, int]:
    """Run a program to its orderly end; return its counters."""
    done = subprocess.run(
        [program, *platform, "--", "interval=0", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"ASAN_OPTIONS": "detect_leaks=1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    counters: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counters


def keeps(program: tuple[str, Path]) -> bool:
    """Tell whether a packet that was not taken is kept, and not counted as failed."""
    return program[0].endswith("-retry")


def packets(settings: tuple[str, ...]) -> tuple[int, int]:
    """Return how many packets fit into the ring, and how many the device sends at once."""
    chosen = {"batch": "32", **dict(each.split("=") for each in settings)}
    # The program asks for 1024 descriptors at most.
    return min(int(chosen["ring"]), 1024) // int(chosen["descs"]), int(chosen["batch"])


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_sending_and_receiving(program: tuple[str, Path], settings: tuple[str, ...]) -> None:
    for length in LENGTHS:
        common = (f"length={length}", f"count={COUNT}")
        sent = run(program[1], ("device=null", "poison=0x5a", *settings), "mode=tx", *common)
        # A device that waits for a whole batch refuses what its ring has no room for.
        ring, batch = packets(settings)
        refused = (COUNT - 1) // ring if ring < batch and not keeps(program) else 0
        assert (sent["sent"], sent["failed"], sent["received"]) == (COUNT, refused, 0)
        assert sent["bytes"] == COUNT * length
        both = run(program[1], ("device=loop", *settings), "mode=both", *common)
        assert (both["sent"], both["received"], both["bytes"]) == (COUNT, COUNT, COUNT * length)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_ring_that_fills(program: tuple[str, Path], settings: tuple[str, ...]) -> None:
    """Nobody receives: what the wire and the ring hold is sent, and the rest is freed."""
    wire = 16
    for length in LENGTHS:
        found = run(
            program[1],
            (f"device=loop:{wire}", *settings),
            *("mode=tx", f"length={length}", "duration=0.002"),
        )
        held = wire + packets(settings)[0]
        if keeps(program):
            assert (found["sent"], found["failed"]) == (held, 0)
        else:
            # The program looks at the clock, and so can end, after about 1024 tries.
            tries = found["sent"] + found["failed"]
            assert tries >= 1000
            assert found["sent"] == min(tries, held)
        assert found["bytes"] == found["sent"] * length


def test_a_capture(program: tuple[str, Path], tmp_path: Path) -> None:
    name, path = program
    layout = resolve(formats.load(name.split("/")[0]))
    for length in LENGTHS:
        capture = tmp_path / f"{length}.pcap"
        found = run(
            path, (f"device=pcap:{capture}",), "mode=tx", f"length={length}", f"count={COUNT}"
        )
        frames = list(read_pcap(capture))
        assert found["sent"] == len(frames) == COUNT
        assert frames == [
            oracle.encode(layout, {"mac_src": "02:00:00:00:00:01"}, length, packet=number)
            for number in range(COUNT)
        ]


def read_pcap(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    at = 24
    while at < len(data):
        _, _, captured, original = struct.unpack_from("=IIII", data, at)
        assert captured == original
        yield data[at + 16 : at + 16 + captured]
        at += 16 + captured


def test_receiving_alone_ends_after_its_time(program: tuple[str, Path]) -> None:
    found = run(program[1], ("device=loop",), "mode=rx", "duration=0.001")
    assert (found["sent"], found["received"], found["failed"]) == (0, 0, 0)


def test_wrong_arguments_are_refused_in_time(program: tuple[str, Path]) -> None:
    """Exit code 2, a message, and nothing left behind."""
    for argument in ("length=59", "length=1515", "ttl=256", "mac_dst=02:00:00:00:00", "nonsense"):
        done = subprocess.run(
            [program[1], "--", argument], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert argument in done.stderr
        assert "Sanitizer" not in done.stderr
