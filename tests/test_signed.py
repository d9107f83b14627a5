"""Signed numbers: on the wire, in C, on the command line, and as others read them."""

from __future__ import annotations

import random
import struct
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.fields import SignedIntField, SignedLongField, SignedShortField
from scapy.packet import Packet as ScapyPacket

from codegen import describe, emit, oracle
from codegen.cli.decode import command
from codegen.diagnostics import FormatError
from codegen.host.library import HostLibrary
from codegen.model import (
    HEADER_AND_PAYLOAD,
    STRATEGIES,
    Checksum,
    Counter,
    Cycle,
    Default,
    Fill,
    Header,
    Int,
    Packet,
    Parameter,
    Random,
    Range,
    Sweep,
    UInt,
)
from codegen.resolve import resolve
from codegen.runtime import FOLDER
from codegen.verify import outside
from codegen.verify.compare import verify
from codegen.verify.subject import Subject

READING = Packet(
    "reading",
    Header(
        "h",
        (
            Int("byte", 8, Parameter("byte", -1)),
            Int("short", 16, Parameter("middle", -2)),
            Int("word", 32, Parameter("word", -3), "little"),
            Int("long", 64, Parameter("wide", -4)),
            Int("little", 64, Parameter("little", -5), "little"),
        ),
    ),
    min_length=1,
)


def encoded(packet: Packet, number: int = 0, **given: int) -> bytes:
    layout = resolve(packet)
    return oracle.encode(layout, given, layout.min_length, packet=number)


@pytest.mark.parametrize("seed", range(5))
def test_bytes_are_those_of_the_struct_module(seed: int) -> None:
    chosen = random.Random(seed)
    widths = {"byte": 8, "middle": 16, "word": 32, "wide": 64, "little": 64}
    values = {name: chosen.getrandbits(bits) - (1 << (bits - 1)) for name, bits in widths.items()}
    frame = encoded(READING, **values)
    assert frame == b"".join(
        struct.pack(form, value)
        for form, value in zip((">b", ">h", "<i", ">q", "<q"), values.values(), strict=True)
    )
    decoded = oracle.decode(resolve(READING), frame)
    assert list(decoded.values.values()) == list(values.values())


class Scapys(ScapyPacket):
    name = "signed"
    fields_desc: ClassVar = [
        SignedShortField("s", 0),
        SignedIntField("i", 0),
        SignedLongField("q", 0),
    ]


@given(st.integers(-(1 << 15), (1 << 15) - 1), st.integers(-(1 << 31), (1 << 31) - 1))
@example(-(1 << 15), -(1 << 31))
def test_bytes_are_those_of_scapys_signed_fields(short: int, word: int) -> None:
    fields = (
        Int("s", 16, Parameter("s", 0)),
        Int("i", 32, Parameter("i", 0)),
        Int("q", 64, Parameter("q", 0)),
    )
    packet = Packet("p", Header("h", fields), min_length=1)
    frame = encoded(packet, s=short, i=word, q=short * word)
    assert frame == bytes(Scapys(s=short, i=word, q=short * word))


