"""Emission: the same input gives the same bytes, and a folder is never left half written.

The emitted folders are committed and reviewed, so everything that could make
them differ without a cause (time, place, machine, an interrupted write) is
tried here, and the C is held to the style that it claims.
"""

from __future__ import annotations

import doctest
import errno
import functools
import hashlib
import json
import operator
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import jinja2.meta
import pytest

import codegen
from codegen import emit, formats, runtime
from codegen.errors import CodegenError
from codegen.formats.ethernet import ETHERNET
from codegen.lower import FormatPlan, lower
from codegen.model import (
    MAC,
    STRATEGIES,
    Algorithm,
    Bytes,
    Checksum,
    Counter,
    Default,
    Fetch,
    Fill,
    Format,
    Header,
    Int,
    IPv4Address,
    IPv6Address,
    OwnAlgorithm,
    Packet,
    Parameter,
    Permutation,
    Random,
    Range,
    Reserved,
    Span,
    Strategy,
    UInt,
    VarInt,
    crc,
)
from codegen.resolve import names, resolve
from codegen.targets import c as target_c
from tests.tools import NO_TREE

ROOT = Path(__file__).parent.parent
GENERATED = ROOT / "generated"
TEMPLATES = sorted((ROOT / "c_templates").rglob("*.j2"))

#: A packet that is unlike the catalogue's: bits, both byte orders, ranges, no checksum.
ODD = Packet(
    "odd",
    ETHERNET.named("link")
    / Header(
        "telemetry",
        (
            UInt("flag", 1, Parameter("flag", 0)),
            Reserved(3),
            UInt("wide", 36, Parameter("wide", 5, minimum=1)),
            UInt("little", 32, Parameter("little", 7, maximum=1000), byteorder="little"),
            UInt("rest", 64, Default(1)),
        ),
        numbers={"ethertype": 0x88B5},
    )
    / Fill("x"),
    "a packet with fields of every kind",
)
PARITY = OwnAlgorithm(
    "PARITY",
    8,
    lambda data: functools.reduce(operator.xor, data, 0),
    """static inline uint8_t PARITY(const uint8_t *p, size_t len, size_t field)
{
	uint8_t found = 0;
	size_t i;

	for (i = 0; i < len; i++)
		found ^= csum_octet(p, i, field, 1);
	return found;
}
""",
)
#: One that calls every function that checksums have, and draws numbers.
CHECKED = Packet(
    "checked",
    Header(
        "sums",
        (
            UInt("n", 32, Counter()),
            UInt("drawn", 32, Random()),
            UInt("back", 8, Range(0, 5, fold=True)),
            UInt("mixed", 8, Permutation(0, 9)),
            *(
                UInt(each.name.lower(), each.bits, Checksum(Span("n", "n"), each))
                for each in (*Algorithm, PARITY)
            ),
            UInt("crc15", 15, Checksum(Span("n", "n"), crc("CRC-15/CAN"))),
            Reserved(1),
        ),
    )
    / Fill(),
    "a packet with checksums of every kind",
)
#: One whose arguments are of every kind.
KINDS = Packet(
    "kinds",
    Header(
        "h",
        (
            MAC("mac", Parameter("mac", "02:00:00:00:00:01")),
            IPv4Address("four", Parameter("four", "192.0.2.1")),
            IPv6Address("six", Parameter("six", "::1")),
            Bytes("key", Parameter("key", b"\x01\x02")),
            UInt("kind", 8, Parameter("kind", 1), names={1: "one", 2: "two"}),
            UInt("number", 8, Parameter("number", 1)),
            Int("signed", 8, Parameter("offset", -1)),
            VarInt("variable", Parameter("variable", 300)),
        ),
    )
    / Fill(),
)
#: Those for which every strategy is looked at; of the others, one of each kind.
THOROUGHLY = {"usoc21", "udp4_seq", "odd"}
APPLICATIONS = [
    (format, strategy)
    for format in (*formats.catalogue().values(), ODD, CHECKED)
    for strategy in STRATEGIES
    if not (strategy.fetch is Fetch.SHARE and resolve(format).sweeps)
    and (format.name in THOROUGHLY or strategy.name in ("heap-gen", "ring-patch-retry"))
]
application = pytest.mark.parametrize(
    ("format", "strategy"),
    APPLICATIONS,
    ids=[f"{format.name}-{strategy.name}" for format, strategy in APPLICATIONS],
)


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegen", "emit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones included, by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# ------------------------------------------------------------- the same bytes


