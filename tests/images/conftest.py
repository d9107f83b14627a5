"""Where Unikraft's trees are, and a bridge on which what guests send is seen.

A tree is looked for where the command looks for it, and further releases beside it
(``unikraft-0.13.1`` beside ``unikraft``). Where there is none, the tests that need one
are skipped, in CI too: trees come with no package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from codegen.unikraft import Tree, TreeError, find_tree
from tests.tools import NO_TREE, need
from tests.wire.namespace import Namespace

BRIDGE = "usocbr0"


def trees() -> list[Tree]:
    """Return the trees of this machine, the newest release last."""
    try:
        usual = find_tree()
    except TreeError:
        return []
    found = [usual]
    for folder in sorted(usual.root.parent.glob("unikraft-*")):
        try:
            found.append(find_tree(folder))
        except TreeError:
            continue
    return sorted(found, key=lambda tree: [int(part) for part in tree.version.split(".")])


TREES = trees()


def releases(*needed: str) -> pytest.MarkDecorator:
    """Run a test once for each tree, or those of the releases that are named."""
    chosen = [tree for tree in TREES if not needed or tree.version in needed]
    parameters = [pytest.param(tree, id=tree.version) for tree in chosen]
    if not parameters:
        reason = NO_TREE
        if TREES:
            reason = f"no Unikraft {' or '.join(needed)} beside {TREES[-1].root}"
        parameters = [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return pytest.mark.parametrize("tree", parameters)


@pytest.fixture
def newest() -> Tree:
    """Return the tree of the newest release."""
    if not TREES:
        pytest.skip(NO_TREE)
    return TREES[-1]


@pytest.fixture
def tools() -> None:
    """Skip, or fail in CI, where Unikraft's build or QEMU lacks something."""
    need("bison", "flex", "m4", "qemu-system-x86_64", "unshare", "nsenter", "ip", "ps")


@pytest.fixture
def bridged(newest: Tree, tools: None) -> Iterator[Namespace]:
    """Return a namespace with the bridge; what crosses it arrives at the interface ``far``."""
    namespace = Namespace()
    try:
        namespace.tap("probe")  # skips where taps cannot be made
        done = namespace.codegen("net", "up", BRIDGE)
        assert done.returncode == 0, done.stderr
        namespace.cable("near", "far")
        namespace.do("ip", "link", "set", "near", "master", BRIDGE)
        yield namespace
    finally:
        namespace.close()


@pytest.fixture(autouse=True)
def _no_tree_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands under test take the tree that the test names."""
    for name in ("UK_ROOT", "UK_WORKDIR"):
        if name in os.environ:
            monkeypatch.delenv(name)