@pytest.mark.parametrize("seed", range(3))
def test_bits_lie_as_gcc_puts_signed_bit_fields(seed: int, tmp_path: Path) -> None:
    """On a little-endian machine C's bit-fields are little-endian fields, in two's complement."""
    chosen = random.Random(seed)
    widths = [chosen.randint(1, 33) for _ in range(12)]
    widths.append(-sum(widths) % 8 or 8)
    values = [chosen.getrandbits(bits) - (1 << (bits - 1)) for bits in widths]
    members = "".join(f"int64_t f{n} : {bits};" for n, bits in enumerate(widths))
    source = tmp_path / "bits.c"
    source.write_text(
        "#include <stdint.h>\n#include <stdio.h>\n"
        f"static const struct __attribute__((packed)) {{ {members} }} bits = "
        f"{{ {', '.join(f'{each}l' for each in values)} }};\n"
        "int main(void) { return fwrite(&bits, sizeof(bits), 1, stdout) != 1; }\n"
    )
    subprocess.run(["gcc", str(source), "-o", str(tmp_path / "bits")], check=True, timeout=60)
    wanted = subprocess.run([tmp_path / "bits"], check=True, capture_output=True, timeout=60).stdout
    fields = tuple(
        Int(f"f{n}", bits, Parameter(f"f{n}", value), "little")
        for n, (bits, value) in enumerate(zip(widths, values, strict=True))
    )
    packet = Packet("own", Header("h", fields), min_length=1)
    assert encoded(packet) == wanted
    report = verify(Subject.build(resolve(packet), STRATEGIES[0], optimize="-O1"), 20, seed=0)
    assert report.counterexample is None, report.counterexample


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_signs_are_extended_without_undefined_behaviour(compiler: str, tmp_path: Path) -> None:
    """Of each width, the ends of its range and what is around zero."""
    rows = []
    for bits in range(1, 65):
        for value in {-(1 << (bits - 1)), (1 << (bits - 1)) - 1, -1, 0}:
            low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
            literal = "INT64_MIN" if value == -(1 << 63) else f"{value}LL"
            if low <= value <= high:
                rows.append(f"{{ {value % (1 << bits)}ULL, {bits}, {literal} }}")
    (tmp_path / "sign.c").write_text(
        '#include "sign.h"\n'
        "static const struct { uint64_t v; unsigned int bits; int64_t wanted; } rows[] = {\n"
        + ",\n".join(rows)
        + "\n};\nint main(void)\n{\n\tsize_t i;\n\n"
        "\tfor (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)\n"
        "\t\tif (sign_extended(rows[i].v, rows[i].bits) != rows[i].wanted)\n"
        "\t\t\treturn 1;\n\treturn 0;\n}\n"
    )
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Werror"]
    sanitizers = ["-fsanitize=undefined", "-fno-sanitize-recover=all"]
    command = [compiler, "-std=c11", *flags, *sanitizers, "-include", "stddef.h", f"-I{FOLDER}"]
    subprocess.run([*command, "sign.c", "-o", "sign"], cwd=tmp_path, check=True, timeout=60)
    subprocess.run([tmp_path / "sign"], check=True, timeout=60)


