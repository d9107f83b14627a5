"""The bench of receiving: what it runs receives, and its frames pass the comparison."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import formats
from codegen.bench import matrix, receiving
from codegen.bench.receiving import REFERENCE, Received
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.run import build_application
from tests.tools import need

POOL_DUP = next(each for each in STRATEGIES if each.name == "pool-dup")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen", "bench", "--mode", "rx", "--repeat", "1"]
    return subprocess.run(
        [*command, "--seconds", "0.01", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["udp4", "udp4_seq", "tcp6_syn"])
def test_every_frame_that_it_compares_is_valid(name: str) -> None:
    layout = resolve(formats.load(name))
    cells = receiving.cells([POOL_DUP], layout, layout, None, 0.01)
    comparing = [each for each in cells if isinstance(each, Received) and each.match]
    assert [each.length for each in comparing] == [*matrix.lengths_of(None, [layout])]
    for cell in comparing:
        done = subprocess.run(cell.command, capture_output=True, text=True, check=True)
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["received"] == result["valid"] > 0
        assert (result["sent"], result["other"], result["invalid"]) == (0, 0, 0)


def test_the_json_of_a_small_matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", _without_reference(tmp_path))
    path = tmp_path / "bench.json"
    run = bench("--strategy", "pool-dup,ring-patch", "--length", "60,1514", "--json", str(path))
    assert run.returncode == 0, run.stderr
    assert run.stderr == f"{REFERENCE} is left out: dpdk-testpmd is not installed: " + (
        "apt install dpdk-dev\n"
    )
    found = json.loads(path.read_text())
    assert found["mode"] == "rx"
    strategies = ("pool-dup", "pool-dup match=on", "ring-patch", "ring-patch match=on")
    assert [(each["who"], each["length"]) for each in found["cells"]] == [
        (who, length) for length in (60, 1514) for who in strategies
    ]
    assert all(each["ns_per_packet"]["low"] > 0 for each in found["cells"])
    assert {(each["who"], each["against"]) for each in found["ratios"]} == {
        ("pool-dup match=on", "pool-dup"),
        ("ring-patch match=on", "ring-patch"),
    }
    assert "60 bytes received" in run.stdout
    assert "nothing to compare with" not in run.stdout


def _without_reference(folder: Path) -> str:
    """Return a PATH with what the bench needs, whatever is installed here."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("gcc", "cc", "as", "ld", "ar"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            (programs / name).symlink_to(found.stdout.strip())
    return str(programs)


def test_beside_testpmd(tmp_path: Path) -> None:
    need("dpdk-testpmd")
    path = tmp_path / "bench.json"
    run = bench("--strategy", "pool-dup", "--length", "60", "--json", str(path))
    assert run.returncode == 0, run.stderr
    found = json.loads(path.read_text())
    times = {each["who"]: each["ns_per_packet"]["median"] for each in found["cells"]}
    assert [*times] == [REFERENCE, "pool-dup", "pool-dup match=on"]
    assert 1 < times[REFERENCE] < 1000
    assert ("pool-dup", REFERENCE) in {(each["who"], each["against"]) for each in found["ratios"]}


def test_sinks_are_of_what_is_sent() -> None:
    run = bench("--sink", "free")
    assert run.returncode == 2
    assert run.stderr.startswith("codegen: --sink free is where packets go that are sent")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("", "takes a frame of 1 to 65535 bytes"),
        ("012", "takes a frame of 1 to 65535 bytes"),
        ("01zz", "takes the digits 0 to 9 and a to f, not 'zz'"),
    ],
)
def test_a_frame_to_repeat_is_checked(frame: str, message: str) -> None:
    program = build_application(resolve(formats.load("udp4")), POOL_DUP)
    run = subprocess.run(
        [program, f"device=repeat:{frame}", "--", "mode=rx"],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert run.returncode != 0
    assert message in run.stderr + run.stdout
