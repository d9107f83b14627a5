"""The packet layer alone: what is written, and that any strict compiler takes it as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from codegen import emit, formats
from codegen.host import build
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.targets import c
from tests.tools import need

STRICT = [each for each in build.WARNINGS if each != build.STANDARD]

COMPILERS = {
    "gcc-c11": ["gcc", "-std=c11"],
    "gcc-c++17": ["g++", "-x", "c++", "-std=c++17"],
    "clang-c11": ["clang", "-std=c11"],
    "clang-c++17": ["clang++", "-x", "c++", "-std=c++17"],
}

PROGRAM = """
#include <stdio.h>
#include "udp4.h"
#include "usoc21.h"

int main(void)
{
	struct udp4_args args = UDP4_ARGS;
	struct udp4_fields fields;
	uint8_t frame[UDP4_MAX_LEN];

	udp4_write(frame, 100, &args);
	puts(frame_result_name(udp4_parse(frame, 100, &fields)));
	frame[50] ^= 1;
	puts(frame_result_name(udp4_parse(frame, 100, &fields)));
	return usoc21_length(frame, 100) != 100;
}
"""
PRINTED = "valid\ninvalid checksum\n"


def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codegen", "emit", "--target", "c", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every format of the catalogue."""
    folder = tmp_path_factory.mktemp("catalogue") / "packets"
    emit.write(c.render([resolve(formats.load(name)) for name in formats.catalogue()]), folder)
    return folder


@pytest.mark.parametrize("case", COMPILERS)
def test_every_format_compiles_without_a_warning(
    case: str, catalogue: Path, tmp_path: Path
) -> None:
    command = COMPILERS[case]
    need(command[0])
    sources = sorted(path.name for path in catalogue.glob("*.c"))
    assert len(sources) == len(formats.catalogue())
    for number, name in enumerate(sources):
        subprocess.run(
            [*command, "-ffreestanding", *STRICT, "-Werror", "-O1", "-c"]
            + [catalogue / name, "-o", tmp_path / f"{number}.o"],
            check=True,
            timeout=60,
        )


def test_its_c_is_that_of_an_application(catalogue: Path) -> None:
    for name in ("udp4", "udp4_seq", "usoc21"):
        app = emit.with_runtime(emit.render(resolve(formats.load(name)), STRATEGIES[0]))
        for file in (f"{name}.c", f"{name}.h"):
            assert (catalogue / file).read_text() == app[file]
        for header in ("bytes.h", "csum.h", "frame.h"):
            assert (catalogue / header).read_text() == app[f"runtime/{header}"]


def test_it_has_what_it_includes_and_no_more(tmp_path: Path) -> None:
    done = run("--format", "udp4", "--format", "usoc21", "--output", "out/packets", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "out/packets\n", "")
    assert sorted(path.name for path in (tmp_path / "out" / "packets").iterdir()) == [
        *("CMakeLists.txt", "bytes.h", "csum.h", "frame.h", "manifest.json", "packets.mk"),
        *("udp4.c", "udp4.h", "usoc21.c", "usoc21.h"),
    ]


def written(folder: Path) -> Path:
    """Emit two formats below a folder and write a program that has both."""
    done = run("--format", "udp4", "--format", "usoc21", "--output", folder / "packets")
    assert done.returncode == 0, done.stderr
    (folder / "program.c").write_text(PROGRAM)
    return folder


def test_the_fragment_for_make(tmp_path: Path) -> None:
    (written(tmp_path) / "Makefile").write_text(
        "include packets/packets.mk\nCFLAGS += $(PACKETS_CFLAGS)\n"
        "program: program.o $(PACKETS_SOURCES:.c=.o)\n"
    )
    subprocess.run(["make", "-s", "program"], check=True, cwd=tmp_path, timeout=60)
    assert subprocess.check_output([tmp_path / "program"], text=True) == PRINTED


