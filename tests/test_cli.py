"""The command as people meet it: every verb bare, every misuse answered, nothing left behind.

All of it runs as a process of its own, because exit codes, broken pipes and
CTRL+C are properties of a process. The rule for each failure is the same: the
exit code says whose fault it was, one message says what to do, no traceback.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest

import codegen
from codegen import formats, oracle
from codegen.cli import VERBS, cli
from codegen.errors import UsageError
from codegen.resolve import resolve
from codegen.run import GRACE, _end, _Output
from tests.conftest import interruptible

COMMAND = [sys.executable, "-m", "codegen"]
WIRE_OVERHEAD = 24

#: Every verb with what keeps it short, where it is not short by itself.
BARE = {
    "list": [],
    "show": [],
    "emit": [],
    "verify": ["usoc21", "--examples", "20"],
    "run": ["--duration", "0.05"],
    # It needs a Unikraft tree; tests/images tries it.
    "image": ["--help"],
    "bench": "--length 60 --sink free --strategy zero-copy --repeat 1 --seconds 0.01".split(),
    # It needs rights that not every test run has; tests/wire tries it.
    "net": ["--help"],
    # It refuses to write anything twice; tests/test_new.py tries it.
    "new": ["--help"],
    "explain": [],
    "vectors": [],
    "export": [],
    # It needs something to import; tests/test_import.py tries it.
    "import": ["--help"],
    # It needs a capture; tests/test_decode.py tries it.
    "decode": ["--help"],
}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    options.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run(
        [*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, timeout=60, **options
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


# ------------------------------------------------------------------ every verb


def test_every_verb_is_tried() -> None:
    assert list(BARE) == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_works_bare_and_again(verb: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = run(verb, *BARE[verb], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("\n")
        assert done.stderr == ""
        assert not re.search(r"[ \t]$|\x1b", done.stdout, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == (["generated"] if verb == "emit" else [])


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_explains_itself(verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: codegen {verb} [OPTIONS]")
    assert run(verb, "-h").stdout == done.stdout
    # Each option is followed by what it does.
    options = re.split(r"\n  (?=-)", done.stdout.split("Options:\n  ")[1])
    assert all(re.search(r"(\s{2,}|\n\s+)\S.*[.\])]", option) for option in options), options


def test_the_command_lists_its_verbs() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert re.findall(r"^  (\w+)  +\w", done.stdout, re.MULTILINE) == list(VERBS)
    assert run().stderr + run().stdout == done.stdout
    assert run("--version").stdout == f"codegen, version {codegen.__version__}\n"


def test_list_names_what_the_other_verbs_take() -> None:
    words = run("list").stdout.split()
    names = {formats.spelled(each) for each in formats.catalogue().values()}
    assert {*names, "heap-gen", "pool-dup", "null", "loop", "pcap:FILE"} <= {*words}


def test_show_needs_no_width(tmp_path: Path) -> None:
    # A pipe has no width: nothing may be folded to that of the terminal behind it.
    narrow = run("show", env=os.environ | {"COLUMNS": "20"}).stdout
    assert narrow == run("show").stdout
    assert max(map(len, narrow.splitlines())) > 80


# ---------------------------------------------------------------------- misuse

MISUSE: list[tuple[list[str], str]] = [
    (["nonsense"], "there is no verb 'nonsense'; there are: list, show, emit, verify, run"),
    (["--nonsense"], "--nonsense"),
    (["show", "nope"], "there is no format 'nope'; there are: arp-request, gre-udp4, icmp4-echo,"),
    (["emit", "--format", "nope"], "there is no format 'nope'; there are: arp-request, gre-udp4"),
    (["verify", "usoc21", "nope"], "there is no format 'nope'; there are: arp-request, gre-udp4"),
    (["run", "--format", "nope"], "there is no format 'nope'; there are: arp-request, gre-udp4"),
    (
        ["emit", "--strategy", "nope"],
        "there is no strategy 'nope'; there are: heap-gen, heap-gen-retry",
    ),
    (
        ["run", "--strategy", "nope"],
        "there is no strategy 'nope'; there are: heap-gen, heap-gen-retry",
    ),
    (["run", "--device", "nope"], "there is no device 'nope'; there are: null, loop, pcap:FILE"),
    (["run", "--device", "pcap"], "there is no device 'pcap'; there are: null, loop, pcap:FILE"),
    (["run", "--device", "pcap:"], "there is no device 'pcap:'; there are: null, loop, pcap"),
    (["run", "--device", "null:1"], "there is no device 'null:1'; there are: null, loop, pcap"),
    (["run", "--platform", "nope"], "'--platform': 'nope' is not one of 'host', 'qemu', 'linuxu'"),
    (["run", "--mode", "nope"], "'--mode': 'nope' is not one of 'tx', 'rx', 'both'"),
    (["run", "--count", "many"], "'--count': 'many' is not a valid integer"),
    (["run", "--count", "-1"], "'--count': -1 is not in the range x>=0"),
    (["run", "--duration", "-1"], "'--duration': -1.0 is not in the range 0<=x<=1000000000"),
    (["run", "--duration", "inf"], "'--duration': inf is not in the range 0<=x<=1000000000"),
    (["run", "--duration", "nan"], "duration"),
    (["run", "--length", "long"], "'--length': 'long' is not a valid integer"),
    (["run", "--length", "59"], "--length 59: frames of format 'usoc21' have 60 to 1514 bytes"),
    (["run", "--length", "1515"], "--length 1515: frames of format 'usoc21' have 60 to 1514 bytes"),
    (["run", "--length", "-1"], "--length -1: frames of format 'usoc21' have 60 to 1514 bytes"),
    (["run", "--strategy", "all", "--length", "59"], "--length 59: frames of format 'usoc21'"),
    (["run", "--set", "length=59"], "'length=59'; length takes: number, 60 to 1514"),
    (["run", "--set", "length=1515"], "'length=1515'; length takes: number, 60 to 1514"),
    (["run", "--set", "length=65596"], "'length=65596'; length takes: number, 60 to 1514"),
    (["run", "--strategy", "zero-copy,zero-copy", "--format", "udp4_seq"], "no strategy is"),
    (["run", "--set", "ttl"], "--set ttl: key=value is wanted, such as --set ttl=1"),
    (["run", "--set", "tlt=1"], "unknown argument 'tlt=1'\narguments are key=value, with these"),
    (["run", "--set", "=1"], "unknown argument '=1'\narguments are key=value, with these keys"),
    (["run", "--set", "ttl="], "'ttl='; ttl takes: number, 0 to 255"),
    (["run", "--set", "ttl=256"], "'ttl=256'; ttl takes: number, 0 to 255"),
    (["run", "--set", "ipv4_dst=1.2.3"], "'ipv4_dst=1.2.3'; ipv4_dst takes: "),
    (["run", "--set", "mac_dst=02"], "'mac_dst=02'; mac_dst takes: MAC address, such as 02:"),
    (["run", "--frobnicate"], "No such option '--frobnicate'"),
    (["verify", "--examples", "0"], "'--examples': 0 is not in the range x>=1"),
    (["verify", "--seed", "x"], "'--seed': 'x' is not a valid integer"),
    (["emit", "extra"], "unexpected extra argument (extra)"),
    (
        ["run", "--format", "udp4", "--format=udp6"],
        "--format is given 2 times, as 'udp4' and 'udp6', and takes one value: choose one",
    ),
    (
        ["bench", "--strategy", "heap-gen", "--strategy", "pool-dup", "--strategy", "all"],
        "--strategy is given 3 times, as 'heap-gen' and 'pool-dup' and 'all', and takes one list: "
        "put commas between its values",
    ),
    (["list", "extra"], "'extra' is not one of 'formats', 'presets', 'strategies', 'devices'"),
    (["show", "usoc21", "extra"], "unexpected extra argument (extra)"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSE, ids=[" ".join(a) for a, _ in MISUSE])
def test_misuse_is_answered(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    # Older releases of click end the words about an option otherwise.
    found = done.stderr.replace("option: --", "option '--").replace("frobnicate\n", "frobnicate'\n")
    assert message in found
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_is_given_once(verb: str) -> None:
    """Of two values click takes the last, and drops the other silently."""
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option) and not option.is_flag and not option.multiple:
            kind = option.type
            value = str(kind.choices[0]) if isinstance(kind, click.Choice) else "1"
            if isinstance(kind, click.IntRange):
                value = str(kind.min)
            arguments = [option.opts[0], value] * 2
            with pytest.raises(UsageError, match=f"^{option.opts[0]} is given 2 times"):
                command.make_context(verb, arguments)


def test_what_may_be_given_twice() -> None:
    run_ = cli.get_command(click.Context(cli), "run")
    assert run_ is not None
    context = run_.make_context("run", "--set ttl=1 --set tos=2 --json --json".split())
    assert context.params["settings"] == ("ttl=1", "tos=2")
    assert context.params["as_json"] is True


FILES = {
    "empty.py": "x = 1\n",
    "raising.py": "import os\nraise ValueError('a bad day')\n",
    "broken.py": "def (\n",
    "exiting.py": "import sys\nsys.exit(0)\n",
    "two.py": "from codegen.formats.udp import UDP4, USOC21\n",
    "one.py": "from helper import UDP4\nfrom codegen.formats.udp import UDP4 as SAME\ndel SAME\n",
    "helper.py": "from codegen.formats.udp import UDP4\n",
    "folder.py/x": "",
    "data.txt": "",
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("missing.py", "there is no file missing.py"),
        ("missing.py:UDP4", "there is no file missing.py"),
        ("folder.py", "there is no file folder.py"),
        ("data.txt", "there is no format 'data.txt'; there are: arp-request, gre-udp4"),
        ("empty.py", "name a format of empty.py; it has: none (no Packet and no preset)"),
        ("empty.py:x", "there is no format 'x' in empty.py; it has: none"),
        ("raising.py", "raising.py cannot be run: line 2 raises ValueError: a bad day"),
        ("{}/raising.py", "/raising.py cannot be run: line 2 raises ValueError: a bad day"),
        ("broken.py", "broken.py cannot be run: it raises SyntaxError: invalid syntax (broken.py"),
        ("exiting.py", "exiting.py cannot be run: line 2 raises SystemExit"),
        ("two.py", "name a format of two.py; it has: two.py:UDP4, two.py:USOC21"),
        ("two.py:UDP", "there is no format 'UDP' in two.py; it has: two.py:UDP4, two.py:USOC21"),
        ("", "there is no format ''"),
        (":UDP4", "there is no format ':UDP4'"),
    ],
)
def test_a_file_that_gives_no_format_is_answered(files: Path, spec: str, message: str) -> None:
    done = run("show", spec.format(files), cwd=files)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("spec", ["two.py:USOC21", "one.py", "./one.py:UDP4", "{}/one.py"])
def test_a_file_that_gives_a_format(files: Path, spec: str) -> None:
    name = "usoc21" if "USOC21" in spec else "udp4"
    assert run("show", spec.format(files), cwd=files).stdout == run("show", name).stdout


def test_each_format_of_a_file_is_verified(files: Path) -> None:
    done = run("verify", "two.py", "arp-request", "--examples", "2", cwd=files)
    assert done.returncode == 0, done.stderr
    titles = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert titles == [f"{name}: 2 examples, seed 0" for name in ("udp4", "usoc21", "arp_request")]
    rows = run("verify", "--all", "two.py", "--examples", "1", cwd=files).stdout.splitlines()
    assert [row.split()[0] for row in rows] == ["packet", "udp4", "usoc21"]


@pytest.mark.parametrize(
    "arguments",
    [["show", "mix.py"], ["emit", "--format", "mix.py"], ["run", "--format", "mix.py", "--json"]],
    ids=lambda each: each[0],
)
def test_lengths_that_are_clipped_are_reported(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "mix.py").write_text(
        "from codegen.formats.udp import UDP6 as BASE\nfrom codegen.model import IMIX\n"
        'PACKET = BASE.preset("mixed6", "", {"length": IMIX})\ndel BASE\n'
    )
    short = ["--count", "12"] if arguments[0] == "run" else []
    done = run(*arguments, *short, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == (
        "codegen: format 'mixed6': frames of IMIX that are shorter than its least, 62 bytes, "
        "are sent with 62\n"
    )
    if short:
        assert json.loads(done.stdout)["bytes"] == 7 * 62 + 4 * 590 + 1514


# ------------------------------------------------------- what cannot be written


@pytest.mark.parametrize("verb", ["emit", "emit --all"])
@pytest.mark.parametrize(
    ("output", "code"), [("file", 2), ("file/below", 1), ("folder", 1), ("/proc/nowhere", 1)]
)
def test_a_folder_that_cannot_be_written(verb: str, output: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "usoc21").mkdir(parents=True)
    for strategy in ("pool-dup", "heap-gen"):
        (tmp_path / "folder" / "usoc21" / strategy).touch()
    before = sorted(tmp_path.rglob("*"))
    done = run(*verb.split(), "--output", output, cwd=tmp_path)
    assert done.returncode == code
    assert output in done.stderr
    assert "give a folder that can be written with --output" in done.stderr or code == 2
    assert done.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["show"], ["emit"], ["run", "--count", "1"], ["run", "--json"]],
    ids=" ".join,
)
def test_a_full_disk_is_said(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        short = ["--duration", "0.01"] if "--json" in arguments else []
        done = run(*arguments, *short, stdout=full, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "codegen: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["show"], ["emit"], ["emit", "--check"], ["run", "--count", "1"]],
    ids=" ".join,
)
def test_nobody_reads_the_output(arguments: list[str], tmp_path: Path) -> None:
    # What 'codegen ... | head' leaves behind when head was faster.
    read, write = os.pipe()
    os.close(read)
    done = run(*arguments, stdout=write, cwd=tmp_path)
    os.close(write)
    assert done.returncode == 1
    assert done.stderr == ""


def test_nobody_reads_what_was_still_buffered(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("print('hello')\nfrom codegen.formats.udp import UDP4\n")
    emission = ("emit", "--format", "own.py", "--output", "out")
    assert run(*emission, cwd=tmp_path).stdout.startswith("hello\n")
    read, write = os.pipe()
    os.close(read)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = run(*emission, "--check", stdout=write, cwd=tmp_path, env=buffered)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_head_takes_what_it_wants(tmp_path: Path) -> None:
    line = f"{sys.executable} -m codegen emit --check --output nowhere | head -n 2"
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("+++ nowhere/")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CC": "no-such-compiler"}, "no C compiler 'no-such-compiler' was found: install one"),
        ({"CC": "false"}, "the compiler failed"),
        ({"XDG_CACHE_HOME": "/dev/null"}, "the cache cannot be written"),
    ],
    ids=["no compiler", "a broken one", "no cache"],
)
def test_what_a_build_needs_is_said(variables: dict[str, str], message: str) -> None:
    done = run("run", "--count", "1", env=os.environ | variables)
    assert done.returncode == 1
    assert message in done.stderr


def test_a_counterexample_fails_the_command() -> None:
    # A compiler that fills with other bytes: the payload becomes wrong.
    wrong = "-D__builtin_memset(p,c,n)=__builtin_memset(p,(c)^1,n)"
    environment = os.environ | {"CC": f"gcc '{wrong}'"}
    done = run("verify", "usoc21", "--examples", "1", env=environment)
    assert done.returncode == 1
    assert "codegen: counterexample: usoc21: length=60, mac_src=" in done.stderr


# ---------------------------------------------------------------------- run


def measured(*arguments: str) -> dict[str, Any]:
    """Return the result of a run as JSON."""
    done = run("run", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize(
    ("arguments", "sent", "received"),
    [
        (["--count", "200000"], 200000, 0),
        (["--count", "200000", "--strategy", "heap-gen", "--length", "1514"], 200000, 0),
        (["--count", "5000", "--device", "loop"], 5000, 5000),
        (["--duration", "0.1"], None, 0),
        (["--count", "1", "--format", "udp4", "--length", "61", "--set", "ttl=1"], 1, 0),
    ],
    ids=["null", "long", "loop", "time", "one"],
)
def test_the_result_is_one_consistent_object(
    arguments: list[str], sent: int | None, received: int
) -> None:
    found = measured(*arguments)
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert found.keys() >= set(
        "format strategy device mode length sent received failed bytes seconds "
        "packets_per_second megabits_per_second".split()
    )
    assert found["format"] == given.get("--format", "usoc21")
    assert found["strategy"] == given.get("--strategy", "pool-dup")
    assert found["device"] == given.get("--device", "null")
    assert found["mode"] == ("both" if found["device"] == "loop" else "tx")
    assert found["length"] == int(given.get("--length", "60"))
    assert found["sent"] == sent or (sent is None and found["sent"] > 0)
    assert found["received"] == received
    assert found["failed"] == 0

    assert found["bytes"] == found["sent"] * found["length"]
    assert found["seconds"] > 0
    if "--duration" in given:
        # On a busy machine it may look at the clock late, but never early.
        assert float(given["--duration"]) <= found["seconds"] < 10
    rate = found["sent"] / found["seconds"]
    assert found["packets_per_second"] == pytest.approx(rate, rel=1e-6, abs=0.01)
    bits = 8 * (found["bytes"] + WIRE_OVERHEAD * found["sent"])
    assert found["wire_overhead_bytes"] == WIRE_OVERHEAD
    assert found["megabits_per_second"] == pytest.approx(
        bits / found["seconds"] / 1e6, rel=1e-6, abs=0.001
    )


@pytest.mark.parametrize("duration", ["1e-12", "4e-10", "1e-9"])
def test_the_shortest_duration_is_a_limit(duration: str) -> None:
    """It is rounded to nanoseconds, and zero would mean none."""
    assert measured("--duration", duration)["seconds"] < 10


JUMBO = """
from dataclasses import replace
from codegen.formats.udp import UDP4
from codegen.model import Cycle
JUMBO = replace(UDP4, name="jumbo", max_length=4000)
SWEPT = JUMBO.preset("swept", "", {"length": Cycle((60, 1515))})
del UDP4
"""


@pytest.mark.parametrize("which", ["JUMBO --length 1515", "SWEPT"])
def test_a_frame_that_the_device_does_not_take_is_refused_once(which: str, tmp_path: Path) -> None:
    (tmp_path / "jumbo.py").write_text(JUMBO)
    arguments = ["run", "--format", *f"jumbo.py:{which} --count 100".split()]
    done = run(*arguments, "--device", "pcap:x.pcap", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "frames of 1515 bytes are longer than this device takes, which is 1514; send shorter ones, "
        "or choose a device with a larger MTU",
        "codegen: the program ended with exit code 2",
    ]
    assert not list(tmp_path.glob("x.pcap*"))
    # Where they do not go to the device, or come from it, that is none of its business.
    assert run(*arguments, "--sink", "free", cwd=tmp_path).returncode == 0
    receiving = ("--mode", "rx", "--duration", "0.05")
    assert run(*arguments, *receiving, cwd=tmp_path).returncode == 0


def test_a_receiver_reports_what_it_waits_for(tmp_path: Path) -> None:
    started = Started(tmp_path, "run", "--mode", "rx", "--count", "5", "--json")
    assert started.process.stderr is not None
    ready, _, _ = select.select([started.process.stderr], [], [], 20)
    assert ready, "it waits without a word"
    assert started.process.stderr.readline() == (
        "no packet has come for 3 s; received 0 of 5 and waiting for more; duration= sets a limit\n"
    )
    time.sleep(3.5)  # it is reported once
    started.process.terminate()
    assert json.loads(started.ends(143, ""))["received"] == 0


def test_a_receiver_with_a_limit_of_time_reports_nothing() -> None:
    assert measured("--mode", "rx", "--count", "5", "--duration", "3.5")["received"] == 0


SWEPT = """
from codegen.formats.udp import UDP4
from codegen.model import IMIX
PACKET = UDP4.preset("mixed", "the simple internet mix", {"length": IMIX})
del UDP4
"""


@pytest.mark.parametrize(
    ("mode", "device", "frames"),
    [
        ("tx", "null", "frames of swept lengths, 357.8 bytes on average\n"),
        ("both", "loop", "frames of swept lengths, 357.8 bytes on average\n"),
        ("rx", "loop", "frames of swept lengths\n"),
    ],
)
def test_swept_lengths_are_not_told_as_one(
    mode: str, device: str, frames: str, tmp_path: Path
) -> None:
    (tmp_path / "swept.py").write_text(SWEPT)
    arguments = ["run", "--format", "swept.py", "--device", device, "--mode", mode]
    arguments += ["--duration", "0.05"] if mode == "rx" else ["--count", "1200"]
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"mixed, pool-dup, device {device}, mode {mode}, {frames}" in done.stdout
    found = json.loads(run(*arguments, "--json", cwd=tmp_path).stdout)
    assert found["length"] is None
    assert found["bytes"] == (0 if mode == "rx" else 100 * (7 * 60 + 4 * 590 + 1514))


@pytest.mark.parametrize("strategies", ["pool-dup", "all"])
def test_a_swept_length_takes_no_other(strategies: str, tmp_path: Path) -> None:
    """It is said before anything is built; and without one, all is well."""
    (tmp_path / "swept.py").write_text(SWEPT)
    arguments = ["run", "--format", "swept.py", "--strategy", strategies, "--duration", "0.01"]
    cache = tmp_path / "cache"
    done = run(
        *(*arguments, "--length", "60"),
        cwd=tmp_path,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "codegen: --length 60: format 'mixed' sweeps the length of its frames; leave out --length\n"
    )
    assert not cache.exists()
    done = run(*arguments, "--repeat", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("zero-copy is left out:") == (strategies == "all")


def test_a_format_that_cannot_work_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "swept.py").write_text(SWEPT.replace('"length"', '"lenght"'))
    done = run("run", "--format", "swept.py", "--strategy", "all", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("F119") == 1


def test_the_report_for_people_says_the_same(tmp_path: Path) -> None:
    done = run("run", "--count", "10", "--device", "pcap:x.pcap", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "usoc21, pool-dup, device pcap:x.pcap, mode tx, frames of 60 bytes\n" in done.stdout
    assert "sent 10, received 0, failed 0 in 0." in done.stdout
    assert "capture of 10 frames: x.pcap\n" in done.stdout


def frames(path: Path) -> list[bytes]:
    """Return the frames of a capture file, read without any tool."""
    data = path.read_bytes()
    magic, major, minor, _, _, _, link = struct.unpack_from("=IHHiIII", data)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D)
    assert (major, minor, link) == (2, 4, 1)
    found, at = [], 24
    while at < len(data):
        _, _, kept, length = struct.unpack_from("=IIII", data, at)
        assert kept == length
        found.append(data[at + 16 : at + 16 + kept])
        at += 16 + kept
    assert at == len(data)
    return found


@pytest.mark.parametrize("strategy", ["heap-gen", "pool-dup"])
def test_a_capture_has_every_frame(strategy: str, tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_text("what was there before")
    done = run(
        *("run", "--strategy", strategy, "--device", "pcap:x.pcap", "--count", "1000"),
        *("--length", "99", "--set", "ipv4_dst=10.0.0.2", "--set", "mac_src=02:00:00:00:00:07"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    wanted = oracle.encode(
        resolve(formats.load("usoc21")),
        {"mac_src": "02:00:00:00:00:07", "ipv4_dst": "10.0.0.2"},
        99,
    )
    assert frames(tmp_path / "x.pcap") == [wanted] * 1000


def test_frames_of_a_rate_are_evenly_spaced(tmp_path: Path) -> None:
    """Each is in the capture with its own time, and not with that of a batch."""
    arguments = ("--device", "pcap:x.pcap", "--set", "rate=25pps", "--count", "64")
    assert run("run", *arguments, cwd=tmp_path).returncode == 0
    data = (tmp_path / "x.pcap").read_bytes()
    stamps = [struct.unpack_from("=II", data, at) for at in range(24, len(data), 76)]
    times = [seconds * 10**9 + nanoseconds for seconds, nanoseconds in stamps]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 63
    assert 0 not in gaps
    # A machine that is busy holds some of them up.
    assert statistics.median(gaps) == pytest.approx(4e7, rel=0.2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--mode rx", 0),
        ("--set mode=rx", 0),
        ("--mode tx --set mode=both --set mode=rx", 0),
        ("--mode both", 2),
        ("--set mode=both", 2),
        ("--set mode=nope", 2),
        ("--set ttl=999", 2),
        ("--set tlt=1", 2),
        ("--length 59", 2),
    ],
)
def test_a_capture_survives_reading_and_misuse(arguments: str, code: int, tmp_path: Path) -> None:
    written = run("run", "--device", "pcap:good.pcap", "--count", "100", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    before = (tmp_path / "good.pcap").read_bytes()
    done = run("run", "--device", "pcap:good.pcap", *arguments.split(), "--json", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    if code == 0:
        assert json.loads(done.stdout)["received"] == 100
    assert (tmp_path / "good.pcap").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["good.pcap"]


def test_misuse_makes_no_capture(tmp_path: Path) -> None:
    done = run("run", "--device", "pcap:new.pcap", "--set", "ttl=999", cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_capture_does_not_share_standard_output() -> None:
    done = run("run", "--device", "pcap:/dev/stdout", "--count", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "go to standard output already; name a file, or a FIFO (mkfifo)" in done.stderr


def test_a_program_that_was_killed_leaves_no_part_of_a_capture(tmp_path: Path) -> None:
    """The capture that was there before stays."""
    (tmp_path / "x.pcap").write_text("what was there before")
    started = Started(tmp_path, "run", *SLOWLY)
    assert soon(started.captures)
    (program,) = (each for each, name in session(started.process.pid).items() if name == "program")
    os.kill(program, signal.SIGKILL)
    started.ends(1, "codegen: the program was ended by SIGKILL")
    assert [each.name for each in tmp_path.glob("x.*")] == ["x.pcap"]
    assert (tmp_path / "x.pcap").read_text() == "what was there before"


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("pcap:/dev/full", "cannot write to the capture file '/dev/full': No space left on device"),
        ("pcap:/dev/null/x", "cannot create the capture file '/dev/null/x': Not a directory"),
    ],
)
def test_a_capture_that_cannot_be_written(device: str, message: str) -> None:
    done = run("run", "--device", device, "--count", "100000")
    assert done.returncode == 1
    assert message in done.stderr


# ------------------------------------------------------------------ interrupted


def session(leader: int) -> dict[int, str]:
    """Return the processes of a session that still run, with the names of their programs."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                head, _, rest = (folder / "stat").read_text().rpartition(")")
            except OSError:
                continue
            if int(rest.split()[3]) == leader and rest.split()[0] != "Z":
                found[int(folder.name)] = head.partition("(")[2]
    return found