def test_what_is_emitted_depends_on_nothing_else(tmp_path: Path) -> None:
    found = []
    for place, locale, seed in (("here", "C.UTF-8", "1"), ("there/and/further", "C", "2")):
        cwd = tmp_path / place
        cwd.mkdir(parents=True)
        environment = os.environ | {
            "HOME": str(cwd),
            "LC_ALL": locale,
            "PYTHONHASHSEED": seed,
            "TZ": f"XXX{seed}",
            "USER": f"user{seed}",
        }
        done = run("--all", "--output", "out", cwd=cwd, env=environment)
        assert done.returncode == 0, done.stderr
        found.append(contents(cwd / "out"))
    assert found[0] == found[1]
    assert len(found[0]) == len(emit.COMMITTED) * (len(emit.FILES) + 3) + len(emit.render_runtime())


def test_twice_the_same_and_the_second_changes_nothing(tmp_path: Path) -> None:
    printed = set()
    for _ in range(2):
        done = run("--output", tmp_path / "out")
        assert done.returncode == 0, done.stderr
        printed.add(done.stdout)
        (tmp_path / "out").rename(tmp_path / f"out{len(list(tmp_path.iterdir()))}")
    assert printed == {f"{tmp_path / 'out'}/usoc21/pool-dup\n"}
    first, second = tmp_path.iterdir()
    assert contents(first) == contents(second)


def test_nothing_is_written_where_nothing_would_change(tmp_path: Path) -> None:
    """A build that is there finds its sources as old as they are."""
    assert run("--output", tmp_path).returncode == 0
    before = listing(tmp_path)
    assert run("--output", tmp_path).returncode == 0
    assert listing(tmp_path) == before
    assert run("--output", tmp_path, "--strategy", "heap-gen").returncode == 0
    kept = {name for name in before if name not in (str(tmp_path), str(tmp_path / "usoc21"))}
    assert {name: listing(tmp_path)[name] for name in kept} == {name: before[name] for name in kept}


def test_emissions_at_the_same_time_do_not_disturb_one_another(tmp_path: Path) -> None:
    strategies = [each.name for each in STRATEGIES]
    for _ in range(2):
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "codegen", "emit", "--output", "out", "--strategy", name],
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in strategies
        ]
        assert [(each.communicate()[1], each.returncode) for each in running] == [
            ("", 0) for _ in strategies
        ]
        # What is stale is renewed by all of them.
        (tmp_path / "out" / "runtime" / "main.c").write_text("stale\n")
    for name in strategies:
        assert run("--output", tmp_path / "out", "--strategy", name).returncode == 0
        assert run("--output", tmp_path / "out", "--strategy", name, "--check").returncode == 0
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


@application
def test_nothing_of_this_machine_is_inside(format: Format, strategy: Strategy) -> None:
    _know_nothing_of_this_machine(emit.render(resolve(format), strategy))


def test_nothing_of_this_machine_is_in_the_runtime() -> None:
    _know_nothing_of_this_machine(emit.render_runtime())


def _know_nothing_of_this_machine(files: dict[str, str]) -> None:
    known = {word for path in TEMPLATES for word in re.findall(r"[\w.-]+", path.read_text())}
    machine = {platform.node(), os.environ.get("USER", "root")} - known - {""}
    for name, text in files.items():
        for path in (str(ROOT), str(Path.home()), sys.prefix, "/tmp", "/home/"):
            assert path == "/" or path not in text, name
        assert not re.search(r"\b20\d\d-\d\d|__DATE__|__TIME__|\b\d\d:\d\d:\d\d [A-Z]", text), name
        assert not machine & set(re.findall(r"[\w.-]+", text)), name


