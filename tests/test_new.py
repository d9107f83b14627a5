"""``codegen new``, and what its files use: ``codegen.testing`` and the results of ``verify``."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from codegen import formats, oracle, testing
from codegen.testing import Result, check, decode, encode
from codegen.verify import compare, results
from codegen.verify.results import Outcome
from tests.test_project import run

WRITTEN = [".github/workflows/formats.yml", "pyproject.toml", "telemetry.py", "test_telemetry.py"]


def files(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_new_format_verifies_at_once(tmp_path: Path) -> None:
    done = run(tmp_path, "new", "telemetry")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split()) == files(tmp_path) == WRITTEN
    done = run(tmp_path, "verify", "--examples", "20")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("telemetry_udp4: 20 examples, seed 0\n")
    assert run(tmp_path, "emit").stdout == "generated/telemetry_udp4/pool-dup\n"
    tests = [sys.executable, "-m", "pytest", "-q", "--codegen-examples", "20"]
    done_tests = run_tests(tests, tmp_path)
    assert done_tests[0] == 0, done_tests[1]
    assert "3 passed" in done_tests[1]


def run_tests(command: list[str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_second_format_joins_the_project(tmp_path: Path) -> None:
    run(tmp_path, "new", "telemetry")
    before = (tmp_path / "pyproject.toml").read_text()
    done = run(tmp_path, "new", "probing", "--in", "more")
    assert done.returncode == 0, done.stderr
    assert '[tool.codegen] of pyproject.toml: formats = ["more/probing.py"]' in done.stderr
    assert (tmp_path / "pyproject.toml").read_text() == before
    assert (tmp_path / "more" / "test_probing.py").is_file()
    assert not (tmp_path / "more" / "pyproject.toml").exists()


@pytest.mark.parametrize("there", ["telemetry.py", "test_telemetry.py"])
def test_nothing_is_overwritten(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine\n")
    done = run(tmp_path, "new", "telemetry")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{there} is there already" in done.stderr
    assert files(tmp_path) == [there]
    assert (tmp_path / there).read_text() == "mine\n"


def test_a_name_is_needed(tmp_path: Path) -> None:
    done = run(tmp_path, "new")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "codegen: give the new format a name, as in codegen new telemetry\n"


def test_a_pyproject_that_is_there_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    done = run(tmp_path, "new", "telemetry")
    assert done.returncode == 0
    assert (tmp_path / "pyproject.toml").read_text() == '[project]\nname = "mine"\n'
    assert done.stderr == (
        'add it to [tool.codegen] of pyproject.toml: formats = ["telemetry.py"]\n'
    )


def test_all_files_or_none(tmp_path: Path) -> None:
    # A file where a folder is needed: the workflow, the last of the files, cannot be written.
    (tmp_path / ".github").write_text("")
    done = run(tmp_path, "new", "telemetry")
    assert done.returncode == 1
    assert ".github" in done.stderr
    assert files(tmp_path) == [".github"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Telemetry", "'Telemetry' cannot be the name of a format; give it lower-case letters"),
        ("2nd", "'2nd' cannot be the name"),
        ("a/b", "'a/b' cannot be the name"),
        ("class", "'class' cannot be the name"),
        ("json", "Python has a module 'json' already"),
        ("pytest", "Python has a module 'pytest' already"),
        ("udp", "the packet has a header 'udp' already"),
        ("int", "F101 "),
    ],
)
def test_names_that_cannot_be(name: str, message: str, tmp_path: Path) -> None:
    done = run(tmp_path, "new", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert files(tmp_path) == []


# ----------------------------------------------------------------- codegen.testing


def test_check_raises_the_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    check("arp-request", examples=5)
    honest = oracle.encode

    def wrong(layout: object, given: dict[str, int], *rest: object, **more: object) -> bytes:
        frame = bytearray(honest(layout, given, *rest, **more))  # type: ignore[arg-type]
        frame[22] ^= given["ttl"] > 100
        return bytes(frame)

    monkeypatch.setattr(compare, "_every_length", lambda *_: None)
    monkeypatch.setattr(compare, "_zero_sums", lambda *_: None)
    monkeypatch.setattr(oracle, "encode", wrong)
    # It is the smallest: the first value that fails, and all others as simple as can be.
    with pytest.raises(AssertionError, match=r"counterexample: udp4: .*\bttl=101;"):
        check("udp4", examples=200)


def test_encode_and_decode() -> None:
    frame = encode("udp4", {"mac_src": "02:00:00:00:00:01", "ttl": 3})
    assert len(frame) == 60
    assert decode("udp4", frame).values["ipv4.ttl"] == 3
    assert decode("udp4", frame + bytes(4)).result is Result.VALID
    assert decode("udp4", frame[:20]).result is Result.TRUNCATED


def test_a_layout_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A property asks for it hundreds of times."""
    format = replace(formats.load("udp4"))
    first = testing._layout(format)
    monkeypatch.setattr(testing, "resolve", None)
    assert testing._layout(format) is first
    monkeypatch.undo()
    # An equal format may have other examples.
    assert testing._layout(replace(format)) is not first


