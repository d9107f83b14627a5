"""The loader and the kernel's programs compile without a warning, which would be an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen import formats
from codegen.errors import UsageError
from codegen.formats.ethernet import ETHERNET, PADDED_ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.host import cache
from codegen.model import Fill, Packet, Random, Stack
from codegen.resolve import resolve
from codegen.xdp import build, needs
from tests.tools import missing, need

FORMATS = Path(__file__).with_name("formats.py")


@pytest.fixture
def _tools() -> None:
    need("clang", "gcc")
    if needs.libbpf() is not None:
        missing("without libbpf: apt install libbpf-dev")


@pytest.mark.usefixtures("_tools")
@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("name", ["udp4", f"{FORMATS}:FIELDS", f"{FORMATS}:TRAILERS"])
def test_compilers(monkeypatch: pytest.MonkeyPatch, cc: str, name: str) -> None:
    monkeypatch.setenv("CC", cc)
    built = build.build_loader(resolve(formats.load(name)))
    assert built.loader.is_relative_to(cache.folder())
    assert built.object.read_bytes()[:4] == b"\x7fELF"


@pytest.mark.usefixtures("_tools")
def test_equal_formats_are_compiled_once() -> None:
    layout = resolve(formats.load("udp4"))
    assert build.build_loader(layout) == build.build_loader(layout)
    assert build.build_loader(layout, "-O1").object != build.build_loader(layout).object


@pytest.mark.parametrize(
    ("packet", "wanted"),
    [
        (ETHERNET / IPV4 / UDP / Fill(Random()), "differs from packet to packet"),
        (PADDED_ETHERNET / IPV4 / UDP / Fill(), "has padding behind its payload"),
    ],
)
def test_payloads_that_the_kernel_does_not_send(packet: Stack, wanted: str) -> None:
    with pytest.raises(UsageError, match=wanted):
        build.build_loader(resolve(Packet("p", packet)))
