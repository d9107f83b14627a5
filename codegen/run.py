"""Run an emitted application and report its speed, in the same form on every platform.

The program ends with one line of JSON. This module starts it, passes on what it
prints before that line, and completes the line to the result that every
platform gives.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from codegen import describe, emit, events, temporary
from codegen import sink as sinks
from codegen.errors import CodegenError, UsageError, ended_by
from codegen.host import build, devices
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.layout import Layout
from codegen.model import LinkType, Strategy

#: Frame check sequence, preamble with start delimiter and inter-packet gap, in
#: bytes (IEEE 802.3 clause 3.1.1 and 4.4.2): counted in megabits_per_second.
WIRE_OVERHEAD = 24

#: The modes of the emitted program.
MODES = ("tx", "rx", "both")

#: Seconds of a run for which neither count nor duration was asked.
DEFAULT_DURATION = 1.0

#: Seconds that an interrupted program has to end: more than those after which it ends itself.
GRACE = 6.0

OnLine = Callable[[str], None]


class RunError(CodegenError):
    """The program failed; its standard error has been passed on."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Pass on the program's exit code where it means misuse."""
        super().__init__(message)
        self.exit_code = 2 if exit_code == 2 else 1


@dataclass(frozen=True)
class Request:
    """What to run. ``settings`` are key=value arguments of the emitted program."""

    layout: Layout
    strategy: Strategy
    device: str = "null"
    sink: str = "netdev"
    mode: str | None = None
    length: int | None = None
    count: int | None = None
    duration: float | None = None
    settings: Sequence[str] = ()
    netbuf: Netbuf = netbufs.HOST

    @property
    def effective_mode(self) -> str:
        """The mode that was asked for, or the one that fits the device."""
        fitting = "both" if self.device == "loop" else "tx"
        return self._set("mode") or self.mode or fitting

    def _set(self, key: str) -> str | None:
        """Return the value that the settings give to an argument: the program takes the last."""
        values = [each.partition("=")[2] for each in self.settings if each.startswith(f"{key}=")]
        return values[-1] if values else None

    def program_arguments(self) -> list[str]:
        """Return the arguments of the emitted program."""
        duration = self.duration
        # A capture may have fewer frames than are asked for.
        ends = self.device.startswith("pcap:") and self.effective_mode == "rx"
        if duration is None and (self.count is None or ends):
            duration = DEFAULT_DURATION
        chosen = {
            "mode": self.effective_mode,
            "length": self.length,
            "count": self.count,
            "duration": None if duration is None else _seconds(duration),
        }
        return [f"{key}={value}" for key, value in chosen.items() if value is not None] + list(
            self.settings
        )


def _seconds(duration: float) -> str:
    """Return seconds as the program takes them, with nanoseconds; 0 alone means no limit."""
    return f"{max(duration, 1e-9) if duration else 0:.9f}"


def build_application(
    layout: Layout, strategy: Strategy, sink: str = "netdev", netbuf: Netbuf = netbufs.HOST
) -> Path:
    """Emit an application, compile it for this machine, and return the program's path.

    Raises UsageError for a sink that does not exist, and BuildError.
    """
    with temporary.folder() as folder:
        app = folder / strategy.name
        emit.write(emit.render(layout, strategy), app)
        return build.build_program(app, extra_flags=sinks.compiler_flags(sink), netbuf=netbuf)


def run_host(
    request: Request,
    on_line: OnLine,
    on_interrupted: Callable[[dict[str, object]], None] = lambda _: None,
) -> dict[str, object]:
    """Build the application for this machine, run it, and return its result.

    ``on_line`` gets each line that the program prints before its result. When this is
    interrupted, the program ends in order, and ``on_interrupted`` gets the result of
    what it did until then, if there is one. Raises BuildError, UsageError for a device
    that does not exist and as :func:`check` does, and RunError.
    """
    device = devices.for_mode(request.device, request.effective_mode)
    check(request)
    program = build_application(request.layout, request.strategy, request.sink, request.netbuf)
    link = f"linktype={request.layout.link}"
    platform = [f"device={device}", link, f"parent={os.getpid()}"]
    command = [str(program), *platform, "--", *request.program_arguments()]

    def completed(lines: Sequence[str]) -> dict[str, object]:
        measured = result(lines)
        return complete(request, measured, "host", request.device, netbuf=request.netbuf.name)

    def clean_up(process: int) -> None:
        devices.clean_up(device, process)

    return run_program(command, on_line, completed, on_interrupted, clean_up)


