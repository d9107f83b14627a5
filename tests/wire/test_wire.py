"""What is sent on real interfaces arrives, whole and in order, and is told when it does not."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.tools import need

from .namespace import PATIENCE, POWERLESS, Done, Namespace, Process, finish, wait_until

COUNT = 3000
RETRY = ("--strategy", "ring-patch-retry")
SEQUENCE = ("--format", "udp4_seq", *RETRY)

Sender = tuple[str, str, str]

JUMBO = """
from dataclasses import replace
from codegen.formats.udp import UDP4
PACKET = replace(UDP4, name="jumbo", max_length=9014)
del UDP4
"""


def frames_of(capture: Path) -> list[bytes]:
    """Return the frames of a pcap file of this machine's byte order."""
    data = capture.read_bytes()
    frames = []
    at = 24
    while at < len(data):
        (length,) = struct.unpack_from("=8xI", data, at)
        frames.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return frames


def decode(capture: Path, *fields: str) -> list[list[str]]:
    """Return what tshark makes of each frame, checksums validated."""
    need("tshark")
    done = subprocess.run(
        [
            *("tshark", "-n", "-r", capture, "-T", "fields"),
            *("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"),
            *(word for field in fields for word in ("-e", field)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


def result(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def errors(done: Done) -> list[str]:
    """Return the lines that the program printed, of a run that failed as it should."""
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert lines[-1] == "codegen: the program ended with exit code 1"
    assert all(line.startswith("error: ") for line in lines[:-1]), lines
    return lines[:-1]


# ------------------------------------------------------------------- sending


def test_every_frame_arrives(namespace: Namespace, sender: Sender, tmp_path: Path) -> None:
    device, _, end = sender
    capture = namespace.capture(end, COUNT, tmp_path / "wire.pcap")
    sent = namespace.codegen("run", "--device", device, *SEQUENCE, "--count", str(COUNT), "--json")
    assert result(sent)["sent"] == COUNT
    assert finish(capture).returncode == 0

    decoded = decode(
        tmp_path / "wire.pcap",
        *("ip.checksum.status", "udp.checksum.status", "_ws.malformed", "udp.payload"),
    )
    assert len(decoded) == COUNT
    good = "1"
    assert {tuple(each[:3]) for each in decoded} == {(good, good, "")}
    numbers = [int(each[3].replace(":", "")[:8], 16) for each in decoded]
    assert numbers == list(range(numbers[0], numbers[0] + COUNT))


@pytest.mark.parametrize("length", [60, 1514])
@pytest.mark.parametrize("strategy", ["pool-dup", "zero-copy"])
def test_frames_are_those_of_a_capture_file(
    namespace: Namespace, sender: Sender, strategy: str, length: int, tmp_path: Path
) -> None:
    device, _, end = sender
    run = (
        *("run", "--strategy", strategy, "--length", str(length), "--count", "100"),
        *("--set", "mac_src=02:00:00:00:00:42", "--device"),
    )
    capture = namespace.capture(end, 100, tmp_path / "wire.pcap")
    assert namespace.codegen(*run, device).returncode == 0
    assert finish(capture).returncode == 0
    assert namespace.codegen(*run, f"pcap:{tmp_path}/file.pcap").returncode == 0
    assert frames_of(tmp_path / "wire.pcap") == frames_of(tmp_path / "file.pcap")


def test_frames_come_from_the_address_of_the_interface(
    namespace: Namespace, sender: Sender, tmp_path: Path
) -> None:
    device, under, end = sender
    capture = namespace.capture(end, 1, tmp_path / "wire.pcap")
    assert namespace.codegen("run", "--device", device, "--count", "1").returncode == 0
    assert finish(capture).returncode == 0
    (frame,) = frames_of(tmp_path / "wire.pcap")
    # The interface of a tap is the machine's, not the program's, end of the cable.
    own = "02:00:00:00:00:01" if device.startswith("tap") else namespace.link(under)["address"]
    assert frame[6:12].hex(":") == own


def test_a_tap_is_made_where_there_is_none(namespace: Namespace) -> None:
    namespace.tap("other")  # shows that taps can be made here
    sent = namespace.codegen("run", "--device", "tap:fresh", "--count", "100", "--json")
    assert result(sent)["sent"] == 100
    assert "fresh" not in namespace.links()


def test_at_a_low_rate_frames_depart_one_by_one(namespace: Namespace, sender: Sender) -> None:
    device, _, end = sender
    slowly = ("--set", "rate=10pps", "--duration", "30")
    running = namespace.start_codegen("run", "--device", device, *slowly)
    wait_until(lambda: namespace.received(end), "the first frame arrives", running)
    # A batch has 32.
    assert namespace.received(end) < 16


@pytest.mark.parametrize("seconds", [2, 60])
def test_xdp_waits_for_a_queue(cabled: Namespace, seconds: int) -> None:
    """Who had it may just have ended: the kernel keeps it for a while after that."""
    run = ("run", "--device", "xdp:near:0")
    before = cabled.start_codegen(*run, "--duration", str(seconds))
    wait_until(lambda: cabled.received("far") > 1000, "frames arrive", before)
    done = cabled.codegen(*run, "--count", "1000", "--json")
    if seconds == 2:
        assert result(done)["sent"] == 1000
    else:
        assert "another program uses it; end that one" in errors(done)[0]


# ----------------------------------------------------------------- receiving


def wait_for_receiver(namespace: Namespace, receiver: Process) -> None:
    wait_until(
        lambda: len(namespace.do("cat", "/proc/net/packet").splitlines()) > 1,
        "the receiver is there",
        receiver,
    )


@pytest.mark.parametrize("device", ["packet:near", "xdp:near"])
def test_what_arrives_is_received(cabled: Namespace, device: str) -> None:
    receiver = cabled.start_codegen(
        *("run", "--device", "packet:far", "--mode", "rx", "--set", "match=on", "--json"),
        *(*SEQUENCE, "--count", "1000", "--duration", "30"),
    )
    wait_for_receiver(cabled, receiver)
    sent = cabled.codegen(
        *("run", "--device", device, *SEQUENCE, "--count", "1000", "--json"),
        *("--set", "rate=20kpps"),
    )
    assert result(sent)["sent"] == 1000
    received = result(finish(receiver))
    assert (received["received"], received["valid"]) == (1000, 1000)


def test_a_receivers_rate_is_that_of_what_came(cabled: Namespace) -> None:
    """Neither the wait for the first packet counts, nor that after the last one."""
    receiver = cabled.start_codegen(
        *("run", "--device", "packet:far", "--mode", "rx", "--json", *SEQUENCE),
        *("--set", "idle=1", "--duration", "60"),
    )
    wait_for_receiver(cabled, receiver)
    time.sleep(1)
    sent = result(
        cabled.codegen(
            *("run", "--device", "packet:near", *SEQUENCE, "--count", "5000", "--json"),
            *("--set", "rate=5kpps"),
        )
    )
    received = result(finish(receiver))
    assert received["received"] == 5000
    assert received["run_seconds"] > received["seconds"] + 1.9
    assert received["packets_per_second"] == pytest.approx(sent["packets_per_second"], rel=0.05)


def test_a_vlan_tag_is_received_in_its_place(cabled: Namespace) -> None:
    """The kernel takes it out of the frame, and gives it apart."""
    frame = "ff" * 6 + "020000000042" + "8100a005" + "88b5" + "77" * 46
    receiver = cabled.start_codegen(
        *("run", "--device", "packet:far", "--mode", "rx", "--set", "match=on"),
        *("--count", "1", "--duration", "30"),
    )
    wait_for_receiver(cabled, receiver)
    send = f"""
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind(("near", 0))
    sock.send(bytes.fromhex("{frame}"))
"""
    cabled.do(sys.executable, "-c", send)
    done = finish(receiver)
    assert done.returncode == 0, done.stderr
    shown = "".join(re.findall(r"^  ((?:[0-9a-f]{2} ?)+)$", done.stderr, re.M))
    assert shown.replace(" ", "").startswith(frame)


def test_what_the_machine_sends_is_not_received(cabled: Namespace) -> None:
    receiver = cabled.start_codegen(
        *("run", "--device", "packet:near", "--mode", "rx", "--duration", "2", "--json")
    )
    wait_for_receiver(cabled, receiver)
    send = """
import socket
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind(("near", 0))
    sock.send(bytes(60))
"""
    cabled.do(sys.executable, "-c", send)
    assert cabled.received("far") == 1
    assert result(finish(receiver))["received"] == 0


def test_two_programs_over_the_bridge(namespace: Namespace) -> None:
    """Each frame that was sent was received, or is one that the kernel says it dropped."""
    namespace.tap("other")  # shows that taps can be made here
    need("tc")
    namespace.do(sys.executable, "-m", "codegen", "net", "up")
    run = ("run", "--format", "udp4_seq", "--json", "--device")
    # What has to be compiled is, before time counts.
    assert namespace.codegen(*run, "null", *RETRY, "--count", "1").returncode == 0

    receiver = namespace.start_codegen(
        *(*run, "tap:usocbr0-tap1", "--mode", "rx", "--set", "match=on", "--duration", "5")
    )
    wait_until(
        lambda: (
            namespace.link("usocbr0-tap1")["linkinfo"]["info_slave_data"]["state"] == "forwarding"
        ),
        "the bridge forwards to the receiver",
        receiver,
    )
    sent = result(namespace.codegen(*run, "tap:usocbr0-tap0", *RETRY, "--count", "20000"))
    assert receiver.poll() is None, "the machine is too slow for this test"
    received = result(finish(receiver))

    assert sent["sent"] == 20000
    assert namespace.received("usocbr0-tap0") == 20000
    assert received["received"] > 0
    assert (received["invalid"], received["other"]) == (0, 0)
    assert received["valid"] == received["received"]
    queues = json.loads(namespace.do("tc", "-s", "-j", "qdisc", "show", "dev", "usocbr0-tap1"))
    dropped = namespace.link("usocbr0-tap1")["stats64"]["tx"]["dropped"] + sum(
        each["drops"] for each in queues
    )
    assert received["received"] + dropped == 20000


# ------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("packet:nosuch0", "there is no interface 'nosuch0' here; 'ip link' lists"),
        ("xdp:nosuch0", "there is no interface 'nosuch0' here; 'ip link' lists"),
        ("xdp:near:7", "interface 'near' has no queue 7"),
        ("packet:lo", "interface 'lo' is down; bring it up: ip link set lo up"),
    ],
)
def test_wrong_interface(cabled: Namespace, device: str, expected: str) -> None:
    (line,) = errors(cabled.codegen("run", "--device", device, "--count", "1"))
    assert expected in line


def test_an_interface_that_is_no_tap(cabled: Namespace) -> None:
    cabled.tap("other")  # shows that taps can be made here
    (line,) = errors(cabled.codegen("run", "--device", "tap:near", "--count", "1"))
    assert "interface 'near' is no tap" in line


@pytest.mark.parametrize(
    "device", ["packet:", "packet:sixteen-letters-", "tap:a/b", "tap:a b", "xdp:near:x", "xdp::0"]
)
def test_no_name_of_an_interface(cabled: Namespace, device: str) -> None:
    assert cabled.codegen("run", "--device", device, "--count", "1").returncode == 2


@pytest.mark.parametrize("mode", ["rx", "both"])
def test_xdp_does_not_receive(cabled: Namespace, mode: str) -> None:
    done = cabled.codegen("run", "--device", "xdp:near", "--mode", mode)
    assert done.returncode == 2
    assert "receiving on xdp: needs a BPF program; receive on packet:near" in done.stderr


@pytest.mark.parametrize("device", ["packet:near", "xdp:near"])
def test_no_link(cabled: Namespace, device: str) -> None:
    cabled.do("ip", "link", "set", "far", "down")
    (line,) = errors(cabled.codegen("run", "--device", device, "--count", "1"))
    assert "interface 'near' has no link" in line


def test_no_permission(namespace: Namespace, sender: Sender) -> None:
    need("setpriv")
    device, _, _ = sender
    # Everybody may use a tap that is there and nobody's, but not make one.
    device = device.replace("tap:tap0", "tap:fresh")
    done = namespace.codegen("run", "--device", device, "--count", "1", before=POWERLESS)
    (line,) = errors(done)
    assert "Operation not permitted" in line
    assert "as root, or in a namespace of your own: unshare -Urn" in line


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (("delete",), "interface '{}' went away while it was in use"),
        (("set", "down"), "interface '{}' is down; bring it up: ip link set {} up"),
    ],
)
def test_the_interface_goes_while_it_is_used(
    namespace: Namespace, sender: Sender, how: tuple[str, ...], expected: str
) -> None:
    device, under, end = sender
    running = namespace.start_codegen("run", "--device", device, "--duration", "60", *RETRY)
    wait_until(lambda: namespace.received(end) > 1000, "frames arrive", running)
    namespace.do("ip", "link", how[0], "dev", under, *how[1:])
    why, how_many = errors(finish(running))
    assert expected.replace("{}", under) in why
    told = re.fullmatch(r"error: the device took (\d+) frames and gave 0 before that", how_many)
    assert told and int(told[1]) > 1000


