"""Compare what the kernel writes and parses with the oracle; no network takes part.

That the kernel loads the programs is the first finding: its verifier accepts a program only
if that reads and writes nothing but what it may, for any frame and any arguments.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from codegen import events, oracle
from codegen.errors import CodegenError
from codegen.layout import Layout
from codegen.verify import compare, values
from codegen.verify.compare import Report
from codegen.verify.subject import Mismatch
from codegen.xdp import build

#: The levels at which clang compiles what the verifier has to accept; programs run at the first.
LEVELS = ("-O2", "-O1", "-O3")

#: The kernel runs no program on a frame that is shorter than its Ethernet header.
SHORTEST = 14

ACCEPTED = "levels of clang at which the kernel's verifier accepts all programs"
WRITTEN = "the kernel writes the oracle's bytes"
SENT = "packets of a sweep leave the kernel with the oracle's bytes"
PARSED = "the kernel parses a frame as the oracle does, and compares it with the same verdict"

#: The comparisons by the heading of their column in a table.
COLUMNS = {"accepted": ACCEPTED, "written": WRITTEN, "swept": SENT, "parsed": PARSED}


class RefusedError(CodegenError):
    """The kernel does not accept the programs of a format; the message has its reason."""


class Kernel:
    """The programs of one format in the kernel; frames go in and come out of this process."""

    def __init__(self, layout: Layout, process: subprocess.Popen[str]) -> None:
        """Take a loader that has loaded them."""
        self._layout = layout
        self._process = process

    def write(self, given: Mapping[str, int], length: int) -> bytes:
        """Return the frame that the kernel writes over one of zeros."""
        return bytes.fromhex(self._ask(given, "write", length))

    def send(self, given: Mapping[str, int], length: int, packet: int) -> tuple[int, bytes]:
        """Return the time that the kernel stamped, and the packet with so many before it.

        ``length`` is that of the frame that it patches, the longest where lengths are swept.
        The time is in nanoseconds of the monotonic clock; 0 for a packet without a time stamp.
        """
        now, _, frame = self._ask(given, "send", length, packet).partition(" ")
        return int(now), bytes.fromhex(frame)

    def parse(self, given: Mapping[str, int], frame: bytes) -> tuple[str, str]:
        """Return the names of the parser's result and of the verdict."""
        result, _, verdict = self._ask(given, "parse", frame.hex()).partition(";")
        return result, verdict

    def _ask(self, given: Mapping[str, int], *request: object) -> str:
        arguments = (
            f"{each.argument.name}={each.field.show(given[each.argument.name])}"
            for each in self._layout.arguments
        )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(" ".join([*map(str, request), *arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if events.parse(answer) is not None or not answer:
            raise Mismatch(f"{self._layout.name}: {request[0]}: {_message(answer)}")
        return answer.rstrip("\n")


def _message(line: str) -> str:
    """Return the message of an error event."""
    found = events.parse(line) or {}
    return str(found.get("message", "the loader ended without a message"))


@contextmanager
def loaded(layout: Layout, optimize: str) -> Iterator[Kernel]:
    """Load the programs of a format for as long as they are needed.

    Raises RefusedError when the kernel does not accept them, and BuildError.
    """
    built = build.build_loader(layout, optimize)
    process = subprocess.Popen(
        [str(built.loader), f"object={built.object}", "check"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if (events.parse(line) or {}).get("event") != "started":
            raise RefusedError(f"clang {optimize}: {_message(line)}")
        yield Kernel(layout, process)
    finally:
        process.kill()
        process.communicate()


def verify(layout: Layout, examples: int, seed: int) -> Report:
    """Return the report of all comparisons; stops at the first that fails.

    The frames are those of each length, and those of ``examples`` values; all packets that
    may go wrong of a sweep; and ``examples`` received frames, whole and damaged ones.
    Raises RefusedError, and BuildError.
    """
    report = Report(layout.name)
    for level in LEVELS:
        with loaded(layout, level) as kernel:
            report.counts[ACCEPTED] += 1
            if level != LEVELS[0]:
                continue
            try:
                _written(kernel, layout, report, examples, seed)
                _sent(kernel, layout, report, seed)
                _parsed(kernel, layout, report, examples, seed)
            except Mismatch as mismatch:
                report.counterexample = str(mismatch)
                return report
    return report


def _written(kernel: Kernel, layout: Layout, report: Report, examples: int, seed: int) -> None:
    """Write a frame of each length, of other values, and of sums that come out as zero."""
    chosen = random.Random(seed)
    lengths = [*layout.lengths, *(chosen.choice(layout.lengths) for _ in range(examples))]
    cases = [(values.some(layout, chosen), length) for length in lengths]
    for placed in layout.checksums:
        cases += values.zero_sums(layout, placed, seed)
    for given, length in cases:
        wanted = oracle.encode(layout, given, length)
        _same(layout, f"length={length}", wanted, kernel.write(given, length))
        report.counts[WRITTEN] += 1


def _sent(kernel: Kernel, layout: Layout, report: Report, seed: int) -> None:
    """Send packets of a sweep, consecutive ones and those around every wrap."""
    if not layout.is_swept:
        return
    chosen = random.Random(seed)
    sweep = layout.length_sweep
    for length in (layout.max_length,) if sweep else (layout.min_length, layout.max_length):
        given = values.some(layout, chosen)
        for number in compare.sweep_numbers(layout):
            before = time.monotonic_ns()
            now, found = kernel.send(given, length, number)
            if now and not before <= now <= time.monotonic_ns():
                raise Mismatch(f"{layout.name}: the time stamp {now} is not that of sending")
            its = oracle.swept_value(sweep, number) if sweep else length
            wanted = oracle.encode(layout, given, its, packet=number, now=now)
            _same(layout, f"packet {number} of a sweep", wanted, found)
            report.counts[SENT] += 1


def _parsed(kernel: Kernel, layout: Layout, report: Report, examples: int, seed: int) -> None:
    """Parse received frames, whole ones and damaged ones."""
    chosen = random.Random(seed)
    for _ in range(examples):
        given, frame, damage = compare.received(layout, chosen)
        if len(frame) < SHORTEST:
            continue
        parsed = oracle.parse(layout, frame)
        wanted = (parsed.result.value, oracle.verdict(layout, given, frame))
        found = kernel.parse(given, frame)
        if found != wanted:
            raise Mismatch(
                f"{layout.name}: a received frame is {' and '.join(wanted)}, and the kernel calls "
                f"it {' and '.join(found)} (damage: {damage})\n{frame.hex(' ')}"
            )
        report.counts[PARSED] += 1


def _same(layout: Layout, what: str, wanted: bytes, found: bytes) -> None:
    try:
        compare.same(layout, wanted, found)
    except Mismatch as mismatch:
        raise Mismatch(f"{layout.name}: {what}, in the kernel\n{mismatch}") from None
