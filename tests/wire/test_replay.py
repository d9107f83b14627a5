"""A capture file is received from, as a device that is a file."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
COUNT = 20


def codegen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegen", *arguments], capture_output=True, text=True, check=False
    )


def receive(capture: Path, *more: str, count: int = COUNT) -> dict[str, Any]:
    done = codegen(
        *("run", "--format", "udp4_seq", "--device", f"pcap:{capture}", "--mode", "rx", "--json"),
        *("--set", "match=on", "--count", str(count), *more),
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)) | {"stderr": done.stderr}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return frames that the emitted program sent."""
    capture = tmp_path_factory.mktemp("replay") / "sent.pcap"
    run = ("run", "--format", "udp4_seq", "--count", str(COUNT), "--device", f"pcap:{capture}")
    assert codegen(*run).returncode == 0
    data = capture.read_bytes()
    return [data[at + 16 : at + 76] for at in range(24, len(data), 76)]


def pcap(
    frames: list[bytes], order: str = "=", magic: int = MICRO, linktype: int = 1, cut: int = 0
) -> bytes:
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, linktype)
    for each in frames:
        data += struct.pack(f"{order}4I", 1, 2, len(each) - cut, len(each))
        data += each[: len(each) - cut]
    return data


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [MICRO, NANO])
def test_all_forms_of_pcap(frames: list[bytes], order: str, magic: int, tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap(frames, order, magic))
    before = capture.read_bytes()
    found = receive(capture)
    assert (found["received"], found["valid"]) == (COUNT, COUNT)
    assert capture.read_bytes() == before


def test_a_frame_check_sequence_is_left_out(frames: list[bytes], tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap([each + b"\1\2\3\4" for each in frames], linktype=0x24000001))
    found = receive(capture)
    assert (found["valid"], found["bytes"]) == (COUNT, 60 * COUNT)


def test_a_capture_ends(frames: list[bytes], tmp_path: Path) -> None:
    """Though more frames are asked for than it has, and one is longer than any frame."""
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap([frames[0], b"\xff" * 9000, frames[1]]))
    assert receive(capture, "--duration", "0.2")["received"] == 2
    assert receive(capture)["received"] == 2


def test_a_capture_that_was_cut_off(frames: list[bytes], tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap(frames)[:-1])
    found = receive(capture, "--duration", "0.2")
    assert found["received"] == COUNT - 1
    assert f"ends in the middle of a record, behind {COUNT - 1} frames" in found["stderr"]


def test_frames_that_were_cut_short(frames: list[bytes], tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(pcap(frames, cut=20))
    found = receive(capture)
    assert (found["received"], found["valid"]) == (COUNT, 0)
    assert found["stderr"].count("frames that were cut short") == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is no pcap file"),
        (b"#!/bin/sh\n" * 10, "it is no pcap file"),
        (pcap([])[:20], "it is no pcap file"),
        (b"\x0a\x0d\x0d\x0a" + bytes(100), "it is a pcapng file; make a pcap file of it: editcap"),
        (pcap([], linktype=101), "its frames are not Ethernet frames"),
        (pcap([]) + struct.pack("=4I", 0, 0, 1 << 30, 1 << 30), "it is damaged"),
    ],
)
def test_what_is_no_capture(content: bytes, expected: str, tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(content)
    done = codegen("run", "--device", f"pcap:{capture}", "--mode", "rx")
    assert done.returncode == 1
    assert f"cannot receive from '{capture}': {expected}" in done.stderr
    assert capture.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "expected"), [("missing.pcap", "No such file"), (".", "Is a directory")]
)
def test_what_is_no_file(name: str, expected: str, tmp_path: Path) -> None:
    done = codegen("run", "--device", f"pcap:{tmp_path}/{name}", "--mode", "rx")
    assert done.returncode == 1
    assert expected in done.stderr


def test_a_capture_is_not_read_and_written_at_once(tmp_path: Path) -> None:
    capture = tmp_path / "in.pcap"
    capture.write_bytes(b"precious")
    done = codegen("run", "--device", f"pcap:{capture}", "--mode", "both")
    assert done.returncode == 2
    assert "written in mode tx and received from in mode rx" in done.stderr
    assert capture.read_bytes() == b"precious"