@pytest.mark.parametrize(
    ("sweep", "wanted"),
    [
        (Range(-5, 5), [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, -5]),
        (Range(-5, 5, 4, fold=True), [-5, -1, 3, -1, -5]),
        (Counter(126, 1), [126, 127, -128, -127]),
        (Counter(-2, 1), [-2, -1, 0, 1]),
        (Cycle((-128, 127, 0)), [-128, 127, 0, -128]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("bits", [8, 64])
def test_sweeps(sweep: Sweep, wanted: list[int], bits: int) -> None:
    if bits == 64 and isinstance(sweep, Counter) and sweep.start > 0:
        wanted = [126, 127, 128, 129]
    packet = Packet("p", Header("h", (Int("f", bits, sweep),)), min_length=1)
    layout = resolve(packet)
    frames = [encoded(packet, number) for number in range(len(wanted))]
    assert [oracle.decode(layout, frame).values["h.f"] for frame in frames] == wanted


def test_random_numbers_without_bounds_have_either_sign() -> None:
    packet = Packet("p", Header("h", (Int("f", 8, Random(1)),)), min_length=1)
    layout = resolve(packet)
    found = [oracle.decode(layout, encoded(packet, n)).values["h.f"] for n in range(2000)]
    assert (min(found), max(found)) == (-128, 127)


def test_sweeps_in_c_are_those_of_the_oracle() -> None:
    folded = Range(-5, 5, 4, fold=True)
    sweeps: list[Sweep] = [Range(-5, 5), folded, Counter(-3, 7), Cycle((-8, 7)), Random(1)]
    fields = tuple(
        field
        for number, sweep in enumerate(sweeps)
        for field in (
            Int(f"little{number}", 64, sweep, "little"),
            *(Int(f"f{bits}_{number}", bits, sweep) for bits in (8, 12, 28)),
        )
    )
    header = Header("h", (*fields, UInt("sum", 16, Checksum(HEADER_AND_PAYLOAD))))
    packet = Packet("swept", header / Fill(1), min_length=1, max_length=100)
    report = verify(Subject.build(resolve(packet), STRATEGIES[0], optimize="-O1"), 20, seed=0)
    assert report.counterexample is None, report.counterexample


# --- Arguments of the program --------------------------------------------------------


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> HostLibrary:
    fields = (
        Int("a", 16, Parameter("offset", -5, -300, 200)),
        Int("b", 64, Parameter("wide", -(1 << 63))),
    )
    app = tmp_path_factory.mktemp("signed") / "app"
    packet = Packet("p", Header("h", fields) / Fill())
    emit.write(emit.render(resolve(packet), STRATEGIES[0]), app)
    return HostLibrary(app)


def parse(program: HostLibrary, argument: str) -> tuple[int, Any]:
    words = [program.ffi.new("char[]", word.encode()) for word in ("pktgen", argument)]
    opt = program.ffi.new("struct options *")
    return program.lib.options_parse(opt, len(words), program.ffi.new("char *[]", words)), opt


@given(st.integers(-400, 400) | st.integers(-(1 << 70), 1 << 70))
@example(-300)
@example(-301)
@example(200)
@example(201)
@settings(max_examples=200, deadline=None)
def test_an_argument_takes_its_range_and_no_more(program: HostLibrary, value: int) -> None:
    rc, opt = parse(program, f"offset={value}")
    assert (rc == 0) == (-300 <= value <= 200)
    if rc == 0:
        assert opt.packet.offset == value
    rc, opt = parse(program, f"wide={value}")
    assert (rc == 0) == (-(1 << 63) <= value < 1 << 63)
    if rc == 0:
        assert opt.packet.wide == value


@pytest.mark.parametrize("text", ["", "-", "--5", "+5", "- 5", "5-", "-5x", "-0x", "1e3"])
def test_what_is_no_number(
    program: HostLibrary, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert parse(program, f"offset={text}")[0] != 0
    assert "offset takes: number, -300 to 200" in capfd.readouterr().err


@pytest.mark.parametrize("value", [-(1 << 63), (1 << 63) - 1, -(1 << 63) + 1])
def test_the_ends_of_64_bits(program: HostLibrary, value: int) -> None:
    rc, opt = parse(program, f"wide={value}")
    assert (rc, opt.packet.wide) == (0, value)
    assert parse(program, "wide=-0x10")[1].packet.wide == -16
    assert parse(program, f"wide={1 << 63}")[0] != 0
    assert parse(program, f"wide={-(1 << 63) - 1}")[0] != 0


# --- Words ---------------------------------------------------------------------------


def test_numbers_are_described_with_their_sign() -> None:
    field = Int("f", 8, Parameter("f", -5, -10, 10))
    (placed,) = resolve(Packet("p", Header("h", (field,)), min_length=1)).fields
    words = "h.f: 8 bits, signed, parameter f in -10..10, default -5"
    assert describe.declaration(placed) == words


def test_a_capture_is_decoded_with_signs(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        "from codegen.model import Header, Int, Packet, Parameter\n"
        'P = Packet("p", Header("h", (Int("f", 16, Parameter("f", 0)),)), min_length=1)\n'
    )
    outside.write_pcap(tmp_path / "own.pcap", [b"\xff\xfb"])
    arguments = [str(tmp_path / "own.pcap"), "--format", str(file)]
    done = CliRunner().invoke(command, arguments)
    assert (done.exit_code, done.stdout.splitlines()[1]) == (0, "  h.f  -5")
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert '"h.f": -5' in done.stdout


def test_a_number_that_does_not_fit_is_refused_with_what_does() -> None:
    with pytest.raises(FormatError, match="-129 does not fit into 8 bits; use -128 to 127"):
        resolve(Packet("p", Header("h", (Int("f", 8, Default(-129)),)), min_length=1))
