"""A Unikraft tree: where it is, what it can build, and how releases differ.

All knowledge about the differences between releases is here. It is derived from the
files and Kconfig symbols of the tree, not from its version, so that a release that is
newer than this code is not rejected for its number.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import CodegenError, UsageError

#: Releases whose images were built and booted, and sent what they should, for each target.
#: Others are not refused for their number, only for what their files lack.
KNOWN_RELEASES = {
    "qemu-x86_64": "0.5, 0.7.0 to 0.17.0",
    "qemu-arm64": "0.12.0 to 0.17.0",
    "linuxu-x86_64": "0.8.0 to 0.10.0, 0.13.1 to 0.16.3",
}


class TreeError(CodegenError):
    """There is no usable Unikraft tree, or it cannot build what is asked for."""


@dataclass(frozen=True)
class Target:
    """What an image runs on; the names are those of KraftKit's targets."""

    platform: str
    arch: str

    @property
    def name(self) -> str:
        """The name, as ``qemu-x86_64``."""
        return f"{self.platform}-{self.arch}"


TARGETS = (Target("qemu", "x86_64"), Target("qemu", "arm64"), Target("linuxu", "x86_64"))


def target(platform: str, arch: str) -> Target:
    """Return the target; raises UsageError when there is none such."""
    found = Target(platform, arch)
    if found not in TARGETS:
        raise UsageError(
            f"there is no target {found.name}; there are: "
            + ", ".join(each.name for each in TARGETS)
        )
    return found


@dataclass(frozen=True)
class Tree:
    """The folder of an unpacked or cloned release."""

    root: Path

    @property
    def version(self) -> str:
        """The release, as ``0.17.0``, from ``version.mk``."""
        try:
            text = (self.root / "version.mk").read_text(encoding="utf-8")
        except OSError:
            return "unknown"
        found = dict(re.findall(r"^(UK_\w*VERSION)\s*=\s*(\S+)", text, re.M))
        parts = (found.get(f"UK_{name}VERSION") for name in ("", "SUB", "EXTRA"))
        return ".".join(part.lstrip(".") for part in parts if part)

    def image_name(self, target: Target, name: str) -> str:
        """Return the name of the image file that the build leaves.

        Releases up to 0.10 name the platform of QEMU after its hypervisor, ``kvm``; later
        ones name it after the machine monitor.
        """
        platform = target.platform
        if platform == "qemu" and not self._declares("plat/kvm/Config.uk", "KVM_VMM_QEMU"):
            platform = "kvm"
        return f"{name}_{platform}-{target.arch}"

    def check(self, target: Target) -> None:
        """Raise TreeError when the tree cannot build for a target, with the reason."""
        if target.platform == "linuxu":
            # Without a tap there is a platform, but no network device.
            if not self._declares("plat/linuxu/Config.uk", "TAP_NET"):
                raise self._cannot(target, "it lacks the platform linuxu with a network device")
            parser = _text(self.root / "lib/uklibparam/param.c")
            if parser and "__thread" in _text(self.root / "lib/nolibc/errno.c"):
                why = "its libuklibparam sets errno before there is thread-local storage for it"
                raise self._cannot(target, f"{why}, and crashes")
        elif target.arch == "arm64":
            # Without a flag, compilers call a helper for atomics that only a libc has.
            flags = self.root / "arch/arm/arm64/Makefile.uk"
            if "outline-atomics" not in _text(flags):
                raise self._cannot(target, "it lacks the flags that today's compilers need there")

    def check_queues(self, pairs: int) -> None:
        """Raise TreeError when the virtio driver has fewer pairs of queues."""
        folders = ("drivers/virtio/net", "plat/drivers/virtio")
        driver = "".join(_text(self.root / each / "virtio_net.c") for each in folders)
        if pairs > 1 and re.search(r"max_vqueue_pairs\s*=\s*1;", driver):
            raise TreeError(
                f"--queues {pairs}: the virtio driver of Unikraft {self.version} in {self.root} "
                "has one pair of queues; leave out --queues"
            )
        if pairs > 1:
            raise TreeError(f"--queues {pairs}: the emitted program uses one pair of queues")

    def _cannot(self, target: Target, why: str) -> TreeError:
        return TreeError(
            f"Unikraft {self.version} in {self.root} cannot be used for {target.name}: {why}; "
            f"take another target, or a release that can: {KNOWN_RELEASES[target.name]}"
        )

    def _declares(self, file: str, symbol: str) -> bool:
        return re.search(rf"^\s*config {symbol}$", _text(self.root / file), re.M) is not None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def find_tree(uk_root: Path | None = None) -> Tree:
    """Return the tree of the argument, ``$UK_ROOT``, ``$UK_WORKDIR/unikraft`` or a usual place.

    The usual places are ``.unikraft/unikraft`` in the current folder, where KraftKit keeps
    an application's sources, and in the home folder. Raises UsageError when one of the
    first two is given and is not a tree, or when make could not use its path, and otherwise
    TreeError when there is none; its message explains how to get a tree.
    """
    for origin, named in (("--uk-root", uk_root), ("UK_ROOT", os.environ.get("UK_ROOT"))):
        if named:
            tree = Path(named).expanduser().absolute()
            if not _is_tree(tree):
                raise UsageError(f"{origin}: {_no_tree(tree)}")
            return _usable(tree)
    workdir = os.environ.get("UK_WORKDIR")
    places = [Path(workdir, "unikraft")] if workdir else []
    places += [Path(".unikraft/unikraft"), Path("~/.unikraft/unikraft")]
    for place in places:
        tree = place.expanduser().absolute()
        if _is_tree(tree):
            return _usable(tree)
    raise TreeError(_no_tree(tree))


def _usable(tree: Path) -> Tree:
    """Return a tree; raises UsageError when make would take its path for several."""
    if has_blank(tree):
        raise UsageError(
            f"the Unikraft tree {str(tree)!r} has a blank in its path, which its Makefiles cannot "
            "handle; move it, or name it by a link without one (ln -s) with --uk-root"
        )
    return Tree(tree)


def has_blank(path: Path) -> bool:
    """Return whether make would take a path for several."""
    return any(each.isspace() for each in str(path))


def _is_tree(folder: Path) -> bool:
    return (folder / "lib" / "uknetdev").is_dir()


def _no_tree(folder: Path) -> str:
    return (
        f"there is no Unikraft tree in {folder}; unpack or clone a release of "
        "github.com/unikraft/unikraft there, or say where one is with --uk-root DIR or "
        f"UK_ROOT; known to work: {KNOWN_RELEASES['qemu-x86_64']}"
    )
