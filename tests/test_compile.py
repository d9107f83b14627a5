"""Every committed application compiles: with two compilers, as C11 and C++, and for Unikraft.

The host's compilers are asked for all warnings as errors; Unikraft's own build
system, where there is a tree of it, has the last word.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen import runtime
from codegen.emit import COMMITTED, FILES
from codegen.host import build

App = Callable[[str, str], Path]
Require = Callable[[str], str]

#: How a 'make' that waits for something is told from one that works.
SECONDS = 300

#: Headers for the program's own sources alone, which are C.
OF_THE_PROGRAM = ("device", "loop", "receive", "report", "sender", "sink", "strategy", "sweep")


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
    headers = [name for name in FILES if name.endswith(".h")]
    headers += [each.name for each in runtime.of_application(app) if each.suffix == ".h"]
    for header in headers:
        if is_cplusplus and header.startswith((*OF_THE_PROGRAM, "buffers_", "fetch_", "full_")):
            continue
        source = tmp_path / f"{header.removesuffix('.h')}.{'cc' if is_cplusplus else 'c'}"
        source.write_text(f'#include "{header}"\n#include "{header}"\n')
        sources.append(source)
    warnings = [each for each in build.WARNINGS if each != build.STANDARD]
    subprocess.run(
        [*command, *warnings, "-fsyntax-only", "-isystem", str(build.HOST / "include")]
        + ["-iquote", str(app), "-iquote", str(runtime.FOLDER), *map(str, sources)],
        check=True,
        timeout=60,
    )


def test_a_function_is_found_from_cplusplus(emitted: App, require: Require, tmp_path: Path) -> None:
    """The guards of the headers give the functions their C names."""
    source, target = tmp_path / "caller.cc", tmp_path / "caller.o"
    source.write_text(
        '#include "genpkt.h"\n#include "netbuf.h"\n#include "netspeed.h"\n#include "options.h"\n'
        "void *all[] = { (void *)genpkt_udp4, (void *)genpkt_udp4_args,\n"
        "(void *)uk_netbuf_dup_single, (void *)print_netspeed, (void *)args_parse,\n"
        "(void *)options_parse, (void *)rate_ps };\n"
    )
    subprocess.run(
        [require("g++"), "-c", "-isystem", str(build.HOST / "include")]
        + ["-iquote", str(emitted("udp4", "heap-gen")), "-iquote", str(runtime.FOLDER)]
        + [str(source), "-o", str(target)],
        check=True,
        timeout=60,
    )
    listed = subprocess.run(
        [require("nm"), "--undefined-only", target], capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) - {"U"} == {
        *("genpkt_udp4", "genpkt_udp4_args", "uk_netbuf_dup_single"),
        *("print_netspeed", "args_parse", "options_parse", "rate_ps"),
    }


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
