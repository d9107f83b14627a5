"""What guests send is what the oracle says, on every release, platform and with every strategy.

Frames are captured on the other side of a bridge; tshark and the oracle check them,
neither of which knows the emitted C.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from codegen import formats, oracle
from codegen.layout import Argument, Layout
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.unikraft import Tree
from tests.tools import need
from tests.wire.namespace import Done, Namespace, finish
from tests.wire.test_wire import decode, frames_of

from .conftest import BRIDGE, releases

COUNT = 5000

#: Slow enough that a busy machine loses nothing on the bridge.
RATE = "rate=20kpps"

#: The address of the first guest.
MAC = 0x02_00_00_00_00_01

pytestmark = pytest.mark.unikraft


def result(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def run(namespace: Namespace, tree: Tree, *arguments: str) -> Done:
    return namespace.codegen("run", "--uk-root", str(tree.root), "--kvm", "off", *arguments)


def own_addresses(layout: Layout) -> list[str]:
    """Return the parameters that a program takes from its device."""
    origins = (each.origin for each in layout.arguments)
    return [each.name for each in origins if isinstance(each, Argument) and each.default is None]


def check_frames(
    namespace: Namespace, tree: Tree, format_spec: str, strategy: str, folder: Path, *arguments: str
) -> dict[str, Any]:
    """Have a guest send; return its result when every frame is the oracle's and tshark's liking."""
    capture = namespace.capture("far", COUNT, folder / "bridge.pcap")
    found = result(
        run(
            namespace,
            tree,
            *("--format", format_spec, "--strategy", strategy, "--count", str(COUNT)),
            *("--set", RATE, "--json", *arguments),
        )
    )
    assert found["sent"] == COUNT
    assert found["unikraft"] == tree.version
    assert finish(capture).returncode == 0

    layout = resolve(formats.load(format_spec))
    given = dict.fromkeys(own_addresses(layout), MAC)
    frames = frames_of(folder / "bridge.pcap")
    if "linuxu" in arguments:
        # The kernel gives that tap an address; it may speak on it itself.
        frames = [frame for frame in frames if frame[12:14] == b"\x08\x00"]
        given = dict.fromkeys(given, int.from_bytes(frames[0][6:12], "big"))
    assert len(frames) == COUNT
    for number, frame in enumerate(frames):
        length = found["length"]
        if layout.length_sweep is not None:
            length = oracle.swept_value(layout.length_sweep, number)
        wanted = oracle.encode(layout, given, length, number)
        assert frame == wanted, oracle.explain(layout, wanted, frame)
    decoded = decode(folder / "bridge.pcap", "ip.checksum.status", "_ws.malformed")
    assert {malformed for _, malformed in decoded} == {""}
    # A tunnel has a checksum inside as well; ARP and IPv6 have none.
    assert {status for each, _ in decoded for status in each.split(",")} <= {"1", ""}
    return found


@releases()
@pytest.mark.parametrize(
    ("format_name", "strategy"), [("usoc21", "pool-dup"), ("udp4_seq", "ring-patch")]
)
def test_every_release_sends_what_the_oracle_says(
    bridged: Namespace, tree: Tree, format_name: str, strategy: str, tmp_path: Path
) -> None:
    found = check_frames(bridged, tree, format_name, strategy, tmp_path, "--platform", "qemu")
    assert found["accelerator"] == "tcg"
    assert found["device"] == f"virtio-net-pci on {BRIDGE}"


@pytest.mark.parametrize("strategy", [each.name for each in STRATEGIES])
def test_every_strategy_sends_what_the_oracle_says(
    bridged: Namespace, newest: Tree, strategy: str, tmp_path: Path
) -> None:
    format_name = "usoc21" if strategy == "zero-copy" else "udp4_seq"
    check_frames(bridged, newest, format_name, strategy, tmp_path, "--platform", "qemu")


def test_swept_lengths_are_what_the_oracle_says(
    bridged: Namespace, newest: Tree, tmp_path: Path
) -> None:
    format_file = tmp_path / "swept.py"
    format_file.write_text(
        "from codegen.formats.udp import UDP4\nfrom codegen.model import Cycle\n"
        'PACKET = UDP4.preset("two", "two lengths", {"length": Cycle((60, 1514))})\ndel UDP4\n'
    )
    found = check_frames(
        *(bridged, newest, str(format_file), "ring-patch", tmp_path, "--platform", "qemu")
    )
    assert found["length"] is None
    assert found["bytes"] == COUNT * (60 + 1514) // 2


#: What no packet of the catalogue has: a trailer, both byte orders, lengths in words.
OWN = """
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import *

