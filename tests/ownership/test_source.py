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
        {"tx->shared is restored in sent() after it was given away"} if shared else set()
    )
    for each in report.exceptions:
        assert each.file.name == "main.c"
        line = (app / "main.c").read_text().splitlines()[each.line - 1]
        assert "pkt->" in line


@pytest.mark.parametrize(
    "mutant", [pytest.param(each, id=each["name"]) for each in MUTANTS if each.get("source")]
)
def test_each_mistake_is_found(emitted: Emitted, mutant: dict[str, str], tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(emitted(mutant.get("format", "usoc21"), mutant["strategy"]), app)
    main = app / "main.c"
    text = main.read_text()
    assert text.count(mutant["find"]) == 1, "the emitted source has changed: renew the mutant"
    main.write_text(text.replace(mutant["find"], mutant["replace"]))
    report = analysis.check(app, flags=SINKS[mutant.get("sink", "netdev")])
    assert main.resolve() in {each.file for each in report.findings}
    for each in report.findings:
        assert each.file.parent == app.resolve()
        assert 0 < each.line <= len(each.file.read_text().splitlines())


def test_a_finding_says_where_and_when(emitted: Emitted, tmp_path: Path) -> None:
    """A message that does not name the path would have to be believed."""
    app = tmp_path / "app"
    shutil.copytree(emitted("usoc21", "heap-gen"), app)
    main = app / "main.c"
    main.write_text(main.read_text().replace("\tgive_back(tx, pkt);\n", ""))
    (lost,) = {str(each) for each in analysis.check(app).findings}
    returns = main.read_text().splitlines().index("\treturn sent;") + 1
    assert lost == (
        f"{main}:{returns}: the new packet is lost: not freed, kept or given to the device\n"
        "    when there is memory\n"
        "    when uk_netdev_tx_one() returns 0"
    )


@pytest.mark.parametrize(
    ("find", "replace", "reason"),
    [
        ("\tstatus = put(tx, pkt);\n", "\tgoto out;\nout:\n\tstatus = put(tx, pkt);\n", "a goto"),
        ("\tstatus = put(tx, pkt);\n", "\tstatus = (&put)(tx, pkt);\n", "a call through a pointer"),
        ("static void sender_fini(", "static void sender_end(", "no sender_fini"),
    ],
)
def test_what_cannot_be_followed_is_no_pass(
    emitted: Emitted, find: str, replace: str, reason: str, tmp_path: Path
) -> None:
    """Silence about code that nobody looked at would be taken for a proof."""
    app = tmp_path / "app"
    shutil.copytree(emitted("usoc21", "pool-dup"), app)
    main = app / "main.c"
    assert find in main.read_text()
    main.write_text(main.read_text().replace(find, replace))
    with pytest.raises(UnknownCode, match=reason):
        analysis.check(app)
