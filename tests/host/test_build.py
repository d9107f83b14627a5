"""The compiler, its cache, and the library, on a small app and a small host platform."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from codegen import cheader, runtime
from codegen.errors import CodegenError
from codegen.host import build, cache
from codegen.host.library import HostLibrary
from codegen.host.netbuf import Netbuf

HOST = {
    "include/uk/answer.h": "#define BASE 40\nint uk_answer(void);\n"
    # A conversion that -Wconversion refuses, were this not a system header.
    "static inline char uk_narrow(int value) { return value; }\n",
    "include/host/host.h": "int host_main_calls(void);\nint app_main(int argc, char *argv[]);\n",
    "src/private.h": "#define BONUS 2\n",
    "src/answer.c": '#include <uk/answer.h>\n#include "private.h"\n'
    "int uk_answer(void) { return BASE + BONUS; }\n",
    "src/main.c": "#include <host/host.h>\n"
    "int main(int argc, char *argv[]) { return app_main(argc, argv); }\n",
}
APP = {
    "genpkt.h": "#include <stdint.h>\nstruct pair { uint8_t a; uint32_t b; };\n"
    "uint32_t genpkt_sum(const struct pair *pair);\nconst char *genpkt_file(void);\n",
    "genpkt.c": '#include <uk/answer.h>\n#include "genpkt.h"\n'
    "uint32_t genpkt_sum(const struct pair *pair)\n"
    "{ return pair->a + pair->b + (uint32_t)uk_answer(); }\n"
    "const char *genpkt_file(void) { return __FILE__; }\n",
    "main.c": '#include <stdio.h>\n#include "genpkt.h"\n#include <host/host.h>\n'
    "int main(int argc, char *argv[])\n"
    '{ struct pair p = { 1, 2 }; printf("%s %u\\n", argv[argc - 1], genpkt_sum(&p)); return 3; }\n',
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app's folder, with a host platform and an empty cache of its own."""
    monkeypatch.setattr(build, "HOST", write(tmp_path / "host", HOST))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    return write(tmp_path / "app", APP)


@pytest.fixture(params=["gcc", "clang"])
def cc(request: pytest.FixtureRequest, require: Callable[[str], str]) -> str:
    require(request.param)
    return str(request.param)


def cached() -> list[str]:
    return sorted(each.name.split("-")[0] for each in cache.folder().iterdir())


