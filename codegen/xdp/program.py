"""Run the loader, which has the kernel send or receive, and complete its result."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from codegen import events, run
from codegen.errors import UsageError
from codegen.run import OnLine, Request
from codegen.xdp import build, needs

#: The device of the other platforms where the user named none.
_NO_DEVICE = "null"

PLATFORM = "xdp"


def check(request: Request, cores: int) -> None:
    """Raise UsageError for what this platform does not do, before anything is looked for."""
    run.check(request)
    if request.device == _NO_DEVICE or ":" in request.device:
        raise UsageError(
            f"--platform xdp: --device {request.device} is no interface of this machine; name "
            "one that 'ip link' lists, such as --device eth0"
        )
    if request.sink != "netdev":
        raise UsageError(f"--sink {request.sink}: the platform xdp sends to an interface only")
    mode = request.effective_mode
    if mode not in ("tx", "rx"):
        raise UsageError(
            f"--platform xdp does not run in mode {mode}: start one that sends (tx) and one that "
            "receives (rx)"
        )
    if cores > 1 and mode != "tx":
        raise UsageError(
            f"--cores {cores} is for sending: a receiver runs on each CPU that gets frames"
        )
    usable = len(os.sched_getaffinity(0))
    if cores > usable:
        raise UsageError(f"--cores {cores}: this process may use {usable}")


def run_xdp(
    request: Request,
    cores: int,
    on_line: OnLine,
    on_interrupted: Callable[[dict[str, object]], None] = lambda _: None,
) -> dict[str, object]:
    """Have the kernel send from an interface, or receive from it; return the result.

    ``cores`` send at once, each its own part of the packets. Otherwise as
    :func:`codegen.run.run_host`; raises NeedsError as well.
    """
    check(request, cores)
    receives = request.effective_mode == "rx"
    needs.check(parses=receives)
    # The kernel's buffers work like the ring of this strategy, whatever was asked for.
    request = replace(request, strategy=build.STRATEGY)
    built = build.build_loader(request.layout)
    command = [
        *(str(built.loader), f"object={built.object}", f"interface={request.device}"),
        *(f"cores={cores}", f"parent={os.getpid()}", "--"),
        # Frames are parsed in the kernel unless it is switched off.
        *(["match=on"] if receives else []),
        *request.program_arguments(),
    ]

    def completed(lines: Sequence[str]) -> dict[str, object]:
        more = _counted(lines) if receives else {"cores": cores}
        return run.complete(request, run.result(lines), PLATFORM, request.device, **more)

    return run.run_program(command, on_line, completed, on_interrupted)


def _counted(lines: Sequence[str]) -> dict[str, object]:
    """Return what a receiver counted besides its result: by reason, and by CPU."""
    for line in lines:
        found = events.parse(line.rstrip("\n"))
        if found is not None and found.get("event") == "counted":
            return {key: found[key] for key in ("reasons", "cpus")}
    return {}