@pytest.mark.parametrize("device", ["packet:near"])
def test_the_cable_is_pulled(cabled: Namespace, device: str) -> None:
    running = cabled.start_codegen("run", "--device", device, "--duration", "60", *RETRY)
    wait_until(lambda: cabled.received("far") > 1000, "frames arrive", running)
    cabled.do("ip", "link", "set", "far", "down")
    assert "interface 'near' has no link" in errors(finish(running))[0]


def test_the_interface_goes_while_it_is_listened_to(cabled: Namespace) -> None:
    running = cabled.start_codegen(
        "run", "--device", "packet:near", "--mode", "rx", "--duration", "60"
    )
    wait_for_receiver(cabled, running)
    cabled.do("ip", "link", "delete", "near")
    assert "interface 'near' went away" in errors(finish(running))[0]


@pytest.mark.parametrize("mtu", [500, 3000])
def test_the_longest_frame_is_that_of_the_interface(
    namespace: Namespace, sender: Sender, mtu: int, tmp_path: Path
) -> None:
    """Longer ones are refused before anything is sent, and jumbo frames go where they can."""
    device, under, end = sender
    for name in {under, end}:
        namespace.do("ip", "link", "set", name, "mtu", str(mtu))
    (tmp_path / "jumbo.py").write_text(JUMBO)
    run = ("run", "--format", str(tmp_path / "jumbo.py"), "--device", device, "--count", "20")
    before = namespace.received(end)
    refused = namespace.codegen(*run, "--length", str(mtu + 15))
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [
        f"frames of {mtu + 15} bytes are longer than this device takes, which is {mtu + 14}; "
        "send shorter ones, or choose a device with a larger MTU",
        "codegen: the program ended with exit code 2",
    ]
    sent = namespace.codegen(*run, "--length", str(mtu + 14), "--json")
    assert result(sent)["bytes"] == 20 * (mtu + 14)
    assert namespace.received(end) - before == 20


