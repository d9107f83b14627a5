"""Payloads: what each packet of a program carries, as the program and tshark have it.

The contents of random payloads are computed here by the stateful generator that its author
published; the oracle and the emitted C compute each number from its place.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen import emit, oracle
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.formats.ethernet import ETHERNET
from codegen.formats.udp import UDP4
from codegen.host import build
from codegen.lower import check_strategy
from codegen.model import (
    ONCE,
    STRATEGIES,
    Binding,
    Bytes,
    Counter,
    Cycle,
    Default,
    Fetch,
    Fill,
    Header,
    Increment,
    Packet,
    Preset,
    Random,
    Range,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify.compare import verify
from codegen.verify.subject import Subject
from tests import tools

SPLITMIX_64 = (1 << 64) - 1

#: Questions of the domain name system, each of another size (RFC 1035 section 4.1).
NAMES = ("a.example", "a-rather-long-name.example", "mail.example")


def question(name: str) -> bytes:
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    return bytes.fromhex("000101000001000000000000") + labels + bytes.fromhex("0000010001")


def preset(**bindings: Binding) -> Preset:
    return UDP4.preset("payloads", "a payload", bindings)


def splitmix(seed: int) -> Iterator[int]:
    """Yield the numbers as the reference program does, which goes on from its own state."""
    state = seed
    while True:
        state = state + 0x9E3779B97F4A7C15 & SPLITMIX_64
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & SPLITMIX_64
        z = (z ^ z >> 27) * 0x94D049BB133111EB & SPLITMIX_64
        yield z ^ z >> 31


def random_bytes(seed: int, packet: int, size: int) -> bytes:
    own = next(itertools.islice(splitmix(seed), packet, None))
    words = itertools.islice(splitmix(own), -(-size // 8))
    return b"".join(word.to_bytes(8, "big") for word in words)[:size]


def sent(format: Preset, folder: Path, count: int, strategy: str = "pool-dup") -> Path:
    """Return the capture of what the emitted program sends."""
    app, capture = folder / "app", folder / "frames.pcap"
    [chosen] = [each for each in STRATEGIES if each.name == strategy]
    emit.write(emit.render(resolve(format), chosen), app)
    program = build.build_program(app, optimize="-O1")
    given = [f"device=pcap:{capture}", "--", f"count={count}", "mac_src=02:00:00:00:00:01"]
    done = subprocess.run(
        [program, *given], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return capture


def fields(capture: Path, *names: str) -> list[list[str]]:
    """Return fields of each frame, as tshark reads them."""
    tools.need("tshark")
    wanted = [argument for name in names for argument in ("-e", name)]
    options = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(
        ["tshark", "-r", capture, *options, "-T", "fields", *wanted],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "strategy", [each.name for each in STRATEGIES if each.fetch is not Fetch.SHARE]
)
def test_random_payloads_are_the_numbers_of_the_seed(strategy: str, tmp_path: Path) -> None:
    lengths = [60, 61, 66, 1514]
    format = preset(fill=Random(99), length=Cycle(tuple(lengths)))
    found = fields(
        sent(format, tmp_path, 200, strategy), "udp.payload", "udp.checksum.status", "frame.len"
    )
    for packet, (payload, status, length) in enumerate(found):
        size = lengths[packet % 4]
        assert (int(length), status) == (size, "1")
        assert bytes.fromhex(payload) == random_bytes(99, packet, size - 42)
    assert len(found) == 200


def test_contents_of_any_size_are_sent_once(tmp_path: Path) -> None:
    content = Cycle(tuple(question(name) for name in NAMES))
    format = preset(fill=content, length=ONCE, port_dst=53)
    capture = sent(format, tmp_path, 30)
    found = fields(capture, "dns.qry.name", "udp.checksum.status", "frame.len", "_ws.malformed")
    for packet, (name, status, length, malformed) in enumerate(found):
        assert name == NAMES[packet % 3]
        assert (status, malformed) == ("1", "")
        assert int(length) == 42 + len(question(name))
    assert len(found) == 30


def test_one_content_is_sent_once() -> None:
    layout = resolve(preset(fill=bytes(range(200)), length=ONCE))
    assert (layout.length, layout.length_sweep) == (242, None)


def test_a_file_is_the_payload(tmp_path: Path) -> None:
    octets = bytes(at * at % 251 for at in range(1400))
    layout = resolve(preset(fill=octets, length=ONCE))
    frame = oracle.encode(layout, {"mac_src": 1}, layout.length)
    assert frame[42:] == octets
    app = tmp_path / "app"
    emit.write(emit.render(layout, STRATEGIES[0]), app)
    report = verify(Subject.from_folder(layout, app), examples=20, seed=1)
    assert report.counterexample is None, report.counterexample


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (Increment(), bytes(range(256)) + b"\0\1"),
        (Increment(250, 3), bytes((250 + 3 * at) % 256 for at in range(258))),
        (Increment(7, 64), bytes([7, 71, 135, 199]) * 64 + bytes([7, 71])),
        (Increment(9, 0), b"\t" * 258),
    ],
)
def test_increments(content: Increment, wanted: bytes) -> None:
    layout = resolve(preset(fill=content))
    assert oracle.encode(layout, {"mac_src": 1}, 300)[42:] == wanted


def test_random_bytes_in_a_field(tmp_path: Path) -> None:
    nonce = Header(
        "nonce",
        (Bytes("octets", Random(3), 11), UInt("kind", 8, Default(1))),
        numbers={"ethertype": 0x88B5},
    )
    format = Packet("with_nonce", ETHERNET / nonce / Fill(), "a nonce")
    layout = resolve(format)
    for packet in (0, 1, 1000):
        frame = oracle.encode(layout, {"mac_src": 1}, 60, packet=packet)
        assert frame[14:25] == random_bytes(3, packet, 11)
    app = tmp_path / "app"
    emit.write(emit.render(layout, STRATEGIES[0]), app)
    report = verify(Subject.from_folder(layout, app), examples=20, seed=1)
    assert report.counterexample is None, report.counterexample


def test_a_cycle_of_bytes_has_the_size_of_its_values() -> None:
    header = Header("h", (Bytes("word", Cycle((b"abc", "646566"))),))
    layout = resolve(Packet("p", header / Fill(), min_length=4))
    assert [oracle.encode(layout, {}, 4, packet=n) for n in range(3)] == [
        b"abc\0",
        b"def\0",
        b"abc\0",
    ]


@pytest.mark.parametrize(
    ("bindings", "message"),
    [
        ({"fill": Counter()}, "F123 fill: a Counter needs a number, and a payload is none"),
        ({"fill": Range(1, 2)}, "F123 fill: a Range needs a number"),
        ({"fill": ONCE}, "F123 fill: a Repetition is no content"),
        ({"fill": Cycle(())}, "F109 fill: a Cycle of no contents"),
        ({"fill": Cycle((b"", b"a"))}, "F108 fill: a byte"),
        ({"fill": bytes(65536)}, "F108 fill: a byte .* of 65535 bytes at most"),
        ({"fill": Increment(256)}, "F108 fill: a start and a step of 0 to 255"),
        ({"fill": Random(minimum=3)}, "F109 fill: bytes are drawn whole"),
        ({"fill": Random(-1)}, "F109 fill: the seed -1"),
        ({"fill": Random(), "length": ONCE}, "F118 length: .* random bytes do not end"),
        ({"fill": b"abc", "length": ONCE}, "F118 length: a frame of 45 bytes"),
        ({"length": Increment()}, "F119 .*'length' is bound to Increment"),
        ({"port_src": Increment()}, "F119 .*'port_src' is bound to Increment"),
        ({"ipv4.id": ONCE}, "F119 .*'ipv4.id' is bound to"),
    ],
)
def test_what_is_no_payload(bindings: dict[str, Binding], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        resolve(UDP4.preset("payloads", "a payload", bindings))


def test_a_field_has_one_size() -> None:
    header = Header("h", (Bytes("word", Cycle((b"abc", b"de"))),))
    with pytest.raises(FormatError, match=r"F123 h.word: its values have 2 to 3 bytes"):
        resolve(Packet("p", header / Fill(), min_length=4))
    with pytest.raises(FormatError, match=r"F103 h.word: it has no bytes"):
        resolve(Packet("p", Header("h", (Bytes("word", Random()),)) / Fill(), min_length=4))


def test_one_netbuf_cannot_have_several_payloads() -> None:
    [shared] = [each for each in STRATEGIES if each.fetch is Fetch.SHARE]
    with pytest.raises(UsageError, match="sweeps the payload"):
        check_strategy(resolve(preset(fill=Random())), shared)
