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

#: Capabilities by their numbers in linux/capability.h.
_CAP_NET_ADMIN, _CAP_SYS_ADMIN, _CAP_BPF = 12, 21, 39

#: What /proc/self/uid_map has in the first user namespace: all users, as themselves.
_ALL_USERS = ["0", "0", "4294967295"]


class NeedsError(CodegenError):
    """The machine lacks something; the message has a line for each."""


def check() -> None:
    """Raise NeedsError with a line for each thing that the machine lacks."""
    found = [_kernel(os.uname().release), _rights(), _clang(), _libbpf()]
    lacking = [each for each in found if each is not None]
    if lacking:
        raise NeedsError("the platform xdp lacks here:\n" + "\n".join(f"  {e}" for e in lacking))


def _kernel(release: str) -> str | None:
    version = re.match(r"(\d+)\.(\d+)", release)
    if version and (int(version[1]), int(version[2])) >= KERNEL:
        return None
    return f"Linux {KERNEL[0]}.{KERNEL[1]} or newer: this is {os.uname().sysname} {release}"


def _rights() -> str | None:
    """Return what rights are lacking; those of a user namespace do not count for BPF."""
    wanted = "root, or the capabilities CAP_BPF and CAP_NET_ADMIN"
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = int(re.findall(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)[0], 16)
    has_bpf = effective >> _CAP_BPF & 1 or effective >> _CAP_SYS_ADMIN & 1
    if not (has_bpf and effective >> _CAP_NET_ADMIN & 1):
        return f"{wanted}: this process has not got them; call it with sudo"
    if Path("/proc/self/uid_map").read_text(encoding="ascii").split() != _ALL_USERS:
        return f"{wanted}: those of a user namespace do not do; use unshare -n without -U"
    return None


def _clang() -> str | None:
    return None if shutil.which(CLANG) else errors.missing(CLANG, "clang")


def _libbpf() -> str | None:
    """Return that libbpf is missing when a program with it cannot be linked."""
    with temporary.folder() as folder:
        source = folder / "probe.c"
        source.write_text("#include <bpf/libbpf.h>\nint main(void)\n{\n\treturn 0;\n}\n")
        try:
            Compiler.find().run([str(source), "-o", str(folder / "probe"), *LIBRARIES])
        except BuildError:
            return errors.missing("libbpf, with its headers,", "libbpf-dev")
    return None
