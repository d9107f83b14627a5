"""The emitted measurement of speed, on a clock that the test sets.

The 2021 tutorial divides by the time before it looks whether there is any, and
its 64-bit product overflows above 184,467,440 packets between two lines.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st

from codegen.host.library import HostLibrary

UINT64_MAX = (1 << 64) - 1
SECOND = 1_000_000_000
MSEC = 1_000_000

#: netspeed_tick() is an inline function, which only C can call. A whole loop in
#: C, with a clock that moves by ``cost`` in each round, is what programs do.
TICK_H = """\
#include "netspeed.h"

/* The state after each reading of the clock */
struct reading {
	uint64_t ticks;
	uint64_t mask;
	__nsec at;
};

unsigned int loop(struct netspeed *s, __nsec start, uint64_t rounds,
		__nsec cost, uint64_t bytes, struct reading *readings,
		unsigned int room);
"""
TICK_C = """\
#include <host/host.h>
#include "tick.h"

unsigned int loop(struct netspeed *s, __nsec start, uint64_t rounds,
		__nsec cost, uint64_t bytes, struct reading *readings,
		unsigned int room)
{
	unsigned int n = 0;
	uint64_t i;

	for (i = 1; i <= rounds && n < room; i++) {
		if (!netspeed_tick(s, 1))
			continue;
		host_clock_set(start + i * cost, 0);
		readings[n].at = netspeed_read(s, i, i * bytes);
		readings[n].ticks = s->ticks;
		readings[n++].mask = s->mask;
	}
	return n;
}
"""


class Reading(NamedTuple):
    """The state after a reading of the clock, copied: C's array lives no longer than the call."""

    ticks: int
    mask: int
    at: int


@dataclass
class Speed:
    """A library of its own: what the functions remember from call to call is fresh."""

    ffi: Any
    lib: Any
    capfd: pytest.CaptureFixture[str]

    def clock(self, now: int, step: int = 0) -> None:
        self.lib.host_clock_set(now, step)

    def printed(self) -> str:
        """Return what C printed since the last call."""
        self.libc.fflush(self.ffi.NULL)
        return str(self.capfd.readouterr().out)

    def start(self, interval: int) -> Any:
        s = self.ffi.new("struct netspeed *")
        self.lib.netspeed_start(s, interval)
        return s

    def loop(self, s: Any, start: int, rounds: int, cost: int, size: int = 60) -> list[Reading]:
        room = rounds // 1024 + 1
        readings = self.ffi.new("struct reading []", room)
        count = self.lib.loop(s, start, rounds, cost, size, readings, room)
        return [Reading(each.ticks, each.mask, each.at) for each in readings[0:count]]

    def __post_init__(self) -> None:
        # The standard output of C is one for the whole process.
        import cffi

        ffi = cffi.FFI()
        ffi.cdef("int fflush(void *stream);")
        self.libc = ffi.dlopen(None)