def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the name of each source that gets compiled."""
    names: list[str] = []
    run = build.Compiler.run

    def counted(self: build.Compiler, arguments: Iterable[str]) -> str:
        arguments = list(arguments)
        names.extend(Path(each).name for each in arguments if each.endswith(".c"))
        return run(self, arguments)

    monkeypatch.setattr(build.Compiler, "run", counted)
    return names


def test_program_runs(app: Path, cc: str) -> None:
    program = build.build_program(app, cc=cc)
    done = subprocess.run([program, "last"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "last 45\n")
    assert cached() == ["host", "program"]


def test_library_is_called(app: Path, cc: str) -> None:
    library = HostLibrary(app, cc=cc)
    pair = library.ffi.new("struct pair *", {"a": 200, "b": 1000})
    assert library.lib.genpkt_sum(pair) == 1242
    assert library.lib.uk_answer() == 42
    assert library.path == build.build_library(app, cc=cc)
    with pytest.raises(AttributeError):
        _ = library.lib.app_main  # neither main is in it
    assert cached() == ["cdef", "host", "library"]


def test_library_with_sources_of_the_caller(app: Path, tmp_path: Path) -> None:
    shim = write(
        tmp_path / "shim",
        {
            "shim.h": "struct shim { int x; };\nint shim_twice(const struct shim *shim);\n",
            "shim.c": '#include "genpkt.h"\n#include "shim.h"\n'
            "int shim_twice(const struct shim *shim) { return FACTOR * shim->x; }\n",
        },
    )
    library = HostLibrary(
        app,
        extra_sources=[shim / "shim.c"],
        extra_headers=[shim / "shim.h"],
        extra_flags=["-DFACTOR=2"],
    )
    assert library.lib.shim_twice(library.ffi.new("struct shim *", [21])) == 42


def test_a_library_unlike_its_declarations_is_refused(
    app: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    HostLibrary(app)
    wrong = cheader.CDef((("struct pair { unsigned char a; unsigned long b; };", False),))
    monkeypatch.setattr(build, "library_cdef", lambda *_, **__: wrong)
    with pytest.raises(cheader.ContractError, match=r"struct pair\.b: .* offset 8 .* offset 4 "):
        HostLibrary(app)


def test_nothing_is_compiled_twice(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compilations(monkeypatch)
    library, program = build.build_library(app), build.build_program(app)
    # The host twice: position-independent code for the library, and none for the program.
    of_library = ["answer.c", "genpkt.c", "main.c", "probes.c"]
    of_program = ["answer.c", "genpkt.c", "main.c", "main.c"]
    assert sorted(compiled) == sorted([*of_library, *of_program])
    compiled.clear()
    elsewhere = write(tmp_path / "elsewhere", APP)
    assert build.build_library(elsewhere) == library
    assert build.build_program(elsewhere) == program
    assert compiled == []
    # which is right only if the result does not tell where it was made
    found = HostLibrary(elsewhere)
    assert found.ffi.string(found.lib.genpkt_file()) == b"genpkt.c"


def test_an_app_is_rebuilt_without_the_host(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build.build_library(app)
    compiled = compilations(monkeypatch)
    (app / "genpkt.c").write_text(APP["genpkt.c"] + "/* new */\n")
    assert build.build_library(app) != before
    assert sorted(compiled) == ["genpkt.c", "probes.c"]


def test_what_changes_meanwhile_is_not_cached(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = build._link

    def edit(*arguments: Any) -> None:
        link(*arguments)
        (app / "genpkt.c").write_text(APP["genpkt.c"] + "/* new */\n")

    monkeypatch.setattr(build, "_link", edit)
    with pytest.raises(build.BuildError, match="changed while"):
        build.build_program(app)
    assert cached() == ["host"]


def test_which_headers_declare_counts(app: Path, tmp_path: Path) -> None:
    shim = write(tmp_path / "shim", {"shim.h": "struct shim { int x; };\n", "shim.c": "int x;\n"})
    sources = [shim / "shim.c"]
    without = build.build_library(app, extra_sources=sources)
    assert (
        build.build_library(app, extra_sources=sources, extra_headers=[shim / "shim.h"]) != without
    )
    (shim / "shim.h").write_text("struct shim { int y; };\n")
    assert build.build_library(app, extra_sources=sources) != without


def test_a_part_of_the_host_is_replaced(app: Path, tmp_path: Path) -> None:
    """By sources that see the headers that come with them, as all of the program does."""
    tree = write(
        tmp_path / "tree",
        {
            "answer.h": "#define BASE 50\nint uk_answer(void);\nint uk_more(void);\n",
            "answer.c": "#include <uk/answer.h>\nint uk_answer(void) { return BASE; }\n"
            "int uk_more(void) { return BASE + 1; }\n",
        },
    )
    netbuf = Netbuf("other", {"answer.c": tree / "answer.c"}, {"uk/answer.h": tree / "answer.h"})
    genpkt = APP["genpkt.c"].replace("(uint32_t)uk_answer()", "(uint32_t)uk_answer() + BASE")
    (app / "genpkt.c").write_text(genpkt)
    program = build.build_program(app, netbuf=netbuf)
    done = subprocess.run([program, "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "x 103\n")
    library = HostLibrary(app, netbuf=netbuf)
    assert library.lib.uk_more() == 51
    assert not hasattr(HostLibrary(app).lib, "uk_more")

    before = build.build_program(app), library.path, program
    for changed in tree.iterdir():
        changed.write_text(changed.read_text() + "/* new */\n")
        after = (
            build.build_program(app),
            HostLibrary(app, netbuf=netbuf).path,
            build.build_program(app, netbuf=netbuf),
        )
        assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, False]
        before = after


@pytest.mark.parametrize(
    "changed",
    [
        "app/genpkt.c",
        "app/genpkt.h",
        "app/main.c",
        "host/include/uk/answer.h",
        "host/src/answer.c",
        "host/src/private.h",
        "host/src/main.c",
    ],
)
def test_every_file_counts(app: Path, changed: str) -> None:
    before = build.build_program(app)
    file = app.parent / changed
    file.write_text(file.read_text() + "/* new */\n")
    assert build.build_program(app) != before


def test_moving_a_header_counts(app: Path) -> None:
    before = build.build_program(app)
    include = build.HOST / "include"
    (include / "uk").rename(include / "uk2")
    with pytest.raises(build.BuildError, match=r"uk/answer\.h"):
        build.build_program(app)
    (include / "uk2").rename(include / "uk")
    assert build.build_program(app) == before


def test_flags_and_compiler_count(app: Path) -> None:
    variants = [
        build.build_program(app),
        build.build_program(app, optimize="-O0"),
        build.build_program(app, extra_flags=["-DX"]),
        build.build_program(app, cc="gcc -fno-inline"),
    ]
    if shutil.which("clang"):
        variants.append(build.build_program(app, cc="clang"))
    assert len(set(variants)) == len(variants)


def test_a_warning_is_an_error_with_its_command_line(app: Path, cc: str) -> None:
    bad = "uint8_t narrow(uint32_t x);\nuint8_t narrow(uint32_t x) { return x; }\n"
    (app / "genpkt.c").write_text(APP["genpkt.c"] + bad)
    with pytest.raises(build.BuildError) as caught:
        build.build_library(app, cc=cc, extra_flags=["-DNAME=a b"])
    message = str(caught.value)
    assert f"{cc} -std=gnu11" in message
    assert "'-DNAME=a b'" in message
    assert "conversion" in message.lower()
    assert "library" not in cached()
    assert "new" not in cached()


def test_a_missing_function_is_an_error(app: Path) -> None:
    (app / "genpkt.c").write_text(APP["genpkt.c"].replace("uk_answer()", "uk_missing()"))
    (build.HOST / "include/uk/answer.h").write_text(
        HOST["include/uk/answer.h"] + "int uk_missing(void);\n"
    )
    with pytest.raises(build.BuildError, match="uk_missing"):
        build.build_library(app)


def test_the_folder_must_be_an_app(app: Path, tmp_path: Path) -> None:
    for builder in (build.build_library, build.build_program):
        with pytest.raises(build.BuildError, match="no C sources"):
            builder(tmp_path / "nothing")


def test_compiler_is_found(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.Compiler.find("gcc -m64").command == ("gcc", "-m64")
    monkeypatch.setenv("CC", "gcc -O1")
    assert build.Compiler.find().command == ("gcc", "-O1")
    assert build.Compiler.find("cc").command == ("cc",)
    monkeypatch.delenv("CC")
    assert build.Compiler.find().command == ("gcc",)


def test_compiler_is_missing(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(build.BuildError, match=r"'nocc -x'.*apt install gcc"):
        build.build_program(app, cc="nocc -x")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(build.BuildError, match=r"gcc, cc, clang.*apt install gcc"):
        build.build_program(app)


def test_cache_follows_xdg(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    for base, folder in [
        ("/x", "/x/codegen"),
        ("relative", "/home/somebody/.cache/codegen"),
        ("", "/home/somebody/.cache/codegen"),
    ]:
        monkeypatch.setenv("XDG_CACHE_HOME", base)
        assert cache.folder() == Path(folder)


def test_cache_that_cannot_be_written(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(app / "file"))
    with pytest.raises(CodegenError, match="set XDG_CACHE_HOME"):
        build.build_program(app)


def test_full_disk(app: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "fullcc"
    script.write_text(
        '#!/bin/sh\ncase "$1" in -version|--version|-dumpmachine) exec gcc "$1";; esac\n'
        "echo 'fatal error: error writing to x.o: No space left on device' >&2; exit 1\n"
    )
    script.chmod(0o755)
    with pytest.raises(cache.CacheError, match=r"No space left.*set XDG_CACHE_HOME"):
        build.build_program(app, cc=str(script))
    assert cached() == []


def test_interrupt_leaves_nothing(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build.build_program(app)
    (app / "genpkt.c").write_text(APP["genpkt.c"] + "/* new */\n")

    def interrupted(*_: object) -> None:
        assert "new" in cached()
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.build_program(app)
    assert cached() == ["host", "program"]


def test_processes_at_once(app: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from codegen.host import build, library\n"
        "build.HOST = Path(sys.argv[2])\n"
        "print(library.HostLibrary(Path(sys.argv[1])).path)"
    )
    argv = [sys.executable, "-c", code, str(app), str(build.HOST)]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    results = {each.communicate()[0] for each in running}
    assert [each.returncode for each in running] == [0, 0, 0]
    assert results == {f"{build.build_library(app)}\n"}
    assert cached() == ["cdef", "host", "library"]


def test_what_nobody_uses_is_dropped(app: Path) -> None:
    day = 24 * 60 * 60
    used, unused = build.build_program(app), build.build_program(app, optimize="-O1")
    for entry in cache.folder().iterdir():
        os.utime(entry, (0, time.time() - (cache.KEEP_DAYS + 1) * day))
    build.build_program(app)  # a use
    build.build_program(app, optimize="-O0")
    assert used.exists()
    assert not unused.exists()
    os.utime(used.parent, (0, time.time() - (cache.KEEP_DAYS - 1) * day))
    build.build_program(app, optimize="-O3")
    assert used.exists()


def test_the_real_host_platform_has_the_layout_python_believes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cc: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = {
        "genpkt.h": "#include <uk/netbuf.h>\nstruct uk_netbuf *genpkt_one(struct uk_alloc *a);\n",
        "genpkt.c": '#include "genpkt.h"\nstruct uk_netbuf *genpkt_one(struct uk_alloc *a)\n'
        "{ return uk_netbuf_alloc_buf(a, 128, 16, 64, 0, NULL); }\n",
    }
    library = HostLibrary(write(tmp_path / "app", source), cc=cc)
    netbuf = library.lib.genpkt_one(library.lib.uk_alloc_get_default())
    assert library.ffi.cast("char *", netbuf.data) - library.ffi.cast("char *", netbuf.buf) == 64
    library.lib.uk_netbuf_free_single(netbuf)


def test_applications_share_the_objects_of_the_runtime(
    emitted: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiled = compilations(monkeypatch)
    build.build_program(emitted("usoc21", "pool-dup"))
    assert {"args.c", "event.c", "loop.c", "netbuf.c", "options.c"} <= set(compiled)
    compiled.clear()
    build.build_program(emitted("udp4", "heap-gen"))
    assert {"loop.c", "options.c", "udp4.c"} <= set(compiled)
    assert not {"args.c", "args_mac.c", "event.c", "netbuf.c", "netspeed.c"} & set(compiled)


def test_a_change_of_the_runtime_is_a_change_of_the_application(
    emitted: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """Each file of a folder of its own: sources, shared or not, and headers."""
    app = shutil.copytree(emitted("usoc21", "pool-dup"), tmp_path / "app")
    before = build.build_program(app, optimize="-O0")
    shutil.copytree(runtime.FOLDER, app / "runtime")
    assert build.build_program(app, optimize="-O0") == before
    known = {before}
    for name in ("args.c", "args_mac.c", "loop.c", "buffers_pool.h", "netbuf.h"):
        path = app / "runtime" / name
        path.write_text(path.read_text() + "/* changed */\n")
        known.add(build.build_program(app, optimize="-O0"))
    assert len(known) == 6
    # What the application is not built from is nothing to it.
    (app / "runtime" / "args_ipv6.c").write_text("#error\n")
    assert build.build_program(app, optimize="-O0") in known
    build.build_program(app, optimize="-O1")
