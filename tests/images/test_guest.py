"""What guests send is what the oracle says, on every release, platform and with every strategy.

Frames are captured on the other side of a bridge; tshark and the oracle check them,
neither of which knows the emitted C.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
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
from tests.wire.namespace import Done, Namespace, finish, wait_until
from tests.wire.test_wire import decode, frames_of

from .conftest import BRIDGE, releases
from .test_image import codegen

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


@releases("0.10.0", "0.13.1", "0.16.3", "0.17.0")
def test_a_received_frame_has_the_length_that_it_declares(bridged: Namespace, tree: Tree) -> None:
    """Some releases count the device's header as well; the bytes that were counted show it.

    They are more than the ring has buffers for, which is refilled in batches where it can be.
    """
    done = run(
        *(bridged, tree, "--platform", "qemu", "--pair", "--count", "500"),
        *("--set", RATE, "--length", "61", "--json"),
    )
    found = result(done)
    assert found["receiver"]["bytes"] == 500 * 61
    assert found["receiver"]["valid"] == 500


#: Frames of others: of an unknown type, IPv4 padded and not, ARP, IEEE 802.3, IPv6 behind a tag.
FOREIGN = [
    bytes.fromhex("ffffffffffff 020000000042" + rest).ljust(length, b"\x77")
    for rest, length in (
        ("88b5", 100),
        ("0800 4500001c", 60),
        ("0800 4500004b", 14 + 75),
        ("0806 0001080006040001", 42),
        ("0040", 14 + 64),
        ("8100 0007 86dd 60000000 0040", 18 + 40 + 64),
    )
]

SEND_FOREIGN = f"""
import socket, sys, time
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind(("far", 0))
    while True:
        for frame in {FOREIGN!r}:
            sock.send(frame)
            time.sleep(0.005)
"""


@releases("0.13.1", "0.16.3", "0.17.0")
def test_frames_of_others_have_their_length(bridged: Namespace, tree: Tree) -> None:
    """Some releases count the device's header as well."""
    sender = bridged.start(sys.executable, "-c", SEND_FOREIGN)
    try:
        count = 10 * len(FOREIGN)
        done = run(
            *(bridged, tree, "--platform", "qemu", "--mode", "rx", "--count", str(count)),
            *("--duration", "30", "--set", "match=on", "--json"),
        )
    finally:
        sender.kill()
    found = result(done)
    assert (found["received"], found["other"]) == (count, count)
    assert found["bytes"] == 10 * sum(map(len, FOREIGN))


@pytest.mark.parametrize("arguments", [(), ("--set", "rate=30kpps")], ids=["unlimited", "paced"])
def test_what_a_pair_loses_was_dropped_on_the_way(
    bridged: Namespace, newest: Tree, arguments: tuple[str, ...]
) -> None:
    """Unlimited, the sender is faster than the receiver."""
    pair = ("--platform", "qemu", "--pair", "--count", "30000", "--json")
    done = run(bridged, newest, *pair, *arguments)
    found = result(done)
    receiver = found["receiver"]
    assert found["sender"]["sent"] == 30000
    assert receiver["received"] > 0
    assert receiver["valid"] == receiver["received"]
    assert receiver["invalid"] == receiver["other"] == 0
    assert found["lost"] == 30000 - receiver["received"] == found["dropped"]


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


@pytest.mark.parametrize("as_pair", [False, True], ids=["one", "pair"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("delete", BRIDGE), f"there is no bridge {BRIDGE} any more"),
        (("set", f"{BRIDGE}-vm0", "nomaster"), f"tap {BRIDGE}-vm0 is not in bridge {BRIDGE} any"),
    ],
    ids=["bridge", "tap"],
)
def test_a_network_that_goes_away_is_an_error(
    bridged: Namespace, newest: Tree, as_pair: bool, change: tuple[str, ...], said: str
) -> None:
    process = bridged.start_codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--duration", "4", "--set", "rate=1kpps", *(["--pair"] if as_pair else [])),
    )
    sender_starts = "tx: started in mode tx" if as_pair else "started in mode tx"
    assert process.stdout is not None
    while not process.stdout.readline().startswith(sender_starts):
        assert process.poll() is None
    bridged.do("ip", "link", *change)
    done = finish(process)
    assert done.returncode == 1
    assert said in done.stderr


def test_guests_of_a_bridge_have_different_addresses(bridged: Namespace, newest: Tree) -> None:
    """Those of different commands too; and an address can be chosen."""
    first = bridged.start_codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--mode", "rx", "--duration", "0"),
    )
    assert first.stdout is not None
    while "device 02:00:00:00:00:01" not in first.stdout.readline():
        assert first.poll() is None
    second = run(bridged, newest, "--platform", "qemu", "--count", "1")
    assert "device 02:00:00:00:00:02\n" in second.stdout
    chosen = ("--mac", "0a:00:00:00:00:42")
    third = run(bridged, newest, "--platform", "qemu", "--count", "1", *chosen)
    assert "device 0a:00:00:00:00:42\n" in third.stdout
    first.terminate()


#: As README has it.
BIG_POOL = """
from codegen.model import Buffers, Fetch, QueueFull, Strategy
BIG_POOL = Strategy(
    "big-pool", Buffers.POOL, Fetch.DUP, QueueFull.RETRY, "8192 objects", objects=8192
)
"""


@releases("0.16.3", "0.17.0")
def test_a_big_pool_has_its_memory(bridged: Namespace, tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BIG_POOL)
    own = ("--platform", "qemu", "--strategy", str(tmp_path / "mine.py"), "--count", "1000")
    assert result(run(bridged, tree, *own, "--json"))["memory_megabytes"] == 80
    little = run(bridged, tree, *own, "--memory", "40")
    assert little.returncode == 1
    assert "no memory for a pool of 8192 objects of 2048 bytes each" in little.stderr


