"""The kernel's verifier accepts the programs, and the kernel's bytes are the oracle's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codegen import emit, formats
from codegen.layout import Layout
from codegen.resolve import resolve
from codegen.xdp import verify

FORMATS = Path(__file__).with_name("formats.py")

pytestmark = pytest.mark.usefixtures("_kernel")


def layout(name: str) -> Layout:
    return resolve(formats.load(name))


def own(name: str) -> Layout:
    return layout(f"{FORMATS}:{name}")


@pytest.mark.parametrize("name", formats.catalogue())
def test_every_format_of_the_catalogue(name: str) -> None:
    report = verify.verify(layout(name), 50, seed=1)
    assert report.counterexample is None
    assert report.counts[verify.ACCEPTED] == len(verify.LEVELS)
    assert report.counts[verify.WRITTEN] >= 50
    assert report.counts[verify.PARSED] > 40


@pytest.mark.parametrize("name", ["FIELDS", "LENGTHS", "TRAILER", "TRAILERS"])
def test_what_is_swept(name: str) -> None:
    report = verify.verify(own(name), 50, seed=1)
    assert report.counterexample is None
    assert report.counts[verify.SENT] > 300


@pytest.mark.parametrize(
    ("was", "becomes", "expected"),
    [
        ("put_be32(frame + 42, seqno_number)", "(void)seqno_number", "seqno.number: 1 "),
        ("sum += seqno_number", "sum += 0", "udp.checksum"),
        ("return FRAME_VALID", "return FRAME_LENGTH", "the kernel calls it invalid length"),
        (".ttl = 64", ".ttl = 65", None),
    ],
)
def test_a_fault_of_the_packet_is_found(
    monkeypatch: pytest.MonkeyPatch, was: str, becomes: str, expected: str | None
) -> None:
    """A default that differs is none: every argument is given."""
    render = emit.render

    def changed(*arguments: Any) -> dict[str, str]:
        files = render(*arguments)
        assert any(was in text for text in files.values())
        return {name: text.replace(was, becomes) for name, text in files.items()}

    monkeypatch.setattr(emit, "render", changed)
    report = verify.verify(layout("udp4_seq"), 20, seed=1)
    if expected is None:
        assert report.counterexample is None
    else:
        assert report.counterexample is not None
        assert expected in report.counterexample


@pytest.mark.parametrize("becomes", ["frame + 4200", "frame - 4"])
def test_a_write_outside_of_the_frame_is_refused(
    monkeypatch: pytest.MonkeyPatch, becomes: str
) -> None:
    render = emit.render

    def changed(*arguments: Any) -> dict[str, str]:
        files = render(*arguments)
        name = "udp4_seq.h"
        return files | {name: files[name].replace("frame + 42", becomes)}

    monkeypatch.setattr(emit, "render", changed)
    with pytest.raises(verify.RefusedError, match="the kernel's verifier refuses udp4_seq"):
        verify.verify(layout("udp4_seq"), 20, seed=1)


def test_frames_that_are_too_long_are_refused_with_the_limit() -> None:
    with pytest.raises(verify.RefusedError, match=r"frames up to 65535 bytes: .* 32768 bytes"):
        verify.verify(own("HUGE"), 20, seed=1)