def test_emission_does_not_depend_on_the_order_of_sets(tmp_path: Path) -> None:
    """Several checksums that do not cover one another could be computed in any order."""
    emissions = set()
    for seed in "01234":
        done = run(
            *("--format", "vxlan-udp4", "--output", tmp_path / seed),
            env=os.environ | {"PYTHONHASHSEED": seed},
        )
        assert done.returncode == 0, done.stderr
        emissions.add((tmp_path / seed / "vxlan_udp4" / "pool-dup" / "genpkt.c").read_text())
    assert len(emissions) == 1


def test_text_is_written_as_utf8_whatever_the_locale(tmp_path: Path) -> None:
    source = "from codegen.formats.udp import UDP4\nP = UDP4.preset('p', 'Größe – 1 µs', {})\n"
    (tmp_path / "own.py").write_text(source, encoding="utf-8")
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for options in ((), ("--check",)):
        done = run(
            "--format", "own.py:P", "--output", "out", *options, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stderr
    assert "Größe – 1 µs" in (tmp_path / "out/p/pool-dup/p.c").read_bytes().decode()


# --------------------------------------------------------------- the manifest


def test_the_manifest_says_what_it_was_made_from(tmp_path: Path) -> None:
    assert run("--format", "udp4", "--strategy", "heap-gen", "--output", tmp_path).returncode == 0
    app = tmp_path / "udp4" / "heap-gen"
    manifest = json.loads((app / "manifest.json").read_text())
    assert manifest["generator"] == f"codegen {codegen.__version__}"
    assert (manifest["format"], manifest["strategy"]) == ("udp4", "heap-gen")
    assert manifest["files"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in app.iterdir()
        if path.name != "manifest.json"
    }
    common = contents(tmp_path / "runtime")
    assert json.loads(common.pop("manifest.json"))["files"] == {
        name: hashlib.sha256(content).hexdigest() for name, content in common.items()
    }
    assert manifest["runtime"] == {
        name: hashlib.sha256(common[name]).hexdigest() for name in manifest["runtime"]
    }


@application
def test_the_manifest_names_what_is_included(format: Format, strategy: Strategy) -> None:
    """No file of the runtime more than an application needs, and none less."""
    files = emit.with_runtime(emit.render(resolve(format), strategy))
    makefile = files["Makefile.uk"]
    todo = [
        f"{folder}{name}"
        for prefix, folder in (("BASE", ""), ("RUNTIME", "runtime/"))
        for name in re.findall(rf"SRCS-y \+= \$\(APPPKTGEN_{prefix}\)/(\S+)", makefile)
    ]
    found = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            for included in re.findall(r'^#include "(.*)"$', files[name], re.MULTILINE):
                todo.append(included if included in files else f"runtime/{included}")
    assert found == {name for name in files if name.endswith((".c", ".h"))}


def test_every_file_of_the_runtime_is_used() -> None:
    """By one of these applications, which have every kind of arguments and every strategy."""
    used = set()
    others = [(KINDS, STRATEGIES[0]), (CHECKED, STRATEGIES[0])]
    for format, strategy in [(ODD, each) for each in STRATEGIES] + others:
        manifest = emit.render(resolve(format), strategy)["manifest.json"]
        used |= json.loads(manifest)["runtime"].keys()
    assert used == runtime.texts().keys()
    assert {path.name for path in runtime.FOLDER.iterdir()} == used


def test_the_hash_of_the_format_follows_the_format() -> None:
    def digest(format: Format) -> str:
        manifest = emit.render(resolve(format), STRATEGIES[0])["manifest.json"]
        return str(json.loads(manifest)["format_sha256"])

    def packet(ttl: int, name: str = "ttl", fill: int = 0) -> Packet:
        header = Header("h", (UInt("ttl", 8, Parameter(name, ttl)), Reserved(8)))
        return Packet("p", header / Fill(fill))

    assert digest(packet(64)) == digest(packet(64))
    variants = [packet(64), packet(63), packet(64, "hops"), packet(64, fill=1)]
    variants += [replace(packet(64), max_length=100), replace(packet(64), summary="other")]
    assert len({digest(each) for each in variants}) == len(variants)


# ------------------------------------------------------------------- --check


@pytest.fixture
def emitted(tmp_path: Path) -> Path:
    target = tmp_path / "out" / "usoc21" / "pool-dup"
    emit.write(emit.render_runtime(), tmp_path / "out" / "runtime")
    emit.write(emit.render(resolve(formats.load("usoc21")), _strategy("pool-dup")), target)
    return target


def _strategy(name: str) -> Strategy:
    return next(each for each in STRATEGIES if each.name == name)


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return modification time and size of everything below a folder, and of itself."""
    paths = (folder, *folder.rglob("*"))
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


def test_check_of_a_current_folder_is_silent(emitted: Path, tmp_path: Path) -> None:
    before = listing(tmp_path)
    done = run("--check", "--output", tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listing(tmp_path) == before


def _edit(path: Path) -> None:
    path.write_text(path.read_text().replace("uint16_t", "uint32_t", 1))


def _strip_the_last_newline(path: Path) -> None:
    path.write_text(path.read_text().rstrip("\n"))


def _write_crlf(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    "spoil", [_edit, _strip_the_last_newline, _write_crlf, Path.unlink], ids=lambda f: f.__name__
)
def test_check_shows_a_diff_that_mends_the_folder(
    emitted: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    current = (emitted / "genpkt.c").read_bytes()
    spoil(emitted / "genpkt.c")
    before = listing(tmp_path)
    command = [sys.executable, "-m", "codegen", "emit", "--check", "--output", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"1 of the emitted files" in done.stderr
    assert b"emit again" in done.stderr
    assert listing(tmp_path) == before

    path = b"out/usoc21/pool-dup/genpkt.c"
    assert done.stdout.startswith(b"--- %s\ton disk\n+++ %s\temitted\n@@ " % (path, path))
    if spoil is Path.unlink:
        (emitted / "genpkt.c").touch()
    subprocess.run(
        ["git", "apply", "-p0", "-"],
        cwd=tmp_path,
        input=done.stdout,
        check=True,
        capture_output=True,
    )
    assert (emitted / "genpkt.c").read_bytes() == current


def test_check_looks_at_the_runtime_too(emitted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "runtime"
    _edit(folder / "netbuf.h")
    (folder / "sink.h").unlink()
    (folder / "mine.h").write_text("/* not emitted */\n")
    done = run("--check", "--output", tmp_path / "out")
    assert done.returncode == 1
    shown = re.findall(r"^--- \S*/(\S+)\ton disk$", done.stdout, re.MULTILINE)
    assert shown == ["netbuf.h", "sink.h"]
    assert f"{folder / 'mine.h'}: codegen has no such file; move it elsewhere\n" in done.stdout
    assert "3 of the emitted files" in done.stderr
    # Another one's file is left alone.
    assert run("--output", tmp_path / "out").returncode == 0
    (folder / "mine.h").rename(tmp_path / "mine.h")
    assert run("--check", "--output", tmp_path / "out").returncode == 0


def test_what_an_earlier_version_had_goes(emitted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "runtime"
    earlier = emit.render_runtime() | {"old.h": "/* of an earlier version */\n"}
    manifest = json.loads(earlier["manifest.json"])
    manifest["files"]["old.h"] = ""
    emit.write(earlier | {"manifest.json": json.dumps(manifest)}, folder)
    assert run("--check", "--output", tmp_path / "out").returncode == 1
    assert run("--output", tmp_path / "out").returncode == 0
    assert run("--check", "--output", tmp_path / "out").returncode == 0
    assert not (folder / "old.h").exists()


def test_check_of_a_stale_folder_names_every_file(emitted: Path, tmp_path: Path) -> None:
    emit.write(emit.render(resolve(formats.load("udp4")), _strategy("pool-dup")), emitted)
    done = run("--check", "--output", tmp_path / "out")
    assert done.returncode == 1
    shown = set(re.findall(r"^--- \S*/(\S+)\ton disk$", done.stdout, re.MULTILINE))
    assert {"genpkt.c", "genpkt.h", "packet.c", "packet.h", "manifest.json"} <= shown
    assert f"{len(shown)} of the emitted files" in done.stderr


def test_check_of_nothing_writes_nothing(tmp_path: Path) -> None:
    done = run("--check", "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "+++" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_of_what_cannot_be_read(emitted: Path, tmp_path: Path) -> None:
    (emitted / "genpkt.c").write_bytes(b"\xff\xfe")
    (emitted / "packet.c").unlink()
    (emitted / "packet.c").mkdir()
    done = run("--check", "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "cannot read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_committed_applications_are_current() -> None:
    done = run("--all", "--check", "--output", GENERATED)
    assert done.returncode == 0, f"run 'make emit':\n{done.stdout}{done.stderr}"
    folders = {str(path.parent.relative_to(GENERATED)) for path in GENERATED.glob("*/*/genpkt.c")}
    assert folders == {f"{format}/{strategy}" for format, strategy in emit.COMMITTED}


def test_check_of_all_concerns_what_is_there(emitted: Path, tmp_path: Path) -> None:
    """What the project keeps in its own folder is no business of another one."""
    output = tmp_path / "out"
    done = run("--all", "--check", "--output", output)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    emit.write(emit.render(resolve(ODD), _strategy("pool-dup")), output / "odd" / "pool-dup")
    (output / "notes").mkdir()
    done = run("--all", "--check", "--output", output)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"codegen: {output}/odd/pool-dup is not checked: its format or strategy is in a file of "
        "your own; name that file with --format or --strategy\n"
    )
    (emitted / "genpkt.c").write_text("edited\n")
    done = run("--all", "--check", "--output", output)
    assert done.returncode == 1
    assert re.findall(r"^--- (\S+)", done.stdout, re.MULTILINE) == [str(emitted / "genpkt.c")]


def test_check_of_all_where_nothing_is(tmp_path: Path) -> None:
    done = run("--all", "--check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "codegen: there is no emitted application in generated; name another folder with "
        "--output, or emit one\n"
    )


# -------------------------------------------------------------- whole folders


def test_foreign_files_stay(emitted: Path, tmp_path: Path) -> None:
    foreign = {".config": "CONFIG_X=y\n", "build/main.o": "object", "notes.txt": "mine\n"}
    for name, text in foreign.items():
        (emitted / name).parent.mkdir(exist_ok=True)
        (emitted / name).write_text(text)
    (emitted / "packet.c").write_text("edited")
    assert run("--output", tmp_path / "out").returncode == 0
    assert {name: (emitted / name).read_text() for name in foreign} == foreign
    assert (
        emit.check(emit.render(resolve(formats.load("usoc21")), _strategy("pool-dup")), emitted)
        == []
    )
    assert {path.name for path in emitted.iterdir()} == {
        *emit.FILES,
        *("usoc21.c", "usoc21.h"),
        "manifest.json",
        ".config",
        "build",
        "notes.txt",
    }


NEW = {**dict.fromkeys(emit.FILES, "new\n"), emit.MANIFEST: "new manifest\n"}
OLD = {**dict.fromkeys(emit.FILES, "old\n"), emit.MANIFEST: "old manifest\n"}


def fail_at(monkeypatch: pytest.MonkeyPatch, method: str, at: int, error: BaseException) -> None:
    """Let the ``at``-th call of a method of Path fail."""
    original = getattr(Path, method)
    calls = iter(range(1, 1000))

    def failing(self: Path, *arguments: Any) -> Any:
        if next(calls) == at:
            raise error
        return original(self, *arguments)

    monkeypatch.setattr(Path, method, failing)


def test_an_application_comes_after_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its folder is, the runtime is whole."""
    from click.testing import CliRunner

    from codegen.cli.emit import command

    files = len(emit.render_runtime())
    with monkeypatch.context() as patched:
        fail_at(patched, "replace", files + 1, OSError(errno.ENOSPC, "No space left on device"))
        done = CliRunner().invoke(command, ["--output", str(tmp_path)])
    assert isinstance(done.exception, CodegenError)
    assert emit.check_runtime(tmp_path / "runtime") == []


@pytest.mark.parametrize("at", range(1, len(NEW) + 1))
@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize("kind", ["disk", "interrupt"])
def test_an_interrupted_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, method: str, at: int
) -> None:
    target = tmp_path / "app"
    emit.write(OLD, target)
    error: BaseException
    raised: type[BaseException]
    if kind == "disk":
        error, raised = OSError(errno.ENOSPC, "No space left on device"), CodegenError
    else:
        error, raised = KeyboardInterrupt(), KeyboardInterrupt
    with monkeypatch.context() as patched:
        fail_at(patched, method, at, error)
        with pytest.raises(raised) as caught:
            emit.write(NEW, target)
    if kind == "disk":
        assert str(caught.value).startswith(f"cannot write {target}: No space left on device; ")
    assert [path.name for path in tmp_path.iterdir()] == ["app"]
    found = {path.name: path.read_text() for path in target.iterdir()}
    assert found.keys() == NEW.keys()
    assert all(text in (OLD[name], NEW[name]) for name, text in found.items())
    # Whoever looks at the manifest afterwards must not take a mixture for the new one.
    assert found[emit.MANIFEST] == OLD[emit.MANIFEST]
    if method == "write_bytes":
        assert found == OLD
    emit.write(NEW, target)
    assert emit.check(NEW, target) == []


