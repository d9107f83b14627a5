"""Run an application as a unikernel, alone or as a pair over one bridge.

The image is built, booted on a tap of the bridge and followed until it gives its
result, which is that of every platform. Nothing stays behind: the taps end with
their machines, and the machines with this process.
"""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from codegen import emit, net, run, sink
from codegen.errors import UsageError
from codegen.unikernel import image, linuxu, qemu
from codegen.unikernel.console import Console, GuestError
from codegen.unikraft import Tree

OnLine = Callable[[str], None]

#: Seconds without a line after which a guest is taken to hang: those that booting may
#: take on a busy machine, and a few of the intervals in which it tells its speed.
_SILENCE = 30.0
_INTERVALS = 3
_DEFAULT_INTERVAL = 3.0

#: The same where lines of speed were switched off and only a count ends the run.
_LONG_SILENCE = 600.0

#: Seconds without a packet that end a pair's receiver.
_IDLE = 1.0

#: Seconds that the receiver has to end when the sender has ended: until it is idle, and
#: until its machine has halted, which a busy one may take a while for. One that never saw a
#: packet is never idle: it would be waited for without end.
_LAST_WORDS = _IDLE + 6.0


@dataclass(frozen=True)
class Setup:
    """The unikernel and its machine, as the command's options have it.

    ``kvm`` is auto, on or off; ``bus`` of the network device pci or mmio, None for
    the usual one; ``notify`` one of :data:`codegen.unikernel.qemu.NOTIFY`.
    """

    tree: Tree
    options: image.Options
    bridge: str = "usocbr0"
    kvm: str = "auto"
    bus: str | None = None
    notify: str | None = None

    @property
    def platform(self) -> str:
        """The platform's name, as the commands have it."""
        return self.options.target.platform

    @property
    def on_bridge(self) -> bool:
        """Does the device need a bridge? A sink without device does, on linuxu, to start at all."""
        return self.options.sink == sink.DEVICE or self.platform == "linuxu"


@dataclass(frozen=True)
class Guests:
    """An image and the machine that boots it."""

    setup: Setup
    image: image.Image
    machine: qemu.Qemu | None  # None: a process of the platform linuxu

    def describe(self) -> dict[str, object]:
        """Return what a result says of them."""
        options = self.setup.options
        return {
            "unikraft": self.setup.tree.version,
            "arch": options.target.arch,
            "build": options.build,
            "image_bytes": self.image.size,
            **(self.machine.describe() if self.machine else {}),
        }

    @property
    def device(self) -> str:
        """The network device, and the bridge that it is on."""
        name = self.machine.device if self.machine else "tap"
        return f"{name} on {self.setup.bridge}" if self.setup.on_bridge else name

    def completed(self, request: run.Request, measured: Mapping[str, object]) -> dict[str, object]:
        """Return the result of every platform from what the program measured here."""
        return run.complete(request, measured, self.setup.platform, self.device, **self.describe())

    def start(self, arguments: Sequence[str], tap: net.Tap | None, number: int = 0) -> Console:
        """Boot the image with the program's arguments."""
        if self.machine is None:
            return linuxu.start(self.image.path, arguments, self.setup.bridge)
        return self.machine.start(self.image.path, arguments, tap, number)


def prepare(
    files: Mapping[str, str],
    setup: Setup,
    folder: Path,
    on_step: image.OnStep,
    on_line: OnLine,
    machines: int = 1,
) -> Guests:
    """Build the image of an application's files in ``folder`` and choose its machine.

    ``machines`` is how many will run at once.
    """
    target = setup.options.target
    machine = qemu.Qemu(target, bus=setup.bus) if setup.platform == "qemu" else None
    if setup.on_bridge:
        net.check_bridge(setup.bridge)
    # What takes long comes after what may be wrong.
    made = image.build(files, setup.tree, setup.options, folder / "image", on_step)
    if machine is None:
        return Guests(setup, made, None)
    accelerator = qemu.choose_accelerator(setup.kvm, target, made.path, on_line)
    notify = setup.notify or qemu.faster_notification(accelerator, machines)
    machine = replace(machine, accelerator=accelerator, notify=notify)
    on_line(f"{machine.device}, accelerator {accelerator}, {qemu.NOTIFY[notify]}")
    return Guests(setup, made, machine)


def run_guest(
    request: run.Request, setup: Setup, on_line: OnLine, on_step: image.OnStep
) -> dict[str, object]:
    """Build the application, boot it, and return its result.

    ``on_line`` gets each line of the console before the result. Raises TreeError,
    ImageError, QemuError, NetError, GuestError and UsageError.
    """
    check(request)
    files = emit.render(request.layout, request.strategy)
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
        guests = prepare(files, setup, Path(folder), on_step, on_line)
        measured = measure(guests, request.program_arguments(), on_line)
        return guests.completed(request, measured)


def measure(guests: Guests, arguments: Sequence[str], on_line: OnLine) -> dict[str, object]:
    """Boot an image with the program's arguments and return what it measured."""
    with ExitStack() as stack:
        tap = None
        if guests.setup.on_bridge and guests.machine is not None:
            tap = stack.enter_context(net.tap_of(guests.setup.bridge))
        return guests.start(arguments, tap).follow(on_line, _silence(arguments))


def run_pair(
    request: run.Request, setup: Setup, on_line: OnLine, on_step: image.OnStep
) -> dict[str, object]:
    """Boot two machines on one bridge: one sends, one receives and checks; return both results.

    ``lost`` is what was sent and not received, ``dropped`` what the taps counted as
    dropped. Raises as :func:`run_guest` does.
    """
    check_pair(request)
    files = emit.render(request.layout, request.strategy)
    with tempfile.TemporaryDirectory(prefix="codegen-") as folder, ExitStack() as stack:
        guests = prepare(files, setup, Path(folder), on_step, on_line, machines=2)
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
    """Raise UsageError for what a unikernel does not have, or its program would refuse."""
    if request.device != "null":
        raise UsageError(
            f"--device {request.device}: devices are those of the platform host; a unikernel "
            "gets a device on a bridge (--bridge)"
        )
    run.check(request)


def check_pair(request: run.Request) -> None:
    """Raise UsageError for what a pair of unikernels does not have, and as :func:`check` does."""
    check(request)
    if request.mode is not None or request.sink != sink.DEVICE:
        raise UsageError(
            "--pair sends on one machine and receives on another: no --mode, no --sink"
        )


def _silence(arguments: Sequence[str]) -> float:
    """Return after how many seconds without a line a guest with these arguments hangs."""
    given = dict(each.split("=", 1) for each in arguments)
    interval = _seconds(given.get("interval"), _DEFAULT_INTERVAL)
    if interval:
        return _SILENCE + _INTERVALS * interval
    duration = _seconds(given.get("duration"), 0.0)
    return _SILENCE + (duration or _LONG_SILENCE)


def _seconds(text: str | None, default: float) -> float:
    """Return seconds; what is none, the program itself will refuse."""
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return value if math.isfinite(value) else default


class _Follower:
    """Follows one of two consoles in a thread, and says which one a line is from."""

    def __init__(
        self, console: Console, name: str, on_line: OnLine, arguments: Sequence[str]
    ) -> None:
        self._console = console
        self._name = name
        self._on_line = on_line
        self._silence = _silence(arguments)
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
