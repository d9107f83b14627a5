"""No packet is lost, freed twice or touched after it was sent, whatever goes wrong.

Each emitted loop runs, compiled as it is and with sanitizers, against a device
and an allocator that follow a script which hypothesis writes: a queue that is
full for a while, a packet that is refused, no memory, buffers that come back
late. The script shrinks, so a failure shows as the shortest one that leads to it.
Every run is a process of its own, so that a crash is a result like any other.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from codegen import events, formats, oracle
from codegen.model import STRATEGIES, Buffers, Fetch, QueueFull, Strategy
from codegen.resolve import resolve

SANITIZE = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FORMATS = ("usoc21", "udp4_seq")
SINKS = ("netdev", "free", "window")
WINDOW = 3
OWN_ADDRESS = "02:00:00:00:00:01"
FAILED_MAX = 1024
REFUSED = "refused"

#: Blocks of the default allocator that stay when the program has ended: the pool to
#: receive into; a pool to send from and its netbufs; of a ring the buffers, the
#: netbufs and the list of those that are ready.
LEFT = {Buffers.HEAP: 1, Buffers.POOL: 3, Buffers.RING: 4, Buffers.SHARED: 1}


# ------------------------------------------------------------------- scripts


@dataclass(frozen=True)
class Script:
    """What a run meets; ``steps`` and ``memory`` are spelled as ``script.c`` says."""

    steps: tuple[str, ...] = ()
    memory: tuple[bool, ...] = ()
    then: str = "good"
    count: int = 10
    ring: int = 4
    encap: int = 16
    ioalign: int = 8
    length: int = 60
    rate: str | None = None
    hoard: bool = False
    fail: int = -1

    #: Whether time ends a run whose queue stays full for ever: it fails otherwise.
    ends: bool = True

    #: Nanoseconds from one look at the clock to the next.
    tick: int = 1000

    def arguments(self) -> str:
        """Return the arguments of the emitted program."""
        duration = "0.05" if self.then == "full" and self.ends else "0"
        rate = f" rate={self.rate}" if self.rate else ""
        return f"mode=tx count={self.count} length={self.length} duration={duration}{rate}"

    def settings(self) -> dict[str, object]:
        return {
            "script": 1,
            "ring": self.ring,
            "encap": self.encap,
            "ioalign": self.ioalign,
            "steps": "".join(self.steps),
            "memory": "".join("01"[each] for each in self.memory),
            "then": self.then,
            "hoard": int(self.hoard),
            "fail": self.fail,
            "clock": 10_000_000 if self.then == "full" else self.tick,
        }


STEPS = st.builds(
    "{}{}".format,
    st.sampled_from("01an"),
    # Good ones more often: a ring only fills up when packets are taken.
    st.sampled_from("yyymfFeE"),
)

SCRIPTS = st.builds(
    Script,
    steps=st.lists(STEPS, max_size=40).map(tuple),
    memory=st.lists(st.booleans() | st.just(True), max_size=30).map(tuple),
    then=st.sampled_from(["good", "good", "full", "error", "nomem"]),
    count=st.integers(1, 40),
    ring=st.sampled_from([1, 2, 3, 4, 8]),
    encap=st.sampled_from([0, 14, 16]),
    ioalign=st.sampled_from([0, 8, 2048]),
    length=st.sampled_from([60, 61, 1514]),
    rate=st.sampled_from([None, None, "1Mpps", "100Mpps"]),
    hoard=st.booleans(),
)

#: The same where packets go nowhere: only memory can run out.
SINK_SCRIPTS = st.builds(
    Script,
    memory=st.lists(st.booleans() | st.just(True), max_size=30).map(tuple),
    then=st.sampled_from(["good", "nomem"]),
    count=st.integers(1, 40),
    ring=st.sampled_from([1, 4]),
    encap=st.sampled_from([0, 16]),
    length=st.sampled_from([60, 1514]),
    rate=st.sampled_from([None, "1Mpps"]),
)


@dataclass
class Outcome:
    """How a run ended, and what the device saw of it."""

    status: int
    stdout: str
    stderr: str
    seen: dict[str, int] = field(default_factory=dict)
    frames: list[bytes] = field(default_factory=list)
    report: dict[str, Any] | None = None

    #: The kind of the error that it reported, None when it reported none.
    error: str | None = None

    @property
    def gave_up(self) -> str | None:
        """Why the program gave up, as the kind of its error, None when it did not."""
        return self.error if self.error in ("exhausted", REFUSED) else None

    def __post_init__(self) -> None:
        own, _, seen = self.stdout.partition("\n--seen--\n")
        for line in own.splitlines():
            found = events.parse(line)
            if found and found.get("event") == "error":
                assert self.error is None
                self.error = str(found["kind"])
                assert str(found["message"]) in self.stderr
            self.report = events.result(line) or self.report
        for line in seen.splitlines():
            key, value = line.split(" ")
            if key == "frame":
                self.frames.append(bytes.fromhex(value))
            else:
                self.seen[key] = int(value)


class Loops:
    """The loops of a format, ready to run."""

    def __init__(self, format: str, server: Any) -> None:
        self.format = format
        self.server = server
        self._frames: dict[int, list[bytes]] = {}

    def run(self, name: str, script: Script) -> Outcome:
        return Outcome(*self.server.run(name, script.arguments(), **script.settings()))

    def expected(self, length: int, count: int) -> list[bytes]:
        """Return the oracle's first packets."""
        layout = resolve(formats.load(self.format))
        known = self._frames.setdefault(length, [])
        own = {
            each.argument.name: OWN_ADDRESS
            for each in layout.arguments
            if each.argument.default is None
        }
        while len(known) < count:
            known.append(oracle.encode(layout, own, length, packet=len(known)))
        return known[:count]


