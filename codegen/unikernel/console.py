"""The console of a unikernel: the only source of its outcome.

QEMU exits with code 0 even if its guest failed, and so does a program of the platform
linuxu. The outcome is what was printed: a result, an error that the application
reports, a trap, an assertion that failed, or nothing at all.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from codegen import events
from codegen.errors import CodegenError, ended_by

#: Seconds that a guest has to end by itself, after its result or its last lines.
GRACE = 5.0

#: Seconds of a run for which the guest's clock can be compared with this machine's.
_LEAST_COMPARED = 0.5

#: Lines of the console that an error shows.
_LAST_LINES = 12

#: What Unikraft prints when the processor trapped: x86 and arm64.
_TRAP = re.compile(r"Unhandled Trap|page fault at|ESR_EL1|trap caught", re.I)

#: What Unikraft prints when it gives up by itself: UK_ASSERT() and UK_CRASH(), at level CRIT.
_PANIC = re.compile(r"Assertion failure|CRIT:")


class GuestError(CodegenError):
    """The unikernel printed no result; the message has the reason and its last lines."""


class Crash(GuestError):
    """The processor trapped."""


class Panic(GuestError):
    """Unikraft found something wrong and gave up."""


class NoDevice(GuestError):
    """The guest found no network device."""


class Hang(GuestError):
    """The guest printed nothing for too long."""


class Refused(GuestError):
    """The guest's program did not accept its arguments."""

    exit_code = 2


@dataclass(frozen=True)
class _Error:
    """An error that the guest's program reported, and how many lines there were before it."""

    kind: str
    message: str
    lines_before: int


@dataclass
class Console:
    """A running guest: its process, and the file that its console is read from.

    ``monitor`` names the program that runs it, if one does; lines that begin with it are
    its own.
    """

    process: subprocess.Popen[bytes]
    fd: int
    monitor: str = ""
    lines: list[str] = field(default_factory=list)
    _error: _Error | None = None
    _signal: int = 0  # what ended the process, before this did
    _times: dict[str, float] = field(default_factory=dict)  # of the first event of each name
    _waiting: deque[str] = field(default_factory=deque)
    _begun: bytes = b""

    def follow(
        self,
        on_line: Callable[[str], None],
        silence: float | None,
        on_event: Callable[[str], None] = lambda _: None,
    ) -> dict[str, object]:
        """Pass on what is printed and return the result, the line of JSON.

        ``on_line`` gets lines for people, ``on_event`` the names of events. Raises
        GuestError when there is no result, after ``silence`` seconds without a line at
        the latest, unless that is None. The guest has ended when this returns or raises.
        """
        try:
            for line in self._read(silence):
                if self.monitor and line.startswith(f"{self.monitor}: warning: "):
                    continue
                result = events.result(line)
                if result is not None:
                    self._let_end()
                    return self._checked(result) | {"clock_ratio": self._clock_ratio(result)}
                self._note(line, on_event)
                said = events.in_words(line)
                if said is None:
                    continue
                self.lines.append(said)
                if _TRAP.search(line) or _PANIC.search(line):
                    self._read_rest()
                    break
                # What follows an error is its message for people, which is raised, once.
                if self._error is None:
                    on_line(said)
            else:
                self._let_end()
                self._signal = -(self.process.returncode or 0)
        except TimeoutError:
            raise Hang(
                self._said(f"the guest hangs: it printed nothing for {silence:.0f} s and was ended")
            ) from None
        finally:
            self.end()
        raise self._verdict()

    def _note(self, line: str, on_event: Callable[[str], None]) -> None:
        event = events.parse(line)
        if event is None:
            return
        self._times.setdefault(str(event["event"]), time.monotonic())
        on_event(str(event["event"]))
        if event["event"] == "error" and self._error is None:
            kind, message = str(event.get("kind")), str(event.get("message"))
            self._error = _Error(kind, message, len(self.lines))

    def end(self) -> None:
        """End the guest, if it still runs."""
        for ask, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
            if self.process.poll() is not None:
                break
            self.process.send_signal(ask)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    # ------------------------------------------------------------- reading

    def _read(self, silence: float | None) -> Iterator[str]:
        """Yield lines until the guest ends; raises TimeoutError after a silence."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.fd, selectors.EVENT_READ)
            while True:
                while self._waiting:
                    yield self._waiting.popleft()
                if not selector.select(silence):
                    raise TimeoutError
                try:
                    got = os.read(self.fd, 65536)
                except OSError:  # a terminal whose other side was closed
                    got = b""
                *whole, self._begun = (self._begun + got).split(b"\n")
                self._waiting.extend(map(_text, whole))
                if not got:
                    self._waiting.extend([_text(self._begun)] if self._begun else [])
                    yield from self._waiting
                    return

    def _read_rest(self) -> None:
        """Take the lines that belong to the last one, which come at once."""
        until = time.monotonic() + GRACE
        try:
            for line in self._read(0.5):
                self.lines.append(line)
                if time.monotonic() > until:
                    return
        except TimeoutError:
            return

    def _let_end(self) -> None:
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            return

    # ------------------------------------------------------------- verdict

    def _checked(self, result: dict[str, object]) -> dict[str, object]:
        """Return a result; raises GuestError when the program failed in spite of it."""
        if result.pop("exit_code", 0):
            raise (
                self._failure(self._error)
                if self._error
                else GuestError(self._said("the guest's program failed"))
            )
        return result

    def _clock_ratio(self, result: dict[str, object]) -> float | None:
        """Return the seconds that passed for the guest while one passed here.

        Unikraft measures the frequency of its clock at boot, in a tenth of a second, which
        goes wrong on a busy machine. None when the run was too short to compare.
        """
        started, ended = (self._times.get(each) for each in ("started", "ended"))
        if started is None or ended is None or ended - started < _LEAST_COMPARED:
            return None
        return round(float(str(result["run_seconds"])) / (ended - started), 3)

    def _failure(self, error: _Error) -> GuestError:
        """Return the error that the program reported."""
        if error.kind == "misuse":
            # The lines for people list the arguments that there are.
            return Refused("\n".join(self.lines[error.lines_before :]) or error.message)
        kind = NoDevice if error.kind == "no-device" else GuestError
        return kind(self._said(f"the guest's program failed: {error.message}", error.lines_before))

    def _verdict(self) -> GuestError:
        """Return the error of a guest that ended without a result, from its lines."""
        if any(_TRAP.search(line) for line in self.lines):
            return Crash(self._said("the guest crashed"))
        if any(_PANIC.search(line) for line in self.lines):
            return Panic(self._said("the guest gave up (a panic)"))
        if self._error:
            return self._failure(self._error)
        if self.lines and self.monitor and self.lines[0].startswith(f"{self.monitor}: "):
            return GuestError(f"the guest cannot be started: {self.lines[0]}")
        if self._signal > 0:
            who = self.monitor or "the guest"
            return Crash(self._said(f"{who} {ended_by(self._signal)}"))
        return Crash(self._said("the guest ended without a result"))

    def _said(self, what: str, count: int | None = None) -> str:
        """Return a message with the last lines, or the last of the first ``count``."""
        shown = [line for line in self.lines[:count] if line.strip()][-_LAST_LINES:]
        if not shown:
            return f"{what}; it printed nothing"
        return "\n".join([f"{what}; the last lines of its console:", *(f"  {x}" for x in shown)])


def _text(line: bytes) -> str:
    """Return a line without the carriage returns and escapes of a terminal."""
    text = line.decode(errors="replace").replace("\r", "")
    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|c)", "", text)
