"""A repository of formats: ``[tool.codegen]``, formats of modules and of installed packages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORMAT = """
from codegen.formats.ethernet import ETHERNET
from codegen.model import Const, Fill, Header, Packet, UInt

PING = Packet("{name}", ETHERNET.bind(type=0x88B5) / Header("probe", (UInt("kind", 8, Const(7)),))
              / Fill(), "a probe")
"""


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "codegen", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a project with two formats and these lines of the table."""

    def make(table: str) -> Path:
        (tmp_path / "pyproject.toml").write_text(f"[tool.codegen]\n{table}\n")
        (tmp_path / "probe.py").write_text(FORMAT.format(name="probe1"))
        (tmp_path / "sensors").mkdir()
        (tmp_path / "sensors" / "__init__.py").touch()
        (tmp_path / "sensors" / "packets.py").write_text(FORMAT.format(name="probe2"))
        return tmp_path

    return make


BOTH = "formats = ['probe.py', 'sensors.packets:PING']"


def applications(output: Path) -> set[str]:
    return {str(path.parent.relative_to(output)) for path in output.glob("*/*/genpkt.c")}


# ------------------------------------------------------------- package.module:NAME


def test_a_format_of_a_module(project: Callable[[str], Path]) -> None:
    done = run(project(BOTH), "show", "sensors.packets:PING")
    assert done.stdout.startswith("probe2: a probe\n"), done.stderr


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sensors.packets:PONG", "there is no format 'PONG' in sensors.packets; it has: "),
        ("sensors.nothing:PING", "there is no module 'sensors.nothing', neither in "),
        ("nowhere.packets:PING", "there is no module 'nowhere', neither in "),
        ("sensors.broken:PING", "sensors/broken.py raises ModuleNotFoundError: No module named"),
        ("sensors.failing:PING", "the module sensors.failing cannot be imported: line 1 of "),
        ("sensors.packets", "there is no format 'sensors.packets'; there are: arp-request"),
        ("sensors.packets:", "there is no format 'sensors.packets:'; there are: arp-request"),
        ("sensors..packets:PING", "there is no format 'sensors..packets:PING'; there are: "),
    ],
)
def test_a_module_that_gives_no_format(
    spec: str, message: str, project: Callable[[str], Path]
) -> None:
    folder = project(BOTH)
    (folder / "sensors" / "broken.py").write_text("import not_there\n")
    (folder / "sensors" / "failing.py").write_text("raise SystemExit(0)\n")
    done = run(folder, "show", spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_strategy_of_a_module(project: Callable[[str], Path]) -> None:
    folder = project(BOTH)
    (folder / "sensors" / "ways.py").write_text(
        "from codegen.model import Buffers, Fetch, QueueFull, Strategy\n"
        'BIG = Strategy("big", Buffers.POOL, Fetch.DUP, QueueFull.DROP, "many", objects=8192)\n'
    )
    done = run(folder, "emit", "--strategy", "sensors.ways:BIG")
    assert done.returncode == 0, done.stderr
    assert applications(folder / "generated") == {"probe1/big", "probe2/big"}


# ------------------------------------------------------------------- entry points


def package(folder: Path, name: str, points: str) -> None:
    """Make what pip leaves of an installed package, as far as entry points need it."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[codegen.formats]\n{points}\n")


def test_a_format_of_an_entry_point(project: Callable[[str], Path], tmp_path: Path) -> None:
    package(project(BOTH), "acme", "acme-ping = sensors.packets:PING\nudp4 = acme:X")
    path = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    elsewhere = tmp_path / "elsewhere" / ".git"
    elsewhere.mkdir(parents=True)
    for spec in ("acme-ping", "acme_ping"):
        assert run(elsewhere, "show", spec, **path).stdout.startswith("probe2: ")
    # A name of the catalogue stays the catalogue's.
    assert run(elsewhere, "show", "udp4", **path).stdout.startswith("udp4: ")
    listed = run(elsewhere, "list", "formats", **path).stdout
    (row,) = (line for line in listed.splitlines() if "acme" in line)
    assert row.split() == "acme-ping a probe acme 1.0: sensors.packets:PING".split()
    assert "acme-ping" in run(elsewhere, "show", "nope", **path).stderr


def test_entry_points_that_give_no_format(project: Callable[[str], Path], tmp_path: Path) -> None:
    folder = project("formats = ['probe.py']")
    path = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    package(folder, "acme", "whole = sensors.packets\ngone = sensors.gone:PING")
    done = run(folder, "show", "whole", **path)
    assert done.returncode == 2
    assert "the entry point 'whole' of acme 1.0: sensors.packets names no format" in done.stderr
    # The others are listed all the same.
    listed = run(folder, "list", "formats", **path)
    assert listed.returncode == 0
    assert "cannot be loaded: there is no module 'sensors.gone'" in listed.stdout
    package(folder, "other", "gone = sensors.packets:PING")
    done = run(folder, "show", "gone", **path)
    assert done.returncode == 2
    assert "two installed packages have a format 'gone'" in done.stderr


# ----------------------------------------------------------------- [tool.codegen]


def test_bare_verbs_do_the_projects_own(project: Callable[[str], Path]) -> None:
    folder = project(f"{BOTH}\nstrategies = ['heap-gen', 'pool-dup']\noutput = 'emitted'")
    below = folder / "sensors"
    for where in (folder, below):
        done = run(where, "emit")
        assert done.returncode == 0, done.stderr
    assert applications(folder / "emitted") == {
        f"{name}/{strategy}"
        for name in ("probe1", "probe2")
        for strategy in ("heap-gen", "pool-dup")
    }
    assert not (below / "emitted").exists()
    assert run(below, "emit", "--check").returncode == 0
    (folder / "emitted" / "probe2" / "heap-gen" / "genpkt.c").write_text("")
    assert run(below, "emit", "--check").returncode == 1
    done = run(below, "verify", "--examples", "2")
    assert done.returncode == 0, done.stderr
    titles = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert titles == [f"probe{number}: 2 examples, seed 0" for number in (1, 2)]


def test_options_replace_what_the_table_has(project: Callable[[str], Path]) -> None:
    folder = project(f"{BOTH}\nstrategies = ['heap-gen']\noutput = 'emitted'")
    run(folder, "emit", "--format", "udp4", "--output", "a")
    assert applications(folder / "a") == {"udp4/heap-gen"}
    run(folder, "emit", "--strategy", "pool-gen", "--output", "b")
    assert applications(folder / "b") == {"probe1/pool-gen", "probe2/pool-gen"}
    assert not (folder / "emitted").exists()


@pytest.mark.parametrize(
    ("targets", "apps", "packets"),
    [
        ("", True, False),
        ("targets = ['unikraft']", True, False),
        ("targets = ['c']", False, True),
        ("targets = ['c', 'unikraft', 'c']", True, True),
    ],
)
def test_bare_emit_writes_each_target(
    targets: str, apps: bool, packets: bool, project: Callable[[str], Path]
) -> None:
    folder = project(f"{BOTH}\noutput = 'emitted'\n{targets}")
    below = folder / "sensors"
    done = run(below, "emit")
    assert done.returncode == 0, done.stderr
    names = {"probe1/pool-dup", "probe2/pool-dup"}
    assert applications(folder / "emitted") == (names if apps else set())
    assert (folder / "emitted" / "runtime").exists() == apps
    layer = folder / "emitted" / "packets"
    sources = {path.name for path in layer.glob("*.c")}
    assert sources == ({"probe1.c", "probe2.c"} if packets else set())
    printed = sorted(f"../emitted/{name}" for name in (names if apps else set()))
    assert done.stdout.splitlines() == printed + ["../emitted/packets"] * packets
    assert run(below, "emit", "--check").returncode == 0
    for name in ("packets/probe2.h", "probe2/pool-dup/packet.c"):
        if (folder / "emitted" / name).exists():
            before = (folder / "emitted" / name).read_text()
            (folder / "emitted" / name).write_text("")
            done = run(below, "emit", "--check")
            assert done.returncode == 1
            assert f"+++ ../emitted/{name}" in done.stdout
            (folder / "emitted" / name).write_text(before)


def test_a_target_on_the_command_line_replaces_those_of_the_table(
    project: Callable[[str], Path],
) -> None:
    folder = project(f"{BOTH}\ntargets = ['unikraft', 'c']")
    assert run(folder, "emit", "--target", "c").stdout == "generated/packets\n"
    assert applications(folder / "generated") == set()
    assert run(folder, "emit", "--target", "c", "--output", "layer").stdout == "layer\n"
    assert (folder / "layer" / "probe2.c").exists()
    done = run(folder, "emit", "--target", "unikraft", "--output", "apps", "--format", "probe.py")
    assert done.stdout == "apps/probe1/pool-dup\n"
    assert not (folder / "apps" / "packets").exists()
    # All is written, or nothing: a file in the way of one target keeps the other from it.
    (folder / "c" / "packets").mkdir(parents=True)
    (folder / "c" / "packets" / "probe1.c").write_text("my own\n")
    done = run(folder, "emit", "--output", "c")
    assert done.returncode == 1
    assert "c/packets has a file probe1.c that is none of this target's" in done.stderr
    assert [path.name for path in (folder / "c").iterdir()] == ["packets"]


def test_a_strategy_needs_a_target_that_has_one(project: Callable[[str], Path]) -> None:
    done = run(project(f"{BOTH}\ntargets = ['c']"), "emit", "--strategy", "pool-gen")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--strategy is about applications, and the target c of pyproject.toml emits" in (
        done.stderr
    )


def test_the_projects_formats_are_listed(project: Callable[[str], Path]) -> None:
    listed = run(project(BOTH), "list", "formats").stdout.splitlines()
    assert [line.split()[0] for line in listed[1:3]] == ["probe.py:PING", "sensors.packets:PING"]
    assert all(line.endswith("pyproject.toml") for line in listed[1:3])
    assert listed[3].endswith("catalogue")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("format = 1", "has no key 'format'; it may have: formats, targets, strategies, output"),
        (f"{BOTH}\ntargets = 'c'", "targets is 'c'; give it a list of targets, such as"),
        (f"{BOTH}\ntargets = []", "targets is []; give it a list of targets, such as"),
        (f"{BOTH}\ntargets = ['c', 'xdp']", "there is no target 'xdp'; there are: unikraft, c"),
        (f"{BOTH}\ntargets = [['c']]", "targets is [['c']]; give it a list of targets"),
        ("formats = 'probe.py'", "formats is 'probe.py'; give it a list of formats, such as"),
        ("formats = []", "formats is []; give it a list of formats, such as"),
        ("formats = [1]", "formats is [1]; give it a list of formats, such as"),
        (f"{BOTH}\noutput = 1", "output is 1; give it the folder below which"),
        (f"{BOTH}\nstrategies = ['x']", "there is no strategy 'x'; there are: heap-gen"),
        ("output = 'x'", "names no formats; give it formats = a list of formats"),
        ("formats = [", "is not valid TOML: "),
        ("[tool]\ncodegen = 1", "is not valid TOML: "),
        (
            f"{BOTH[:-1]}, 'same.py']",
            "'same.py' are both named 'probe2'",
        ),
    ],
)
def test_a_table_that_is_wrong(table: str, message: str, project: Callable[[str], Path]) -> None:
    folder = project(table)
    (folder / "same.py").write_text(FORMAT.format(name="probe2").replace("a probe", "another"))
    done = run(folder, "emit")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (folder / "generated").exists()


def test_without_a_table_nothing_changes(tmp_path: Path) -> None:
    """The search ends at the root of the repository, and other tools' tables are no matter."""
    (tmp_path / "pyproject.toml").write_text("[tool.codegen]\nformats = ['probe.py']\n")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "pyproject.toml").write_text('[tool.other]\nname = "codegen"\n')
    assert run(repository, "emit").returncode == 0
    assert applications(repository / "generated") == {"usoc21/pool-dup"}