def soon(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait until a condition holds; tell whether it did."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


#: A run into a capture that takes long, and no more of the disk than needed.
SLOWLY = ("--device", "pcap:x.pcap", "--set", "rate=1kpps", "--duration", "30")


class Started:
    """A command in a session of its own, with folders of its own for what is temporary."""

    def __init__(
        self, folder: Path, *arguments: str, ignoring: int | None = None, **variables: str
    ) -> None:
        def dispose() -> None:
            interruptible()
            if ignoring is not None:
                signal.signal(ignoring, signal.SIG_IGN)

        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=folder,
            env=os.environ | {"TMPDIR": str(self.temporary)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=dispose,
        )

    def has(self, name: str) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return name in session(self.process.pid).values()

    def captures(self) -> bool:
        """Is the program writing a capture, and the command reading what it prints?"""
        folder = self.temporary.parent
        readers = len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))
        return bool(list(folder.glob("*.partial"))) and readers > 1

    def maps(self, name: str) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return name in Path("/proc", str(self.process.pid), "maps").read_text()

    def ends(self, code: int, message: str) -> str:
        """Check how it ended, and that nothing is left of it; return what it printed."""
        try:
            output, errors = self.process.communicate(timeout=20)
        finally:
            self.process.kill()
        assert self.process.returncode == code, errors
        assert errors.strip() == message
        assert soon(lambda: not session(self.process.pid), 10), session(self.process.pid)
        assert list(self.temporary.iterdir()) == []
        return output


