"""What is installed works anywhere: templates and the host platform's C are inside.

From a clean copy of what git tracks a wheel, a source distribution and an
editable installation are made, each into a virtual environment of its own, and
the command is run from the root folder, where nothing of the checkout is near.
The copy itself, not installed, serves as well.
Nothing is downloaded: the dependencies are those of the running environment.
"""

from __future__ import annotations

import configparser
import email
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import codegen
from codegen import emit, formats
from codegen.extras import EXTRAS
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from tests import tutorial
from tests.tools import need

ROOT = Path(__file__).parent.parent
KINDS = ("wheel", "sdist", "editable")


#: What a plain installation brings: the names of the folders in site-packages.
PLAIN = ("click", "jinja2", "markupsafe")


def attempt(
    *command: str | Path, folder: str | Path = "/", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, undisturbed by settings of the caller's Python."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def call(*command: str | Path, **variables: str) -> str:
    """Run a command in the root folder that must work, and return what it prints."""
    done = attempt(*command, **variables)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def pip(*arguments: str | Path) -> None:
    """Call pip such that it can only use what is here."""
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    call(
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "--disable-pip-version-check",
        *arguments,
        *offline,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packaging")


@pytest.fixture(scope="module")
def checkout(folder: Path) -> Callable[[str], Path]:
    """Return a function that makes a copy of what git tracks, or would if it were added."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    names = [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]

    def copy(purpose: str) -> Path:
        made = folder / "checkouts" / purpose
        for name in names:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, made / name)
        return made

    return copy


@pytest.fixture(scope="module")
def sdist(checkout: Callable[[str], Path], folder: Path) -> Path:
    """Build a source distribution, and unpack it."""
    target = folder / "dist"
    target.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import setuptools.build_meta as b; b.build_sdist({str(target)!r})",
        ],
        cwd=checkout("sdist"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = target.iterdir()
    shutil.unpack_archive(archive, folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


@pytest.fixture(scope="module")
def wheel(checkout: Callable[[str], Path], folder: Path) -> Path:
    pip("wheel", "--wheel-dir", folder / "wheels", checkout("wheel"))
    (wheel,) = (folder / "wheels").iterdir()
    return wheel


@pytest.fixture(scope="module")
def editable(checkout: Callable[[str], Path]) -> Path:
    return checkout("editable")


@pytest.fixture(scope="module")
def environment(folder: Path) -> Callable[..., Path]:
    """Return a function that makes a virtual environment without codegen, and gives its Python.

    It has the packages of the running one, or only those that are named.
    """

    def make(name: str, only: tuple[str, ...] = ()) -> Path:
        dependencies = folder / "dependencies" / name
        dependencies.mkdir(parents=True)
        for key in ("purelib", "platlib"):
            for entry in Path(sysconfig.get_path(key)).iterdir():
                link = dependencies / entry.name
                wanted = entry.name.lower().startswith(only or "")
                own = entry.name.startswith(("codegen", "__editable__"))
                if wanted and not own and not link.exists():
                    link.symlink_to(entry)
        call(sys.executable, "-m", "venv", "--without-pip", folder / "venv" / name)
        python = folder / "venv" / name / "bin" / "python"
        packages = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        Path(packages.strip(), "dependencies.pth").write_text(f"{dependencies}\n")
        return python

    return make


@pytest.fixture(scope="module", params=KINDS)
def command(request: pytest.FixtureRequest, folder: Path, environment: Callable[..., Path]) -> Path:
    """Install in one of the ways, and return the command."""
    kind = str(request.param)
    python = environment(kind)
    source: Path = request.getfixturevalue(kind)
    install = ["--editable", source] if kind == "editable" else [source]
    pip("--python", python, "install", *install)
    where = Path(call(python, "-c", "import codegen; print(codegen.__file__)").strip())
    assert where.is_relative_to(source if kind == "editable" else folder / "venv" / kind)
    return python.parent / "codegen"


def test_list(command: Path) -> None:
    listed = call(command, "list").split()
    names = {formats.spelled(each) for each in formats.catalogue().values()}
    assert {*names, *(each.name for each in STRATEGIES), "null"} <= {*listed}
    assert call(command, "--version").split()[-1] == codegen.__version__


def test_emit(command: Path, tmp_path: Path) -> None:
    call(command, "emit", "--format", "udp4", "--strategy", "heap-gen", "--output", tmp_path)
    strategy = next(each for each in STRATEGIES if each.name == "heap-gen")
    wanted = emit.render(resolve(formats.load("udp4")), strategy)
    app = tmp_path / "udp4" / "heap-gen"
    assert {path.name: path.read_text() for path in app.iterdir()} == wanted
    common = {path.name: path.read_text() for path in (tmp_path / "runtime").iterdir()}
    assert common == emit.render_runtime()


def test_run(command: Path, folder: Path) -> None:
    # The cache of this module alone, so that the installed C is what is compiled.
    printed = call(command, "run", "--count", "10", "--json", XDG_CACHE_HOME=str(folder / "cache"))
    found = json.loads(printed)
    assert (found["sent"], found["bytes"]) == (10, 600)


def test_the_sample_repository(
    wheel: Path, checkout: Callable[[str], Path], environment: Callable[..., Path], tmp_path: Path
) -> None:
    """A user's repository, where codegen and the repository are installed, and no clone is."""
    python = environment("sample")
    sample = shutil.copytree(checkout("sample") / "examples" / "telemetry", tmp_path / "telemetry")
    for each in (wheel, sample):
        pip("--python", python, "install", each)

    def run(*arguments: str) -> str:
        done = attempt(python, "-m", *arguments, folder=sample)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    listed = run("codegen", "list", "formats").splitlines()
    assert [line.split()[0] for line in listed[1:3]] == ["telemetry.py:PACKET", "telemetry"]
    assert listed[2].endswith("telemetry 1.0: telemetry:PACKET")
    assert "1  an example of the packet has the bytes" in run("codegen", "verify")
    folders = [f"generated/telemetry4/{name}" for name in ("pool-dup", "zero-copy")]
    assert run("codegen", "emit").split() == folders
    run("codegen", "emit", "--check")
    checked = run("codegen", "vectors", "telemetry", "--check", "vectors.json")
    assert checked == "2 of 2 vectors agree with telemetry4\n"
    assert "5 passed" in run("pytest", "-q", "--codegen-examples", "20", "-p", "no:cacheprovider")
    # A field that moves is found by each of the three.
    text = (sample / "telemetry.py").read_text()
    moved = text.replace("        Reserved(3),\n", "").replace('"channel", 8,', '"channel", 11,')
    (sample / "telemetry.py").write_text(moved)
    assert attempt(python, "-m", "codegen", "verify", folder=sample).returncode == 1
    assert attempt(python, "-m", "codegen", "emit", "--check", folder=sample).returncode == 1
    done = attempt(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=sample)
    assert "AssertionError: counterexample: telemetry4: a reading" in done.stdout


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("index", "new verify emit run export decode"),
        ("tutorial-format", "new show verify explain emit run export decode vectors"),
    ],
)
def test_the_commands_of_a_page(
    page: str,
    wanted: str,
    wheel: Path,
    environment: Callable[..., Path],
    folder: Path,
    tmp_path: Path,
) -> None:
    """From an empty folder outside of the clone, with the wheel."""
    need("tshark")
    python = environment(page)
    pip("--python", python, "install", wheel)
    pytest_command = python.with_name("pytest")
    pytest_command.write_text(f'#!/bin/sh\nexec {python} -m pytest -p no:cacheprovider "$@"\n')
    pytest_command.chmod(0o755)
    variables = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    variables |= {
        "PYTEST_ADDOPTS": "--codegen-examples 50",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    (tmp_path / "work").mkdir()

    def run(script: str) -> tuple[int, str]:
        done = subprocess.run(
            [*tutorial.SHELL, script],
            cwd=tmp_path / "work",
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    commands = tutorial.follow(page, tmp_path / "work", run)
    verbs = {" ".join(each.split("#")[0].split()[:2]) for each in commands}
    assert verbs >= {f"codegen {verb}" for verb in wanted.split()} | {"pytest", "tshark -X"}


@pytest.fixture(scope="module")
def plain_python(environment: Callable[..., Path]) -> Path:
    """Return a Python with no more than the hard dependencies, without codegen."""
    return environment("plain", PLAIN)


@pytest.fixture(scope="module", params=["installed", "bare clone"])
def plain(
    request: pytest.FixtureRequest,
    wheel: Path,
    checkout: Callable[[str], Path],
    plain_python: Path,
    environment: Callable[..., Path],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return the command as it is without extras: installed, or run in a clone."""
    python, folder = plain_python, Path("/")
    if request.param == "installed":
        python = environment("wheel-plain", PLAIN)
        pip("--python", python, "install", wheel)
    else:
        folder = checkout("bare")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return attempt(python, "-m", "codegen", *arguments, folder=folder)

    return run


def test_a_plain_installation_lists_shows_emits_and_runs(
    plain: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    for arguments in (("list",), ("show",), ("image", "--help")):
        here = attempt(sys.executable, "-m", "codegen", *arguments, folder=ROOT)
        done = plain(*arguments)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", here.stdout)
    done = plain("emit", "--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    wanted = emit.render(
        resolve(formats.load("usoc21")),
        next(each for each in STRATEGIES if each.name == "pool-dup"),
    )
    app = tmp_path / "usoc21" / "pool-dup"
    assert {path.name: path.read_text() for path in app.iterdir()} == wanted
    done = plain("run", "--count", "10", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == 10


def test_a_verb_that_lacks_packages_names_the_extra(
    plain: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = plain("verify", "usoc21")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "codegen: codegen verify needs packages that are not installed: cffi, hypothesis, "
        "pycparser; they come with the extra 'verify': type pip install '.[verify]' in a clone of "
        "codegen, or pip install '.[all]' for what all verbs use\n"
    )
    # What is asked for may be wrong as well, and needs no package to be reported.
    assert "there is no format 'nope'" in plain("verify", "nope").stderr


def test_a_clone_without_its_dependencies_names_them(
    environment: Callable[..., Path], checkout: Callable[[str], Path]
) -> None:
    python = environment("empty", ("nothing",))
    done = attempt(python, "-m", "codegen", "list", folder=checkout("empty"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "codegen: these packages are not installed: click, jinja2; type pip install . in a clone"
    )


def test_nothing_is_left_out(wheel: Path, sdist: Path, checkout: Callable[[str], Path]) -> None:
    pristine = checkout("pristine")
    wanted = {
        ("codegen/" if pattern.startswith("c_templates") else "")
        + str(path.relative_to(pristine)): path
        for pattern in (
            *("codegen/**/*.py", "codegen/**/*.[ch]", "codegen/py.typed", "codegen/**/*.lua"),
            "codegen/export/*.json",
            *("c_templates/**/*.py", "c_templates/**/*.j2", "c_templates/**/*.[ch]"),
        )
        for path in pristine.glob(pattern)
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert names == wanted.keys()
        for name, path in wanted.items():
            assert archive.read(name) == path.read_bytes()
    for path in wanted.values():
        assert (sdist / path.relative_to(pristine)).read_bytes() == path.read_bytes()


def test_the_licence_goes_along(wheel: Path, sdist: Path) -> None:
    text = (ROOT / "LICENSE").read_text()
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if re.search(r"dist-info/.*LICENSE$", each))
        assert archive.read(name).decode() == text
    assert (sdist / "LICENSE").read_text() == text


def test_the_metadata_is_whole(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("dist-info/METADATA"))
        metadata = email.message_from_string(archive.read(name).decode())
    assert metadata["Version"] == codegen.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert "BSD-3-Clause" in (metadata["License"], metadata["License-Expression"])
    assert str(metadata.get_payload()).startswith("# codegen")
    required = {
        re.split(r"[^\w-]", each)[0]
        for each in metadata.get_all("Requires-Dist", [])
        if "extra" not in each
    }
    assert required == {"click", "jinja2"}


def test_the_extras_have_the_packages_that_verbs_ask_for() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    found = {
        # python-pcapng is imported as pcapng.
        name: tuple(
            re.split(r"[^\w-]", line)[0].removeprefix("python-")
            for line in packages.split("\n")
            if line
        )
        for name, packages in settings["options.extras_require"].items()
    }
    assert {name: found[name] for name in EXTRAS} == EXTRAS
    assert set(re.findall(r"[\w]+", settings["options.extras_require"]["all"])) >= set(EXTRAS)


def test_the_changelog_begins_with_this_version() -> None:
    releases = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == codegen.__version__


def test_every_package_is_listed() -> None:
    """Without a search for packages a new folder must be named, or it is not installed."""
    listed = (
        (ROOT / "setup.cfg").read_text().partition("packages =\n")[2].partition("package_dir")[0]
    )
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "codegen").rglob("__init__.py")
    }
    assert set(listed.split()) == found | {"codegen.c_templates"}