def test_of_several_folders_all_are_written_or_none(tmp_path: Path) -> None:
    emit.write(OLD, tmp_path / "one")
    (tmp_path / "two").touch()
    before = contents(tmp_path)
    with pytest.raises(CodegenError, match=f"cannot write {tmp_path / 'two'}: Not a directory"):
        emit.write_all({tmp_path / "one": NEW, tmp_path / "two": NEW})
    assert contents(tmp_path) == before
    (tmp_path / "two").unlink()
    emit.write_all({tmp_path / "one": NEW, tmp_path / "two": NEW})
    for name in ("one", "two"):
        assert emit.check(NEW, tmp_path / name) == []


def test_a_full_disk(tmp_path: Path) -> None:
    assert run("--output", tmp_path / "out").returncode == 0
    (tmp_path / "out" / "usoc21" / "pool-dup" / "packet.h").unlink()
    before = contents(tmp_path)
    done = run(
        "--output",
        tmp_path / "out",
        # No file may grow beyond this: the kernel refuses the write, as on a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"codegen: cannot write \S+: File too large; give a folder .*\n", done.stderr
    )
    assert contents(tmp_path) == before


def test_files_can_be_read_by_others(tmp_path: Path) -> None:
    assert run("--output", tmp_path, umask=0o022).returncode == 0
    app = tmp_path / "usoc21" / "pool-dup"
    assert app.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in app.iterdir()} == {0o644}


