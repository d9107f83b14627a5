"""``codegen decode``: captures of others, field by field, and files that are none."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from codegen import decode, formats, oracle
from codegen.cli.decode import command
from codegen.errors import UsageError
from codegen.layout import Layout
from codegen.model import Packet
from codegen.resolve import resolve
from codegen.verify import outside, values

Require = Callable[[str], str]

NAMES = [name for name, each in formats.catalogue().items() if isinstance(each, Packet)]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def some(layout: Layout, count: int) -> list[bytes]:
    chosen = random.Random(3)
    return [
        oracle.encode(layout, values.some(layout, chosen), chosen.choice(layout.lengths))
        for _ in range(count)
    ]


@pytest.fixture
def capture(tmp_path: Path) -> Callable[[list[bytes]], Path]:
    def written(frames: list[bytes]) -> Path:
        outside.write_pcap(tmp_path / "frames.pcap", frames)
        return tmp_path / "frames.pcap"

    return written


Write = Callable[[list[bytes]], Path]


def written_by_tshark(tshark: str, kind: str, path: Path, other: Path) -> None:
    subprocess.run([tshark, "-r", path, "-F", kind, "-w", other], check=True, capture_output=True)


def lines(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", [each for each in NAMES if each != "udp4_seq"])
def test_frames_of_the_catalogue_are_recognised(name: str, capture: Write) -> None:
    layout = resolve(formats.load(name))
    frames = some(layout, 5)
    done = run(capture(frames), "--json")
    assert done.exit_code == 0, done.output
    for frame, found in zip(frames, lines(done), strict=True):
        assert (found["format"], found["result"]) == (name, "valid")
        assert found["length"] == len(frame)
        expected = oracle.decode(layout, frame).values
        read = {path: layout[path].field.parse(value) for path, value in found["fields"].items()}
        assert read == expected


def test_values_are_those_that_tshark_reads(capture: Write, require: Require) -> None:
    path = capture(some(resolve(formats.load("udp4")), 20))
    names = {"ipv4.src": "ip.src", "ipv4.ttl": "ip.ttl", "udp.dst": "udp.dstport"}
    names |= {"ethernet.dst": "eth.dst", "udp.length": "udp.length"}
    arguments = [f"-e{each}" for each in names.values()]
    shown = subprocess.run(
        [require("tshark"), "-n", "-r", path, "-T", "fields", *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    found = [[str(each["fields"][name]) for name in names] for each in lines(run(path, "--json"))]
    assert found == [line.split("\t") for line in shown]


def test_both_kinds_of_capture_are_the_same(
    capture: Write, require: Require, tmp_path: Path
) -> None:
    """What tshark writes: pcapng, and pcap with nanoseconds."""
    path = capture(some(resolve(formats.load("udp6")), 10))
    expected = run(path, "--json").stdout
    assert len(expected.splitlines()) == 10
    for kind in ("pcapng", "nsecpcap"):
        other = tmp_path / f"frames.{kind}"
        written_by_tshark(require("tshark"), kind, path, other)
        assert run(other, "--json").stdout == expected


def test_simple_packet_blocks_are_read(tmp_path: Path) -> None:
    """They have no time and no length of their own; not every reader has them."""
    (frame,) = some(resolve(formats.load("arp_request")), 1)
    padded = frame + bytes(-len(frame) % 4)
    header = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 65535, 20)
    size = 16 + len(padded)
    packet = struct.pack("<III", 3, size, len(frame)) + padded + struct.pack("<I", size)
    (tmp_path / "simple.pcapng").write_bytes(header + interface + packet)
    done = run(tmp_path / "simple.pcapng", "--json")
    assert [each["format"] for each in lines(done)] == ["arp_request"]


def test_what_is_invalid_is_marked_and_counted(capture: Write) -> None:
    frames = some(resolve(formats.load("udp4")), 3)
    wrong = bytearray(frames[1])
    wrong[25] ^= 1
    done = run(capture([frames[0], bytes(wrong), frames[2], bytes(60)]))
    assert done.exit_code == 1
    assert "codegen: 4 frames: 2 valid, 1 invalid, 1 other" in done.output
    assert "\n2: " in done.output
    assert [line for line in done.output.splitlines() if line.startswith("  !")] == [
        f"  ! ipv4.checksum is {int.from_bytes(wrong[24:26], 'big')}, and should be "
        f"{int.from_bytes(frames[1][24:26], 'big')}"
    ]
    assert "4: 60 bytes, other: of none of the formats" in done.output


def test_a_format_that_was_named_is_not_guessed(capture: Write) -> None:
    """A segment with data is no SYN: other traffic, unless it is asked for."""
    segment = bytes(Ether(dst="02:00:00:00:00:02") / IP() / TCP(flags="PA") / (b"x" * 40))
    path = capture([segment])
    assert [each["result"] for each in lines(run(path, "--json"))] == ["other"]
    named = run(path, "--json", "--format", "tcp4-syn")
    assert [each["result"] for each in lines(named)] == ["invalid"]
    assert named.exit_code == 1


def test_formats_are_tried_in_any_order(capture: Write) -> None:
    path = capture(some(resolve(formats.load("vxlan_udp4")), 2))
    for order in (("udp4", "vxlan-udp4"), ("vxlan-udp4", "udp4")):
        chosen = [f"--format={each}" for each in order]
        assert [each["format"] for each in lines(run(path, "--json", *chosen))] == [
            "vxlan_udp4",
            "vxlan_udp4",
        ]


# --- Files that are no captures -------------------------------------------------------


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_capture_that_is_cut_off_anywhere(
    kind: str, capture: Write, require: Require, tmp_path: Path
) -> None:
    """It is either whole, with fewer frames, or reported; never silently shorter."""
    path = capture(some(resolve(formats.load("arp_request")), 2))
    if kind == "pcapng":
        written_by_tshark(require("tshark"), kind, path, tmp_path / "other")
        path = tmp_path / "other"
    whole = path.read_bytes()
    ends = {frame.end for frame in decode.frames(path)}
    reported = 0
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        try:
            found = list(decode.frames(path))
        except UsageError as error:
            assert str(path) in str(error)
            reported += 1
        else:
            assert size in ends or not found
    assert reported >= len(whole) - 8


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no capture at all, but long enough for a header")
    done = run(tmp_path / "text")
    assert isinstance(done.exception, UsageError)
    assert "is no capture in pcap or pcapng" in str(done.exception)
    assert run(tmp_path / "absent").exit_code == 2


def test_a_record_of_gigabytes_is_refused(capture: Write) -> None:
    path = capture([bytes(60)])
    data = bytearray(path.read_bytes())
    data[32:36] = b"\xff\xff\xff\x7f"
    path.write_bytes(bytes(data))
    with pytest.raises(UsageError, match="damaged"):
        list(decode.frames(path))


def test_frames_of_another_link_type_are_other_traffic(tmp_path: Path) -> None:
    path = tmp_path / "frames.pcap"
    outside.write_pcap(path, some(resolve(formats.load("udp4")), 3), 147)
    for arguments in ((), ("--format", "udp4")):
        done = run(path, *arguments)
        assert done.exit_code == 0
        assert done.stdout.count("of link type 147, other: of none of the formats") == 3
    # A format that declares no link type is for any, where it is named.
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from codegen.model import *\n"
        'PACKET = Packet("mine", Header("h", (UInt("a", 8, Parameter("v", 0)),)) / Fill())\n'
    )
    assert run(path, "--format", mine).stdout.count("valid mine") == 3


def test_formats_of_the_project_are_tried(
    capture: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(
        "from codegen.model import *\n"
        'H = Header("h", (UInt("a", 8, Parameter("v", 0)), UInt("n", 8, Length(HEADER))))\n'
        'OWN = Packet("own", H / Fill(), linktype=LinkType.USER3)\n'
    )
    (tmp_path / "pyproject.toml").write_text('[tool.codegen]\nformats = ["mine.py"]\n')
    monkeypatch.chdir(tmp_path)
    outside.write_pcap(tmp_path / "own.pcap", [b"\7\2", b"\7\3", b"\7"], 150)
    done = run("own.pcap", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["linktype"] for each in found] == [150] * 3
    assert [(each["result"], each.get("format")) for each in found] == [
        ("valid", "own"),
        ("other", None),
        ("other", None),
    ]
    done = run(capture(some(resolve(formats.load("udp4")), 2)))
    assert done.stdout.count("valid udp4") == 2


def test_memory_does_not_grow_with_the_capture(capture: Write) -> None:
    def peak(count: int) -> int:
        path = capture([bytes(1500)] * count)
        tracemalloc.start()
        for _ in decode.frames(path):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)  # What is imported once is not counted.
    assert peak(4000) < peak(40) + 100_000


def test_a_missing_package_is_named(capture: Write) -> None:
    path = capture([bytes(60)])
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'dpkt' else find(name, *rest)\n"
        f"sys.argv = ['codegen', 'decode', {str(path)!r}]\n"
        "from codegen.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "the extra 'decode'" in done.stderr
