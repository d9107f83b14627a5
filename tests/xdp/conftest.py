"""What tests of the platform start from, and what they need of the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from codegen import formats
from codegen.resolve import resolve
from codegen.xdp import needs, verify
from tests.tools import missing, need
from tests.wire.namespace import Namespace, Process, wait_until

#: How the kernel puts that a program may not be loaded, whoever asks.
FORBIDDEN = "Operation not permitted"

#: Starts a receiver on the far end of the cable, with more options of ``codegen run``.
StartReceiver = Callable[..., Process]


@pytest.fixture(scope="session")
def _kernel() -> None:
    """Skip where the kernel or the rights do not allow programs in it; ask for the tools."""
    need("clang")
    if needs.libbpf() is not None:
        missing("without libbpf: apt install libbpf-dev")
    why = needs.kernel(needs.release()) or needs.rights()
    if why is None:
        try:
            with verify.loaded(resolve(formats.load("arp-request")), "-O2"):
                return
        except verify.RefusedError as refused:
            if FORBIDDEN not in str(refused):
                raise
            why = str(refused)
    pytest.skip(f"no programs in the kernel: {why}")


@pytest.fixture
def cabled(_kernel: None) -> Iterator[Namespace]:
    """Return a namespace with the interfaces near and far, connected."""
    need("unshare", "nsenter", "ip")
    made = Namespace()
    try:
        made.cable("near", "far")
        yield made
    finally:
        made.close()


@pytest.fixture
def receive(cabled: Namespace) -> StartReceiver:
    """Return what starts a receiver, and returns when its program is attached."""

    def start(*options: str) -> Process:
        command = ("run", "--platform", "xdp", "--device", "far", "--mode", "rx", "--json")
        receiver = cabled.start_codegen(*command, *options)
        wait_until(lambda: "xdp" in cabled.link("far"), "the program is attached", receiver)
        return receiver

    return start