@pytest.fixture(scope="session")
def loops(programs: Callable[..., Path], serve: Callable[..., Any]) -> Callable[[str], Loops]:
    """Return a function that starts a format's program, once."""

    @cache
    def start(format: str) -> Loops:
        options = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        return Loops(format, serve(programs(format, SANITIZE), **options))

    return start


# --------------------------------------------------------------------- check


def check(loops: Loops, strategy: Strategy, sink: str, script: Script, outcome: Outcome) -> None:
    """Compare what a run says with what the device saw, and with what must be left."""
    assert outcome.status == 0, outcome.stderr or "the run did not end"
    seen, report = outcome.seen, outcome.report
    if report is None:
        # It could not start: that takes a reason, and has to be reported.
        assert script.fail >= 0
        assert (seen["code"], outcome.error) in ((1, "memory"), (1, "device"))
        return
    _check_end(strategy, script, outcome)
    _check_counters(strategy, sink, outcome)
    _check_frames(loops, strategy, sink, script, outcome)
    _check_memory(strategy, sink, script, outcome)


def _check_end(strategy: Strategy, script: Script, outcome: Outcome) -> None:
    """It ends because it is done, because time is up, or with a message."""
    assert outcome.report
    gave_up = outcome.gave_up
    assert outcome.seen["code"] == (1 if gave_up else 0), outcome.stderr
    done = outcome.report["sent"] == script.count
    if gave_up is None:
        assert done or script.then == "full"
    else:
        assert not done
        # A refusal may be for want of memory too: the program believes the device.
        lacks = script.then == "nomem" or script.hoard
        assert script.then == "error" or (lacks and gave_up != REFUSED)


def _check_counters(strategy: Strategy, sink: str, outcome: Outcome) -> None:
    assert outcome.report
    seen = outcome.seen
    sent = seen["taken"] if sink == "netdev" else outcome.report["sent"]
    failed = seen["errors"] + seen["no_memory"]
    if strategy.queue_full is QueueFull.DROP:
        failed += seen["full"]
    if strategy.buffers is Buffers.RING and outcome.gave_up not in (None, REFUSED):
        # Nobody sees a ring that is empty but the loop, which then only fails.
        failed += FAILED_MAX
    assert (outcome.report["sent"], outcome.report["failed"]) == (sent, failed)
    assert outcome.report["bytes"] == sent * outcome.report["length"]


def _check_frames(
    loops: Loops, strategy: Strategy, sink: str, script: Script, outcome: Outcome
) -> None:
    """What was taken is the oracle's, numbered from 0 without a gap or a repeat."""
    assert outcome.report
    expected = loops.expected(script.length, outcome.report["sent"])
    frames = list(outcome.frames)
    if sink != "netdev" and strategy.fetch in (Fetch.DUP, Fetch.SHARE):
        frames.pop()  # the primordial or the shared packet, freed at the end
    if sink == "window":
        # At the end it is emptied slot by slot, wherever the oldest packet is.
        last = [each for each in frames[-WINDOW:] if each in expected]
        frames[-WINDOW:] = sorted(last, key=expected.index)
    assert [each.hex() for each in frames] == [each.hex() for each in expected]