RECORD = Header(
    "record",
    (
        UInt("stream", 12, Parameter("stream", 5), "little"),
        UInt("number", 20, Counter(), "little"),
        UInt("words", 16, Length(PAYLOAD, unit=4)),
    ),
    trailer=(
        UInt("tag", 16, Parameter("tag", 7)),
        UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32C), "little"),
    ),
)
FIXED = Packet("record", ETHERNET / IPV4 / UDP / RECORD / Fill("x"), "of one length")
SWEPT = FIXED.preset("swept", "of many lengths", {"length": Random(3, maximum=298)})
"""


@pytest.mark.parametrize(("name", "strategy"), [("FIXED", "pool-gen"), ("SWEPT", "ring-patch")])
def test_a_format_of_ones_own_is_what_the_oracle_says(
    bridged: Namespace, newest: Tree, name: str, strategy: str, tmp_path: Path
) -> None:
    format_file = tmp_path / "own.py"
    format_file.write_text(OWN)
    spec = f"{format_file}:{name}"
    check_frames(bridged, newest, spec, strategy, tmp_path, "--platform", "qemu")


@pytest.mark.long
@releases()
@pytest.mark.parametrize("strategy", [each.name for each in STRATEGIES])
def test_every_strategy_on_every_release(
    bridged: Namespace, tree: Tree, strategy: str, tmp_path: Path
) -> None:
    format_name = "usoc21" if strategy == "zero-copy" else "udp4_seq"
    check_frames(bridged, tree, format_name, strategy, tmp_path, "--platform", "qemu")


@pytest.mark.long
@pytest.mark.parametrize("format_name", formats.catalogue())
def test_every_format_sends_what_the_oracle_says(
    bridged: Namespace, newest: Tree, format_name: str, tmp_path: Path
) -> None:
    check_frames(bridged, newest, format_name, "pool-gen", tmp_path, "--platform", "qemu")


@pytest.mark.parametrize("bus", ["mmio", "pci"])
def test_arm64_sends_what_the_oracle_says(
    bridged: Namespace, newest: Tree, bus: str, tmp_path: Path
) -> None:
    need("qemu-system-aarch64", "aarch64-linux-gnu-gcc")
    found = check_frames(
        *(bridged, newest, "udp4_seq", "ring-patch", tmp_path),
        *("--platform", "qemu", "--arch", "arm64", "--virtio", bus),
    )
    assert found["arch"] == "arm64"
    assert found["device"].startswith("virtio-net-device" if bus == "mmio" else "virtio-net-pci")


@releases("0.16.3")
def test_linuxu_sends_what_the_oracle_says(bridged: Namespace, tree: Tree, tmp_path: Path) -> None:
    check_frames(bridged, tree, "usoc21", "pool-dup", tmp_path, "--platform", "linuxu")


@pytest.mark.long
@releases("0.10.0", "0.13.1")
@pytest.mark.parametrize("strategy", ["pool-dup", "zero-copy"])
def test_linuxu_on_other_releases(
    bridged: Namespace, tree: Tree, strategy: str, tmp_path: Path
) -> None:
    check_frames(bridged, tree, "usoc21", strategy, tmp_path, "--platform", "linuxu")


@pytest.mark.long
@releases("0.13.1", "0.16.3")
def test_arm64_on_other_releases(bridged: Namespace, tree: Tree, tmp_path: Path) -> None:
    need("qemu-system-aarch64", "aarch64-linux-gnu-gcc")
    arguments = ("--platform", "qemu", "--arch", "arm64")
    check_frames(bridged, tree, "usoc21", "pool-dup", tmp_path, *arguments)


@releases("0.16.3", "0.17.0")
def test_a_received_frame_has_the_length_that_it_declares(bridged: Namespace, tree: Tree) -> None:
    """These releases count the device's header as well; the bytes that were counted tell."""
    done = run(
        *(bridged, tree, "--platform", "qemu", "--pair", "--count", "500"),
        *("--set", RATE, "--length", "61", "--json"),
    )
    found = result(done)
    assert found["receiver"]["bytes"] == 500 * 61
    assert found["receiver"]["valid"] == 500


#: Packets in the queue of a tap, unless it is told otherwise (``txqueuelen`` of Linux).
TAP_QUEUE = 1000


def test_what_a_pair_loses_was_dropped_on_the_way(bridged: Namespace, newest: Tree) -> None:
    """Unlimited, the sender is faster than the receiver."""
    done = run(bridged, newest, "--platform", "qemu", "--pair", "--count", "30000", "--json")
    found = result(done)
    receiver = found["receiver"]
    assert found["sender"]["sent"] == 30000
    assert receiver["received"] > 0
    assert receiver["valid"] == receiver["received"]
    assert receiver["invalid"] == receiver["other"] == 0
    assert found["lost"] == 30000 - receiver["received"] >= found["dropped"]
    # What still stands in a tap's queue when its machine ends is counted by nobody.
    assert found["lost"] - found["dropped"] <= TAP_QUEUE


def test_a_bad_argument_is_refused_as_on_the_host(bridged: Namespace, newest: Tree) -> None:
    done = run(bridged, newest, "--platform", "qemu", "--set", "ttl=256")
    assert done.returncode == 2
    assert done.stderr.endswith("codegen: bad value in 'ttl=256'; ttl takes: number, 0 to 255\n"), (
        done.stderr
    )


def test_without_a_bridge_there_is_an_error_before_anything_is_built(
    bridged: Namespace, newest: Tree
) -> None:
    done = run(bridged, newest, "--platform", "qemu", "--bridge", "nobridge")
    assert done.returncode == 1
    assert done.stderr == (
        "codegen: there is no bridge nobridge; make it with: codegen net up nobridge\n"
    )


def guests() -> list[str]:
    """Return the command lines of all QEMU processes whose parent is this test's machine."""
    command = ["ps", "-ww", "-eo", "args"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if "mac=02:00:00:00:00:01" in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_was_ended(
    bridged: Namespace, newest: Tree, number: signal.Signals
) -> None:
    before = bridged.links()
    mark = f"port_src={10000 + number}"
    process = bridged.start_codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--duration", "0", "--set", mark),
    )
    assert process.stdout is not None
    while "started in mode" not in process.stdout.readline():
        assert process.poll() is None
    running = [line for line in guests() if mark in line]
    assert running, "the guest should run"
    assert bridged.links() - before == {f"{BRIDGE}-vm0"}
    # nsenter has become the command: there is no process between.
    os.kill(process.pid, number)
    process.communicate(timeout=30)
    assert (
        process.returncode
        == {
            signal.SIGINT: 130,
            signal.SIGTERM: 128 + signal.SIGTERM,
            signal.SIGKILL: -signal.SIGKILL,
        }[number]
    )
    deadline = time.monotonic() + 20
    while bridged.links() != before or any(mark in line for line in guests()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