# ------------------------------------------------------------------ templates


def _visible(plan: object, hidden: str) -> SimpleNamespace:
    """Return an object like ``plan`` that lacks one attribute."""
    return SimpleNamespace(
        **{
            name: getattr(plan, name)
            for name in dir(plan)
            if name != hidden and not name.startswith("_")
        }
    )


def _rendered(plan: Any) -> list[str]:
    return list(emit.render_plan(plan).values())


#: What templates print of every format.
PRINTED = sorted(
    {each.name for each in fields(FormatPlan)} - {"mean_bits", "padded_max", "trailer"}
)


@pytest.mark.parametrize("hidden", PRINTED)
def test_no_attribute_of_a_format_is_left_out_silently(hidden: str) -> None:
    plan = lower(resolve(formats.load("udp4")), STRATEGIES[0])
    hiding = _visible(plan.format, hidden)
    with pytest.raises((jinja2.UndefinedError, AttributeError), match=hidden):
        _rendered(SimpleNamespace(format=hiding, strategy=plan.strategy))


@pytest.mark.parametrize("hidden", ["format", "strategy"])
def test_no_attribute_of_a_plan_is_left_out_silently(hidden: str) -> None:
    plan = lower(resolve(formats.load("udp4")), STRATEGIES[0])
    assert _rendered(_visible(plan, "")) == _rendered(plan)
    with pytest.raises((jinja2.UndefinedError, AttributeError), match=hidden):
        _rendered(_visible(plan, hidden))


