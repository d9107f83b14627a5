"""Formats that are wrong on purpose: a diagnostic within seconds, and nothing half written.

The declarations of the catalogue are taken, and one value after another is replaced by what no
author would write. Whatever comes out is a layout whose C can be printed, or a FormatError.
"""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen import describe, emit, formats
from codegen.c import printer
from codegen.diagnostics import Code, FormatError
from codegen.model import (
    PAYLOAD,
    Checksum,
    Default,
    Fill,
    Group,
    Header,
    Length,
    Member,
    Packet,
    Parameter,
    Stack,
    UInt,
)
from codegen.model.strategy import STRATEGIES
from codegen.resolve import bounds, resolve
from codegen.verify import values
from tests.tools import need

#: How long a diagnostic may take; it takes a fraction of that on an idle machine.
SECONDS = 30

TEXTS = (
    "",
    " ",
    "\0",
    "\ud800",
    "\u202eevil",
    "a\nb",
    "名前",
    "ａ",
    "e\u0301",
    "\U0001f600",
    "*\\\n/ int evil = 42; //",
    "???/",
    "%s{{ 1 }}${IFS}",
    "../../x",
    "x" * 1_000_000,
    "int",
    "_a",
)
NUMBERS = (-1, 0, 1, 7, 65, 1 << 16, 1 << 31, 1 << 63, 1 << 64, -(1 << 70), 10**6000)
OTHERS: tuple[Any, ...] = (None, (), b"", 1.5, "text", [], {}, UInt, object(), ((),), True)


def _replaced(declared: Any, chosen: random.Random) -> Any:
    """Return a copy of a declaration in which one value, at any depth, is another."""
    inside = [
        each.name
        for each in dataclasses.fields(declared)
        if each.init and not callable(getattr(declared, each.name))
    ]
    name = chosen.choice(inside)
    return dataclasses.replace(declared, **{name: _other(getattr(declared, name), chosen)})


def _other(value: Any, chosen: random.Random) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and chosen.random() < 0.95:
        return _replaced(value, chosen) if dataclasses.fields(value) else value
    if isinstance(value, tuple) and value and chosen.random() < 0.9:
        at = chosen.randrange(len(value))
        return (*value[:at], _other(value[at], chosen), *value[at + 1 :])
    if chosen.random() < 0.2:
        return chosen.choice(OTHERS)
    return chosen.choice(TEXTS if isinstance(value, str) else NUMBERS)


def _printed(format: Any) -> None:
    """Do what commands do with a format: each of its texts, as UTF-8."""
    layout = resolve(format)
    for files in (emit.render(layout, STRATEGIES[0]).values(), [describe.diagram(layout)]):
        for text in files:
            text.encode()


@pytest.mark.parametrize("name", ["tcp6_syn", "vxlan_udp4", "gre_udp4", "usoc21", "arp_request"])
def test_a_value_that_nobody_would_write(name: str) -> None:
    chosen = random.Random(name)
    codes = set()
    for _ in range(100):
        changed = _replaced(formats.catalogue()[name], chosen)
        start = time.monotonic()
        try:
            _printed(changed)
        except FormatError as error:
            codes |= {each.code for each in error.diagnostics}
            assert len(str(error)) < 100_000
        assert time.monotonic() - start < SECONDS
    assert len(codes) > 1


def _flat(count: int, **changed: Any) -> Packet:
    members = tuple(
        UInt(**{"name": f"f{each}", "bits": 8, "source": Default(0), **changed})
        for each in range(count)
    )
    return Packet("p", Header("h", members) / Fill(), max_length=0xFFFF)


def _many_switches() -> Packet:
    members = [UInt("f0", 8, Default(1))]
    members += [UInt(f"f{each}", 8, Default(0), when="f0") for each in range(1, bounds.FIELDS)]
    return Packet("p", Header("h", tuple(members)) / Fill(), max_length=0xFFFF)


