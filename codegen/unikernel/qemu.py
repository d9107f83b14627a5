"""QEMU as the machine of an image: its command line, and which accelerator works.

All knowledge about QEMU is here. A device ``/dev/kvm`` does not mean that a guest can
run on it, so a guest is booted to find out. Without KVM, a network device that notifies
the other side once for each batch is several times faster.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codegen.errors import CodegenError, UsageError, missing
from codegen.net import Tap
from codegen.unikernel.console import Console, GuestError, NoDevice
from codegen.unikernel.machine import MEMORY
from codegen.unikraft import Target

#: Emulated, a machine that may get a second processor has its memory barriers. QEMU before
#: 8.1 leaves them out where there is one processor only (its commit c914d46d0a), although
#: the devices run in another thread: a guest then reads that the device is awake while the
#: device, about to sleep, does not see the guest's packet yet. With VIRTIO_RING_F_EVENT_IDX,
#: which Unikraft has from 0.15 on, a notification that is lost so is lost for good. With
#: ``event_idx=off`` on the device that would be rare, not impossible. Without a device
#: there is nothing to lose, and barriers cost 6 % of the rate.
_BARRIERS = ("-smp", "1,maxcpus=2")

#: Seconds that a guest has to print something when an accelerator is tried.
_PROBE_LIMIT = 5.0

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class _System:
    """QEMU for an architecture; ``buses`` of a virtio device, the usual one first."""

    program: str
    package: str
    machine: str
    emulated_cpu: str
    buses: tuple[str, ...]


_SYSTEMS = {
    "x86_64": _System("qemu-system-x86_64", "qemu-system-x86", "pc", "max", ("pci",)),
    "arm64": _System(
        "qemu-system-aarch64", "qemu-system-arm", "virt", "cortex-a53", ("mmio", "pci")
    ),
}

_DEVICES = {"pci": "virtio-net-pci", "mmio": "virtio-net-device"}

#: When QEMU takes sent packets (its ``tx=``): ``timer`` all of 150 us at once, ``bh`` at
#: each notification by the guest.
NOTIFY = {
    "timer": "QEMU takes sent packets in batches (tx=timer)",
    "bh": "QEMU takes each sent packet at once (tx=bh)",
}


class QemuError(CodegenError):
    """QEMU is missing or cannot be used as asked."""


@dataclass(frozen=True)
class Qemu:
    """A machine of an architecture.

    ``accelerator`` is ``kvm`` or ``tcg``, ``bus`` the one of the network device (None for
    the usual one), ``notify`` one of :data:`NOTIFY`, ``memory`` in megabytes. With ``gdb``,
    a TCP port of this machine, the guest waits for a debugger before its first instruction.
    ``backend`` is as in :class:`codegen.unikernel.machine.Machine`.
    """

    target: Target
    accelerator: str = "tcg"
    bus: str | None = None
    notify: str = "bh"
    memory: int = MEMORY
    gdb: int | None = None
    backend: str = "tap"
    processors: int = 1

    def __post_init__(self) -> None:
        """Raise UsageError for a bus that the machine does not have."""
        check_bus(self.target, self.bus)

    @property
    def device(self) -> str:
        """The network device, as QEMU calls it."""
        return _DEVICES[self.bus or _SYSTEMS[self.target.arch].buses[0]]

    def describe(self) -> dict[str, object]:
        """Return the entries of a result that describe the machine."""
        return {
            "accelerator": self.accelerator,
            "notify": self.notify,
            "memory_megabytes": self.memory,
        }

    def start(
        self, image: Path, arguments: Sequence[str], tap: Tap | None, mac: str | None = None
    ) -> Console:
        """Boot an image with the program's arguments; its device is on ``tap``, or on nothing.

        ``mac`` is the device's address, by default one that no other machine on the tap's
        bridge has by default. Raises QemuError when QEMU is not installed.
        """
        mac = mac or address(tap.number if tap else 0)
        device = f"{self.device},netdev=net0,mac={mac}"
        kind, _, socket = self.backend.partition(":")
        if kind == "vhost-user":
            # The program at the other end reads and writes the guest's memory itself.
            shared = f"memory-backend-memfd,id=mem,size={self.memory}M,share=on"
            network = ["-object", shared, "-chardev", f"socket,id=net0c,path={socket}"]
            network += ["-netdev", "vhost-user,id=net0,chardev=net0c", "-device", device]
            return self._start(image, arguments, network, (), options=",memory-backend=mem")
        if tap is None:
            network = ["-netdev", "hubport,id=net0,hubid=0"]
        else:
            vhost = ",vhost=on" if kind == "vhost" else ""
            network = ["-netdev", f"tap,id=net0,fd={tap.fd}{vhost}"]
        network += ["-device", f"{device},tx={self.notify}"]
        return self._start(image, arguments, network, (tap.fd,) if tap else ())

    def _processors(self, has_device: bool) -> Sequence[str]:
        if self.processors > 1:
            return ("-smp", str(self.processors))
        return _BARRIERS if self.accelerator == "tcg" and has_device else ()

    def _start(
        self,
        image: Path,
        arguments: Sequence[str],
        network: Sequence[str],
        fds: Sequence[int],
        options: str = "",
    ) -> Console:
        system = _SYSTEMS[self.target.arch]
        program = shutil.which(system.program)
        if program is None:
            raise QemuError(missing(system.program, system.package))
        command = [
            *(program, "-machine", system.machine + options, "-accel", self.accelerator),
            *("-cpu", "host" if self.accelerator == "kvm" else system.emulated_cpu),
            *self._processors(has_device=bool(fds or options)),
            *("-m", str(self.memory)),
            *(("-S", "-gdb", f"tcp:127.0.0.1:{self.gdb}") if self.gdb else ()),
            *("-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
            *("-kernel", str(image), "-append", " ".join(["pktgen", "--", *arguments])),
            *network,
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            # CTRL+C is handled here, not by QEMU; the guest ends when this process is killed.
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        assert process.stdout is not None
        return Console(process, os.dup(process.stdout.fileno()), monitor=system.program)


def check_backend(backend: str) -> None:
    """Raise QemuError for a backend that is not there, or may not be used."""
    kind, _, path = backend.partition(":")
    if kind == "vhost-user":
        if not Path(path).is_socket():
            raise QemuError(
                f"no program listens on {path}; start one there first, such as "
                f"dpdk-testpmd --no-huge --vdev net_vhost0,iface={path} -- --forward-mode=rxonly"
            )
    elif kind == "vhost":
        device = Path("/dev/vhost-net")
        if not device.exists():
            raise QemuError(f"there is no {device}; load the kernel's module: modprobe vhost_net")
        if not os.access(device, os.R_OK | os.W_OK):
            raise QemuError(f"no permission for {device}; run this with sudo")


def address(number: int) -> str:
    """Return the MAC address of the machine on a bridge's tap of that number."""
    return "02:00:00:" + (number + 1 & 0xFFFFFF).to_bytes(3, "big").hex(":")


