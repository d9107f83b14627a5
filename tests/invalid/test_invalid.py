"""Every diagnostic has a format that gets it: a file each, named after its number.

A file here is a format that must be refused, and the diagnostic must name the
place, say what is wrong and how to mend it.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codegen import formats
from codegen.diagnostics import Code, FormatError
from codegen.model import (
    HEADER,
    Bytes,
    Checksum,
    Const,
    Counter,
    Field,
    Fill,
    Header,
    IPv4Address,
    Length,
    Member,
    NextHeader,
    Packet,
    Parameter,
    Random,
    Range,
    Reserved,
    Span,
    Stack,
    UInt,
)
from codegen.resolve import resolve
from codegen.resolve.findings import Findings

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("f[0-9]*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_format_is_refused(path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        resolve(formats.load(f"{path}:FORMAT"))
    codes = {each.code.name for each in caught.value.diagnostics}
    assert codes == {path.stem[:4].upper()}
    for each in caught.value.diagnostics:
        assert each.where
        assert each.problem
        assert each.remedy
        # The line is one of this file, and in it the declaration that is named.
        assert each.place is not None
        assert Path(each.place.file).name == path.name
        assert each.source is not None
        assert each.source.partition(": ")[2] in path.read_text()


def test_every_diagnostic_has_a_format() -> None:
    assert {path.stem[:4].upper() for path in FILES} == {code.name for code in Code}


def header(*members: Member) -> Header:
    return Header("h", members)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        (
            header(UInt("a", 8, Const(0), when=("kind",))),  # type: ignore[arg-type]
            "F127 UInt 'a': when is ('kind',); "
            "give it str or a tuple (str, int or str or bytes) or Is or AtLeast or AtMost or And "
            "or Or or Not or None",
        ),
        (
            header(Reserved(4), UInt("a", 8, Const(0)), Reserved(4)),
            "F102 header 'h': field 'reserved' stands more than once; "
            "write Reserved(..., name='reserved2')",
        ),
        (
            Stack((header(UInt("a", 8, Const(0))),) * 2),
            "F102 packet 'p': header 'h' stands more than once; "
            "stack them with /, which numbers them, or give one of them another name",
        ),
        (
            header(UInt("a", 8, Parameter("x", 0)), UInt("b", 8, Parameter("x", 0))),
            "F102 packet 'p': parameter 'x' stands more than once; "
            "give one of them another name; what a tunnel carries is inner(...)",
        ),
        (
            header(UInt("sum", 16, Checksum(HEADER, pseudo_header=True))),
            "F115 h.sum: its checksum needs a pseudo header, and nothing below 'h' has one; "
            "put it above a header with pseudo_header=(...), such as IPV4, let those between "
            "them have extends=True, or use pseudo_header=False",
        ),
        (
            header(Bytes("a", Range(1, 2), 16)),
            "F123 h.a: a Range needs a number, and bytes are none; use Cycle(values) or Random()",
        ),
        (
            header(UInt("a", 8, Length(Span("b", "b")))),
            "F110 h.a: 'h' has no 'b' here; name one of: a",
        ),
        (
            header(UInt("type", 8, NextHeader("kinds"))) / Header("i", (UInt("b", 8, Const(0)),)),
            "F114 h.type: the header 'i' has no number as 'kinds'; "
            "give it numbers={'kinds': ...}, or write H.bind(type=...)",
        ),
    ],
)
def test_a_mistake_is_reported_once_and_with_what_mends_it(
    layers: Header | Stack, wanted: str
) -> None:
    with pytest.raises(FormatError) as caught:
        resolve(Packet("p", layers / Fill()))
    assert [str(each) for each in caught.value.diagnostics] == [wanted]


MEGABYTES = b"\xff" * (4 << 20)
HUGE = 1 << 100_000


@pytest.mark.parametrize(
    ("field", "bindings"),
    [
        (UInt("a", 16, Const(HUGE)), {}),
        (UInt("a", 16, Const(MEGABYTES)), {}),
        (UInt("a", 16, Parameter("x", HUGE, -HUGE, HUGE)), {}),
        (UInt("a", 16, Counter(HUGE, HUGE)), {}),
        (UInt("a", 16, Random(HUGE, 0, MEGABYTES)), {}),
        (UInt("a", 16, Range(0, 9, HUGE)), {}),
        (Bytes("a", Const(MEGABYTES), 4), {}),
        (Bytes("a", Counter(), 1 << 20), {}),
        (Bytes("a", Const("x" * (4 << 20))), {}),
        (IPv4Address("a", Const("1" * (4 << 20))), {}),
        (IPv4Address("a", Range("1" * (4 << 20))), {}),
        (UInt("a", 16, Const(0)), {"fill": MEGABYTES}),
        (UInt("a", 16, Const(0)), {"length": HUGE}),
    ],
)
def test_a_message_has_the_start_of_a_long_value(field: Field, bindings: dict[str, Any]) -> None:
    packet = Packet("p", Header("h", (field,)) / Fill())
    with pytest.raises(FormatError) as caught:
        resolve(packet.preset("q", "", bindings))
    assert max(map(len, str(caught.value).splitlines())) < 500


def test_the_command_prints_the_diagnostic_and_exits_with_2() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "codegen", "show", f"{HERE / 'f105_overlap.py'}:FORMAT"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert "F105 h.b: it is declared at bit 8" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("own.a", 'UInt("a", 3, Const(0)),'),
        ("own.options.b", 'UInt("b", 70, Const(0))'),
        ("header 'own'", 'OWN = Header("own", ('),
        ("udp.src", 'FORMAT = PACKET.preset("y", "", {"z": 1})'),
        ("Packet 'x'", 'PACKET = Packet("x", STACK / OWN)'),
        ("preset 'y'", 'FORMAT = PACKET.preset("y", "", {"z": 1})'),
    ],
)
def test_a_diagnostic_points_at_the_declaration(where: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.py"
    path.write_text(
        "from codegen.formats.ethernet import ETHERNET\nfrom codegen.formats.udp import UDP\n"
        "from codegen.model import Const, Group, Header, Packet, UInt\n"
        "STACK = ETHERNET / UDP\n"
        'OWN = Header("own", (\n    UInt("a", 3, Const(0)),\n'
        '    Group("options", (UInt("b", 70, Const(0)),)),\n))\n'
        'PACKET = Packet("x", STACK / OWN)\n'
        'FORMAT = PACKET.preset("y", "", {"z": 1})\n'
    )
    found = Findings(formats.load(f"{path}:FORMAT"))
    found.report(Code.F101, where, "", "")
    source = found.diagnostics[0].source
    assert source is not None
    assert line in source


def test_where_something_is_declared_is_no_part_of_it() -> None:
    first = UInt("a", 8, Const(0))
    second = UInt("a", 8, Const(0))
    assert first.place != second.place
    assert (first, hash(first), repr(first)) == (second, hash(second), repr(second))
    assert "place" not in repr(first)
