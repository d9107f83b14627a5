"""The programs besides git, gcc, make and Python that tests use, and how one does without them.

A tool that is missing skips the tests that need it, with a line that says what to
install; the last lines of a run add these up. On a machine that is meant to have them
all (``CI`` is set) the same is a failure, so that a reference cannot drop out unnoticed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest

#: The package of each tool; ``.ci/run`` installs them all.
PACKAGES = {
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "arping": "iputils-arping",
    "bison": "bison",
    "clang": "clang",
    "clang++": "clang",
    "cmake": "cmake",
    "dpdk-testpmd": "dpdk-dev",
    "editcap": "wireshark-common",
    "flex": "flex",
    "g++": "g++",
    "hping3": "hping3",
    "ip": "iproute2",
    "lua5.4": "lua5.4",
    "m4": "m4",
    "mausezahn": "netsniff-ng",
    "node": "nodejs",
    "nping": "nmap",
    "nsenter": "util-linux",
    "perl": "perl",
    "ping": "iputils-ping",
    "pkg-config": "pkg-config",
    "ps": "procps",
    "qemu-s390x": "qemu-user",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-x86_64": "qemu-system-x86",
    "randpkt": "wireshark-common",
    "s390x-linux-gnu-g++": "g++-s390x-linux-gnu",
    "s390x-linux-gnu-gcc": "gcc-s390x-linux-gnu",
    "setpriv": "util-linux",
    "tc": "iproute2",
    "trafgen": "netsniff-ng",
    "tshark": "tshark",
    "unshare": "util-linux",
    "valgrind": "valgrind",
}

#: The same of those that come with git, gcc, make and Python.
_BASIC = {"gcc": "gcc", "make": "make", "nm": "binutils", "objdump": "binutils"}

#: Why tests are skipped that need the sources of a release.
NO_TREE = "no Unikraft tree in ~/.unikraft/unikraft: unpack or clone a release there"

# Some tools are where users often do not look. A PATH without /usr/bin has nothing of /usr.
_FOLDERS = os.environ.get("PATH", "").split(os.pathsep)
_BESIDE = [f"{each.removesuffix('bin')}sbin" for each in _FOLDERS if each.endswith("/bin")]
os.environ["PATH"] = os.pathsep.join(dict.fromkeys([*_FOLDERS, *_BESIDE]))


def missing(what: str) -> NoReturn:
    """Skip the test; with ``CI`` set, fail it."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


def need(*tools: str) -> None:
    """Skip or fail the test when any of these tools is missing; names all that are.

    Raises KeyError for a tool whose package is not known, also where the tool is there.
    """
    packages = {tool: (PACKAGES | _BASIC)[tool] for tool in tools}
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        names = dict.fromkeys(packages[tool] for tool in absent)
        missing(f"without {', '.join(absent)}: apt install {' '.join(names)}")


def find_tool(tool: str) -> str:
    """Return the path of a tool; skips or fails the test as :func:`need` does."""
    need(tool)
    path = shutil.which(tool)
    assert path is not None
    return path


def summary(reasons: Iterable[str]) -> str:
    """Return a line on the tests that were skipped for these reasons, and on what runs them."""
    packages: set[str] = set()
    others: Counter[str] = Counter()
    skipped = installable = 0
    for reason in reasons:
        skipped += 1
        what, install, names = reason.partition("apt install ")
        if install:
            installable += 1
            packages.update(names.split())
        else:
            # What follows such a mark are particulars.
            others[re.split(r"[:;(]", what.removeprefix("Skipped: "))[0].strip()] += 1
    line = f"Tests that were skipped: {skipped}."
    if packages:
        line += f" To turn on {installable}: apt install {' '.join(sorted(packages))}."
    if others:
        listed = ", ".join(f"{reason} ({count})" for reason, count in sorted(others.items()))
        line += f" The others: {listed}."
    return line