DESTRUCTOR = """
import time
class Slow:
    def __del__(self):
        print("ready", flush=True)
        time.sleep(60)
slow = Slow()
del slow
time.sleep(60)
"""
SLOW = "print('ready', flush=True)\nimport time\ntime.sleep(60)\n"


@pytest.mark.parametrize("whom", ["the group", "the command"])
def test_interrupted_while_it_sends(tmp_path: Path, whom: str) -> None:
    started = Started(tmp_path, "run", "--duration", "30")
    assert soon(lambda: started.has("program"))
    time.sleep(0.1)
    (os.killpg if whom == "the group" else os.kill)(started.process.pid, signal.SIGINT)
    started.ends(130, "codegen: interrupted")


@pytest.mark.parametrize("whom", ["the group", "the command"])
def test_not_interrupted_where_that_is_ignored(tmp_path: Path, whom: str) -> None:
    """As any program in Python that a shell runs in the background; SIGTERM still ends it."""
    started = Started(tmp_path, "run", *SLOWLY, "--json", ignoring=signal.SIGINT)
    assert soon(started.captures)
    (os.killpg if whom == "the group" else os.kill)(started.process.pid, signal.SIGINT)
    time.sleep(0.5)
    started.process.terminate()
    found = json.loads(started.ends(143, ""))
    assert len(frames(tmp_path / "x.pcap")) == found["sent"]
    assert found["seconds"] > 0.5


