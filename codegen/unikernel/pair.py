"""Run two unikernels over one bridge: one sends, the other receives and checks.

Both run the same image. Packets that were sent and not received are lost; those that
the taps of the bridge dropped are counted by the taps.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from codegen import emit, net, run, sink, temporary
from codegen.errors import UsageError
from codegen.unikernel import guest, image
from codegen.unikernel.console import Console, GuestError

#: Seconds without a packet that end a pair's receiver.
_IDLE = 1.0

#: Seconds that the receiver has to end when the sender has ended: until it is idle, and
#: until its machine has halted, which a busy one may take a while for. One that never saw a
#: packet is never idle: it would be waited for without end.
_LAST_WORDS = _IDLE + 6.0


def run_pair(
    request: run.Request, setup: guest.Setup, on_line: guest.OnLine, on_step: image.OnStep
) -> dict[str, object]:
    """Boot two machines on one bridge: one sends, one receives and checks; return both results.

    ``lost`` is what was sent and not received, ``dropped`` what the taps counted as
    dropped. Raises as :func:`codegen.unikernel.guest.run_guest` does.
    """
    check(request)
    files = emit.render(request.layout, request.strategy)
    with temporary.folder() as folder, ExitStack() as stack:
        guests = guest.prepare(files, setup, folder, on_step, on_line, machines=2)
        taps: list[net.Tap | None] = [None, None]
        if guests.machine is not None:
            taps = [stack.enter_context(net.tap_of(setup.bridge)) for _ in range(2)]
        receiving = replace(request, mode="rx", count=request.count or 0, duration=0.0)
        arguments = [*receiving.program_arguments(), "match=on", f"idle={_IDLE:g}"]
        receiver = _Follower(guests.start(arguments, taps[1], 1), "rx", on_line, arguments)
        stack.callback(receiver.end)
        receiver.wait_until_started()
        sending = replace(request, mode="tx")
        arguments = sending.program_arguments()
        sender = _Follower(guests.start(arguments, taps[0], 0), "tx", on_line, arguments)
        stack.callback(sender.end)
        sent = sender.result()
        received = receiver.result_soon()
        found: dict[str, object] = {
            "sender": guests.completed(sending, sent),
            "receiver": guests.completed(receiving, received),
            "lost": int(str(sent["sent"])) - int(str(received["received"])),
        }
        if guests.machine is not None:
            found["dropped"] = sum(tap.dropped() for tap in taps if tap)
        return found


def check(request: run.Request) -> None:
    """Raise UsageError for what a pair of unikernels does not have, and as for one."""
    guest.check(request)
    if request.mode is not None or request.sink != sink.DEVICE:
        raise UsageError(
            "--pair sends on one machine and receives on another: no --mode, no --sink"
        )


class _Follower:
    """Follows one of two consoles in a thread, and labels its lines."""

    def __init__(
        self, console: Console, name: str, on_line: guest.OnLine, arguments: Sequence[str]
    ) -> None:
        self._console = console
        self._name = name
        self._on_line = on_line
        self._silence = guest.silence(arguments)
        self._started = threading.Event()
        self._found: dict[str, object] | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        try:
            self._found = self._console.follow(self._pass_on, self._silence, self._note)
        except Exception as error:
            self._error = error
        self._started.set()

    def _note(self, event: str) -> None:
        if event == "started":
            self._started.set()

    def _pass_on(self, line: str) -> None:
        self._on_line(f"{self._name}: {line}")

    def wait_until_started(self) -> None:
        """Return when the program is about to work; raises GuestError when it ended instead."""
        self._started.wait()
        if self._error is not None:
            self.result()

    def result(self) -> dict[str, object]:
        """Return the result when the guest has ended; raises GuestError as the console does."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._found is not None
        return self._found

    def result_soon(self) -> dict[str, object]:
        """Return the result of a receiver whose sender has ended, or end it."""
        self._thread.join(_LAST_WORDS)
        if self._thread.is_alive():
            self.end()
            raise GuestError("the receiver saw no packet, or does not end; is the bridge up?")
        return self.result()

    def end(self) -> None:
        """End the guest."""
        if self._console.process.poll() is None:
            self._console.process.kill()
        self._thread.join()
