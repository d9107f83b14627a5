"""Two more judges, who know nothing of this project: scapy builds, tshark takes apart.

The oracle and the emitted C share a layout, so a wrong layout would satisfy
both. Scapy and Wireshark have their own idea of Ethernet, IPv4 and UDP.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import hypothesis
import pytest
from scapy.layers import inet, l2

from codegen import formats, oracle
from codegen.layout import resolve
from codegen.verify import judge, values
from codegen.verify.subject import Memory, Subject

App = Callable[[str, str], Path]

#: What a format of the catalogue is made of, in scapy's words.
SCAPY = {"udp4": (None, b"\0"), "usoc21": (0, b"U")}

SETTINGS = hypothesis.settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module", params=SCAPY)
def subject(request: pytest.FixtureRequest, emitted: App) -> Subject:
    name = str(request.param)
    return Subject.from_folder(formats.load(name), emitted(name, "heap-gen"))


def mac(number: int) -> str:
    return number.to_bytes(6, "big").hex(":")


def address(number: int) -> str:
    return ".".join(str(octet) for octet in number.to_bytes(4, "big"))


def built_by_scapy(name: str, given: dict[str, int], length: int) -> bytes:
    checksum, fill = SCAPY[name]
    frame = (
        l2.Ether(src=mac(given["mac_src"]), dst=mac(given["mac_dst"]))
        / inet.IP(
            src=address(given["ipv4_src"]),
            dst=address(given["ipv4_dst"]),
            id=0,
            ttl=given["ttl"],
        )
        / inet.UDP(sport=given["port_src"], dport=given["port_dst"], chksum=checksum)
        / (fill * (length - 42))
    )
    return bytes(frame)


def test_scapy_builds_the_same_frames(subject: Subject) -> None:
    tried = 0

    @hypothesis.settings(SETTINGS, max_examples=300)
    @hypothesis.given(
        values.arguments(subject.layout), values.lengths(subject.layout), judge.MEMORIES
    )
    def compare(given: dict[str, int], length: int, memory: Memory) -> None:
        nonlocal tried
        tried += 1
        wanted = built_by_scapy(subject.layout.name, given, length)
        found = subject.generate(given, length, memory)
        assert found == wanted, oracle.explain(subject.layout, wanted, found)

    compare()
    assert tried >= 200


def test_scapy_agrees_about_sums_of_zero(subject: Subject) -> None:
    """Where ones' complement has two zeros, and UDP its own rule."""
    tried = 0
    for placed in subject.layout.checksums:
        for given, length in values.zero_sums(subject.layout, placed, seed=1):
            found = subject.generate(given, length, Memory())
            assert found == built_by_scapy(subject.layout.name, given, length)
            tried += 1
    assert tried >= 5 * len(subject.layout.checksums)


#: A field of tshark's for each argument of the formats, and how it prints the value.
DISSECTED: dict[str, tuple[str, Callable[[int], str]]] = {
    "mac_src": ("eth.src", mac),
    "mac_dst": ("eth.dst", mac),
    "ipv4_src": ("ip.src", address),
    "ipv4_dst": ("ip.dst", address),
    "port_src": ("udp.srcport", str),
    "port_dst": ("udp.dstport", str),
    "ttl": ("ip.ttl", str),
}
#: Other fields, from the length of the frame. Checksums: 1 is right, 3 is not present.
DERIVED: dict[str, Callable[[int, str], str]] = {
    "frame.len": lambda length, _: str(length),
    "eth.type": lambda *_: "0x0800",
    "ip.version": lambda *_: "4",
    "ip.hdr_len": lambda *_: "20",
    "ip.len": lambda length, _: str(length - 14),
    "ip.proto": lambda *_: "17",
    "ip.checksum.status": lambda *_: "1",
    "udp.length": lambda length, _: str(length - 34),
    "udp.checksum.status": lambda _, name: "1" if SCAPY[name][0] is None else "3",
    "data.len": lambda length, _: str(length - 42),
}
TROUBLE = (
    "_ws.malformed",
    "ip.checksum_bad.expert",
    "udp.checksum.bad",
    "ip.bogus_ip_length",
    "ip.bogus_header_length",
    "udp.length.bad",
    "_ws.expert.severity",
    "_ws.expert.message",
)