def _many_parameters() -> Packet:
    members = tuple(UInt(f"f{each}", 8, Parameter("x", 0)) for each in range(bounds.FIELDS))
    return Packet("p", Header("h", members) / Fill(), max_length=0xFFFF)


def _many_unknown() -> Packet:
    members = tuple(
        UInt(f"f{each}", 8, Default(0), when=f"g{each}") for each in range(bounds.FIELDS)
    )
    return Packet("p", Header("h", members) / Fill(), max_length=0xFFFF)


def _many_sums() -> Packet:
    members = tuple(UInt(f"f{each}", 16, Checksum(PAYLOAD)) for each in range(bounds.FIELDS))
    return Packet("p", Header("h", members) / Fill(), max_length=0xFFFF)


def _many_names() -> Packet:
    names = {each: f"n{each}" for each in range(1 << 16)}
    kind = UInt("kind", 16, Default(0), names={**names, 65535: "n1"})
    return Packet("p", Header("h", (kind,)) / Fill())


def _many_groups() -> Packet:
    """Groups that are declared once, and doubled at each level."""
    member: Member = UInt("x", 8, Default(0))
    for level in range(bounds.DEPTH):
        member = Group(f"g{level}", (member, dataclasses.replace(member, name=f"h{level}")))
    return Packet("p", Header("h", (member,)) / Fill())


@pytest.mark.parametrize(
    "packet",
    [
        _flat(bounds.FIELDS),
        _flat(bounds.FIELDS, source=Default(300)),
        _flat(bounds.FIELDS, source=Length(PAYLOAD)),
        _flat(bounds.FIELDS, name="same"),
        _flat(bounds.FIELDS, name="名前"),
        _flat(bounds.FIELDS, source="wrong"),
        _flat(100_000),
        _many_switches(),
        _many_parameters(),
        _many_unknown(),
        _many_sums(),
        _many_names(),
        _many_groups(),
    ],
    ids="flat faulty lengths same unicode types 100000 switches parameters unknown sums names "
    "groups".split(),
)
def test_many_declarations_take_seconds(packet: Packet) -> None:
    start = time.monotonic()
    try:
        describe.diagram(resolve(packet))
    except FormatError as error:
        assert len(str(error)) < 200_000
    assert time.monotonic() - start < SECONDS