@pytest.fixture(scope="module")
def library(
    emitted: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> HostLibrary:
    folder = tmp_path_factory.mktemp("tick")
    (folder / "tick.h").write_text(TICK_H)
    (folder / "tick.c").write_text(TICK_C)
    return HostLibrary(
        emitted("udp4", "heap-gen"),
        extra_sources=[folder / "tick.c"],
        extra_headers=[folder / "tick.h"],
    )


@pytest.fixture
def speed(
    library: HostLibrary, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Iterator[Speed]:
    # The same file is loaded once; a copy has variables of its own.
    copy = shutil.copy(library.path, tmp_path / "copy.so")
    speed = Speed(library.ffi, library.ffi.dlopen(str(copy)), capfd)
    yield speed
    speed.lib.host_clock_clear()


# --- The rate ----------------------------------------------------------------------


def exact(nb: int, ns: int, digits: int) -> int:
    return min(nb * int(10 ** (9 + digits)) // ns, UINT64_MAX)


COUNTS = st.integers(0, UINT64_MAX) | st.sampled_from(
    [0, 1, 184_467_440, 184_467_441, 1 << 32, 1 << 63, UINT64_MAX]
)
TIMES = (
    st.integers(1, 10 * SECOND)
    | st.integers(1, UINT64_MAX // 10)
    | st.sampled_from([1, 2, 3, 7, SECOND - 1, SECOND, SECOND + 1, UINT64_MAX // 10])
)


@hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=2000)
@hypothesis.given(COUNTS, TIMES, st.integers(0, 9))
@hypothesis.example(18446744073709551610, SECOND, 0)
@hypothesis.example(18446744073709551614, SECOND, 0)
@hypothesis.example(UINT64_MAX, SECOND, 0)
@hypothesis.example(UINT64_MAX, SECOND - 1, 0)
@hypothesis.example(1 << 63, SECOND, 2)
def test_rate_is_exact(library: HostLibrary, nb: int, ns: int, digits: int) -> None:
    assert library.lib.netspeed_rate(nb, ns, digits) == exact(nb, ns, digits)


@hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=500)
@hypothesis.given(COUNTS, st.integers(UINT64_MAX // 10 + 1, UINT64_MAX), st.integers(0, 9))
def test_rate_over_centuries_is_exact_to_sixty_bits(
    library: HostLibrary, nb: int, ns: int, digits: int
) -> None:
    """From 58 years on, up to four bits of both numbers are dropped."""
    rate = library.lib.netspeed_rate(nb, ns, digits)
    assert exact(max(nb - 15, 0), ns, digits) <= rate <= exact(nb, ns - 15, digits)


def test_rate_of_no_time_is_zero(library: HostLibrary) -> None:
    assert library.lib.netspeed_rate(1 << 63, 0, 2) == 0


def test_rate_that_does_not_fit(library: HostLibrary) -> None:
    assert library.lib.netspeed_rate(UINT64_MAX, 1, 0) == UINT64_MAX
    assert library.lib.netspeed_rate(20, 1, 9) == UINT64_MAX
    assert library.lib.netspeed_rate(18, 1, 9) == 18 * 10**18


# --- Lines -------------------------------------------------------------------------


def pps_line(rate_x100: int) -> str:
    return f"{rate_x100 // 100:9}.{rate_x100 % 100:02} packets/sec"


def bps_line(kbps: int) -> str:
    return f"{kbps // 1000:5}.{kbps % 1000:03} Mbits/sec"


@pytest.mark.parametrize("function", ["print_pps", "print_bps", "print_netspeed"])
def test_lines(speed: Speed, function: str) -> None:
    def call(packets: int, octets: int) -> str:
        counts = {"print_pps": (packets,), "print_bps": (octets,)}
        given = counts.get(function, (packets, octets))
        characters = getattr(speed.lib, function)(*given)
        text = speed.printed()
        assert characters == len(text)
        return text

    def line(pps: int, kbps: int) -> str:
        parts = {"print_pps": pps_line(pps), "print_bps": bps_line(kbps)}
        return parts.get(function, f"{pps_line(pps)}, {bps_line(kbps)}") + "\n"

    now = 5 * SECOND
    speed.clock(now)
    # The first call has nothing to compare with, however much was counted before it.
    assert call(10**12, 10**15) == line(0, 0)
    # No time has passed: nothing is printed, and what was counted is not lost.
    assert call(10**12 + 7, 10**15 + 125) == ""
    speed.clock(now + SECOND)
    assert call(10**12 + 1007, 10**15 + 125_000) == line(100_700, 1000)
    # Rounded down, and a third of a second.
    speed.clock(now + 4 * SECOND)
    assert call(10**12 + 1009, 10**15 + 125_001) == line(66, 0)
    # The clock goes backwards: zero again, and then anew from there.
    # So much that it would show as a rate over any time.
    speed.clock(now)
    assert call(1 << 63, 1 << 63) == line(0, 0)
    speed.clock(now + SECOND // 2)
    assert call((1 << 63) + 500, (1 << 63) + 125_000) == line(100_000, 2000)


def test_lines_of_more_than_the_tutorial_could_count(speed: Speed) -> None:
    speed.clock(SECOND)
    speed.lib.print_netspeed(0, 0)
    speed.clock(4 * SECOND)
    speed.lib.print_netspeed(184_467_441 * 100, 184_467_441 * 6000)
    assert speed.printed().splitlines()[-1] == (
        f"{pps_line(184_467_441 * 10_000 // 3)}, {bps_line(184_467_441 * 2000 * 8 // 1000)}"
    )
    # 2^63 packets in a hundred seconds; in one, hundredths of them would not fit.
    speed.clock(104 * SECOND)
    speed.lib.print_netspeed(184_467_441 * 100 + (1 << 63), 184_467_441 * 6000 + (1 << 60))
    assert speed.printed().splitlines()[-1] == (
        f"{pps_line(1 << 63)}, {bps_line((1 << 60) * 10 // 125000)}"
    )
    speed.clock(105 * SECOND)
    speed.lib.print_netspeed(184_467_441 * 100, 184_467_441 * 6000)
    assert speed.printed().splitlines()[-1] == (
        f"{pps_line(UINT64_MAX)}, {bps_line(UINT64_MAX // 125000)}"
    )


# --- When to look at the clock -----------------------------------------------------

MASKS = {(1 << bits) - 1 for bits in range(10, 17)}


@pytest.mark.parametrize("cost", [1, 77, 100, 333, 1000, 4096, 10_000, 19_531, 10**6, 10**9])
def test_the_clock_is_read_every_ten_milliseconds(speed: Speed, cost: int) -> None:
    speed.clock(0)
    readings = speed.loop(speed.start(0), 0, 1_000_000, cost)
    assert {each.mask for each in readings} <= MASKS
    ticks = [0] + [each.ticks for each in readings]
    gaps = [late - early for early, late in pairwise(ticks)]
    assert min(gaps) >= 1024
    settled = gaps[8:]
    assert len(settled) > 2
    low, high = 5 * MSEC // cost, 20 * MSEC // cost
    if high < 1024:
        assert set(settled) == {1024}
    elif low > 65536:
        assert set(settled) == {65536}
    else:
        assert low <= min(settled)
        assert max(settled) <= high
    assert speed.printed() == ""


def test_the_mask_follows_a_loop_that_changes_its_speed(speed: Speed) -> None:
    speed.clock(0)
    s = speed.start(0)
    assert s.mask == 0x3FF
    fast = speed.loop(s, 0, 1_000_000, 10)
    assert s.mask == 0xFFFF
    # One reading after the change is late, and then the bounds hold again.
    slow = speed.loop(s, fast[-1].at, 200_000, 10_000)
    assert {each.mask for each in slow[1:]} <= {0x3FF, 0x7FF}
    assert slow[-1].at - slow[-2].at <= 20 * MSEC
    speed.loop(s, slow[-1].at, 200_000, 10**9)
    assert s.mask == 0x3FF
    speed.loop(s, 10**18, 1_000_000, 10)
    assert s.mask == 0xFFFF


def test_the_clock_is_not_read_between(speed: Speed) -> None:
    """Every reading moves this clock on by one: it counts them."""
    speed.clock(0, 1)
    s = speed.start(0)
    assert speed.lib.ukplat_wall_clock() == 2  # one for the line to compare with
    for count in range(1, 11):
        speed.lib.netspeed_read(s, count, count)
        assert speed.lib.ukplat_wall_clock() == 2 + count


@pytest.mark.parametrize("interval", [50 * MSEC, 100 * MSEC, SECOND])
@pytest.mark.parametrize("cost", [200, 1000, 7000])
def test_a_line_comes_about_every_interval(speed: Speed, interval: int, cost: int) -> None:
    speed.clock(0)
    s = speed.start(interval)
    rounds = 4 * interval // cost
    readings = speed.loop(s, 0, rounds, cost, size=84)
    lines = speed.printed().splitlines()
    # A line is late by the time between two readings of the clock at most.
    assert rounds * cost // (interval + 20 * MSEC) <= len(lines) <= 4
    assert len(lines) >= 2
    # A packet in each round: the rate is exact whenever the line comes.
    rate = pps_line(100 * SECOND // cost), bps_line(84 * 8 * MSEC // cost)
    assert set(lines) == {", ".join(rate)}
    assert readings[-1].at - s.printed < interval + 20 * MSEC


def test_no_lines_without_an_interval(speed: Speed) -> None:
    speed.clock(0)
    speed.loop(speed.start(0), 0, 200_000, MSEC)
    assert speed.printed() == ""


def test_a_clock_that_goes_backwards_starts_a_new_interval(speed: Speed) -> None:
    speed.clock(100 * SECOND)
    s = speed.start(SECOND)
    speed.clock(50 * SECOND)
    assert speed.lib.netspeed_read(s, 1000, 60_000) == 50 * SECOND
    assert speed.printed() == ""
    assert s.mask == 0x7FF  # no time has passed, as far as one can tell
    speed.clock(51 * SECOND)
    speed.lib.netspeed_read(s, 2000, 120_000)
    # The line's own clock went backwards too: it starts anew.
    assert speed.printed() == f"{pps_line(0)}, {bps_line(0)}\n"
    speed.clock(52 * SECOND)
    speed.lib.netspeed_read(s, 3000, 180_000)
    assert speed.printed() == f"{pps_line(100_000)}, {bps_line(480)}\n"
