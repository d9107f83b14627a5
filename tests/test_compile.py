"""Every committed application compiles: with two compilers, as C11 and C++, and for Unikraft.

The host's compilers are asked for all warnings as errors; Unikraft's own build
system, where there is a tree of it, has the last word.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.emit import COMMITTED, FILES
from codegen.host import build

App = Callable[[str, str], Path]
Require = Callable[[str], str]

#: How a 'make' that waits for something is told from one that works.
SECONDS = 300

UNIKRAFT = Path("~/.unikraft/unikraft").expanduser()
DEFCONFIG = """\
CONFIG_PLAT_KVM=y
CONFIG_KVM_VMM_QEMU=y
CONFIG_KVM_BOOT_PROTO_MULTIBOOT=y
CONFIG_LIBUKBOOT_BANNER_NONE=y
# CONFIG_LIBUKRANDOM is not set
"""


@pytest.mark.parametrize("optimize", ["-O0", "-O2"])
@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("names", COMMITTED, ids="/".join)
def test_no_warnings(
    emitted: App, require: Require, names: tuple[str, str], cc: str, optimize: str
) -> None:
    require(cc)
    program = build.build_program(emitted(*names), cc=cc, optimize=optimize)
    done = subprocess.run([program, "--", "count=1"], stdout=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0


@pytest.mark.parametrize("cc", ["gcc -std=c11", "clang -std=c11", "g++", "clang++ -std=c++20"])
@pytest.mark.parametrize("names", COMMITTED, ids="/".join)
def test_headers_stand_alone(
    emitted: App, require: Require, tmp_path: Path, names: tuple[str, str], cc: str
) -> None:
    """Each header includes what it needs, and may be included twice; also from C++."""
    command = cc.split()
    require(command[0])
    app = emitted(*names)
    is_cplusplus = "++" in command[0]
    sources = []
    for header in (name for name in FILES if name.endswith(".h")):
        source = tmp_path / f"{header.removesuffix('.h')}.{'cc' if is_cplusplus else 'c'}"
        source.write_text(f'#include "{header}"\n#include "{header}"\n')
        sources.append(source)
    warnings = [each for each in build.WARNINGS if each != build.STANDARD]
    subprocess.run(
        [*command, *warnings, "-fsyntax-only", "-isystem", str(build.HOST / "include")]
        + ["-iquote", str(app), *map(str, sources)],
        check=True,
        timeout=60,
    )


def test_a_function_is_found_from_cplusplus(emitted: App, require: Require, tmp_path: Path) -> None:
    """The guards of the headers give the functions their C names."""
    source, target = tmp_path / "caller.cc", tmp_path / "caller.o"
    source.write_text(
        '#include "args.h"\n#include "genpkt.h"\n#include "netbuf.h"\n#include "netspeed.h"\n'
        "void *all[] = { (void *)genpkt_udp4, (void *)genpkt_udp4_args,\n"
        "(void *)uk_netbuf_dup_single, (void *)print_netspeed, (void *)args_parse };\n"
    )
    subprocess.run(
        [require("g++"), "-c", "-isystem", str(build.HOST / "include")]
        + ["-iquote", str(emitted("udp4", "heap-gen")), str(source), "-o", str(target)],
        check=True,
        timeout=60,
    )
    listed = subprocess.run(
        [require("nm"), "--undefined-only", target], capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) - {"U"} == {
        *("genpkt_udp4", "genpkt_udp4_args", "uk_netbuf_dup_single"),
        *("print_netspeed", "args_parse"),
    }


def make(app: Path, *arguments: str) -> str:
    """Run the application's Makefile and return all that it prints."""
    done = subprocess.run(
        ["make", "-C", app, f"UK_ROOT={UNIKRAFT}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.unikraft
def test_unikraft_builds_an_image(emitted: App, require: Require, tmp_path: Path) -> None:
    """One build folder for all: after the first of a strategy only the application is compiled."""
    if not (UNIKRAFT / "lib" / "uknetdev").is_dir():
        pytest.skip(f"no Unikraft tree in {UNIKRAFT}: clone one there")
    for tool in ("make", "bison", "flex", "m4"):
        require(tool)
    app, defconfig = tmp_path / "app", tmp_path / "defconfig"
    defconfig.write_text(DEFCONFIG)
    image = app / "build" / "pktgen_qemu-x86_64"
    warning = re.compile(rf"^{re.escape(str(app))}/[\w.]+:.*\bwarning\b.*$", re.M)
    for names in sorted(COMMITTED, key=lambda names: names[1]):
        image.unlink(missing_ok=True)
        (app / ".config").unlink(missing_ok=True)
        shutil.copytree(emitted(*names), app, copy_function=shutil.copy, dirs_exist_ok=True)
        make(app, f"UK_DEFCONFIG={defconfig}", "defconfig")
        output = make(app)
        assert warning.findall(output) == []
        for source in (name for name in FILES if name.endswith(".c")):
            assert re.search(rf"\bapppktgen: {source.removesuffix('.c')}\.o$", output, re.M)
        assert image.stat().st_size > 100_000
        assert (
            b'{"format":"%s","strategy":"%s"' % tuple(each.encode() for each in names)
            in image.read_bytes()
        )


@pytest.mark.unikraft
def test_make_without_a_configuration_says_what_to_do(
    emitted: App, require: Require, tmp_path: Path
) -> None:
    """Left to itself, Unikraft's make would open a menu and wait for ever."""
    require("make")
    if not (UNIKRAFT / "lib" / "uknetdev").is_dir():
        pytest.skip(f"no Unikraft tree in {UNIKRAFT}: clone one there")
    app = shutil.copytree(emitted("udp4", "heap-gen"), tmp_path / "app")
    done = subprocess.run(
        ["make", "-C", app, f"UK_ROOT={UNIKRAFT}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "not configured; run: make" in done.stderr


def test_make_without_a_tree_says_what_to_do(
    emitted: App, require: Require, tmp_path: Path
) -> None:
    done = subprocess.run(
        [require("make"), "-C", emitted("udp4", "heap-gen"), f"UK_ROOT={tmp_path}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"no Unikraft tree in {tmp_path}; say where one is: make UK_ROOT=DIR" in done.stderr
