"""``codegen verify --all``: a row a packet, a column a judge, and 1 when one disagrees."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codegen.cli.verify import command
from codegen.verify import outside
from codegen.verify.subject import Mismatch, Subject
from codegen.verify.table import JUDGES

ARGUMENTS = ["--all", "--examples", "10"]


def run(*formats: str) -> Result:
    return CliRunner().invoke(command, [*ARGUMENTS, *formats])


def test_a_row_a_packet(require: Callable[[str], str]) -> None:
    require("tshark")
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "verify", *ARGUMENTS, "arp-request", "udp4_seq"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, arp, sequence = (line.split() for line in done.stdout.splitlines())
    assert done.stdout.endswith("\n")
    assert head == ["packet", *JUDGES]
    assert arp == ["arp-request", "11", "10", "10", "30"]
    assert sequence[0] == "udp4-seq"
    assert sequence[2:4] == ["-", "-"]
    assert int(sequence[1]) > 1455 + 600
    assert done.stderr == (
        "codegen: no word of scapy, tshark on udp4-seq: no one else knows its headers\n"
    )


def wrong_scapy(layout: Any, given: Any, length: int) -> bytes:
    return bytes(length)


def wrong_parser(self: Subject, received: bytes) -> tuple[str, dict[str, int]]:
    return "good", {each.argument.name: 0 for each in self.layout.arguments}


def wrong_frame(*_: Any, **__: Any) -> bytes:
    raise Mismatch("planted")


def wrong_reading(self: outside.Dissection, capture: Any, expected: Any) -> list[str]:
    return ["frame 1: planted", "frame 1: twice", "frame 3: planted"]


@pytest.mark.parametrize(
    ("target", "name", "wrong", "judge"),
    [
        (outside, "built_by_scapy", wrong_scapy, "scapy"),
        (outside.Dissection, "faults", wrong_reading, "tshark"),
        (Subject, "parse", wrong_parser, "parser"),
        (Subject, "refusal", wrong_frame, "oracle"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_judge_that_disagrees_is_told(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str, wrong: Any, judge: str
) -> None:
    monkeypatch.setattr(target, name, wrong)
    absent = {"tshark"} if outside.find_tshark() is None else set()
    if judge in absent:
        # What it reads is planted: it need not be installed to be heard.
        monkeypatch.setattr(outside, "find_tshark", lambda: "tshark")
        absent.clear()
    done = run("arp-request")
    assert done.exit_code == 1
    cells = dict(zip(JUDGES, done.stdout.splitlines()[1].split()[1:], strict=True))
    assert cells[judge] == "FAILED"
    assert re.search(r"counterexample: .*arp_request", done.output)
    # The others do not fall silent for it.
    assert {other for other, cell in cells.items() if cell == "-"} == absent


def test_without_frames_it_is_said_why_nobody_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "generate", wrong_frame)
    done = run("arp-request")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1].split() == ["arp-request", "FAILED", "-", "-", "-"]
    said = "no word of scapy, tshark, parser on arp-request: there are no frames to judge\n"
    assert said in done.output
    assert "counterexample: arp_request: " in done.output


def test_a_judge_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "find_tshark", lambda: None)
    monkeypatch.setattr(outside, "has_scapy", lambda: False)
    done = run("arp-request", "usoc21", "udp4_seq", "udp4_seq")
    assert done.exit_code == 0
    assert [line.split()[2:4] for line in done.stdout.splitlines()[1:5]] == [["-", "-"]] * 4
    assert [line for line in done.output.splitlines() if "no word" in line] == [
        "codegen: no word of scapy: scapy is missing: pip install scapy",
        "codegen: no word of tshark: tshark is missing: apt install tshark",
        "codegen: no word of scapy, tshark on udp4-seq: no one else knows its headers",
    ]