def dissected(tshark: str, capture: Path) -> list[dict[str, str]]:
    """Return what tshark finds in each frame of a capture, by the names of its fields."""
    names = [field for field, _ in DISSECTED.values()] + list(DERIVED) + list(TROUBLE)
    done = subprocess.run(
        [
            tshark,
            "-n",
            "-r",
            str(capture),
            "-T",
            "fields",
            "-E",
            "occurrence=a",
            "-E",
            "separator=\t",
        ]
        + ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
        # What stands behind the ports is no protocol, whatever the ports are.
        + ["-d", "udp.port==0-65535,data"]
        + [argument for name in names for argument in ("-e", name)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def write_pcap(path: Path, frames: Iterable[bytes]) -> None:
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for frame in frames:
        records += [struct.pack("<IIII", 0, 0, len(frame), len(frame)), frame]
    path.write_bytes(b"".join(records))


def test_tshark_reads_what_was_written(
    subject: Subject, require: Callable[[str], str], tmp_path: Path
) -> None:
    tshark = require("tshark")
    name = subject.layout.name
    cases: list[tuple[dict[str, int], int]] = []

    @hypothesis.settings(SETTINGS, max_examples=1200)
    @hypothesis.given(values.arguments(subject.layout), values.lengths(subject.layout))
    def collect(given: dict[str, int], length: int) -> None:
        cases.append((given, length))

    collect()
    for placed in subject.layout.checksums:
        cases += values.zero_sums(subject.layout, placed, seed=2)
    frames = [subject.generate(given, length, Memory()) for given, length in cases]
    assert len(set(frames)) >= 1000

    # The control: the last bit of each checksum flipped, and a frame cut short.
    whole = bytearray(frames[0])
    flawed = []
    for offset in (placed.offset // 8 for placed in subject.layout.checksums):
        flawed.append(bytearray(whole))
        flawed[-1][offset + 1] ^= 1
    flawed.append(whole[:-1])
    write_pcap(tmp_path / "frames.pcap", [*frames, *map(bytes, flawed)])

    found = dissected(tshark, tmp_path / "frames.pcap")
    assert len(found) == len(frames) + len(flawed)
    for (given, length), row in zip(cases, found, strict=False):
        wanted = {field: show(given[key]) for key, (field, show) in DISSECTED.items()}
        wanted |= {field: derive(length, name) for field, derive in DERIVED.items()}
        assert {field: row[field] for field in wanted} == wanted
        # A group address as source, or a TTL of 0, is asked for here: tshark says so.
        assert not any(row[field] for field in TROUBLE[:-2])
        for word in ("checksum", "malformed", "length"):
            assert word not in row["_ws.expert.message"].lower()

    controls = found[len(frames) :]
    for placed, row in zip(subject.layout.checksums, controls, strict=False):
        protocol = {"ipv4": "ip", "udp": "udp"}[placed.header.name]
        assert row[f"{protocol}.checksum.status"] == "0"
        assert "checksum" in row["_ws.expert.message"].lower()
        assert row["_ws.expert.severity"]
    assert controls[-1]["ip.bogus_ip_length"] or "length" in controls[-1]["_ws.expert.message"]


def test_scapy_and_the_oracle_do_not_agree_by_chance() -> None:
    """A control: scapy's frame for other values differs, in the field that was changed."""
    layout = resolve(formats.load("udp4"))
    given = {each.argument.name: each.argument.maximum for each in layout.arguments}
    frame = oracle.encode(layout, given, 60)
    assert built_by_scapy("udp4", given, 60) == frame
    for name in given:
        assert built_by_scapy("udp4", given | {name: 1}, 60) != frame
