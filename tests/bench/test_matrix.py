"""The bench measures what it says, and its ratios are taken round by round."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.bench.matrix import BASELINES, Cell, Result
from codegen.model import STRATEGIES


def cell(who: str, length: int = 60) -> Cell:
    return Cell(who, "", length, "free", ())


def test_a_ratio_compares_figures_of_the_same_round() -> None:
    result = Result(
        {
            cell("pool-dup-retry"): [10.0, 40.0, 30.0],
            cell("tutorial-pool-dup"): [20.0, 80.0, 30.0],
            cell("tutorial-pool-dup", 1514): [1.0, 1.0, 1.0],
            cell("memcpy"): [5.0, 5.0, 5.0],
        }
    )
    found = {ratio.against: ratio.spread for ratio in result.ratios()}
    assert set(found) == {"tutorial-pool-dup", "memcpy"}
    spread = found["tutorial-pool-dup"]
    assert (spread.median, spread.low, spread.high) == (0.5, 0.5, 1.0)


def test_every_strategy_is_compared_with_something() -> None:
    for strategy in STRATEGIES:
        times = {cell(who): [1.0] for who in (*BASELINES, strategy.name)}
        assert Result(times).ratios(), strategy.name


@pytest.mark.parametrize("sink", ["free", "window:128"])
def test_the_json_of_a_small_matrix(tmp_path: Path, sink: str) -> None:
    path = tmp_path / "bench.json"
    run = subprocess.run(
        [sys.executable, "-m", "codegen", "bench", "--strategy", "pool-dup,ring-patch"]
        + ["--length", "60,1514", "--sink", sink, "--repeat", "1", "--seconds", "0.01"]
        + ["--json", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(path.read_text())
    assert {(each["who"], each["length"], each["sink"]) for each in found["cells"]} == {
        (who, length, sink)
        for who in (*BASELINES, "pool-dup", "ring-patch")
        for length in (60, 1514)
    }
    for each in found["cells"]:
        time = each["ns_per_packet"]
        assert 0 < time["low"] <= time["median"] <= time["high"]
    assert {each["format"] for each in found["cells"] if each["who"] == "ring-patch"} == {
        "udp4_seq"
    }
    assert {(each["who"], each["against"]) for each in found["ratios"]} == {
        ("pool-dup", "tutorial-pool-dup"),
        ("pool-dup", "memcpy"),
        ("ring-patch", "tutorial-pool-dup"),
    }
    assert f"60 bytes, sink {sink}" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--length", "sixty"], "frame lengths in bytes are wanted"),
        (["--sink", "nowhere"], "there is no sink 'nowhere'"),
        (["--strategy", "fast"], "there is no strategy 'fast'"),
    ],
)
def test_misuse_is_answered(arguments: list[str], message: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "codegen", "bench", *arguments], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert message in run.stderr