@pytest.mark.parametrize("name", emit.FILES)
def test_every_file_says_what_it_was_made_from(name: str) -> None:
    # It reads the plan, so it fails when the plan is empty.
    with pytest.raises((jinja2.UndefinedError, AttributeError)):
        emit._render_file(name, SimpleNamespace())  # type: ignore[arg-type]
    text = emit._render_file(name, lower(resolve(formats.load("udp4")), STRATEGIES[0]))
    assert f"Generated by codegen {codegen.__version__}: format udp4" in text


@pytest.mark.parametrize("name", runtime.texts())
def test_the_runtime_is_of_no_format_and_no_version(name: str) -> None:
    text = runtime.texts()[name]
    assert text.startswith("/* SPDX-License-Identifier: BSD-3-Clause */\n")
    assert len(text.splitlines()) <= 300
    assert codegen.__version__ not in text
    assert not re.search(r"\b(udp4|usoc21|pool-dup)", text)


def test_no_format_can_have_the_name_of_a_file() -> None:
    files = [*emit.FILES, *runtime.texts()]
    taken = {Path(name).stem for name in files if name.endswith((".c", ".h"))}
    assert taken <= names.FILES
    texts = [
        *runtime.texts().values(),
        *emit.render_plan(lower(resolve(ODD), STRATEGIES[0])).values(),
    ]
    included = set(re.findall(r"^#include <(\w+)\.h>$", "\n".join(texts), re.MULTILINE))
    assert included <= names.FILES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_read_the_plan_and_nothing_else(path: Path) -> None:
    environment = emit._environment()
    undeclared = jinja2.meta.find_undeclared_variables(environment.parse(path.read_text()))
    assert undeclared <= {
        *("plan", "format", "formats", "genpkt", "own", "crc"),
        *("version", "banner", "sources", "runtime_files"),
    }