def test_the_plugin_refuses_what_is_no_number(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest"]
    code, output = run_tests([*command, "--codegen-examples", "0"], tmp_path)
    assert code == 4
    assert "--codegen-examples" in output
    assert "'0'" in output


# ------------------------------------------------------------- results for machines


def test_results_as_json_and_junit(tmp_path: Path) -> None:
    done = run(
        tmp_path, "verify", "arp-request", "udp4", "--examples", "3", "--json", "--junit", "x.xml"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["agrees"], found["examples"], found["seed"]) == (True, 3, 0)
    assert [each["format"] for each in found["formats"]] == ["arp_request", "udp4"]
    assert all(each["counts"][compare.BYTES] > 3 for each in found["formats"])
    suite = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert suite.attrib["tests"] == "2"
    assert [(each.get("classname"), each.get("name")) for each in suite] == [
        ("arp_request", "oracle"),
        ("udp4", "oracle"),
    ]
    assert files(tmp_path) == ["x.xml"]


def test_a_file_for_junit_that_cannot_be_written(tmp_path: Path) -> None:
    done = run(tmp_path, "verify", "arp-request", "--examples", "1", "--junit", "a/x.xml")
    assert done.returncode == 1
    assert "a/" in done.stderr
    assert "No such file or directory" in done.stderr


def test_a_counterexample_is_a_failure() -> None:
    outcomes = [
        Outcome("a", 1.0, {"oracle": 3}, {"oracle": "first\nsecond \x00"}, {"scapy": "missing"})
    ]
    suite = ElementTree.fromstring(results.as_junit(outcomes, ("oracle", "scapy")))[0]
    assert (suite.get("failures"), suite.get("skipped"), suite.get("tests")) == ("1", "1", "2")
    failure = suite[0][0]
    assert (failure.tag, failure.get("message")) == ("failure", "first")
    assert failure.text == "first\nsecond \ufffd"
    assert suite[1][0].tag == "skipped"
    found = json.loads(results.as_json(outcomes, 1, 0))
    assert found["agrees"] is False
    assert found["formats"][0]["counterexamples"] == {"oracle": "first\nsecond \x00"}


def test_all_cross_checks_as_json(tmp_path: Path) -> None:
    arguments = ("verify", "arp-request", "--all", "--examples", "2", "--json", "--junit", "x.xml")
    done = run(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["formats"]
    assert {*found["counts"], *found["left_out"]} == {"oracle", "scapy", "tshark", "parser"}
    suite = ElementTree.parse(tmp_path / "x.xml").getroot()[0]
    assert [each.get("name") for each in suite] == ["oracle", "scapy", "tshark", "parser"]
