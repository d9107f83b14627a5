"""Run an application as a unikernel.

The image is built, booted on a tap of the bridge and followed until it prints its
result, which has the same form on every platform. Nothing stays behind: the tap ends
with its machine, and the machine with this process.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from codegen import emit, net, run, sink, temporary
from codegen.errors import UsageError
from codegen.unikernel import image, linuxu, qemu
from codegen.unikernel.console import Console
from codegen.unikernel.machine import MEMORY, Machine, memory_for
from codegen.unikraft import Tree

OnLine = Callable[[str], None]

#: Seconds without a line after which a guest is taken to hang: those that booting may
#: take on a busy machine, and a few of the intervals at which it prints its speed.
_SILENCE = 30.0
_INTERVALS = 3
_DEFAULT_INTERVAL = 3.0

#: The same where lines of speed were switched off and only a count ends the run.
_LONG_SILENCE = 600.0


@dataclass(frozen=True)
class Setup:
    """The unikernel and its machine, as the command's options have it."""

    tree: Tree
    options: image.Options
    machine: Machine = field(default_factory=Machine)

    @property
    def platform(self) -> str:
        """The platform's name, as the commands have it."""
        return self.options.target.platform

    @property
    def on_bridge(self) -> bool:
        """Whether a bridge is needed: for a network device, and on linuxu to start at all."""
        if self.platform == "linuxu":
            return True
        return self.options.sink == sink.DEVICE and not self.machine.socket


@dataclass(frozen=True)
class Guests:
    """An image and the machine that boots it."""

    setup: Setup
    image: image.Image
    machine: qemu.Qemu | linuxu.Linuxu

    def describe(self) -> dict[str, object]:
        """Return the entries of a result that describe them."""
        options = self.setup.options
        return {
            "unikraft": self.setup.tree.version,
            "arch": options.target.arch,
            "build": options.build,
            "image_bytes": self.image.size,
            **self.machine.describe(),
        }

    @property
    def device(self) -> str:
        """The network device, and the bridge that it is on."""
        name = self.machine.device
        wanted = self.setup.machine
        if wanted.socket and self.setup.options.sink == sink.DEVICE:
            return f"{name} on {wanted.backend}"
        return f"{name} on {wanted.bridge}" if self.setup.on_bridge else name

    @property
    def needs_tap(self) -> bool:
        """Whether the device needs a tap: a process of linuxu makes its own."""
        return self.setup.on_bridge and isinstance(self.machine, qemu.Qemu)

    def completed(self, request: run.Request, measured: Mapping[str, object]) -> dict[str, object]:
        """Return the result of every platform from what the program measured here."""
        return run.complete(request, measured, self.setup.platform, self.device, **self.describe())

    def start(self, arguments: Sequence[str], tap: net.Tap | None, number: int = 0) -> Console:
        """Boot the image with the program's arguments, as machine ``number`` of several."""
        if isinstance(self.machine, linuxu.Linuxu):
            return self.machine.start(self.image.path, arguments)
        mac = next(iter(self.setup.machine.macs[number:]), None)
        return self.machine.start(self.image.path, arguments, tap, mac)

    def check_network(self, taps: Sequence[net.Tap | None]) -> None:
        """Raise NetError when the bridge, or a tap in it, went away during the run."""
        if self.setup.on_bridge:
            net.check_bridge(self.setup.machine.bridge, " any more")
        for tap in taps:
            if tap is not None:
                tap.check()


def prepare(
    files: Mapping[str, str],
    setup: Setup,
    folder: Path,
    on_step: image.OnStep,
    on_line: OnLine,
    machines: int = 1,
    memory: int = MEMORY,
) -> Guests:
    """Build the image of an application's files in ``folder`` and choose its machine.

    ``machines`` is how many will run at once; ``memory`` the megabytes that each needs.
    """
    target = setup.options.target
    wanted = setup.machine
    memory = wanted.memory or memory
    machine: qemu.Qemu | linuxu.Linuxu = linuxu.Linuxu(wanted.bridge, memory)
    if setup.platform == "qemu":
        machine = qemu.Qemu(
            target,
            bus=wanted.bus,
            memory=memory,
            gdb=wanted.gdb,
            backend=wanted.backend,
            processors=wanted.processors,
        )
        qemu.check_backend(wanted.backend)
        setup.tree.check_queues(wanted.queues)
    if setup.on_bridge:
        net.check_bridge(wanted.bridge)
    # The checks come before the build, which takes long.
    made = image.build(files, setup.tree, setup.options, folder / "image", on_step)
    if isinstance(machine, linuxu.Linuxu):
        return Guests(setup, made, machine)
    accelerator = qemu.choose_accelerator(wanted.kvm, target, made.path, on_line)
    notify = wanted.notify or qemu.faster_notification(accelerator, machines)
    machine = replace(machine, accelerator=accelerator, notify=notify)
    how = qemu.NOTIFY[notify] if wanted.backend == "tap" else f"backend {wanted.backend}"
    on_line(f"{machine.device}, accelerator {accelerator}, {how}")
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
    with temporary.folder() as folder:
        memory = memory_for(request.strategy, sink.held(request.sink))
        guests = prepare(files, setup, folder, on_step, on_line, memory=memory)
        measured = measure(guests, request.program_arguments(), on_line)
        return guests.completed(request, measured)


def measure(guests: Guests, arguments: Sequence[str], on_line: OnLine) -> dict[str, object]:
    """Boot an image with the program's arguments and return what it measured."""
    with ExitStack() as stack:
        tap = None
        if guests.needs_tap:
            tap = stack.enter_context(net.tap_of(guests.setup.machine.bridge))
        console = guests.start(arguments, tap)
        limit: float | None = silence(arguments)
        port = guests.setup.machine.gdb
        if port is not None:
            attach = f"gdb {guests.image.symbols} -ex 'target remote 127.0.0.1:{port}'"
            on_line(f"the guest waits for a debugger: {attach} -ex 'hbreak main' -ex continue")
            limit = None
        found = console.follow(on_line, limit)
        guests.check_network([tap])
        return found


def check(request: run.Request) -> None:
    """Raise UsageError for what a unikernel does not have, or its program would refuse."""
    if request.device != "null":
        raise UsageError(
            f"--device {request.device}: devices are those of the platform host; a unikernel "
            "gets a device on a bridge (--bridge)"
        )
    run.check(request)
    for setting in request.settings:
        # All arguments are one line, which the guest splits.
        if not re.fullmatch(r"[!#-&(-~]+", setting):
            raise UsageError(
                f"--set {setting!r}: an argument of a unikernel has no blanks, quotes or other "
                "special characters; give --set once for each argument"
            )


def silence(arguments: Sequence[str]) -> float:
    """Return the seconds without a line after which a guest is taken to hang."""
    interval = seconds_of(arguments, "interval", _DEFAULT_INTERVAL)
    if interval:
        return _SILENCE + _INTERVALS * interval
    return _SILENCE + (seconds_of(arguments, "duration") or _LONG_SILENCE)


def seconds_of(arguments: Sequence[str], key: str, default: float = 0.0) -> float:
    """Return an argument that is in seconds; the default for a text that the program refuses."""
    given = dict(each.split("=", 1) for each in arguments)
    try:
        value = float(given.get(key, default))
    except ValueError:
        return default
    return value if math.isfinite(value) else default