def test_a_monitor_that_is_killed_is_named(bridged: Namespace, newest: Tree) -> None:
    process = bridged.start_codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root), "--kvm", "off"),
        *("--duration", "0", "--set", "port_src=10999"),
    )
    assert process.stdout is not None
    while "started in mode" not in process.stdout.readline():
        assert process.poll() is None
    command = ["pgrep", "-f", "qemu-system-x86_64.*port_src=10999"]
    (found,) = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(found), signal.SIGKILL)
    done = finish(process)
    assert done.returncode == 1
    assert "codegen: qemu-system-x86_64 was ended by SIGKILL; the last lines" in done.stderr


def test_a_guest_waits_for_a_debugger(newest: Tree, tools: None) -> None:
    """GDB's remote protocol: it stands before its first instruction, and runs when continued."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "codegen", "run", "--platform", "qemu", "--kvm", "off"),
            *("--uk-root", newest.root, "--sink", "free", "--count", "10", "--gdb", str(port)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        shown = next(line for line in process.stdout if "the guest waits for a debugger: " in line)
        symbols = Path(shown.split(": gdb ")[1].split()[0])
        assert b".debug_info" in symbols.read_bytes()
        with connected(port) as debugger:
            debugger.sendall(b"+$?#3f")
            answer = b""
            while not re.search(rb"\$[TS]05", answer):
                got = debugger.recv(4096)
                assert got, answer
                answer += got
            debugger.sendall(b"+$c#63")
            rest = process.stdout.read()
        assert process.wait(30) == 0
        assert "sent 10," in rest
    finally:
        process.kill()
        process.wait()


def connected(port: int) -> socket.socket:
    """Return a connection to a program that is about to listen on a port of this machine."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 20)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_dpdk_gets_every_packet_over_vhost_user(newest: Tree, tools: None, tmp_path: Path) -> None:
    """It reads them in the guest's memory: no tap, no bridge."""
    need("dpdk-testpmd")
    path = tmp_path / "socket"
    other_end = subprocess.Popen(
        [
            *("dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "-l", "0,1"),
            *("--file-prefix", path.parent.name, "--vdev", f"net_vhost0,iface={path},queues=1"),
            *("--", "--forward-mode=rxonly", "--total-num-mbufs=4096", "--stats-period", "1"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert other_end.stdout is not None
    try:
        for line in other_end.stdout:
            if "Port statistics" in line:
                break
        assert path.is_socket(), line
        done = codegen(
            *("run", "--platform", "qemu", "--kvm", "off", "--uk-root", str(newest.root)),
            *("--backend", f"vhost-user:{path}", "--json"),
            *("--strategy", "ring-patch", "--count", str(COUNT)),
        )
        found = result(done)
        assert (found["sent"], found["device"]) == (COUNT, f"virtio-net-pci on vhost-user:{path}")
        deadline = time.monotonic() + 20
        for line in other_end.stdout:
            assert time.monotonic() < deadline, line
            if f"RX-packets: {COUNT} " in line:
                assert f"RX-bytes:  {COUNT * 60}\n" in line
                break
    finally:
        other_end.kill()
        other_end.wait()


def test_vhost_user_needs_a_program_that_listens(newest: Tree, tmp_path: Path) -> None:
    done = codegen(
        *("run", "--platform", "qemu", "--uk-root", str(newest.root)),
        *("--backend", f"vhost-user:{tmp_path}/nothing"),
    )
    assert done.returncode == 1
    assert f"no program listens on {tmp_path}/nothing; start one there first" in done.stderr


def test_queues_that_a_driver_lacks_are_refused(newest: Tree) -> None:
    several = ("--platform", "qemu", "--sink", "free", "--queues", "2", "--uk-root")
    done = codegen("run", *several, str(newest.root))
    assert done.returncode == 1
    assert f"the virtio driver of Unikraft {newest.version}" in done.stderr
    assert "has one pair of queues; leave out --queues" in done.stderr


@pytest.mark.long
@releases()
@pytest.mark.parametrize("mode", ["tx", "rx", "pair"])
def test_a_guest_holds_under_load(bridged: Namespace, tree: Tree, mode: str) -> None:
    """Fifteen seconds at a rate, in each direction: a stall would last to the end."""
    rate, seconds = 10_000, 15
    paced = ("--set", f"rate={rate}pps", "--duration", str(seconds), "--json")
    if mode == "rx":
        tap = ("--device", "tap:usocbr0-tap0", *paced)
        receiver = bridged.start_codegen(
            *("run", "--platform", "qemu", "--uk-root", str(tree.root), "--kvm", "off"),
            *("--mode", "rx", "--duration", "60", "--set", "idle=3", "--json"),
        )
        wait_until(lambda: f"{BRIDGE}-vm0" in bridged.links(), "the guest is there", receiver)
        time.sleep(5)
        sent = result(bridged.codegen("run", *tap))["sent"]
        received = result(finish(receiver))
        # What the machine is too busy for is dropped, here and there, to the end.
        assert received["received"] > sent / 2
        assert received["seconds"] > 0.7 * seconds
        return
    found = result(
        run(
            bridged,
            tree,
            "--platform",
            "qemu",
            *paced[:4],
            "--json",
            *(["--pair"] if mode == "pair" else []),
        )
    )
    if mode == "pair":
        assert found["lost"] == found["dropped"]
        found = found["sender"]
    assert found["sent"] > rate * seconds / 2


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
