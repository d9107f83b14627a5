"""What the platform needs of this machine, checked before anything is built."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from codegen import errors, temporary
from codegen.errors import CodegenError
from codegen.host.build import BuildError, Compiler

#: The compiler that has BPF as a target.
CLANG = "clang"

#: The linker's flags for the loader.
LIBRARIES = ("-lbpf", "-lelf", "-lz", "-lpthread")

#: The first kernel that sends frames of a test run (BPF_F_TEST_XDP_LIVE_FRAMES).
KERNEL = (5, 18)

#: Capabilities and their numbers in linux/capability.h.
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_PERFMON": 38, "CAP_BPF": 39}

#: What /proc/self/uid_map has in the first user namespace: all users, as themselves.
_ALL_USERS = ["0", "0", "4294967295"]


class NeedsError(CodegenError):
    """The machine lacks something; the message has a line for each."""


def check(parses: bool = True) -> None:
    """Raise NeedsError with a line for each thing that the machine lacks.

    ``parses`` is whether received frames are parsed in the kernel, and not only sent.
    """
    found = [kernel(release()), rights(parses), clang(), libbpf()]
    lacking = [each for each in found if each is not None]
    if lacking:
        raise NeedsError("the platform xdp lacks here:\n" + "\n".join(f"  {e}" for e in lacking))


def release() -> str:
    """Return the release of the kernel that runs here."""
    return os.uname().release


def kernel(running: str) -> str | None:
    """Return what is lacking in a kernel of that release, None where nothing is."""
    version = re.match(r"(\d+)\.(\d+)", running)
    if version and (int(version[1]), int(version[2])) >= KERNEL:
        return None
    return f"Linux {KERNEL[0]}.{KERNEL[1]} or newer: this is {os.uname().sysname} {running}"


def rights(parses: bool = True) -> str | None:
    """Return the rights that are lacking, None where none is.

    Those of a user namespace do not count for BPF. A parser computes with addresses, which
    the kernel allows in full to those only who may look into it.
    """
    needed = {name: _CAPABILITIES[name] for name in ("CAP_BPF", "CAP_NET_ADMIN")}
    if parses:
        needed["CAP_PERFMON"] = _CAPABILITIES["CAP_PERFMON"]
    *most, last = needed
    wanted = f"root, or the capabilities {', '.join(most)} and {last}"
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = int(re.findall(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)[0], 16)
    if any(not effective >> number & 1 for number in needed.values()):
        return f"{wanted}: this process has not got them; call it with sudo"
    if Path("/proc/self/uid_map").read_text(encoding="ascii").split() != _ALL_USERS:
        return f"{wanted}: those of a user namespace do not do; use unshare -n without -U"
    return None


def clang() -> str | None:
    """Return that clang is missing, None where it is there."""
    return None if shutil.which(CLANG) else errors.missing(CLANG, "clang")


def libbpf() -> str | None:
    """Return that libbpf is missing, None where a program with it can be linked."""
    with temporary.folder() as folder:
        source = folder / "probe.c"
        source.write_text("#include <bpf/libbpf.h>\nint main(void)\n{\n\treturn 0;\n}\n")
        try:
            Compiler.find().run([str(source), "-o", str(folder / "probe"), *LIBRARIES])
        except BuildError:
            return errors.missing("libbpf, with its headers,", "libbpf-dev")
    return None