def run_program(
    command: Sequence[str],
    on_line: OnLine,
    completed: Callable[[Sequence[str]], dict[str, object]],
    on_interrupted: Callable[[dict[str, object]], None],
    on_killed: Callable[[int], None] = lambda _: None,
) -> dict[str, object]:
    """Run a program that ends with a result; return what ``completed`` makes of its lines.

    ``on_killed`` gets the number of a process that a signal ended. Otherwise as
    :func:`run_host`; raises RunError.
    """
    output = _Output()
    # Not as a context manager, which would wait for a program that was not asked to end.
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace")
    try:
        assert process.stdout is not None
        for line in output.arriving(process.stdout):
            said = events.in_words(line.rstrip("\n"))
            if said is not None:
                on_line(said)
        process.wait()
    except BaseException:
        _end(process, output)
        with suppress(RunError):
            on_interrupted(completed(output.lines))
        raise
    finally:
        if (process.returncode or 0) < 0:
            on_killed(process.pid)
    if process.returncode < 0:
        raise RunError(f"the program {ended_by(-process.returncode)}", 1)
    if process.returncode:
        raise RunError(f"the program ended with exit code {process.returncode}", process.returncode)
    return completed(output.lines)


class _Output:
    """What a program prints, read in a thread: an interruption here loses no line of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._arrived: SimpleQueue[str] = SimpleQueue()
        self._ended = threading.Event()

    def arriving(self, stream: IO[str]) -> Iterator[str]:
        """Yield each line of a stream as it comes."""
        threading.Thread(target=self._read, args=[stream], daemon=True).start()
        return iter(self._arrived.get, "")

    def _read(self, stream: IO[str]) -> None:
        try:
            for line in stream:
                self.lines.append(line)
                self._arrived.put(line)
        finally:
            stream.close()
            self._arrived.put("")
            self._ended.set()

    def wait(self) -> None:
        """Wait for the last line of a program that has ended."""
        self._ended.wait(1.0)


def _end(process: subprocess.Popen[str], output: _Output) -> None:
    """Ask a program to end, and kill it after the grace period.

    A second interruption kills it at once.
    """
    timer = threading.Timer(GRACE, process.kill)
    timer.start()
    try:
        process.terminate()
        process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        output.wait()


def check(request: Request) -> None:
    """Raise UsageError for what the program would refuse, before time is spent on its build."""
    check_link(request.layout, request.device)
    for setting in request.settings:
        if "=" not in setting:
            raise UsageError(f"--set {setting}: key=value is wanted, such as --set ttl=1")
    if request.length is None:
        return
    layout = request.layout
    if layout.length_sweep is not None:
        raise UsageError(
            f"--length {request.length}: format {layout.name!r} sweeps the length of its frames; "
            "leave out --length"
        )
    check_length(layout, request.length)


def check_link(layout: Layout, device: str) -> None:
    """Raise UsageError where a device is one of Ethernet, and the frames are not."""
    if layout.link != LinkType.ETHERNET and device.partition(":")[0] not in devices.ANY_LINK:
        raise UsageError(
            f"frames of format {layout.name!r} have link type {layout.link}, and {device} sends "
            "and receives Ethernet, whose receivers would read other bytes as addresses; use one "
            f"of the devices {', '.join(devices.ANY_LINK)}, or put ETHERNET below the lowest header"
        )


def check_length(layout: Layout, length: int) -> None:
    """Raise UsageError when a format has no frames of that length."""
    if length not in layout.lengths:
        raise UsageError(
            f"--length {length}: frames of format {layout.name!r} have {describe.lengths(layout)}"
        )


def complete(
    request: Request, measured: Mapping[str, object], platform: str, device: str, **more: object
) -> dict[str, object]:
    """Return the result of every platform from what a program measured.

    ``length`` is None where the format sweeps it: a program knows the longest only.
    ``more`` are the platform's own entries.
    """
    first = ("format", "strategy")
    if request.layout.length_sweep is not None:
        measured = {**measured, "length": None}
    return {
        **{key: measured[key] for key in first},
        "platform": platform,
        "device": device,
        "sink": request.sink,
        **{key: value for key, value in measured.items() if key not in first},
        "wire_overhead_bytes": WIRE_OVERHEAD,
        **more,
    }


def result(lines: Sequence[str]) -> dict[str, object]:
    """Return the object of the program's last line; raises RunError when there is none."""
    measured = events.result(lines[-1]) if lines else None
    if measured is None:
        raise RunError("the program printed no result", 1)
    # The program has printed the reason already.
    measured.pop("exit_code", None)
    return measured
