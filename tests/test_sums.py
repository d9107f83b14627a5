"""The sums of the internet checksum in C, and those of the oracle: no arithmetic is shared.

The C adds words of 32 bits in four sums and swaps bytes at the end; the oracle takes the
remainder of one large number. They must agree for every length, alignment and carry, with
each compiler, in 32 bits and on a big-endian machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st

from codegen import oracle, runtime
from tests.test_packet_layer import need_32_bit_libraries
from tests.tools import need

PROGRAM = Path(__file__).parent / "sums.c"

#: Sums are added to others, shifted by a byte, up to a few hundred of them.
SUM_BITS = 48


class Case(NamedTuple):
    """Bytes, and how far behind an aligned address they begin."""

    offset: int
    octets: bytes


class Sum(NamedTuple):
    """What the C returned: the sum, and the checksum that it is folded into."""

    sum: int
    checksum: int


#: Every carry there can be: none at all, one at each word, one through all of a long sum.
PATTERNS = {
    "zeros": b"\0",
    "ones": b"\xff",
    "carry at the first word": b"\xff\xff\xff\xff\0\0\0\1",
    "carry through": b"\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\1",
    "halves": b"\x80\0\0\0\x7f\xff\xff\xff",
    "count": bytes(range(256)),
}

COMPILERS = {
    "gcc": (["gcc", "-std=c11"], []),
    "gcc without optimisation": (["gcc", "-std=c11", "-O0"], []),
    "sanitizers": (["gcc", "-std=c11", "-fsanitize=address,undefined"], []),
    "clang": (["clang", "-std=c11"], []),
    "clang++": (["clang++", "-x", "c++", "-std=c++17"], []),
    "32 bits": (["gcc", "-m32", "-std=c11"], []),
    "big-endian": (["s390x-linux-gnu-gcc", "-static", "-std=c11"], ["qemu-s390x"]),
}


def compiled(folder: Path, command: Sequence[str]) -> Path:
    """Build the program and return its path."""
    target = folder / "sums"
    compiler, *options = command
    flags = ["-O2", *options, "-Wall", "-Wextra", "-Werror", f"-I{runtime.FOLDER}"]
    subprocess.run([compiler, *flags, PROGRAM, "-o", target], check=True, timeout=60)
    return target


def summed(program: Sequence[str | Path], cases: Sequence[Case]) -> list[Sum]:
    """Return the sums of the program for these cases."""
    given = b"".join(
        bytes([each.offset]) + len(each.octets).to_bytes(2, "big") + each.octets for each in cases
    )
    done = subprocess.run(program, input=given, capture_output=True, check=True, timeout=120)
    return [Sum(*map(int, line.split())) for line in done.stdout.splitlines()]


def assert_as_the_oracle(cases: Sequence[Case], sums: Sequence[Sum]) -> None:
    """Compare the sums of the C with the oracle's."""
    assert len(sums) == len(cases)
    for case, found in zip(cases, sums, strict=True):
        shown = f"{len(case.octets)} bytes at offset {case.offset}: {case.octets[:64].hex()}"
        assert found.checksum == oracle._internet(case.octets), shown
        assert found.sum < 1 << SUM_BITS, shown


def systematic() -> Iterator[Case]:
    """Yield every length up to some blocks at every alignment, and longer ones."""
    for number, pattern in enumerate(PATTERNS.values()):
        for length in range(160):
            yield Case((length + number) % 16, (pattern * length)[:length])
        for length in (508, 1472, 1480, 1513, 1514, 9000, 9001, 65534, 65535):
            yield Case(number, (pattern * length)[:length])
    for offset in range(16):
        for length in range(0, 100, 3):
            yield Case(offset, bytes((each * 37 + offset) % 256 for each in range(length)))


@pytest.mark.parametrize("case", COMPILERS)
def test_every_length_alignment_and_carry(case: str, tmp_path: Path) -> None:
    command, runner = COMPILERS[case]
    need(command[0], *runner)
    if case == "32 bits":
        need_32_bit_libraries(tmp_path)
    program = compiled(tmp_path, command)
    cases = [*systematic()]
    assert_as_the_oracle(cases, summed([*runner, program], cases))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("sums"), ["gcc", "-std=c11"])


#: Runs of bytes that carry, and those that do not, in any order.
OCTETS = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda octet, count: octet * count,
            st.sampled_from([b"\0", b"\xff", b"\x80"]),
            st.integers(0, 200),
        ),
    ),
    max_size=40,
).map(b"".join)


@hypothesis.given(st.lists(st.builds(Case, st.integers(0, 15), OCTETS), min_size=1, max_size=30))
@hypothesis.settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.data_too_large,
        hypothesis.HealthCheck.too_slow,
    ],
)
def test_any_bytes(program: Path, cases: list[Case]) -> None:
    assert_as_the_oracle(cases, summed([program], cases))