def test_the_bounds_are_those_of_the_documentation() -> None:
    resolve(_flat(bounds.FIELDS))
    with pytest.raises(FormatError) as caught:
        resolve(_flat(bounds.FIELDS + 1))
    assert [each.code for each in caught.value.diagnostics] == [Code.F132]
    headers = tuple(
        Header(f"h{each}", (UInt("a", 8, Default(0)),)) for each in range(bounds.HEADERS - 1)
    )
    resolve(Packet("p", Stack(headers) / Fill(), max_length=0xFFFF))
    member: Member = UInt("x", 8, Default(0))
    for level in range(bounds.DEPTH):
        member = Group(f"g{level}", (member,))
    resolve(Packet("p", Header("h", (member,)) / Fill()))
    page = (Path(__file__).parent.parent / "docs/groups.md").read_text()
    for bound in (bounds.HEADERS, bounds.FIELDS, bounds.DEPTH):
        assert f"{bound:,}" in page


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("raise SystemExit(0)", "line 1 raises SystemExit: 0"),
        ("raise GeneratorExit", "line 1 raises GeneratorExit: "),
        ("class E(BaseException): pass\nraise E('why')", "line 2 raises E: why"),
        ("def f(): f()\nf()", "raises RecursionError"),
        ("class E(Exception):\n def __str__(self): 1 / 0\nraise E", "its message raises"),
        ("raise ValueError('x' * 10_000_000)", "(10000000 characters)"),
        ("raise ValueError('\\ud800')", "raises ValueError: \\ud800"),
        ("\0", "raises"),
        ("é".encode("latin-1"), "raises SyntaxError"),
        ("(" * 100_000, "raises"),
    ],
)
def test_a_file_that_raises(source: str | bytes, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    command = [sys.executable, "-m", "codegen", "emit", "--format", str(path)]
    done = subprocess.run(
        [*command, "--output", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert wanted in done.stderr
    assert len(done.stderr) < 5000
    assert [each.name for each in tmp_path.iterdir() if each.name != "__pycache__"] == ["mine.py"]


@pytest.mark.parametrize(
    ("source", "wanted"), [("import time\ntime.sleep(60)", 143), ("raise KeyboardInterrupt", 130)]
)
def test_an_interruption_is_none_of_the_file(source: str, wanted: int, tmp_path: Path) -> None:
    """A signal that ends the command is not reported as an error that the file raises."""
    path = tmp_path / "mine.py"
    path.write_text(f"print('running', flush=True)\n{source}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "codegen", "show", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    if wanted == 143:
        process.terminate()
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == wanted
    assert "cannot be run" not in err
    assert "Traceback" not in err


def test_texts_of_any_kind_are_shown(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from codegen.model import *\n"
        'H = Header("h", (UInt("a", 8, Default(0)),), title="\\ud800", reference="\\u202e")\n'
        'PACKET = Packet("p", H / Fill(), "*\\\\\\n/ \\ud800")\n'
    )
    for verb in ("show", "list"):
        done = subprocess.run(
            [sys.executable, "-m", "codegen", verb, *(["mine.py"] if verb == "show" else [])],
            cwd=tmp_path,
            capture_output=True,
            timeout=SECONDS,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"\xed\xa0\x80" not in done.stdout


def test_the_lengths_of_large_frames_are_a_part_of_them() -> None:
    """The time of a comparison grows with the frame's size, and not with its square."""
    layout = resolve(_flat(4))
    chosen = values.every_length(layout)
    assert len(chosen) < 2048
    assert set(chosen) <= set(layout.lengths)
    assert {60, 61, 62, 1083, 4095, 4096, 4097, 65534, 65535} <= set(chosen)
    assert max(after - before for before, after in pairwise(chosen)) <= 128
    udp = resolve(formats.catalogue()["udp4"])
    assert values.every_length(udp) == list(udp.lengths)


def _comments(text: str) -> Iterator[str]:
    yield printer.comment([text])
    yield printer.comment([text, text], 1)
    yield printer.comment_block([text, f"a {text} b"])
    yield from printer.trailing("int a;", text, 40)


#: Mostly what means something to C next to one another.
AWKWARD = st.lists(
    st.sampled_from(["*", "/", "\\", "?", "??/", "\n", "\r", " ", "a", '"', "\u202e", "\ud800"])
    | st.characters(),
    max_size=12,
).map("".join)
EVIL = [
    "*\\\n/ int evil = 42; //",
    "*???/\n/ int evil = 42; //",
    "???/",
    "\u202e",
    "\ud800",
    "*/",
    "/*",
]


@example(EVIL, "*/")
@given(st.lists(AWKWARD, max_size=200), AWKWARD)
@settings(max_examples=50, deadline=None)
def test_a_comment_is_a_comment_whatever_its_text(texts: list[str], last: str) -> None:
    """The compiler finds nothing but comments between two lines, and warns about nothing."""
    need("gcc")
    parts = [part for text in [*texts, last] for part in _comments(text)]
    body = "\n".join(part.replace("int a;", "") for part in parts)
    done = subprocess.run(
        "gcc -std=c11 -fpreprocessed -fsyntax-only -x c -Wall -Wextra -Wpedantic -Werror "
        "-Wbidi-chars=any -".split(),
        input=f"int first;\n{body}\nint last;\n".encode(),
        capture_output=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr.decode()
    found = subprocess.run(
        "gcc -std=c11 -Wall -Wextra -Wbidi-chars=any -Werror -E -P -x c -".split(),
        input=f"int first;\n{body}\nint last;\n".encode(),
        capture_output=True,
        timeout=60,
    )
    assert (found.stdout.decode().split(), found.stderr) == (
        ["int", "first;", "int", "last;"],
        b"",
    )