def test_every_template_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: set[str] = set()
    environment = emit._environment()
    original = environment.get_template

    def noting(name: Any, *arguments: Any, **options: Any) -> jinja2.Template:
        loaded.add(str(name))
        return original(name, *arguments, **options)

    monkeypatch.setattr(environment, "get_template", noting)
    for strategy in STRATEGIES:
        _rendered(lower(resolve(ODD), strategy))
    _rendered(lower(resolve(CHECKED), STRATEGIES[0]))
    target_c.render([resolve(ODD)])
    assert loaded == {str(path.relative_to(ROOT / "c_templates")) for path in TEMPLATES}


def test_the_examples_of_the_printer() -> None:
    from codegen.c import printer, types

    for module, least in ((printer, 4), (types, 2)):
        result = doctest.testmod(module)
        assert result.attempted >= least
        assert result.failed == 0


# ---------------------------------------------------------------------- style

#: What a line of C must not have, as Unikraft's checkpatch has it, and its name.
UNSTYLISH = (
    (r"[ \t]+$", "blanks at the end of the line"),
    (r" \t", "a blank before a tab"),
    (r"^\t* {8}", "blanks where a tab belongs"),
    (r"^ (?! ?\*)", "indentation by blanks"),
    (r"//", "a C++ comment"),
    (r"\b(if|for|while|switch)\(", "no blank behind a keyword"),
    (r"(if|for|while|switch) \(.*\)\{|\}else|else\{", "no blank before a brace"),
    (r",[^\s\"']", "no blank behind a comma"),
    (r"\w \(\)|\( | \)", "a blank inside parentheses"),
    (r"\w\* \w+[;,)]", "the star of a pointer at its type"),
    (r"return \([^()]*\);", "parentheses around what is returned"),
    (r";;|[^ (];[^\s\"'\\]", "an empty statement, or two in a line"),
)