def test_ended_while_it_sends(tmp_path: Path) -> None:
    started = Started(tmp_path, "run", "--duration", "30")
    assert soon(lambda: started.has("program"))
    started.process.terminate()
    started.ends(143, "")


@pytest.mark.parametrize("whom", ["the group", "the command"])
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGINT, 130, "codegen: interrupted"), (signal.SIGTERM, 143, "")],
)
def test_an_interrupted_capture_has_every_frame(
    tmp_path: Path, number: int, code: int, message: str, whom: str
) -> None:
    """At this rate they all wait in a buffer; the result of what was sent comes as well."""
    (tmp_path / "x.pcap").write_text("what was there before")
    started = Started(tmp_path, "run", *SLOWLY, "--json")
    assert soon(started.captures)
    time.sleep(0.5)
    (os.killpg if whom == "the group" else os.kill)(started.process.pid, number)
    found = json.loads(started.ends(code, message))
    assert len(frames(tmp_path / "x.pcap")) == found["sent"] > 100
    assert 0.3 < found["seconds"] < 15
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_program_ends_with_the_command(tmp_path: Path, number: int) -> None:
    """However the command ends; and its capture has every frame."""
    started = Started(tmp_path, "run", *SLOWLY)
    assert soon(started.captures)
    time.sleep(0.5)
    os.kill(started.process.pid, number)
    output = started.ends(-number if number == signal.SIGKILL else 128 + number, "")
    assert ("sent " in output) == (number == signal.SIGHUP)
    assert len(frames(tmp_path / "x.pcap")) > 100
    assert not list(tmp_path.glob("*.partial"))


