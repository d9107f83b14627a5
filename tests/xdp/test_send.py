"""What the kernel sends arrives: the packets of other platforms, as many, and as fast as asked."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tools import missing, need
from tests.wire.namespace import Namespace, Process, finish, wait_until
from tests.wire.test_wire import frames_of

from .conftest import StartReceiver

FORMATS = Path(__file__).with_name("formats.py")

#: A receiver that passes every frame on, so that what arrives can be captured.
PASSING = ("--set", "take=none", "--set", "match=off", "--duration", "60")

SEND_FRAMES = """
import socket, sys
*frames, interface = sys.argv[1:]
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind((interface, 0))
    for each in frames:
        sock.send(bytes.fromhex(each))
"""

SEND = ("run", "--platform", "xdp", "--device", "near", "--json")


def result(process: Process) -> dict[str, Any]:
    done = finish(process)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def sent(namespace: Namespace, *options: str) -> dict[str, Any]:
    return result(namespace.start_codegen(*SEND, *options))


def stopped(receiver: Process) -> dict[str, Any]:
    """End a receiver; return what it counted until then."""
    receiver.send_signal(signal.SIGINT)
    out, err = receiver.communicate(timeout=30)
    assert receiver.returncode == 130, err
    return dict(json.loads(out))


def captured(
    namespace: Namespace, receive: StartReceiver, file: Path, count: int, *options: str
) -> list[bytes]:
    """Return the frames that arrive of a sender."""
    receive(*PASSING)
    capture = namespace.capture("far", count, file)
    assert sent(namespace, *options, "--count", str(count))["sent"] == count
    assert finish(capture).returncode == 0
    return frames_of(file)


@pytest.mark.parametrize(
    ("format", "length"),
    [
        ("usoc21", 60),
        ("udp4", 1514),
        ("udp6", 333),
        ("udp4_seq", 61),
        ("gre-udp4", 200),
        (f"{FORMATS}:LENGTHS", None),
        (f"{FORMATS}:TRAILER", 99),
        (f"{FORMATS}:TRAILERS", None),
    ],
    ids=lambda each: str(each).rpartition(":")[2],
)
def test_frames_are_those_of_a_capture_file(
    cabled: Namespace, receive: StartReceiver, tmp_path: Path, format: str, length: int | None
) -> None:
    chosen = ("--format", format, *(["--length", str(length)] if length else []))
    frames = captured(cabled, receive, tmp_path / "wire.pcap", 200, *chosen)
    own = f"mac_src={cabled.link('near')['address']}"
    host = ("run", "--device", f"pcap:{tmp_path}/file.pcap", "--count", "200", "--set", own)
    assert cabled.codegen(*host, *chosen).returncode == 0
    assert frames == frames_of(tmp_path / "file.pcap")


def test_cores_send_every_number_once(
    cabled: Namespace, receive: StartReceiver, tmp_path: Path
) -> None:
    options = ("--format", "udp4_seq", "--cores", "2", "--set", "rate=2kpps")
    frames = captured(cabled, receive, tmp_path / "wire.pcap", 601, *options)
    numbers = [int.from_bytes(each[42:46], "big") for each in frames]
    assert sorted(numbers) == list(range(601))


def test_each_packet_has_the_time_when_it_was_sent(
    cabled: Namespace, receive: StartReceiver, tmp_path: Path
) -> None:
    before = time.monotonic_ns()
    options = ("--format", f"{FORMATS}:FIELDS")
    frames = captured(cabled, receive, tmp_path / "wire.pcap", 200, *options)
    times = [int.from_bytes(each[50:58], "big") for each in frames]
    assert before < times[0] and times[-1] < time.monotonic_ns()
    assert times == sorted(times)
    assert len(set(times)) > 1


@pytest.mark.parametrize("format", ["udp4_seq", f"{FORMATS}:FIELDS", f"{FORMATS}:TRAILERS"])
def test_every_frame_is_valid_to_the_receiver(
    cabled: Namespace, receive: StartReceiver, format: str
) -> None:
    receiver = receive("--format", format, "--duration", "60")
    found = sent(cabled, "--format", format, "--count", "100000")
    counted = stopped(receiver)
    assert found["sent"] + found["failed"] == 100000
    assert counted["received"] == counted["valid"] == found["sent"]
    assert counted["bytes"] == found["bytes"] or found["failed"]
    assert set(counted["reasons"].values()) == {0}
    assert sum(each["valid"] for each in counted["cpus"].values()) == counted["valid"]


def test_a_sender_keeps_to_its_rate_and_its_time(cabled: Namespace, receive: StartReceiver) -> None:
    receive(*PASSING)
    found = sent(cabled, "--set", "rate=20kpps", "--duration", "1.5")
    assert 1.5 <= found["run_seconds"] < 5
    # A busy machine may hold it up; what a pause of 10 ms held up is made up for.
    assert 0.2 < found["sent"] / (20e3 * found["run_seconds"]) <= 1.02


def test_a_low_rate_is_a_packet_at_a_time(cabled: Namespace, receive: StartReceiver) -> None:
    receive(*PASSING)
    started = time.monotonic()
    running = cabled.start_codegen(*SEND, "--set", "rate=5pps", "--duration", "30")
    before = cabled.received("far")
    wait_until(lambda: cabled.received("far") - before >= 3, "frames arrive", running)
    assert cabled.received("far") - before <= 5 * (time.monotonic() - started) + 1
    running.send_signal(signal.SIGTERM)
    finish(running)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_sender_reports_what_it_sent(
    cabled: Namespace, receive: StartReceiver, number: signal.Signals, code: int
) -> None:
    receive(*PASSING)
    before = cabled.received("far")
    running = cabled.start_codegen(*SEND, "--format", "udp4_seq", "--duration", "60")
    wait_until(lambda: cabled.received("far") - before > 1000, "frames arrive", running)
    running.send_signal(number)
    done = finish(running)
    assert done.returncode == code
    found = json.loads(done.stdout)
    assert found["sent"] == cabled.received("far") - before


def test_a_killed_command_leaves_nothing(cabled: Namespace, receive: StartReceiver) -> None:
    """Neither a sender, nor a program on the interface."""
    receiver = receive(*PASSING)
    sender = cabled.start_codegen(*SEND, "--duration", "60")
    wait_until(lambda: cabled.received("far") > 1000, "frames arrive", sender)
    for each in (sender, receiver):
        each.kill()
        each.communicate(timeout=30)
    deadline = time.monotonic() + 30
    before, now = -1, cabled.received("far")
    while before != now or "xdp" in cabled.link("far"):
        assert time.monotonic() < deadline, "frames still arrive, or the program is attached"
        time.sleep(0.2)
        before, now = now, cabled.received("far")


def test_an_interface_that_takes_nothing(cabled: Namespace) -> None:
    """Without a program on its peer, a veth drops what is redirected to it."""
    done = cabled.codegen(*SEND, "--count", "1000")
    assert done.returncode == 1
    assert "interface near took 0 packets of 1000" in done.stderr


def test_what_others_send_is_not_taken_for_its_own(cabled: Namespace) -> None:
    """A bridge takes no redirected frame, but counts what the machine sends on it."""
    if cabled.run("ip", "link", "add", "other", "type", "bridge").returncode:
        missing("no right to make bridges")
    cabled.quiet("other")
    cabled.do("ip", "link", "set", "other", "up")
    run = ("run", "--platform", "xdp", "--device", "other", "--json")
    running = cabled.start_codegen(*run, "--set", "rate=1kpps", "--duration", "4")
    for _ in range(20):
        cabled.do(sys.executable, "-c", SEND_FRAMES, bytes(60).hex(), "other")
        time.sleep(0.1)
    found = result(running)
    assert found["sent"] <= 20
    assert found["failed"] > 20


def test_an_interface_that_goes_away(cabled: Namespace, receive: StartReceiver) -> None:
    receiver = receive(*PASSING)
    running = cabled.start_codegen(*SEND, "--duration", "60")
    wait_until(lambda: cabled.received("far") > 1000, "frames arrive", running)
    cabled.do("ip", "link", "delete", "near")
    assert "interface near went away while it was in use" in finish(running).stderr
    done = finish(receiver)
    assert done.returncode == 1
    assert "interface far went away while it was in use" in done.stderr


def test_a_frame_that_does_not_fit_into_a_page(cabled: Namespace) -> None:
    cabled.do("ip", "link", "set", "near", "mtu", "9000")
    options = ("--format", f"{FORMATS}:LONG", "--count", "10", "--length", "9000")
    done = cabled.codegen(*SEND, *options)
    assert done.returncode == 1
    assert "does not send frames of 9000 bytes" in done.stderr
    assert "a page of memory" in done.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--device", "nothing"), "there is no interface 'nothing'"),
        (("--device", "lo"), "interface lo is down"),
        (("--set", "ttl=999"), "bad value in 'ttl=999'"),
        (("--set", "object=x"), "unknown argument 'object=x'"),
        (("--set", "take=some"), "take takes: all, matching or none"),
        (("--format", f"{FORMATS}:LONG", "--length", "1519"), "whose MTU is 1500"),
    ],
)
def test_misuse_that_the_loader_finds(
    cabled: Namespace, options: tuple[str, ...], expected: str
) -> None:
    device = () if "--device" in options else ("--device", "near")
    done = cabled.codegen("run", "--platform", "xdp", *device, *options)
    assert expected in done.stderr
    assert done.returncode == (1 if "is down" in expected else 2)


def with_only(*capabilities: str) -> tuple[str, ...]:
    """Return what runs a command with no other capabilities."""
    bounds = ",".join(["-all", *(f"+{each}" for each in capabilities)])
    return ("setpriv", "--bounding-set", bounds, "--inh-caps", "-all", "--")


def test_capabilities_do_without_root(cabled: Namespace) -> None:
    """A parser needs one more: without it, the kernel allows less of its arithmetic."""
    need("setpriv")
    sends = with_only("bpf", "net_admin")
    rx = ("run", "--platform", "xdp", "--device", "far", "--mode", "rx", "--json")
    options = ("--format", "udp4_seq", "--count", "100")
    receiver = cabled.start_codegen(*rx, *options, before=with_only("bpf", "net_admin", "perfmon"))
    wait_until(lambda: "xdp" in cabled.link("far"), "the program is attached", receiver)
    done = cabled.codegen(*SEND, *options, before=sends)
    assert json.loads(done.stdout)["sent"] == 100
    assert result(receiver)["valid"] == 100
    refused = cabled.codegen(*rx, before=sends)
    assert refused.returncode == 1
    assert "  root, or the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON: " in refused.stderr
