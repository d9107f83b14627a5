"""What most tests of real packets start from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tools import need

from .namespace import Namespace


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """Return a network namespace with nothing in it."""
    need("unshare", "nsenter", "ip")
    made = Namespace()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def cabled(namespace: Namespace) -> Namespace:
    """Return a namespace with the interfaces near and far, connected."""
    namespace.cable("near", "far")
    return namespace


@pytest.fixture(params=["tap", "packet", "xdp"])
def sender(request: pytest.FixtureRequest, namespace: Namespace) -> tuple[str, str, str]:
    """Return a device, the interface that is under it, and the one where its frames arrive."""
    if request.param == "tap":
        namespace.tap("tap0")
        return "tap:tap0", "tap0", "tap0"
    namespace.cable("near", "far")
    return f"{request.param}:near", "near", "far"