def test_a_program_goes_on_without_its_terminal(tmp_path: Path) -> None:
    """With nohup, SIGHUP is ignored when the command starts."""
    started = Started(tmp_path, "run", "--duration", "3", ignoring=signal.SIGHUP)
    assert soon(lambda: started.has("program"))
    os.killpg(started.process.pid, signal.SIGHUP)
    assert "sent " in started.ends(0, "")


def test_what_a_killed_command_leaves_is_removed_by_the_next(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    started = Started(tmp_path, "run", XDG_CACHE_HOME=str(cache))
    assert soon(lambda: started.has("cc1"))
    os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()
    left = [
        each.parent for folder in (started.temporary, cache) for each in folder.rglob(".*-owner")
    ]
    assert {each.name.partition("-")[0] for each in left} == {"codegen", "new"}
    variables = {"TMPDIR": str(started.temporary), "XDG_CACHE_HOME": str(cache)}
    assert run("run", "--count", "1", env=os.environ | variables).returncode == 0
    assert not [each for each in left if each.exists()]


def test_a_second_interruption_does_not_wait(tmp_path: Path) -> None:
    started = Started(tmp_path, "run", *SLOWLY)
    assert soon(started.captures)
    (program,) = (each for each, name in session(started.process.pid).items() if name == "program")
    os.kill(program, signal.SIGSTOP)
    begin = time.monotonic()
    for _ in range(2):
        os.kill(started.process.pid, signal.SIGINT)
        time.sleep(0.5)
    try:
        started.ends(130, "codegen: interrupted")
    finally:
        with suppress(ProcessLookupError):
            os.kill(program, signal.SIGKILL)
    assert time.monotonic() - begin < GRACE
    assert not list(tmp_path.glob("x.pcap*"))


def test_a_program_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegen.run.GRACE", 0.5)
    deaf = ["sh", "-c", "trap '' TERM; echo first; echo last; exec sleep 60"]
    output = _Output()
    process = subprocess.Popen(deaf, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert next(output.arriving(process.stdout)) == "first\n"
    _end(process, output)
    assert process.returncode == -signal.SIGKILL
    assert output.lines == ["first\n", "last\n"]


def test_interrupted_while_it_compiles(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    started = Started(tmp_path, "run", XDG_CACHE_HOME=str(cache))
    assert soon(lambda: started.has("cc1"))
    os.killpg(started.process.pid, signal.SIGINT)
    started.ends(130, "codegen: interrupted")
    # What is in the cache is whole; what was begun is gone.
    left = [path.name for path in (cache / "codegen").iterdir() if path.name.startswith("new-")]
    assert left == []


def test_interrupted_while_it_verifies(tmp_path: Path) -> None:
    started = Started(tmp_path, "verify", "--examples", "1000000")
    assert soon(lambda: started.maps("library.so"))
    time.sleep(0.5)
    os.killpg(started.process.pid, signal.SIGINT)
    started.ends(130, "codegen: interrupted")


def test_interrupted_where_nothing_can_be_raised(tmp_path: Path) -> None:
    """In a destructor, or in a callback of the garbage collector, as hypothesis has one."""
    (tmp_path / "slow.py").write_text(DESTRUCTOR)
    started = Started(tmp_path, "show", "slow.py")
    assert started.process.stdout is not None
    assert started.process.stdout.readline() == "ready\n"
    started.process.send_signal(signal.SIGINT)
    started.ends(130, "codegen: interrupted")


def test_interrupted_while_it_emits(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    started = Started(tmp_path, "emit", "--format", "slow.py", "--output", "out")
    assert started.process.stdout is not None
    assert started.process.stdout.readline() == "ready\n"
    os.killpg(started.process.pid, signal.SIGINT)
    started.ends(130, "codegen: interrupted")
    assert not (tmp_path / "out").exists()
