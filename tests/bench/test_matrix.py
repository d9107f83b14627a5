"""The bench measures what it says, and its ratios are taken round by round."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.bench.matrix import BASELINES, Cell, Result
from codegen.model import STRATEGIES


def cell(who: str, length: int = 60) -> Cell:
    return Cell(who, "", length, length, "free", ())


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


SWEPT = """
from codegen.formats.udp import UDP4
from codegen.model import IMIX, Range

MIXED = UDP4.preset("mixed", "the simple internet mix", {"length": IMIX})
RISING = UDP4.preset("rising", "ten lengths", {"length": Range(100, 109)})
"""


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a short bench in a folder that has formats with swept lengths."""
    (folder / "swept.py").write_text(SWEPT)
    command = [sys.executable, "-m", "codegen", "bench", "--repeat", "1", "--seconds", "0.01"]
    return subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_swept_length_is_measured_as_it_is(tmp_path: Path) -> None:
    """Once a sink, whatever ``--length`` says, and against no one who sends other frames."""
    run = bench(
        *(tmp_path, "--format", "swept.py:MIXED", "--strategy", "pool-dup,zero-copy,ring-patch"),
        *("--length", "60,61", "--sink", "free,window:4", "--json", "bench.json"),
    )
    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "bench.json").read_text())
    own = [each for each in found["cells"] if each["who"] == "pool-dup"]
    assert [(each["length"], each["mean_length"], each["sink"]) for each in own] == [
        (None, 357.83, "free"),
        (None, 357.83, "window:4"),
    ]
    others = {(each["who"], each["length"]) for each in found["cells"] if each not in own}
    assert others == {(who, length) for who in (*BASELINES, "ring-patch") for length in (60, 61)}
    assert {each["who"] for each in found["ratios"]} == {"ring-patch"}
    heading = "lengths of mixed, 357.8 bytes on average, sink free\nnothing to compare with: "
    assert heading in run.stdout
    assert run.stdout.count("nothing to compare with") == 2
    assert run.stderr.startswith("zero-copy is left out: strategy 'zero-copy' sends one netbuf")


def test_rings_have_a_swept_length_of_their_own(tmp_path: Path) -> None:
    """Frames of two sweeps are not the same frames."""
    run = bench(
        *(tmp_path, "--format", "swept.py:MIXED", "--swept-format", "swept.py:RISING"),
        *("--strategy", "pool-dup,ring-patch", "--sink", "free", "--json", "bench.json"),
    )
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads((tmp_path / "bench.json").read_text())
    means = {each["who"]: each["mean_length"] for each in found["cells"]}
    assert means == {"pool-dup": 357.83, "ring-patch": 104.5}
    assert found["ratios"] == []
    for heading in ("lengths of mixed, 357.8", "lengths of rising, 104.5"):
        assert f"\n{heading} bytes on average, sink free\n" in run.stdout


def test_without_a_length_it_is_one_that_the_formats_have(tmp_path: Path) -> None:
    strategies = ("--strategy", "pool-dup,pool-dup,ring-patch")
    run = bench(
        *(tmp_path, "--format", "tcp4-syn", *strategies, "--sink", "free", "--json", "bench.json")
    )
    assert (run.returncode, run.stderr) == (0, "")
    cells = json.loads((tmp_path / "bench.json").read_text())["cells"]
    who = [*BASELINES, "pool-dup", "ring-patch"]
    assert [(each["who"], each["length"]) for each in cells] == [(each, 74) for each in who]


def test_the_plain_ways_send_no_frames_that_they_have_no_room_for(tmp_path: Path) -> None:
    (tmp_path / "jumbo.py").write_text(
        "from dataclasses import replace\nfrom codegen.formats.udp import UDP4 as BASE\n"
        'PACKET = replace(BASE, name="jumbo", max_length=4000)\ndel BASE\n'
    )
    run = bench(
        *(tmp_path, "--format", "jumbo.py", "--strategy", "pool-dup", "--sink", "free"),
        *("--length", "1514,1515"),
    )
    assert (run.returncode, run.stderr) == (0, "")
    usual, longer = run.stdout.split("\n\n")[1:]
    assert "tutorial-pool-dup" in usual
    assert longer.startswith("1515 bytes, sink free\nnothing to compare with: the baselines send")
    assert "tutorial-" not in longer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--length", "sixty"], "frame lengths in bytes are wanted"),
        (["--length", ""], "frame lengths in bytes are wanted"),
        (
            ["--length", "60,59"],
            "--length 59: frames of format 'usoc21' have 60 to 1514 bytes",
        ),
        (["--length", "75", "--format", "tcp4-syn"], "frames of format 'tcp4_syn' have 74 to 74"),
        (["--length", "1515", "--strategy", "ring-patch"], "frames of format 'udp4_seq' have 60"),
        (
            ["--format", "tcp4-syn", "--swept-format", "tcp6-syn"],
            "formats 'tcp4_syn' and 'tcp6_syn' have no length in common; measure them one",
        ),
        (["--format", "swept.py:MIXED", "--strategy", "zero-copy"], "no strategy is left"),
        (["--sink", "free,nowhere"], "there is no sink 'nowhere'"),
        (["--strategy", "fast"], "there is no strategy 'fast'"),
    ],
)
def test_misuse_is_answered_before_anything_is_built(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = bench(tmp_path, *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert not (tmp_path / "cache").exists()
