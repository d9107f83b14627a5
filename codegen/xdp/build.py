"""Compile the kernel's programs with clang, and the loader for this machine."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from pathlib import Path

from codegen import emit, runtime, temporary
from codegen.errors import UsageError
from codegen.host import build
from codegen.host.build import Compiler
from codegen.layout import Layout, Sum, TimestampSweep
from codegen.lower import FormatPlan, lower
from codegen.model import STRATEGIES, Algorithm
from codegen.xdp.needs import CLANG, LIBRARIES

#: The kernel recycles frames without writing them anew, and the program patches what differs.
STRATEGY = next(each for each in STRATEGIES if each.name == "ring-patch")

SOURCES = Path(__file__).parent / "src"
PROGRAMS = SOURCES / "packet.bpf.c"

#: What the kernel's programs are compiled with. Debug information has the types of the maps;
#: the third version of the instruction set has jumps on 32 bits.
FLAGS = ("-g", "-target", "bpf", "-mcpu=v3", "-ffreestanding", "-Wall", "-Wextra", "-Werror")

#: What the packet is called in ``packet.h``, which needs Unikraft's headers.
_NAMES = ("args", "fields", "write", "length", "parse", "match")
_SWEEP_NAMES = ("sweep", "sweep_init", "sweep_write", "sweep_next", "sweep_length")


@dataclass(frozen=True)
class Built:
    """The loader, and the object with the programs that it loads."""

    loader: Path
    object: Path


def build_loader(layout: Layout, optimize: str = "-O2") -> Built:
    """Emit a packet and compile it for the kernel and for the loader.

    ``optimize`` is clang's level for the kernel's programs. Raises BuildError, and UsageError
    for a format that the kernel does not send.
    """
    _check(layout)
    with temporary.folder() as folder:
        app = folder / STRATEGY.name
        emit.write(emit.render(layout, STRATEGY), app)
        sources = [each for each in sorted(SOURCES.glob("*.c")) if each != PROGRAMS]
        loader = build.build_with(app, sources, LIBRARIES)
        return Built(loader, _build_object(layout, app, optimize))


def _check(layout: Layout) -> None:
    """Raise UsageError for a format that the kernel does not send."""
    if layout.sweeps_payload:
        raise UsageError(
            f"--platform xdp: the payload of {layout.name!r} differs from packet to packet, which "
            "the kernel's verifier does not accept; use another platform"
        )
    if layout.padding is not None:
        raise UsageError(
            f"--platform xdp: {layout.name!r} has padding behind its payload "
            f"({layout.padding.path}), which is not supported there; use another platform"
        )
    times = [each.origin for each in layout.sweeps if isinstance(each.origin, TimestampSweep)]
    if any(each.epoch is not None for each in times):
        raise UsageError(
            f"--platform xdp: {layout.name!r} has time stamps of the wall clock, which programs in "
            "the kernel cannot read: bpf_ktime_get_tai_ns() is as far from it as the kernel's TAI "
            "offset is set wrong, and that is 0 by default; use Timestamp() without an epoch"
        )


def _build_object(layout: Layout, app: Path, optimize: str) -> Path:
    clang = Compiler.find(CLANG)
    flags = (*FLAGS, optimize, *_include_kernel(), *_definitions(layout))
    headers = [*sorted(app.glob("*.[ch]")), *sorted(runtime.FOLDER.glob("*.h"))]

    def key() -> str:
        own = [PROGRAMS, *sorted(SOURCES.glob("*.h")), Path(__file__)]
        return build.key_of([clang.identity, *flags], headers, own)

    def fill(folder: Path) -> None:
        folders = (part for each in (app, runtime.FOLDER) for part in ("-iquote", str(each)))
        target = folder / "packet.o"
        clang.run([*flags, *folders, "-c", str(PROGRAMS), "-o", str(target)])

    return build.cached("bpf", key, fill) / "packet.o"


def _include_kernel() -> tuple[str, ...]:
    """Return the flags with which the kernel's headers for this machine are found."""
    multiarch = sysconfig.get_config_var("MULTIARCH")
    return ("-idirafter", f"/usr/include/{multiarch}") if multiarch else ()


def _sweep_has_loops(layout: Layout, format: FormatPlan) -> bool:
    """Return whether what is written for each packet is found, or summed up, by its length."""
    members = {name for each in format.structs for _, name, _ in each.members}
    sums = [each.origin for each in layout.checksums if isinstance(each.origin, Sum)]
    others = any(each.algorithm is not Algorithm.INTERNET for each in sums)
    loops = format.trailer_length > 0 or others
    return "pktlen" in members and loops


def _definitions(layout: Layout) -> list[str]:
    """Return the flags that name the packet, and what is known of it."""
    format = lower(layout, STRATEGY).format
    names = _NAMES + (_SWEEP_NAMES if format.is_swept else ())
    meanings = {
        "PACKET_SOURCE": f'"{format.name}.c"',
        "PACKET_MIN_LEN": f"{format.macro}_MIN_LEN",
        "PACKET_MAX_LEN": f"{format.macro}_MAX_LEN",
        "PACKET_IS_SWEPT": int(format.is_swept),
        "PACKET_IS_TIMED": int(format.is_timed),
        "PACKET_SWEEPS_LENGTH": int(format.sweeps_length),
        "PACKET_SWEEP_HAS_LOOPS": int(_sweep_has_loops(layout, format)),
        "PACKET_HAS_TRAILER": int(format.trailer_length > 0),
        **{f"packet_{each}": f"{format.name}_{each}" for each in names},
    }
    return [f"-D{name}={meaning}" for name, meaning in meanings.items()]
