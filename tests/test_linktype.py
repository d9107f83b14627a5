"""Link types: captures that are written, read and dissected have that of the format."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import formats, oracle
from codegen.cli import options
from codegen.diagnostics import Code, FormatError
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.ipv6 import IPV6
from codegen.formats.udp import UDP
from codegen.model import (
    PAYLOAD,
    Default,
    Fill,
    Header,
    Length,
    LinkType,
    Packet,
    Parameter,
    Stack,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify import outside
from codegen.verify.table import cross_check
from tests.tools import need

#: The formats of the page, which are run on devices and read by tshark.
PAGE = Path(__file__).parent.parent / "docs/linktype.md"
NAMES = ["RADIO", "RAW4", "CAN_FRAME", "OWN"]

PLAIN = Header("h", (UInt("a", 8, Default(0)),))


def own(tmp_path: Path) -> Path:
    path = tmp_path / "links.py"
    path.write_text(PAGE.read_text().split("```python\n")[1].split("```")[0])
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_lowest_header_has_it() -> None:
    for stack, link, least in (
        (ETHERNET.bind(type=0x88B5) / Fill(), 1, 60),
        (IPV4.bind(protocol=253) / Fill(), 101, 20),
        (IPV6.bind(next_header=59) / Fill(), 101, 40),
        (PLAIN / Fill(), 1, 60),
    ):
        layout = resolve(Packet("p", stack))
        assert (layout.link, layout.min_length) == (link, least)
    layout = resolve(Packet("p", PLAIN / Fill(), linktype=LinkType.USER0))
    assert (layout.link, layout.min_length) == (147, 1)
    assert resolve(Packet("p", PLAIN / Fill(), linktype=147, min_length=60)).min_length == 60


@pytest.mark.parametrize(
    ("stack", "link"),
    [
        (IPV4 / UDP / Fill(), LinkType.ETHERNET),
        (IPV4 / UDP / Fill(), LinkType.IPV6),
        (ETHERNET / IPV4 / UDP / Fill(), LinkType.RAW_IP),
        (PLAIN / Fill(), -1),
        (PLAIN / Fill(), 1 << 16),
    ],
)
def test_a_contradiction_is_refused(stack: Stack, link: int) -> None:
    with pytest.raises(FormatError) as caught:
        resolve(Packet("p", stack, linktype=link, min_length=60))
    assert [each.code for each in caught.value.diagnostics] == [Code.F133]


@pytest.mark.parametrize("name", NAMES)
def test_captures_are_written_and_read(name: str, tmp_path: Path) -> None:
    spec = f"{own(tmp_path)}:{name}"
    layout = resolve(formats.load(spec))
    capture = tmp_path / "sent.pcap"
    done = run("run", "--format", spec, "--device", f"pcap:{capture}", "--count", 5)
    assert done.returncode == 0, done.stderr
    assert struct.unpack_from("<I", capture.read_bytes(), 20) == (layout.link,)
    done = run("run", "--format", spec, "--device", f"pcap:{capture}", "--mode", "rx", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["received"] == 5
    done = run("decode", capture, "--format", spec, "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["result"] for each in found] == ["valid"] * 5
    done = run("run", "--format", "udp4", "--device", f"pcap:{capture}", "--mode", "rx")
    assert done.returncode == 1
    assert "not Ethernet frames" in done.stderr
    done = run("vectors", spec)
    assert json.loads(done.stdout)["linktype"] == layout.link
    (tmp_path / "vectors.json").write_text(done.stdout)
    assert run("vectors", spec, "--check", tmp_path / "vectors.json").returncode == 0
    done = run("vectors", "udp4", "--check", tmp_path / "vectors.json")
    assert done.returncode == 2
    assert f"link type {layout.link}" in done.stderr


def test_an_interface_of_ethernet_is_refused(tmp_path: Path) -> None:
    spec = f"{own(tmp_path)}:OWN"
    for device in ("tap:nothing", "packet:lo", "xdp:lo"):
        done = run("run", "--format", spec, "--device", device, "--count", 1)
        assert done.returncode == 2
        assert "have link type 147" in done.stderr
    for platform in ("qemu", "xdp"):
        done = run("run", "--format", spec, "--platform", platform)
        assert done.returncode == 2
        assert "have link type 147" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_tshark_reads_them_with_the_exported_dissector(name: str, tmp_path: Path) -> None:
    need("tshark")
    layout = resolve(formats.load(f"{own(tmp_path)}:{name}"))
    row = cross_check(layout, options.strategy(options.DEFAULT_STRATEGY), 30, 0)
    assert not row.faults
    assert row.agreed["tshark"] >= 30


@pytest.mark.parametrize(
    ("name", "parameter", "fields"),
    [
        ("RADIO", "seq", {"wpan.seq_no": "77", "wpan.dst16": "0xbeef", "wpan.src16": "0x0001"}),
        ("CAN_FRAME", "can_id", {"can.id": "77", "can.len": "4"}),
        ("RAW4", "ttl", {"ip.ttl": "77", "udp.checksum.status": "1"}),
    ],
)
def test_wiresharks_own_dissectors_read_them(
    name: str, parameter: str, fields: dict[str, str], tmp_path: Path
) -> None:
    """The link type in the capture is all that identifies these frames."""
    need("tshark")
    layout = resolve(formats.load(f"{own(tmp_path)}:{name}"))
    frame = oracle.encode(layout, {parameter: 77}, layout.min_length)
    outside.write_pcap(tmp_path / "one.pcap", [frame], layout.link)
    done = subprocess.run(
        ["tshark", "-n", "-r", str(tmp_path / "one.pcap"), "-T", "fields"]
        + ["-o", "udp.check_checksum:TRUE", *(f"-e{each}" for each in fields)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.rstrip("\n").split("\t") == list(fields.values())


@pytest.mark.parametrize(
    "link",
    [each for each in LinkType if each.name in ("USER0", "USER15") or "USER" not in each.name],
    ids=lambda link: link.name,
)
def test_the_dissector_is_registered_for_the_link_type(link: LinkType, tmp_path: Path) -> None:
    """Frames of this link type are the format's, without regard to constants; others are not."""
    need("tshark")
    tshark = outside.find_tshark()
    assert tshark is not None
    header = Header(
        "h", (UInt("v", 24, Parameter("v", 0), "little"), UInt("n", 8, Length(PAYLOAD)))
    )
    layout = resolve(Packet("own", header / Fill(), linktype=link, min_length=60, max_length=200))
    frames = [oracle.encode(layout, {"v": value}, 60 + value) for value in range(9)]
    expected = [oracle.decode(layout, frame).values for frame in frames]
    outside.write_pcap(tmp_path / "own.pcap", frames, link)
    assert not outside.Dissection(layout, tshark).faults(tmp_path / "own.pcap", expected)
    outside.write_pcap(tmp_path / "other.pcap", frames, 161 if link != 161 else 160)
    found = outside.Dissection(layout, tshark).faults(tmp_path / "other.pcap", expected)
    # The dissector of Ethernet is Wireshark's own: ours is called for each frame there.
    assert bool(found) == (link != LinkType.ETHERNET)
