"""Where packets go, as users spell it and as a build configures it.

A sink is not part of a strategy: the same emitted source is built for any of them, by
Kconfig on Unikraft and by ``-D`` on the host.
"""

from __future__ import annotations

from codegen.errors import UsageError

#: The sink that hands packets to the network device.
DEVICE = "netdev"

#: The most packets that the sink window holds.
WINDOW_MAX = 65536


def symbols(sink: str) -> dict[str, int]:
    """Return the configuration symbols that a sink sets, 1 for a switch.

    ``netdev`` sends to the device, ``free`` gives each packet back at once,
    ``window:N`` holds the last N packets as a device does. Raises UsageError when
    there is no such sink.
    """
    kind, _, held = sink.partition(":")
    if sink == DEVICE:
        return {}
    if sink == "free":
        return {"CONFIG_APPPKTGEN_SINK_FREE": 1}
    if kind == "window" and held.isdecimal() and 1 <= int(held) <= WINDOW_MAX:
        return {"CONFIG_APPPKTGEN_SINK_HOLD": 1, "CONFIG_APPPKTGEN_SINK_WINDOW": int(held)}
    raise UsageError(
        f"there is no sink {sink!r}; there are: netdev, free, and window:N "
        f"with N from 1 to {WINDOW_MAX}"
    )


def held(sink: str) -> int:
    """Return how many packets a sink holds; raises UsageError as :func:`symbols` does."""
    return symbols(sink).get("CONFIG_APPPKTGEN_SINK_WINDOW", 0)


def compiler_flags(sink: str) -> tuple[str, ...]:
    """Return the compiler's flags for a sink; raises UsageError as :func:`symbols` does."""
    return tuple(f"-D{name}={value}" for name, value in symbols(sink).items())
