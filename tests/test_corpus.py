"""Comparisons on captures of others: what agrees, what does not, and what bounds them."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import decode, formats, oracle
from codegen.errors import UsageError
from codegen.host.build import WARNINGS, Compiler
from codegen.layout import Layout
from codegen.model import LinkType, Packet
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify import corpus, outside, reader, values
from tests.tools import need

PACKETS = [name for name, each in formats.catalogue().items() if isinstance(each, Packet)]


def some(layout: Layout, count: int) -> list[bytes]:
    """Return frames of a format, with other payloads than its own."""
    chosen = random.Random(layout.name)
    frames = []
    for _ in range(count):
        length = chosen.choice(layout.lengths)
        fill = values.some_fill(layout, length, chosen)
        frames.append(oracle.encode(layout, values.some(layout, chosen), length, fill=fill))
    return frames


@pytest.mark.parametrize("name", PACKETS)
def test_a_frame_is_rebuilt_from_its_values(name: str) -> None:
    layout = resolve(formats.load(name))
    chosen = random.Random(name)
    rebuilt = 0
    for frame in some(layout, 100):
        padded = frame + bytes(chosen.randrange(4))
        decoded = oracle.parse(layout, padded)
        if decoded.result is Result.VALID:
            rebuilt += 1
            assert corpus.rebuilt(layout, decoded, padded) == padded
        # A field that no parameter has: the type of service, or the flow label.
        changed = bytearray(frame)
        changed[15] ^= 0x0C
        decoded = oracle.parse(layout, bytes(changed))
        again = corpus.rebuilt(layout, decoded, bytes(changed))
        assert oracle.parse(layout, again).values.keys() == decoded.values.keys()
        if decoded.result is not Result.VALID:
            assert again != bytes(changed)
    assert rebuilt >= 20


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Layout]]:
    layouts = [resolve(formats.load(name)) for name in ("udp4", "tcp6_syn", "arp_request")]
    return reader.built(layouts, tmp_path_factory.mktemp("reader")), layouts


@pytest.fixture
def compared(program: tuple[Path, list[Layout]]) -> Iterator[corpus.Corpus]:
    made = corpus.Corpus(program[1], reader.Reader(*program), 60)
    yield made
    made.parsers.close()


def test_everybody_agrees(compared: corpus.Corpus, tmp_path: Path) -> None:
    frames = [frame for layout in compared.layouts for frame in some(layout, 20)]
    damaged = [bytes([*frame[:20], frame[20] ^ 1, *frame[21:]]) for frame in frames]
    cut = [frame[: len(frame) // 2] for frame in frames]
    absent = bytearray(some(compared.layouts[0], 1)[0])
    absent[40:42] = b"\0\0"
    outside.write_pcap(
        tmp_path / "frames.pcap", [*frames, *damaged, *cut, b"", bytes(absent), bytes(70000)]
    )
    row = compared.read(tmp_path / "frames.pcap", "frames.pcap")
    compared.finish()
    assert (row.disagreements, row.shown) == (0, [])
    assert row.frames == 3 * 60 + 3
    # A request that is cut in its addresses is filled up with zeros, which are addresses as well.
    assert row.accepted == {"udp4": 21, "tcp6_syn": 20, "arp_request": 40}
    assert row.rejected >= 20
    assert row.frames == row.accepted.total() + row.rejected + row.other
    assert row.by_tshark == (81 if outside.find_tshark() else 0)


def test_a_frame_without_a_checksum_is_right_in_tshark(tmp_path: Path) -> None:
    need("tshark")
    tshark = outside.find_tshark()
    assert tshark is not None
    layout = resolve(formats.load("udp4"))
    frame = bytearray(some(layout, 1)[0])
    frame[40:42] = b"\0\0"
    outside.write_pcap(tmp_path / "one.pcap", [bytes(frame)])
    decoded = oracle.parse(layout, bytes(frame))
    dissection = outside.Dissection(layout, tshark)
    assert not dissection.faults(tmp_path / "one.pcap", [decoded.values])
    assert dissection.faults(tmp_path / "one.pcap", [{**decoded.values, "udp.checksum": 1}])


def test_what_differs_is_counted(
    compared: corpus.Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = compared.layouts[0]
    outside.write_pcap(tmp_path / "frames.pcap", some(layout, 20))
    original = compared.parsers.parse

    def other_port(layout: Layout, frame: bytes) -> tuple[str, dict[str, int]]:
        result, found = original(layout, frame)
        return result, {path: value ^ (path == "udp.dst") for path, value in found.items()}

    with monkeypatch.context() as patch:
        patch.setattr(compared.parsers, "parse", other_port)
        row = compared.read(tmp_path / "frames.pcap", "frames.pcap")
    assert (row.disagreements, len(row.shown)) == (20, 5)
    assert "the parser reads udp.dst as" in row.shown[0]
    with monkeypatch.context() as patch:
        patch.setattr(compared.parsers, "parse", lambda *_: ("valid", {}))
        row = compared.read(tmp_path / "frames.pcap", "frames.pcap")
    assert "'valid' for the parser, 'another header' for the oracle" in row.shown[0]
    with monkeypatch.context() as patch:
        patch.setattr(corpus, "rebuilt", lambda layout, decoded, frame: frame[:-1] + b"?")
        row = compared.read(tmp_path / "frames.pcap", "frames.pcap")
    assert row.disagreements >= 19
    assert "is rebuilt otherwise" in row.shown[0]


def test_a_report_of_a_sanitizer_is_a_disagreement(
    program: tuple[Path, list[Layout]], tmp_path: Path
) -> None:
    """A parser that reads one byte behind its frame ends the program, and the next is started."""
    folder, layouts = tmp_path / "broken", program[1]
    folder.mkdir()
    reader.built(layouts, folder)
    source = folder / "udp4.c"
    text = source.read_text()
    start = text.index("enum frame_result udp4_parse(")
    start = text.index("\n\n", text.index("{", start))
    source.write_text(f"{text[:start]}\n\tif (frame[len])\n\t\tfields->ipv4_ttl = 1;{text[start:]}")
    command = [*WARNINGS, *reader.SANITIZERS, f"-I{folder}"]
    sources = [str(folder / f"{each.name}.c") for each in layouts]
    broken = tmp_path / "reader"
    Compiler.find().run([*command, *sources, str(folder / "corpus_reader.c"), "-o", str(broken)])
    made = corpus.Corpus(layouts, reader.Reader(broken, layouts), 60)
    outside.write_pcap(tmp_path / "frames.pcap", some(layouts[0], 2))
    row = made.read(tmp_path / "frames.pcap", "frames.pcap")
    made.finish()
    assert row.disagreements == 2
    assert "heap-buffer-overflow" in row.shown[0]


def test_a_file_has_its_time(compared: corpus.Corpus, tmp_path: Path) -> None:
    outside.write_pcap(tmp_path / "frames.pcap", some(compared.layouts[0], 500))
    compared.seconds = 0
    row = compared.read(tmp_path / "frames.pcap", "frames.pcap")
    assert (row.frames, row.note) == (1, "stopped after 0 s")


def test_what_is_no_capture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], compared: corpus.Corpus
) -> None:
    for folder, wanted in (
        (tmp_path / "nothing", "there is no folder"),
        (tmp_path, "has no capture in pcap or pcapng among 1 files"),
    ):
        (tmp_path / "notes.txt").write_text("no capture")
        assert corpus.main([str(folder)]) == 2
        assert wanted in capsys.readouterr().err
    outside.write_pcap(tmp_path / "cut.pcap", some(compared.layouts[0], 2))
    (tmp_path / "cut.pcap").write_bytes((tmp_path / "cut.pcap").read_bytes()[:-1])
    assert corpus.captures(tmp_path) == [tmp_path / "cut.pcap"]
    row = compared.read(tmp_path / "cut.pcap", "cut.pcap")
    assert row.frames == 1
    assert "truncated" in row.note


def test_a_short_frame_is_filled_up_as_on_the_wire() -> None:
    frame = decode.Frame(bytes(42), LinkType.ETHERNET, 0)
    assert corpus.filled_up(frame).octets == bytes(60)
    assert corpus.filled_up(replace(frame, link=147)).octets == bytes(42)


def test_the_projects_formats_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(
        "from codegen.model import *\n"
        'H = Header("h", (UInt("v", 16, Parameter("v", 0), "little"), UInt("n", 8, Const(7))))\n'
        'OWN = Packet("own", H / Fill(), linktype=LinkType.USER1)\n'
    )
    (tmp_path / "pyproject.toml").write_text('[tool.codegen]\nformats = ["mine.py"]\n')
    (tmp_path / "captures").mkdir()
    frames = [struct.pack("<HB", number, 7) + bytes(number) for number in range(9)]
    outside.write_pcap(tmp_path / "captures" / "own.pcap", frames, LinkType.USER1)
    monkeypatch.chdir(tmp_path)
    assert corpus.main(["captures"]) == 0
    assert "9 own" in capsys.readouterr().out
    # A format that two files have is taken from the project.
    assert decode.known_layouts()[-1].name == "own"
    (tmp_path / "mine.py").write_text("1 / 0")
    with pytest.raises(UsageError, match="ZeroDivisionError"):
        decode.known_layouts()
