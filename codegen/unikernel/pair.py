"""Run two unikernels over one bridge: one sends, the other receives and checks.

Both run the same image. Packets that were sent and not received are lost; those that
the taps of the bridge dropped are counted by the taps.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from queue import SimpleQueue

from codegen import emit, net, run, sink, temporary
from codegen.errors import UsageError
from codegen.unikernel import guest, image, machine
from codegen.unikernel.console import Console, GuestError

#: Settings of the receiver, which the user's own override: seconds without a packet that end
#: it, and seconds without the first one, in which the sender boots, that are an error.
_RECEIVING = ("idle=3", "stall=30")

#: Seconds that the receiver's machine has to halt, which on a busy one takes a while.
_LAST_WORDS = 6.0


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
        memory = machine.memory_for(request.strategy, sink.held(request.sink))
        guests = guest.prepare(files, setup, folder, on_step, on_line, 2, memory)
        taps: list[net.Tap | None] = [None, None]
        if guests.needs_tap:
            taps = [stack.enter_context(net.tap_of(setup.machine.bridge)) for _ in range(2)]
        receiving = replace(
            request,
            mode="rx",
            count=request.count or 0,
            duration=0.0,
            settings=(*_RECEIVING, *request.settings, "match=on"),
        )
        arguments = receiving.program_arguments()
        ended: SimpleQueue[_Follower] = SimpleQueue()
        receiver = _Follower(guests.start(arguments, taps[1], 1), "rx", on_line, arguments, ended)
        stack.callback(receiver.end)
        receiver.wait_until_started()
        sending = replace(request, mode="tx")
        arguments = sending.program_arguments()
        sender = _Follower(guests.start(arguments, taps[0], 0), "tx", on_line, arguments, ended)
        stack.callback(sender.end)
        if ended.get() is receiver:
            # It may have all that was asked for; otherwise it ended for want of packets.
            got = int(str(receiver.result()["received"]))
            guests.check_network(taps)
            if got != request.count and not sender.is_done:
                raise GuestError(
                    f"the receiver got {got} packets and then none for {receiver.idle:g} s, while "
                    "the sender went on sending"
                )
        sent = sender.result()
        guests.check_network(taps)
        received = receiver.result_soon()
        guests.check_network(taps)
        found: dict[str, object] = {
            "sender": guests.completed(sending, sent),
            "receiver": guests.completed(receiving, received),
            "lost": int(str(sent["sent"])) - int(str(received["received"])),
        }
        if guests.needs_tap:
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
    """Follows one of two consoles in a thread, and labels its lines.

    It is put into ``ended`` when its guest has ended. ``idle`` are the seconds without a
    packet that end the program; ``is_done`` whether it has done what it was asked for.
    """

    def __init__(
        self,
        console: Console,
        name: str,
        on_line: guest.OnLine,
        arguments: Sequence[str],
        ended: SimpleQueue[_Follower],
    ) -> None:
        self._console = console
        self._name = name
        self._on_line = on_line
        self._silence = guest.silence(arguments)
        self._ended = ended
        self.idle = guest.seconds_of(arguments, "idle")
        self.is_done = False
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
        self._ended.put(self)

    def _note(self, event: str) -> None:
        if event == "started":
            self._started.set()
        elif event == "ended":
            self.is_done = True

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
        self._thread.join(self.idle + _LAST_WORDS)
        if self._thread.is_alive():
            self.end()
            raise GuestError("the receiver saw no packet, or does not end; is the bridge up?")
        return self.result()

    def end(self) -> None:
        """End the guest."""
        if self._console.process.poll() is None:
            self._console.process.kill()
        self._thread.join()
