"""What receiving a packet costs, by strategy, with and without a look at its bytes.

A device of the host platform hands over the same frame again and again, with one copy into
a buffer of the receive queue. The strategies differ in where these buffers come from. The
reference is DPDK's ``testpmd`` in its mode ``rxonly`` on ``net_null``, which makes the same
copy into a buffer of its pool, looks at no byte, and takes frames in bursts of 32.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import RawIOBase

from codegen import oracle
from codegen.bench import matrix
from codegen.bench.matrix import Cell, OnRefusal
from codegen.errors import CodegenError
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.layout import Layout
from codegen.model import Fetch, Strategy
from codegen.run import build_application

REFERENCE = "testpmd-rxonly"
_TESTPMD = "dpdk-testpmd"

#: Seconds that it may take to start, or to answer.
_PATIENCE = 60

#: The address of the frame's sender, which the receiver does not compare.
_SENDER = 0x02_00_00_00_00_01


@dataclass(frozen=True)
class Received(Cell):
    """A program that receives; ``match`` is whether it compares each frame with the packet."""

    match: bool = False

    @property
    def group(self) -> str:
        """The frames: all receivers of the same ones are compared."""
        return f"{self.length} bytes received"

    @property
    def compared_with(self) -> tuple[str, ...]:
        """The reference, and for a comparing receiver the one that only counts."""
        counting = self.who.removesuffix(" match=on")
        return (counting, REFERENCE) if self.match else (REFERENCE,)

    @property
    def counter(self) -> str:
        """The number of the program's result that counts packets."""
        return "received"


@dataclass(frozen=True)
class Reference(Received):
    """DPDK's testpmd, which receives from the command ``start`` to the command ``stop``."""

    seconds: float = 0.1

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Nothing: it is what others are compared with."""
        return ()

    def nanoseconds(self) -> float:
        """Run it for its time, and return its nanoseconds a packet."""
        # It writes to a terminal line by line, and to a pipe when it ends.
        ours, theirs = pty.openpty()
        try:
            process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=theirs,
                stderr=theirs,
                preexec_fn=lambda: os.sched_setaffinity(0, {matrix.core()}),
            )
        finally:
            os.close(theirs)
        with os.fdopen(ours, "rb", buffering=0) as printed, process:
            try:
                return self._measured(process, printed)
            finally:
                process.kill()

    def _measured(self, process: subprocess.Popen[bytes], printed: RawIOBase) -> float:
        """Start to receive, and return the nanoseconds a packet between two of its reports.

        It measures the time from one report to the next by itself.
        """
        assert process.stdin is not None
        for command in (b"start\n", b"show port stats 0\n"):
            process.stdin.write(command)
        process.stdin.flush()
        self._rate(printed)
        time.sleep(self.seconds)
        process.stdin.write(b"show port stats 0\n")
        process.stdin.flush()
        rate = self._rate(printed)
        if not rate:
            raise CodegenError(f"{self.who} failed: it has received no packet")
        return 1e9 / rate

    def _rate(self, printed: RawIOBase) -> int:
        """Return the packets a second of the next report."""
        found = b""
        deadline = time.monotonic() + _PATIENCE
        while (line := re.search(rb"Rx-pps: +(\d+)", found)) is None:
            ready = select.select([printed], [], [], max(0, deadline - time.monotonic()))[0]
            try:
                more = printed.read(4096) if ready else None
            except OSError:  # it has ended
                more = None
            if not more:
                raise CodegenError(f"{self.who} failed: {found.decode(errors='replace')[-500:]}")
            found += more
        return int(line[1])


def cells(
    strategies: Sequence[Strategy],
    plain: Layout,
    swept: Layout,
    lengths: Sequence[int] | None,
    seconds: float,
    netbuf: Netbuf = netbufs.HOST,
    on_refusal: OnRefusal = lambda *_: None,
) -> list[Cell]:
    """Build every receiver and return the cells, as :func:`codegen.bench.matrix.cells` does.

    ``on_refusal`` is also called for the reference where it is not installed.
    """
    packets = [swept if each.fetch is Fetch.PATCH else plain for each in strategies]
    chosen = matrix.accepted(zip(strategies, packets, strict=True), on_refusal)
    wanted = matrix.lengths_of(lengths, [layout for _, layout in chosen])
    testpmd = shutil.which(_TESTPMD)
    if testpmd is None:
        on_refusal(REFERENCE, f"{_TESTPMD} is not installed: apt install dpdk-dev")
    made: list[Cell] = []
    for length in wanted:
        if testpmd is not None:
            made.append(_reference(testpmd, length, seconds))
        for strategy, layout in chosen:
            for match in (False, True):
                made.append(_cell(strategy, layout, length, seconds, netbuf, match))
    return list(dict.fromkeys(made))


def _cell(
    strategy: Strategy, layout: Layout, length: int, seconds: float, netbuf: Netbuf, match: bool
) -> Received:
    program = build_application(layout, strategy, netbuf=netbuf)
    open_ = {
        placed.argument.name: _SENDER
        for placed in layout.arguments
        if placed.argument.default is None
    }
    frame = oracle.encode(layout, open_, length).hex()
    arguments = ("mode=rx", f"match={'on' if match else 'off'}", f"duration={seconds:.6f}")
    command = (str(program), f"device=repeat:{frame}", "--", *arguments, "interval=0")
    who = f"{strategy.name} match=on" if match else strategy.name
    return Received(who, layout.name, length, length, "", command, match)


def _reference(testpmd: str, length: int, seconds: float) -> Reference:
    core = matrix.core()
    command = (
        *(testpmd, "--no-pci", "--no-huge", "-m", "256", "--no-telemetry", "--no-shconf"),
        # Its shell on the same core: it sleeps while packets are received.
        *("--lcores", f"0@{core},1@{core}", f"--vdev=net_null0,size={length},copy=1"),
        *("--", "-i", "--forward-mode=rxonly", "--total-num-mbufs=4096"),
    )
    return Reference(REFERENCE, "", length, length, "", command, seconds=seconds)
