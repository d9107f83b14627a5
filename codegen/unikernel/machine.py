"""What a user asks of the machines that a unikernel runs on, whichever they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from codegen.errors import UsageError
from codegen.model import Buffers, Strategy

#: How the command's options are called, by the names of their values.
_OPTIONS = {
    "bridge": "--bridge",
    "kvm": "--kvm",
    "bus": "--virtio",
    "notify": "--notify",
    "memory": "--memory",
    "macs": "--mac",
    "gdb": "--gdb",
    "backend": "--backend",
    "processors": "--smp",
    "queues": "--queues",
}


#: Megabytes of a machine, unless its strategy needs more.
MEMORY = 64

#: Descriptors that a queue has at most (the runtime's bound), and bytes from one buffer of a
#: pool or ring to the next: they are aligned so that none crosses a page.
_DESCRIPTORS = 1024
_STRIDE = 2048

#: Bytes that a netbuf of the heap takes, with its buffer: a page.
_PAGE = 4096


def memory_for(strategy: Strategy, held: int) -> int:
    """Return the megabytes of a machine that has room for a strategy's buffers.

    ``held`` packets are on their way beside those that the device has. A pool or ring is
    one block, and Unikraft's allocator gives blocks of a power of two that are aligned to
    their size: of twice as much memory, one half is surely free.
    """
    if strategy.buffers is Buffers.SHARED:
        return MEMORY
    count = strategy.objects or _DESCRIPTORS + held + 1
    if strategy.buffers is Buffers.HEAP:
        return max(MEMORY, MEMORY // 2 + (count * _PAGE >> 20))
    stride = _STRIDE * -(-(strategy.object_size or _STRIDE) // _STRIDE)
    block = 1 << (count * stride >> 20).bit_length()
    return max(MEMORY, 2 * block + 16)


@dataclass(frozen=True)
class Machine:
    """The options of a machine; None is for what is chosen where it runs.

    ``bridge`` has the tap of each network device. ``kvm`` is auto, on or off. ``bus`` of the
    network device is pci or mmio, ``notify`` one of :data:`codegen.unikernel.qemu.NOTIFY`.
    ``memory`` is in megabytes. ``macs`` are the addresses of the machines of a run, as far as
    they were chosen. ``gdb`` is the port on which a debugger is waited for. ``backend`` is
    what is behind the network device: ``tap``, ``vhost`` (a tap that the kernel serves) or
    ``vhost-user:SOCKET`` (a program that serves it, with no bridge). ``processors`` and
    ``queues`` (pairs of the device) are numbers.
    """

    bridge: str = "usocbr0"
    kvm: str = "auto"
    bus: str | None = None
    notify: str | None = None
    memory: int | None = None
    macs: tuple[str, ...] = ()
    gdb: int | None = None
    backend: str = "tap"
    processors: int = 1
    queues: int = 1

    @property
    def socket(self) -> str:
        """The socket of vhost-user, empty with any other backend."""
        kind, _, path = self.backend.partition(":")
        return path if kind == "vhost-user" else ""

    def __post_init__(self) -> None:
        """Raise UsageError for addresses that machines cannot have."""
        if self.backend not in ("tap", "vhost") and not self.socket:
            raise UsageError(
                f"there is no --backend {self.backend}; there are: tap, vhost, vhost-user:SOCKET"
            )
        for each in self.macs:
            _check_mac(each)
        if len({each.lower() for each in self.macs}) < len(self.macs):
            raise UsageError(f"--mac {self.macs[0]}: each machine needs an address of its own")

    def check(self, platform: str, machines: int) -> None:
        """Raise UsageError for what a platform's machines, ``machines`` in number, do not have."""
        if len(self.macs) > machines:
            raise UsageError(
                f"--mac is given {len(self.macs)} times, and there "
                + ("is one machine" if machines == 1 else f"are {machines} machines")
            )
        if platform == "qemu":
            if self.gdb is not None and machines > 1:
                raise UsageError("--gdb is for one machine: leave out --pair")
            if self.socket and machines > 1:
                raise UsageError(f"--backend {self.backend} connects one machine: leave out --pair")
            return
        for option in self.chosen():
            # Without KVM is how a process runs anyway.
            if option not in ("--bridge", "--memory") and (option, self.kvm) != ("--kvm", "off"):
                raise UsageError(f"{option} is for the platform qemu: leave it out on {platform}")

    def chosen(self) -> list[str]:
        """Return the options that were given a value which is not their default."""
        return [
            _OPTIONS[each.name] for each in fields(self) if getattr(self, each.name) != each.default
        ]


def _check_mac(text: str) -> None:
    if not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", text):
        raise UsageError(f"--mac {text}: an address is wanted, such as 02:00:00:00:00:01")
    if int(text[:2], 16) & 1:
        raise UsageError(f"--mac {text}: that is a group's address; its first octet must be even")
    if not text.strip("0:"):
        raise UsageError(f"--mac {text}: no machine has that one; take 02:00:00:00:00:01")
