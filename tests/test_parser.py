"""The emitted parser: frames cut short anywhere, and with any byte wrong.

It runs under AddressSanitizer and UBSan as a program of its own, each frame in
memory of exactly its size. What it must find follows from the field that was
damaged, and from nothing that the parser and its generator share.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from codegen import emit, formats, oracle, runtime
from codegen.host import build
from codegen.layout import Fixed, FrameLength, Layout, Placed, Sum
from codegen.model import (
    HEADER_AND_PAYLOAD,
    PAYLOAD,
    STRATEGIES,
    Algorithm,
    Bytes,
    Checksum,
    Const,
    Default,
    Fill,
    Format,
    Header,
    Length,
    NextHeader,
    Packet,
    Parameter,
    UInt,
)
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify import compare, values
from codegen.verify.subject import Mismatch, Subject

SOURCE = Path(__file__).parent / "parser.c"

#: What the catalogue does not have: enumerations, both byte orders, bytes, a CRC, bits anywhere.
OWN = Packet(
    "own",
    Header(
        "h",
        (
            UInt("kind", 4, Parameter("kind", 1), names={1: "request", 2: "reply", 9: "error"}),
            UInt("odd", 13, Parameter("odd", 5)),
            UInt("seven", 7, Const(77)),
            UInt("low", 5, Parameter("low", 1), "little"),
            UInt("across", 9, Const(0x155), "little"),
            UInt("state", 2, Default(1), "little", names={0: "off", 1: "on"}),
            UInt("little", 32, Parameter("little", 1), "little"),
            Bytes("magic", Const(b"codegen")),
            Bytes("token", Parameter("token", b"123456789")),
            UInt("wide", 64, Parameter("wide", 1)),
            UInt("size", 16, Length(PAYLOAD), "little"),
            UInt("size2", 16, Length(HEADER_AND_PAYLOAD)),
            UInt("crc", 32, Checksum(HEADER_AND_PAYLOAD, Algorithm.CRC32C), "little"),
        ),
    )
    / Fill(0x33),
    "a packet with what the catalogue's have not",
    min_length=1,
    max_length=120,
)
FORMATS = [*formats.catalogue().values(), OWN]


def damaged(layout: Layout) -> Iterator[tuple[str, bytes]]:
    """Yield frames and what was done to them."""
    chosen = random.Random(5)
    for length in {layout.min_length, min(layout.min_length + 37, layout.max_length)}:
        whole = oracle.encode(layout, values.some(layout, chosen), length)
        yield "nothing", whole
        for cut in range(length):
            yield f"cut {cut}", whole[:cut]
        for at in range(length):
            for bits in (0x01, 0x80, 0xFF, chosen.randrange(1, 256)):
                wrong = bytearray(whole)
                wrong[at] ^= bits
                yield f"byte {at} {bits}", bytes(wrong)


def parsed(format: Format, frames: list[bytes], folder: Path) -> list[str]:
    """Return the names of the results of the emitted parser."""
    app, program, data = folder / "app", folder / "parser", folder / "frames"
    emit.write(emit.render(resolve(format), STRATEGIES[0]), app)
    name = format.name
    subprocess.run(
        ["gcc", *build.WARNINGS, "-O1", "-g", "-fsanitize=address,undefined"]
        + ["-fno-sanitize-recover=all", f"-DPARSE={name}_parse", f"-DFIELDS={name}_fields"]
        + [f'-DFORMAT="{name}.h"', "-iquote", str(app), "-iquote", str(runtime.FOLDER)]
        + [str(SOURCE), str(app / f"{name}.c"), "-o", str(program)],
        check=True,
        timeout=120,
    )
    data.write_bytes(b"".join(len(each).to_bytes(2, "big") + each for each in frames))
    done = subprocess.run(
        [program, data],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"ASAN_OPTIONS": "detect_leaks=1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def expected(layout: Layout, damage: str, whole: int) -> set[str]:
    """Return what a receiver may call a frame, from what was done to it."""
    kind, *numbers = damage.split()
    if kind == "nothing":
        return {"valid"}
    if kind == "cut" and int(numbers[0]) < layout.header_length:
        return {"truncated"}
    if kind == "cut":
        # What carries no length is known to be short by the least frame alone.
        return {"invalid length"}
    at, bits = map(int, numbers)
    hit = [
        placed
        for placed in layout.fields
        if any(
            piece.at.octet == at and bits >> piece.low & ((1 << piece.bits) - 1)
            for piece in placed.pieces
        )
    ]
    allowed = {name for placed in hit for name in _by_field(placed)}
    if not hit:
        allowed = {"invalid checksum", "valid"}
    return allowed


def _by_field(placed: Placed) -> set[str]:
    if isinstance(placed.field.source, NextHeader) and isinstance(placed.origin, Fixed):
        return {"another header"}
    if isinstance(placed.origin, Fixed) and placed.origin.decides:
        # All of its bits decide, or those that were hit may be others.
        partly = placed.origin.decides != (1 << placed.bits) - 1
        return {"another header", "invalid checksum", "valid"} if partly else {"another header"}
    if isinstance(placed.origin, FrameLength):
        # A shorter frame may be declared, and then a checksum does not fit.
        return {"invalid length", "invalid checksum"}
    if isinstance(placed.origin, Sum):
        return {"invalid checksum", "valid"} if placed.origin.optional else {"invalid checksum"}
    if isinstance(placed.origin, Fixed) and placed.origin.checked:
        return {"invalid length"} if placed.derived else {"invalid constant"}
    if isinstance(placed.field, UInt) and placed.field.names:
        return {"unknown number", "invalid checksum"}
    return {"invalid checksum", "valid"}


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_whatever_is_wrong_is_told(format: Format, tmp_path: Path) -> None:
    layout = resolve(format)
    cases = list(damaged(layout))
    found = parsed(format, [frame for _, frame in cases], tmp_path)
    for (damage, frame), result in zip(cases, found, strict=True):
        assert result in expected(layout, damage, len(frame)), damage
        assert result == oracle.parse(layout, frame).result.value, damage
    counts = Counter(found)
    results = {"valid", "truncated", "invalid length", "invalid constant", "another header"}
    if layout.checksums:
        results.add("invalid checksum")
    if format is OWN:
        results = results - {"another header"} | {"unknown number"}
    if format.packet.name == "arp_request":
        assert counts["invalid length"]
    assert results <= {*counts, "another header"}


@pytest.mark.parametrize("format", [OWN, formats.load("vxlan-udp4"), formats.load("tcp6-syn")])
def test_values_come_back(format: Format) -> None:
    subject = Subject.build(resolve(format), STRATEGIES[0], optimize="-O1")
    chosen = random.Random(9)
    for _ in range(100):
        given = values.some(subject.layout, chosen)
        length = chosen.randint(subject.layout.min_length, subject.layout.max_length)
        frame = oracle.encode(subject.layout, given, length)
        result, found = subject.parse(frame)
        # Those that are no arguments are in the frame as well.
        assert result == "valid"
        arguments = {each.path: given[each.argument.name] for each in subject.layout.arguments}
        assert found | arguments == found
        others = oracle.decode(subject.layout, frame).values
        assert found == {path: others[path] for path in found}
        assert found.keys() > arguments.keys()


def test_what_is_behind_the_declared_end_is_not_looked_at() -> None:
    subject = Subject.build(resolve(formats.load("udp4")), STRATEGIES[0], optimize="-O1")
    given = values.some(subject.layout, random.Random(1))
    frame = oracle.encode(subject.layout, given, 100)
    assert subject.parse(frame + b"\xaa" * 12)[0] == "valid"
    assert oracle.parse(subject.layout, frame + b"\xaa" * 12).result is Result.VALID


def test_a_parser_that_forgets_a_check_is_found(tmp_path: Path) -> None:
    """A control: without the check of the version, the comparison with the oracle fails."""
    format = formats.load("udp4")
    files = emit.render(resolve(format), STRATEGIES[0])
    text, count = re.subn(
        r"(constant 4 \*/\n\tif \().*?(\)\n\t\treturn FRAME_CONSTANT)", r"\g<1>0\2",
        files["udp4.c"], flags=re.DOTALL,
    )  # fmt: skip
    assert count == 1
    emit.write(files | {"udp4.c": text}, tmp_path / "app")
    subject = Subject.from_folder(resolve(format), tmp_path / "app", optimize="-O1")
    frame = bytearray(oracle.encode(subject.layout, {"mac_src": "02:00:00:00:00:01"}, 60))
    frame[14] = 0x55
    with pytest.raises(Mismatch, match="'invalid constant'"):
        compare.parse(subject, bytes(frame))
