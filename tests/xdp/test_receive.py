"""Received frames are counted by what is in them, and go on to the stack or not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from codegen import formats, oracle
from codegen.resolve import resolve
from tests.wire.namespace import Namespace, finish
from tests.wire.test_wire import frames_of

from .conftest import StartReceiver
from .test_send import SEND_FRAMES

FORMATS = Path(__file__).with_name("formats.py")

LAYOUT = resolve(formats.load("udp4"))
GIVEN = {
    each.argument.name: 0x020000000001 if each.argument.default is None else each.argument.default
    for each in LAYOUT.arguments
}


def changed(at: int, value: int, length: int = 60) -> bytes:
    """Return a frame of the format with one byte changed."""
    frame = bytearray(oracle.encode(LAYOUT, GIVEN, length))
    frame[at] = value
    return bytes(frame)


VALID = changed(0, 0xFF)
LONG = changed(0, 0xFF, 700)
OTHER_VALUE = oracle.encode(LAYOUT, GIVEN | {"ttl": 9}, 60)
FRAMES = {
    "other": [changed(12, 0x86), OTHER_VALUE, bytes(13) + b"\x08" + bytes(10)],
    "invalid": [changed(50, 1), changed(14, 0x65), changed(39, 99), changed(24, 1, 700)],
    "valid": [VALID, LONG, LONG],
}


def send(namespace: Namespace, *frames: bytes) -> None:
    namespace.do(sys.executable, "-c", SEND_FRAMES, *(each.hex() for each in frames), "near")


def test_frames_are_counted_by_verdict_and_reason(
    cabled: Namespace, receive: StartReceiver
) -> None:
    receiver = receive("--format", "udp4", "--set", "idle=0.5")
    send(cabled, *(frame for frames in FRAMES.values() for frame in frames))
    done = finish(receiver)
    found = json.loads(done.stdout)
    assert {verdict: found[verdict] for verdict in FRAMES} == {
        verdict: len(frames) for verdict, frames in FRAMES.items()
    }
    assert found["received"] == 10
    assert found["reasons"] == {
        "truncated": 1,
        "another header": 1,
        "invalid constant": 1,
        "unknown number": 0,
        "invalid length": 1,
        "invalid checksum": 2,
    }
    shown = [line for line in done.stderr.splitlines() if line.startswith("first ")]
    assert shown == ["first other frame, 60 bytes:", "first invalid frame, 60 bytes:"]
    assert FRAMES["invalid"][0][:16].hex(" ") in done.stderr


@pytest.mark.parametrize(
    ("take", "passed"),
    [
        ("matching", FRAMES["other"]),
        ("none", [frame for frames in FRAMES.values() for frame in frames]),
    ],
)
def test_what_the_stack_gets(
    cabled: Namespace, receive: StartReceiver, tmp_path: Path, take: str, passed: list[bytes]
) -> None:
    receiver = receive("--format", "udp4", "--set", f"take={take}", "--set", "idle=0.5")
    capture = cabled.capture("far", len(passed), tmp_path / "stack.pcap")
    send(cabled, *(frame for frames in FRAMES.values() for frame in frames))
    assert json.loads(finish(receiver).stdout)["received"] == 10
    assert finish(capture).returncode == 0
    assert frames_of(tmp_path / "stack.pcap") == passed


def test_all_frames_are_taken_unless_it_is_said_otherwise(
    cabled: Namespace, receive: StartReceiver, tmp_path: Path
) -> None:
    receiver = receive("--format", "udp4", "--set", "idle=0.5", "--set", "match=off")
    before = cabled.do("cat", "/proc/self/net/snmp")
    send(cabled, VALID, LONG)
    found = json.loads(finish(receiver).stdout)
    assert (found["received"], found["bytes"]) == (2, 760)
    assert found["valid"] == found["other"] == found["invalid"] == 0
    assert cabled.do("cat", "/proc/self/net/snmp") == before


def test_a_frame_that_is_longer_than_the_format_is_counted_whole(
    cabled: Namespace, receive: StartReceiver
) -> None:
    for name in ("near", "far"):
        cabled.do("ip", "link", "set", name, "mtu", "3000")
    receiver = receive("--format", "udp4", "--set", "idle=0.5")
    send(cabled, VALID, bytes(12) + b"\x86\xdd" + bytes(2486))
    found = json.loads(finish(receiver).stdout)
    assert (found["valid"], found["other"], found["bytes"]) == (1, 1, 2560)


def test_a_receiver_ends_with_its_count(cabled: Namespace, receive: StartReceiver) -> None:
    receiver = receive("--format", "udp4", "--count", "3")
    send(cabled, VALID, LONG, LONG)
    assert json.loads(finish(receiver).stdout)["valid"] == 3
    assert "xdp" not in cabled.link("far")


def test_a_receiver_that_gets_nothing(cabled: Namespace, receive: StartReceiver) -> None:
    done = finish(receive("--set", "stall=0.3"))
    assert done.returncode == 1
    assert "no packet has come for 0 s, after 0; stall= sets this limit" in done.stderr


def test_a_crc_behind_the_payload(cabled: Namespace, receive: StartReceiver) -> None:
    layout = resolve(formats.load(f"{FORMATS}:TRAILER"))
    frame = bytearray(oracle.encode(layout, GIVEN | {"channel": 7}, 123))
    receiver = receive("--format", f"{FORMATS}:TRAILER", "--set", "idle=0.5")
    send(cabled, bytes(frame), bytes(frame[:-1]) + bytes([frame[-1] ^ 1]))
    found = json.loads(finish(receiver).stdout)
    assert (found["valid"], found["invalid"]) == (1, 1)
    assert found["reasons"]["invalid checksum"] == 1


def test_an_interface_that_has_a_program(cabled: Namespace, receive: StartReceiver) -> None:
    receive("--duration", "60")
    done = cabled.codegen("run", "--platform", "xdp", "--device", "far", "--mode", "rx")
    assert done.returncode == 1
    assert "interface far has an XDP program already" in done.stderr