def code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines, numbered, with comments and the texts of strings blotted out."""

    def blot(found: re.Match[str]) -> str:
        return re.sub(r"[^\s*]", "_", found[0])

    text = re.sub(r"(?<=/\*).*?(?=\*/)", blot, text, flags=re.DOTALL)
    text = re.sub(r'(?<=")(?:\\.|[^"\\\n])*(?=")', blot, text)
    yield from enumerate(text.splitlines(), 1)


@application
def test_c_looks_as_unikrafts(format: Format, strategy: Strategy) -> None:
    # A byte made of several fields of ODD takes a longer expression.
    assert style(emit.render(resolve(format), strategy), wide=format is ODD) == []


def test_the_runtime_looks_as_unikrafts() -> None:
    assert style(runtime.texts()) == []


def style(files: dict[str, str], wide: bool = False) -> list[str]:
    """Return what of C files does not look as Unikraft's; wide lines pass if they may."""
    found = []
    for name, text in files.items():
        if not name.endswith((".c", ".h")):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            # A text that people read is not torn apart, so that it can be searched for.
            is_text = re.fullmatch(r'\s*".*"\S*', line)
            if len(line.expandtabs(8)) > 80 and not wide and not is_text:
                found.append(f"{name}:{number}: {len(line.expandtabs(8))} columns: {line}")
        for number, line in code_lines(text):
            found += [
                f"{name}:{number}: {what}: {line}"
                for pattern, what in UNSTYLISH
                if re.search(pattern, line)
            ]
        found += [
            f"{name}: {what}"
            for pattern, what in (
                (r"\n\n\n", "two empty lines in a row"),
                (r"\{\n\n", "an empty line behind a brace"),
                (r"\n\n\}", "an empty line before a brace"),
                (r"\n\w[^\n;=]*\) \{\n", "the brace of a function at its end of line"),
            )
            if re.search(pattern, text)
        ]
    return found


@pytest.mark.parametrize(
    "line",
    [
        "int x; ",
        "        int x;",
        "\tint x; \t/* y */",
        "  int x;",
        "int x; // y",
        "\tif(x)",
        "\tif (x){",
        "f(a,b);",
        "f( a);",
        "char* a;",
        "\treturn (x);",
        "a = 1; b = 2;c = 3;",
    ],
)
def test_what_is_not_stylish_is_seen(line: str) -> None:
    ((_, blotted),) = code_lines(line)
    assert any(re.search(pattern, blotted) for pattern, _ in UNSTYLISH)


@application
def test_every_file_ends_with_one_newline(format: Format, strategy: Strategy) -> None:
    _end_with_one_newline(emit.render(resolve(format), strategy))


def test_every_file_of_the_runtime_ends_with_one_newline() -> None:
    _end_with_one_newline(runtime.texts())


def _end_with_one_newline(files: dict[str, str]) -> None:
    for name, text in files.items():
        assert re.search(r"[^\n]\n\Z", text), name
        assert not text.startswith("\n"), name
        assert not re.search(r"[ \t]$", text, re.MULTILINE), name
        assert "\r" not in text, name
        assert text.isascii(), name


@pytest.mark.unikraft
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
def test_unikrafts_own_checkpatch(
    strategy: Strategy, tmp_path: Path, require: Callable[[str], str]
) -> None:
    tree = Path(os.environ.get("UK_ROOT", Path.home() / ".unikraft" / "unikraft"))
    script = tree / "support" / "scripts" / "checkpatch.pl"
    if not script.is_file():
        pytest.skip(NO_TREE)
    require("perl")
    files = emit.render(resolve(formats.load("usoc21")), strategy)
    for name, text in (files | runtime.texts()).items():
        if name.endswith((".c", ".h")):
            (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["perl", str(script), "--no-tree", "--terse", "--show-types", "--max-line-length=80", "-f"]
        + sorted(path.name for path in tmp_path.iterdir()),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "lines checked" in done.stdout
    # Long formats are split where the output's parts are, __packed is Linux's, and
    # an include of <uk/netbuf.h> in netbuf.h is taken for the file's own name.
    accepted = (
        "SPLIT_STRING",
        "PREFER_PACKED",
        "PREFER_DEFINED_ATTRIBUTE_MACRO",
        "EMBEDDED_FILENAME",
    )
    findings = [
        line
        for line in done.stdout.splitlines()
        if re.search(r": (ERROR|WARNING):", line) and not line.split(":")[3].startswith(accepted)
    ]
    assert findings == []