def test_a_sender_ends_with_the_command(namespace: Namespace, sender: Sender) -> None:
    """Though the command is killed, and can pass nothing on."""
    device, _, end = sender
    quietly = ("--set", "rate=1kpps", "--set", "interval=0", "--duration", "60")
    running = namespace.start_codegen("run", "--device", device, *quietly)
    wait_until(lambda: namespace.received(end) > 100, "frames arrive", running)
    running.kill()
    running.communicate(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    before, now = -1, namespace.received(end)
    while before != now:
        assert time.monotonic() < deadline, "frames still arrive"
        time.sleep(0.2)
        before, now = now, namespace.received(end)


# --------------------------------------------------------------------- bench


@pytest.fixture
def _trafgen() -> None:
    need("trafgen")


def network(process: str) -> str:
    """Return the network namespace of a process, by its number."""
    with suppress(OSError):
        return str(Path("/proc", process, "ns", "net").readlink())
    return ""


def programs_in(namespace: str) -> list[str]:
    """Return the names of the programs that run in a network namespace."""
    found = [each for each in Path("/proc").glob("[0-9]*") if network(each.name) == namespace]
    return [(each / "comm").read_text().strip() for each in found if each.exists()]


@pytest.mark.usefixtures("_trafgen")
def test_senders_end_with_the_bench(namespace: Namespace) -> None:
    """Those that are stopped until their next turn as well, and what trafgen starts."""
    bench = namespace.start(sys.executable, "-m", "codegen.bench.wire", "--rounds", "1000")
    number = str(bench.pid)
    wait_until(
        lambda: programs_in(network(number)).count("program") == 2, "both programs run", bench
    )
    own = network(number)
    assert programs_in(own).count("trafgen") == 2
    bench.kill()
    bench.communicate(timeout=PATIENCE)  # until nobody has its output any more
    deadline = time.monotonic() + PATIENCE
    while programs_in(own):
        assert time.monotonic() < deadline, programs_in(own)
        time.sleep(0.05)


@pytest.mark.usefixtures("_trafgen")
def test_the_bench_beside_trafgen(namespace: Namespace) -> None:
    """Who is faster is not asked: this machine may be busy."""
    done = namespace.run(sys.executable, "-m", "codegen.bench.wire", "--rounds", "1")
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    assert re.search(r"^  trafgen +\d+\.\d+ Mpps", done.stdout, re.M), done.stdout
    for device in ("xdp", "packet"):
        assert re.search(rf"^  {device}:wire0 / trafgen: \d+\.\d+ ", done.stdout, re.M)
