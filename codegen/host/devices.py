"""The devices of the host platform, as users name them with ``--device``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import UsageError


@dataclass(frozen=True)
class Device:
    """A kind of device; ``takes`` names what follows its colon, None for nothing."""

    name: str
    takes: str | None
    summary: str

    @property
    def spec(self) -> str:
        """How a user writes the device."""
        return f"{self.name}:{self.takes}" if self.takes else self.name


DEVICES = (
    Device("null", None, "takes every packet and drops it"),
    Device("loop", None, "what is sent is received"),
    Device(
        "pcap", "FILE", "writes what is sent to a capture file; in mode rx, receives what it has"
    ),
    Device("tap", "NAME", "a tap of this machine, made if there is none; 'codegen net' makes two"),
    Device("packet", "IF", "any Ethernet interface of this machine, through a packet socket"),
    Device("xdp", "IF[:QUEUE]", "the same through an AF_XDP socket, the fastest; sends only"),
)

#: Devices that take frames of every link type; the others are interfaces of Ethernet.
ANY_LINK = ("null", "loop", "pcap")

#: Names of standard output, which a capture would share with what the program prints.
_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def check(spec: str) -> str:
    """Return ``spec`` when it names a device; raises UsageError otherwise."""
    name, _, rest = spec.partition(":")
    for device in DEVICES:
        if device.name == name and bool(rest) == bool(device.takes):
            return spec
    known = ", ".join(device.spec for device in DEVICES)
    raise UsageError(f"there is no device {spec!r}; there are: {known}")


def for_mode(spec: str, mode: str) -> str:
    """Return the device as the platform's program names it, for a mode of the application.

    The platform does not know whether the application sends or receives, so it has a
    separate device, ``replay``, for a capture file to receive from.
    Raises UsageError when there is no such device, or it does not go with the mode.
    """
    name, _, rest = check(spec).partition(":")
    if name == "pcap" and mode == "both":
        raise UsageError(
            f"device {spec}: a capture file is written in mode tx and received from in mode rx; "
            "it cannot be both at once"
        )
    if name == "pcap" and mode == "tx" and rest in _STANDARD_OUTPUT:
        raise UsageError(
            f"device {spec}: the program's lines go to standard output already; "
            "name a file, or a FIFO (mkfifo)"
        )
    if name == "xdp" and mode != "tx":
        interface = rest.partition(":")[0]
        raise UsageError(
            f"device {spec} cannot be used in mode {mode}: receiving on xdp: needs a BPF program; "
            f"receive on packet:{interface}"
        )
    return f"replay:{rest}" if name == "pcap" and mode == "rx" else spec


def clean_up(spec: str, process: int) -> None:
    """Remove what a killed program leaves of a device: a capture under its temporary name.

    ``spec`` is what :func:`for_mode` returned, ``process`` the program's number.
    """
    name, _, file = spec.partition(":")
    if name == "pcap":
        # As src/outfile.c names it.
        Path(f"{os.path.realpath(file)}.{process}.partial").unlink(missing_ok=True)