def _check_memory(strategy: Strategy, sink: str, script: Script, outcome: Outcome) -> None:
    """All that was taken from heap, pool or ring is back there, once."""
    seen = outcome.seen
    assert (seen["live"], seen["damaged"]) == (LEFT[strategy.buffers], 0)
    least = script.ring + (WINDOW if sink == "window" else 0) + 1
    assert seen.get("pool", 0) == seen.get("pool_before", 0)
    if "pool" in seen:
        assert seen["pool"] >= least
    if "ready" in seen:
        assert (seen["ready"], seen["different"]) == (least, least)


# --------------------------------------------------------------------- tests


def searching(examples: int, *, shrink: bool = True) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=set(hypothesis.Phase) - (set() if shrink else {hypothesis.Phase.shrink}),
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def search(
    loops: Loops, name: str, strategy: Strategy, sink: str, settings: hypothesis.settings
) -> None:
    """Let hypothesis look for a script that shows a fault."""

    @settings
    @hypothesis.given(SCRIPTS if sink == "netdev" else SINK_SCRIPTS)
    def examine(script: Script) -> None:
        check(loops, strategy, sink, script, loops.run(name, script))

    examine()


CASES = [
    pytest.param(format, strategy, id=f"{format}-{strategy.name}")
    for format in FORMATS
    for strategy in STRATEGIES
    # What sweeps cannot be shared: lowering refuses it.
    if not (format == "udp4_seq" and strategy.buffers is Buffers.SHARED)
]


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_no_packet_is_lost(
    loops: Callable[[str], Loops], format: str, strategy: Strategy, sink: str
) -> None:
    examples = 100 if sink == "netdev" else 25
    search(loops(format), f"{strategy.name}/{sink}", strategy, sink, searching(examples))


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_any_allocation_may_fail(
    loops: Callable[[str], Loops], format: str, strategy: Strategy
) -> None:
    """Each in turn, from the device's start on, until there is none left to fail."""
    fail_each_allocation(loops(format), f"{strategy.name}/netdev", strategy)


def test_an_allocation_that_nobody_checks_is_found(
    loops: Callable[[str], Loops], mutants: Callable[[str], dict[str, dict[str, str]]]
) -> None:
    unchecked = {name: each for name, each in mutants("usoc21").items() if each.get("start")}
    assert unchecked
    for name, mutant in unchecked.items():
        strategy = next(each for each in STRATEGIES if each.name == mutant["strategy"])
        with pytest.raises(AssertionError, match=r"AddressSanitizer|runtime error"):
            fail_each_allocation(loops("usoc21"), name, strategy)


def fail_each_allocation(loops: Loops, name: str, strategy: Strategy) -> None:
    script = Script(steps=("0y", "0y", "0f", "1y"), count=8, ring=2)
    failed_starts = 0
    for number in range(100):
        attempt = replace(script, fail=number)
        outcome = loops.run(name, attempt)
        check(loops, strategy, "netdev", attempt, outcome)
        failed_starts += outcome.report is None
        if not outcome.seen["failed_one"]:
            break
    # In the last run there was none left to fail: all were tried.
    assert not outcome.seen["failed_one"]
    assert failed_starts >= 1


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_exhaustion_ends_with_a_message(
    loops: Callable[[str], Loops], format: str, strategy: Strategy
) -> None:
    """A device that gives nothing back, and memory that is at its end: no livelock."""
    running = loops(format)
    name = f"{strategy.name}/netdev"
    hoarding = Script(steps=("0y",) * 40, count=100, ring=4, hoard=True)
    outcome = running.run(name, hoarding)
    check(running, strategy, "netdev", hoarding, outcome)
    if strategy.buffers in (Buffers.POOL, Buffers.RING):
        assert outcome.gave_up not in (None, REFUSED)
        # One more than the ring has room for; a pool may have another one.
        assert outcome.report and outcome.report["sent"] in (5, 6)
    for then in ("nomem", "error"):
        script = Script(steps=("0y",) * 3, memory=(True,) * 3, then=then, count=100)
        outcome = running.run(name, script)
        check(running, strategy, "netdev", script, outcome)
        assert (outcome.gave_up == REFUSED) == (then == "error")
        if strategy.buffers in (Buffers.HEAP, Buffers.POOL):
            assert outcome.gave_up


