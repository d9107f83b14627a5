"""Run an application as a unikernel.

The image is built, booted on a tap of the bridge and followed until it prints its
result, which has the same form on every platform. Nothing stays behind: the tap ends
with its machine, and the machine with this process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from codegen import emit, net, run, sink, temporary
from codegen.errors import UsageError
from codegen.unikernel import image, linuxu, qemu
from codegen.unikernel.console import Console
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
        """Whether a bridge is needed: for a network device, and on linuxu to start at all."""
        return self.options.sink == sink.DEVICE or self.platform == "linuxu"


@dataclass(frozen=True)
class Guests:
    """An image and the machine that boots it."""

    setup: Setup
    image: image.Image
    machine: qemu.Qemu | None  # None: a process of the platform linuxu

    def describe(self) -> dict[str, object]:
        """Return the entries of a result that describe them."""
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
    # The checks come before the build, which takes long.
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
    with temporary.folder() as folder:
        guests = prepare(files, setup, folder, on_step, on_line)
        measured = measure(guests, request.program_arguments(), on_line)
        return guests.completed(request, measured)


def measure(guests: Guests, arguments: Sequence[str], on_line: OnLine) -> dict[str, object]:
    """Boot an image with the program's arguments and return what it measured."""
    with ExitStack() as stack:
        tap = None
        if guests.setup.on_bridge and guests.machine is not None:
            tap = stack.enter_context(net.tap_of(guests.setup.bridge))
        return guests.start(arguments, tap).follow(on_line, silence(arguments))


def check(request: run.Request) -> None:
    """Raise UsageError for what a unikernel does not have, or its program would refuse."""
    if request.device != "null":
        raise UsageError(
            f"--device {request.device}: devices are those of the platform host; a unikernel "
            "gets a device on a bridge (--bridge)"
        )
    run.check(request)


def silence(arguments: Sequence[str]) -> float:
    """Return the seconds without a line after which a guest is taken to hang."""
    given = dict(each.split("=", 1) for each in arguments)
    interval = _seconds(given.get("interval"), _DEFAULT_INTERVAL)
    if interval:
        return _SILENCE + _INTERVALS * interval
    duration = _seconds(given.get("duration"), 0.0)
    return _SILENCE + (duration or _LONG_SILENCE)


def _seconds(text: str | None, default: float) -> float:
    """Return seconds, the default for an invalid text, which the program will refuse."""
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return value if math.isfinite(value) else default
