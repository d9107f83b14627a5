"""The implementation of netbufs and memory pools: the host platform's, or Unikraft's own.

A test on the host platform is valid for Unikraft only as far as both behave alike. Where
a Unikraft tree is available, its ``netbuf.c`` and ``pool.c`` can replace the host's, so
that every test can be run with either. Their headers replace the host's too, for the
whole program: application, devices and buffers then agree on one ``struct uk_netbuf``,
that of the release. All else stays the host's, ``struct uk_alloc`` included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codegen.errors import CodegenError
from codegen.unikraft import Tree, find_tree

#: The values of ``--netbuf``.
NAMES = ("host", "unikraft")

#: Files of a tree, by the names of the host's sources that they stand for.
_SOURCES = {"netbuf.c": "lib/uknetdev/netbuf.c", "allocpool.c": "lib/ukallocpool/pool.c"}

#: What declares their functions and what they need for it, by the name in ``#include``.
_HEADERS = {
    "uk/netbuf.h": "lib/uknetdev/include/uk/netbuf.h",
    "uk/allocpool.h": "lib/ukallocpool/include/uk/allocpool.h",
    "uk/refcount.h": "include/uk/refcount.h",
    "uk/list.h": "include/uk/list.h",
    "uk/compat_list.h": "include/uk/compat_list.h",
}

#: The same; a tree has one of them, the first up to 0.15.
_ATOMIC = {
    "uk/arch/atomic.h": "include/uk/arch/atomic.h",
    "uk/atomic.h": "lib/ukatomic/include/uk/atomic.h",
}


@dataclass(frozen=True)
class Netbuf:
    """What takes the place of parts of the host platform; nothing for its own netbufs.

    ``sources`` are found by the name of the host's source that they replace,
    ``headers`` by the name under which they are included.
    """

    name: str
    sources: Mapping[str, Path] = field(default_factory=dict)
    headers: Mapping[str, Path] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """All of them."""
        return [*self.sources.values(), *self.headers.values()]


HOST = Netbuf("host")


def of_tree(tree: Tree) -> Netbuf:
    """Return the netbufs and pools of a tree; raises CodegenError when it has not all of them."""
    atomic = {name: path for name, path in _ATOMIC.items() if (tree.root / path).is_file()}
    headers = _HEADERS | (atomic or _ATOMIC)
    missing = [
        path for path in (*_SOURCES.values(), *headers.values()) if not (tree.root / path).is_file()
    ]
    if missing:
        raise CodegenError(
            f"the Unikraft tree {tree.root} has no {', '.join(missing)}; its netbufs can be had "
            "from 0.5 to 0.17: name such a tree with --uk-root, or leave out --netbuf"
        )
    return Netbuf(
        "unikraft",
        {name: tree.root / path for name, path in _SOURCES.items()},
        {name: tree.root / path for name, path in headers.items()},
    )


def load(name: str, uk_root: Path | None = None) -> Netbuf:
    """Return the netbufs of that name, one of :data:`NAMES`; errors as of :func:`find_tree`."""
    return of_tree(find_tree(uk_root)) if name == "unikraft" else HOST
