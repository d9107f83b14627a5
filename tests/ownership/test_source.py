"""The ownership check on emitted sources.

Nothing is found in what codegen emits, and each mistake that is put into it by
hand is.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen import runtime
from codegen.model import STRATEGIES, Buffers, Strategy

from . import analysis
from .source import UnknownCode

HERE = Path(__file__).parent
MUTANTS = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
SINKS = {
    "netdev": (),
    "free": ("-DCONFIG_APPPKTGEN_SINK_FREE=1",),
    "window": ("-DCONFIG_APPPKTGEN_SINK_WINDOW=2",),
}
FORMATS = ("usoc21", "udp4_seq")


Emitted = Callable[[str, str], Path]


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize(
    ("format", "strategy"),
    [
        pytest.param(format, strategy, id=f"{format}-{strategy.name}")
        for format in FORMATS
        for strategy in STRATEGIES
        # What sweeps cannot be shared: lowering refuses it.
        if not (format == "udp4_seq" and strategy.buffers is Buffers.SHARED)
    ],
)
def test_every_packet_has_one_owner(
    emitted: Emitted, format: str, strategy: Strategy, sink: str
) -> None:
    app = emitted(format, strategy.name)
    report = analysis.check(app, flags=SINKS[sink])
    assert not report.findings, "\n".join(map(str, report.findings))
    # Fewer would mean that something was not followed: there are two ends at least.
    assert report.paths >= 3
    # The only packet that is touched after a send is the shared one, where it is restored.
    shared = strategy.buffers is Buffers.SHARED
    assert {each.what for each in report.exceptions} == (
        {"tx->buffers.shared is restored in buffers_sent() after it was given away"}
        if shared
        else set()
    )
    for each in report.exceptions:
        assert each.file == runtime.FOLDER / "buffers_shared.h"
        line = each.file.read_text().splitlines()[each.line - 1]
        assert "pkt->" in line


@pytest.mark.parametrize(
    "mutant", [pytest.param(each, id=each["name"]) for each in MUTANTS if each.get("source")]
)
def test_each_mistake_is_found(emitted: Emitted, mutant: dict[str, str], tmp_path: Path) -> None:
    app = _with_its_own_runtime(
        emitted(mutant.get("format", "usoc21"), mutant["strategy"]), tmp_path / "app"
    )
    changed = app / "runtime" / mutant.get("file", "sender.h")
    text = changed.read_text()
    assert text.count(mutant["find"]) == 1, "the emitted source has changed: renew the mutant"
    changed.write_text(text.replace(mutant["find"], mutant["replace"]))
    report = analysis.check(app, flags=SINKS[mutant.get("sink", "netdev")])
    assert report.findings
    for each in report.findings:
        assert each.file.parent == changed.resolve().parent
        assert 0 < each.line <= len(each.file.read_text().splitlines())


def _with_its_own_runtime(app: Path, copy: Path) -> Path:
    shutil.copytree(app, copy)
    shutil.copytree(runtime.FOLDER, copy / "runtime")
    return copy


def test_a_finding_says_where_and_when(emitted: Emitted, tmp_path: Path) -> None:
    """A message that does not name the path would have to be believed."""
    app = _with_its_own_runtime(emitted("usoc21", "heap-gen"), tmp_path / "app")
    sender = app / "runtime" / "sender.h"
    sender.write_text(sender.read_text().replace("\tbuffers_give_back(&tx->buffers, pkt);\n", ""))
    (lost,) = {str(each) for each in analysis.check(app).findings}
    returns = sender.read_text().splitlines().index("\treturn sent;") + 1
    assert lost == (
        f"{sender}:{returns}: the new packet is lost: not freed, kept or given to the device\n"
        "    when no packet is kept\n"
        "    when there is memory\n"
        "    when uk_netdev_tx_one() returns 0"
    )


PUT = "\tstatus = sink_put(&tx->sink, pkt);\n"


@pytest.mark.parametrize(
    ("find", "replace", "reason"),
    [
        (PUT, f"\tgoto out;\nout:\n{PUT}", "a goto"),
        (PUT, PUT.replace("sink_put", "(&sink_put)"), "a call through a pointer"),
        ("static inline void sender_fini(", "static inline void sender_end(", "no sender_fini"),
    ],
)
def test_what_cannot_be_followed_is_no_pass(
    emitted: Emitted, find: str, replace: str, reason: str, tmp_path: Path
) -> None:
    """Silence about code that nobody looked at would be taken for a proof."""
    app = _with_its_own_runtime(emitted("usoc21", "pool-dup"), tmp_path / "app")
    sender = app / "runtime" / "sender.h"
    assert find in sender.read_text()
    sender.write_text(sender.read_text().replace(find, replace))
    with pytest.raises(UnknownCode, match=reason):
        analysis.check(app)