@pytest.mark.parametrize("rate", [None, "1kpps"])
@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_a_device_that_takes_nothing_any_more_is_an_error(
    loops: Callable[[str], Loops], format: str, strategy: Strategy, rate: str | None
) -> None:
    script = Script(steps=("0y",) * 3, then="full", count=100, rate=rate, ends=False)
    outcome = loops(format).run(f"{strategy.name}/netdev", script)
    assert outcome.error == "stalled"
    assert re.search(r"^the device has taken no packet for [56] s, after 3; ", outcome.stderr, re.M)
    assert (outcome.seen["code"], outcome.report and outcome.report["sent"]) == (1, 3)


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_a_rate_below_the_watchdogs_is_no_stall(
    loops: Callable[[str], Loops], format: str, strategy: Strategy
) -> None:
    """A packet in twenty seconds, where the device is expected to take one in five."""
    script = Script(count=3, rate="0.05pps", tick=10_000_000)
    outcome = loops(format).run(f"{strategy.name}/netdev", script)
    assert outcome.error is None
    assert outcome.report and outcome.report["seconds"] > 40


@pytest.mark.parametrize(("format", "strategy"), CASES)
def test_receiving_lives_with_failing_allocations(
    loops: Callable[[str], Loops], format: str, strategy: Strategy
) -> None:
    """A packet that cannot be had to send takes nothing from receiving."""
    running = loops(format)

    @searching(15)
    @hypothesis.given(
        st.lists(st.booleans() | st.just(True), max_size=30).map(tuple), st.sampled_from([2, 8])
    )
    def examine(memory: tuple[bool, ...], ring: int) -> None:
        outcome = Outcome(
            *running.server.run(
                f"{strategy.name}/netdev",
                "mode=both match=on count=10",
                device="loop",
                ring=ring,
                memory="".join("01"[each] for each in memory),
            )
        )
        assert outcome.status == 0, outcome.stderr
        report, seen = outcome.report, outcome.seen
        assert report and seen["code"] == 0
        assert report["sent"] == seen["device_sent"] == 10
        assert report["received"] == report["valid"] == seen["device_received"]
        assert (report["other"], report["invalid"]) == (0, 0)
        assert (seen["live"], seen["damaged"]) == (LEFT[strategy.buffers], 0)

    examine()


@pytest.mark.parametrize("arguments", ["mode=rx count=100", "mode=both count=100"])
def test_a_flood_of_packets_ends_nothing_late(
    loops: Callable[[str], Loops], arguments: str
) -> None:
    """Where there is always one more to receive, count and time count all the same."""
    server = loops("usoc21").server
    for end in (arguments, arguments.replace("count=100", "duration=0.1")):
        # A step that lets the late packets of the others be waited for in vain, soon.
        run = server.run("heap-gen/netdev", end, flood=1, clock=5_000_000)
        outcome = Outcome(*run)
        assert (outcome.status, outcome.seen.get("code")) == (0, 0), outcome.stderr
        assert outcome.report
        if end == "mode=rx count=100":
            assert outcome.report["received"] == 100


def test_a_flood_without_an_end_is_noticed(
    loops: Callable[[str], Loops], mutants: Callable[[str], dict[str, dict[str, str]]]
) -> None:
    flooded = [name for name, each in mutants("usoc21").items() if each.get("flood")]
    assert flooded
    for name in flooded:
        status, _, _ = loops("usoc21").server.run(
            name, "mode=both count=100", flood=1, clock=5_000_000, time=1
        )
        assert status == -signal.SIGALRM


@pytest.mark.parametrize("format", FORMATS)
def test_each_mistake_is_found(
    loops: Callable[[str], Loops],
    mutants: Callable[[str], dict[str, dict[str, str]]],
    format: str,
) -> None:
    """What finds nothing in wrong loops says nothing about the right ones."""
    unnoticed = []
    for name, mutant in mutants(format).items():
        if not mutant.get("run"):
            continue
        strategy = next(each for each in STRATEGIES if each.name == mutant["strategy"])
        try:
            settings = searching(150, shrink=False)
            search(loops(format), name, strategy, mutant.get("sink", "netdev"), settings)
        except (AssertionError, ExceptionGroup):
            continue
        unnoticed.append(mutant["name"])
    assert not unnoticed
