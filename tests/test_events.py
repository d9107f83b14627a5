"""What an emitted program reports: lines of JSON, whatever its arguments are made of."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import emit, events, formats
from codegen.host import build
from codegen.model import STRATEGIES
from codegen.resolve import resolve

Program = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def program(emitted: Callable[[str, str], Path]) -> Program:
    path = build.build_program(emitted("usoc21", "pool-dup"))

    def run(*arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([path, *arguments], capture_output=True, timeout=60, check=False)

    return run


def reported(stdout: bytes) -> list[dict[str, object]]:
    """Return the lines of JSON; all others are lines of speed."""
    found = []
    for line in stdout.decode("ascii").splitlines():
        assert line.startswith("{") or "packets/sec" in line
        if line.startswith("{"):
            found.append(json.loads(line))
    return found


def test_a_run_reports_its_device_its_start_and_its_result(program: Program) -> None:
    done = program("mac=02:00:00:00:00:0a", "--", "count=3", "mode=tx")
    device, started, ended, result = reported(done.stdout)
    assert device == {"event": "device", "count": 1, "address": "02:00:00:00:00:0a"}
    assert started == {"event": "started", "mode": "tx"}
    assert ended == {"event": "ended"}
    assert (result["sent"], result["exit_code"]) == (3, 0)
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (b"x", "x"),
        (b'"quoted"', '"quoted"'),
        (b"back\\slash", "back\\slash"),
        (b"\x01\t\n\x7f", "\x01\t\n\x7f"),
        (b"\xff\xc3", "\xff\xc3"),  # not UTF-8: byte by byte
        (b"%s%n", "%s%n"),
    ],
)
def test_any_argument_is_reported(program: Program, argument: bytes, shown: str) -> None:
    done = program("--", argument)
    assert done.returncode == 2
    assert reported(done.stdout) == [
        {"event": "error", "kind": "misuse", "message": f"unknown argument '{shown}'"}
    ]
    assert done.stderr.startswith(b"unknown argument '" + argument + b"'\narguments are key=value")


def test_a_long_argument_is_reported_as_far_as_there_is_room(program: Program) -> None:
    done = program("--", "x" * 100_000)
    (error,) = reported(done.stdout)
    assert str(error["message"]).startswith("unknown argument 'xxx")
    assert len(str(error["message"])) == 1023


def test_a_bad_value_is_reported_with_what_is_taken(program: Program) -> None:
    done = program("--", "ttl=256")
    (error,) = reported(done.stdout)
    message = "bad value in 'ttl=256'; ttl takes: number, 0 to 255"
    assert error == {"event": "error", "kind": "misuse", "message": message}
    assert done.stderr.decode() == f"{message}\n"


def test_no_device_is_a_kind_of_its_own(program: Program) -> None:
    done = program("device=none", "--", "count=1")
    assert done.returncode == 1
    (error,) = reported(done.stdout)
    assert (error["event"], error["kind"]) == ("error", "no-device")


def test_a_full_queue_is_no_error(program: Program) -> None:
    # A wire that takes 8 packets, and a full queue: nothing fails, but time is up.
    done = program("device=loop:8", "ring=16", "--", "mode=tx", "duration=0.001")
    assert [each.get("event", "result") for each in reported(done.stdout)] == [
        *("device", "started", "ended"),
        "result",
    ]


def test_a_strategy_that_does_not_go_with_the_device(tmp_path: Path) -> None:
    pool = next(each for each in STRATEGIES if each.name == "pool-dup")
    for strategy in (replace(pool, objects=3), replace(pool, object_size=20)):
        app = tmp_path / str(strategy.objects)
        emit.write(emit.render(resolve(formats.load("usoc21")), strategy), app)
        done = subprocess.run([build.build_program(app)], capture_output=True, check=False)
        assert done.returncode == 1
        *_, error = reported(done.stdout)
        assert error["kind"] == "strategy"
        assert f"{strategy.objects or strategy.object_size} " in str(error["message"])


def test_lines_that_only_look_like_events() -> None:
    for line in ("", "text", "{", '{"half', "[1]", '{"a":1} and more'):
        assert events.parse(line) is None
        assert events.in_words(line) == line
    assert events.result('{"event":"started"}') is None
    assert events.result('{"sent":1}') == {"sent": 1}


def test_an_event_that_is_not_known_is_passed_over() -> None:
    assert events.in_words('{"event":"of a later version"}') is None