def check_bus(target: Target, bus: str | None) -> None:
    """Raise UsageError when machines of the target's architecture have no such bus."""
    buses = _SYSTEMS[target.arch].buses
    if bus is not None and bus not in buses:
        raise UsageError(
            f"--virtio {bus}: a machine of --arch {target.arch} has " + " and ".join(buses)
        )


def faster_notification(accelerator: str, machines: int) -> str:
    """Return the way of :data:`NOTIFY` that sends faster.

    Where guest and device share a core, a notification interrupts the guest, and batches
    are three times as fast. Where each has its own (and with KVM, where QEMU's default is
    used), the device works in parallel with the guest, and batches only make it wait.
    """
    cores = len(os.sched_getaffinity(0))
    return "timer" if accelerator == "tcg" and cores < 2 * machines else "bh"


def die_with_parent() -> None:
    """Have the kernel end this process when its parent is gone (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_LIBC = ctypes.CDLL(None)


def choose_accelerator(wanted: str, target: Target, image: Path, say: Callable[[str], None]) -> str:
    """Return ``kvm`` or ``tcg`` for ``on``, ``off`` or ``auto``, and the reason.

    ``auto`` and ``on`` boot the image without a network device: where KVM works, the
    guest reports that it has none. Raises QemuError when ``on`` is not possible.
    """
    if wanted == "off":
        return "tcg"
    reason = _why_not_kvm(target, image)
    if reason is None:
        return "kvm"
    if wanted == "on":
        raise QemuError(f"KVM cannot be used: {reason}; leave out --kvm on to emulate")
    say(f"no KVM ({reason}): the machine is emulated (tcg), and slower")
    return "tcg"


@lru_cache
def _why_not_kvm(target: Target, image: Path) -> str | None:
    """Return why a guest does not run on KVM, None when it does."""
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(os.uname().machine)
    if machine != target.arch:
        return f"this machine is no {target.arch}"
    device = Path("/dev/kvm")
    if not device.exists():
        return "there is no /dev/kvm"
    if not os.access(device, os.R_OK | os.W_OK):
        return "no permission for /dev/kvm"
    try:
        Qemu(target, "kvm")._start(image, (), (), ()).follow(lambda _: None, _PROBE_LIMIT)
    except NoDevice:
        return None
    except GuestError:
        return "/dev/kvm is there, but a guest does not run on it"
    return "a guest without a network device sent packets"