def test_the_fragment_for_cmake(tmp_path: Path) -> None:
    need("cmake")
    (written(tmp_path) / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(program C)\nadd_subdirectory(packets)\n"
        "add_executable(program program.c)\ntarget_link_libraries(program PRIVATE packets)\n"
    )
    for command in (["cmake", "-S", ".", "-B", "build"], ["cmake", "--build", "build"]):
        subprocess.run(command, check=True, cwd=tmp_path, timeout=120, stdout=subprocess.DEVNULL)
    assert subprocess.check_output([tmp_path / "build" / "program"], text=True) == PRINTED


def test_check_and_renewal(tmp_path: Path) -> None:
    folder = written(tmp_path) / "packets"
    both = ("--format", "udp4", "--format", "usoc21", "--output", folder)
    assert run(*both, "--check").returncode == 0
    (folder / "udp4.h").write_text("edited\n")
    done = run(*both, "--check")
    assert (done.returncode, "-edited\n" in done.stdout) == (1, True)
    assert "1 of the emitted files are stale" in done.stderr
    assert (folder / "udp4.h").read_text() == "edited\n"
    # A format that is not asked for any more is removed; what is the user's own stays.
    (folder / "notes.txt").touch()
    assert run("--format", "udp4", "--output", folder).returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        *("CMakeLists.txt", "bytes.h", "csum.h", "frame.h", "manifest.json", "notes.txt"),
        *("packets.mk", "udp4.c", "udp4.h"),
    ]


@pytest.mark.parametrize("name", ["CMakeLists.txt", "udp4.h"])
def test_no_file_of_others_is_overwritten(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine\n")
    done = run("--format", "udp4", "--output", tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path} has a file {name} that is none of this target's" in done.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine\n")]


def test_an_application_is_not_overwritten(tmp_path: Path) -> None:
    emit.write(emit.render(resolve(formats.load("udp4")), STRATEGIES[0]), tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert run("--format", "udp4", "--output", tmp_path).returncode == 1
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


OTHER = """
from dataclasses import replace
from codegen.formats.udp import UDP4 as BASE
PACKET = replace(BASE, max_length=200)
del BASE
"""


def test_two_formats_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(OTHER)
    done = run("--format", "udp4", "--format", "other.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "two of the formats have a file udp4.h each, and these differ" in done.stderr
    assert not (tmp_path / "packets").exists()
    assert run("--format", "udp4", "--format", "udp4", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strategy", "pool-dup"], "--strategy is about applications, and --target c emits none"),
        (["--all"], "--all is about applications, and --target c emits none"),
        (["--format", "upd4"], "upd4"),
        (
            ["--target", "unikraft", "--format", "udp4", "--format", "udp6"],
            "--format is given 2 times, as 'udp4' and 'udp6', and takes one value",
        ),
    ],
)
def test_misuse(arguments: list[str], message: str, tmp_path: Path) -> None:
    if "--target" in arguments:
        command = [sys.executable, "-m", "codegen", "emit", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    else:
        done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_the_program_of_the_page(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "c-api.md").read_text()
    for fence, name in (("python", "reading.py"), ("C", "program.c")):
        (text,) = re.findall(rf"^```{fence}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        (tmp_path / name).write_text(text)
    assert run("--format", "reading.py", "--output", "packets", cwd=tmp_path).returncode == 0
    subprocess.run(
        ["gcc", "-std=c11", *STRICT, "-Werror", "-Ipackets", "program.c", "packets/reading.c"]
        + ["-o", "program"],
        check=True,
        cwd=tmp_path,
        timeout=60,
    )
    printed = subprocess.check_output([tmp_path / "program"], text=True)
    assert printed == "sensor 3, number 2\n"


def test_the_page_is_about_the_example() -> None:
    root = Path(__file__).parents[2]
    source = (root / "examples" / "reading.py").read_text().partition('"""\n\n')[2]
    assert source in (root / "docs" / "c-api.md").read_text()
