"""The devices of the host platform, as users name them with ``--device``."""

from __future__ import annotations

from dataclasses import dataclass

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
    Device("pcap", "FILE", "writes what is sent to a capture file"),
)


def check(spec: str) -> str:
    """Return ``spec`` when it names a device; raises UsageError otherwise."""
    name, _, rest = spec.partition(":")
    for device in DEVICES:
        if device.name == name and bool(rest) == bool(device.takes):
            return spec
    known = ", ".join(device.spec for device in DEVICES)
    raise UsageError(f"there is no device {spec!r}; there are: {known}")
