"""Unikraft's own sources, where a tree of them is at hand.

Nothing of Unikraft is part of this project; whoever has unpacked a release or
cloned the repository has a tree, and this module finds it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import CodegenError, UsageError


@dataclass(frozen=True)
class Tree:
    """A folder with Unikraft's sources."""

    root: Path


def find_tree(uk_root: Path | None = None) -> Tree:
    """Return the tree of the argument, ``$UK_ROOT``, ``$UK_WORKDIR/unikraft`` or the home folder.

    The first two name a tree, so it is an error when there is none; the others are
    looked at. Raises UsageError for the former, CodegenError when there is no tree.
    """
    for origin, named in (("--uk-root", uk_root), ("UK_ROOT", os.environ.get("UK_ROOT"))):
        if named:
            tree = Path(named).expanduser()
            if not _is_tree(tree):
                raise UsageError(
                    f"{origin}: {tree} is no Unikraft tree, as it has no lib/uknetdev; name the "
                    "folder of an unpacked release or a clone of github.com/unikraft/unikraft"
                )
            return Tree(tree.resolve())
    workdir = os.environ.get("UK_WORKDIR")
    places = [Path(workdir) / "unikraft"] if workdir else []
    places.append(Path("~/.unikraft/unikraft").expanduser())
    for place in places:
        if _is_tree(place):
            return Tree(place.resolve())
    raise CodegenError(
        f"no Unikraft tree was found in {' or '.join(map(str, places))}: unpack a release or clone "
        "github.com/unikraft/unikraft there, or name yours with --uk-root or UK_ROOT"
    )


def _is_tree(folder: Path) -> bool:
    return (folder / "lib" / "uknetdev").is_dir()
