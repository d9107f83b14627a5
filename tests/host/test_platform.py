"""The host platform's sources: C cases on its API, and programs that run on it.

Each case runs in a process of its own, so that an assertion, a leak or a stray
access is the failure of one case; and with sanitizers, because reading past a
buffer mostly goes unnoticed otherwise.

The compiler is called from here: what builds applications has tests of its own,
and a fault in one should not look like a fault in the other.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from codegen import host
from codegen.host import build
from codegen.host.library import HostLibrary
from codegen.host.netbuf import Netbuf
from tests.conftest import interruptible

HERE = Path(__file__).parent
PLATFORM = Path(host.__file__).parent
MAIN = PLATFORM / "src" / "main.c"
SOURCES = sorted(set((PLATFORM / "src").glob("*.c")) - {MAIN})
#: Where the host dies, and Unikraft goes wrong in silence.
UNNOTICED = "dies_netbuf_without_room"

STRICT = (
    *("-std=gnu11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow"),
    *("-Wcast-align", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror"),
    f"-I{PLATFORM / 'include'}",
)
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
C_FILES = sorted(HERE.glob("cases*.c"))
CASES = [
    name for each in C_FILES for name in re.findall(r"^CASE\((\w+)\)$", each.read_text(), re.M)
]

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


class Toolchain:
    """A compiler; ``run`` shows what it says when it fails."""

    def __init__(self, command: str) -> None:
        self.command = command

    def run(self, arguments: Sequence[str | Path], cwd: Path | None = None) -> None:
        argv = [self.command, *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd)
        assert done.returncode == 0, done.stderr

    def program(self, target: Path, flags: Sequence[str], sources: Sequence[Path]) -> Path:
        self.run([*STRICT, *flags, *sources, "-o", target])
        return target


@pytest.fixture(scope="session", params=["gcc", "clang"])
def toolchain(request: pytest.FixtureRequest, require: Callable[[str], str]) -> Toolchain:
    """Return each compiler that is there."""
    require(request.param)
    return Toolchain(request.param)


@pytest.fixture(scope="session")
def gcc(require: Callable[[str], str]) -> Toolchain:
    """Return the compiler for tests that would not learn more from two."""
    require("gcc")
    return Toolchain("gcc")


# -------------------------------------------------------------------- cases


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


@pytest.fixture(scope="session")
def cases(toolchain: Toolchain, netbuf: Netbuf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("cases") / "cases"
    # Once with sanitizers, once as fast programs are made.
    flags = SANITIZE if toolchain.command == "gcc" else ("-O2",)
    if not netbuf.sources:
        return toolchain.program(target, flags, [*SOURCES, *C_FILES])
    # Unikraft's sources and macros have a taste of their own in warnings.
    sources = [netbuf.sources.get(each.name, each) for each in SOURCES]
    headers = build.include_flags(netbuf)
    toolchain.run([build.STANDARD, *headers, *flags, *sources, *C_FILES, "-o", target])
    return target


def test_there_are_cases() -> None:
    assert len(CASES) > 50
    assert len(set(CASES)) == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_case(cases: Path, netbuf: Netbuf, case: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [cases, case],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        cwd=tmp_path,
        preexec_fn=limit_file_size,
        env={**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1"},
    )
    if case == UNNOTICED and netbuf.sources:
        # A sanitizer sees where it writes; without one nobody does.
        assert done.returncode == 0 or "buffer-overflow" in done.stderr
    elif case.startswith("dies_"):
        assert done.returncode == -signal.SIGABRT
        assert re.match(
            r"critical: (Assertion failure: .+ \(.+\.[ch]:\d+\)|0x\w+ was freed|uk_\w+\(\)"
            r"|Unregistering)",
            done.stderr,
        )
    else:
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("optimize", ["-O0", "-O2"])
def test_sources_compile_without_a_warning(
    toolchain: Toolchain, optimize: str, tmp_path: Path
) -> None:
    sources = sorted((PLATFORM / "src").glob("*.c"))
    toolchain.run([*STRICT, optimize, "-c", *sources], cwd=tmp_path)


def test_headers_stand_alone(toolchain: Toolchain, tmp_path: Path) -> None:
    """Nobody should have to know what to include before a header."""
    headers = sorted((PLATFORM / "include").rglob("*.h"))
    assert headers
    for number, header in enumerate(headers):
        name = header.relative_to(PLATFORM / "include")
        # Twice, for the include guard; a declaration, as ISO C has no empty source.
        text = f"#include <{name}>\n#include <{name}>\ntypedef int not_empty;\n"
        (tmp_path / f"header{number}.c").write_text(text)
    toolchain.run([*STRICT, "-fsyntax-only", *sorted(tmp_path.glob("*.c"))])


def test_every_file_names_its_licence() -> None:
    for each in [*PLATFORM.rglob("*.[ch]"), *HERE.glob("*.[ch]")]:
        assert each.read_text().startswith("/* SPDX-License-Identifier: BSD-3-Clause */\n"), each


def test_lines_are_as_long_as_a_kernel_developer_has_it() -> None:
    for each in [*PLATFORM.rglob("*.[ch]"), *HERE.glob("*.[ch]")]:
        for number, line in enumerate(each.read_text().splitlines(), 1):
            # A message is not broken up: somebody will search for it.
            if '"' not in line:
                assert len(line.expandtabs(8)) <= 80, f"{each}:{number}"
            assert line == line.rstrip(), f"{each}:{number}"


def test_python_drives_a_device(
    gcc: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every header can be parsed, and what host.h declares is in the library."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    app = tmp_path / "app"
    app.mkdir()
    (app / "app.c").write_text("int app_exists(void);\nint app_exists(void) { return 1; }\n")
    (app / "app.h").write_text("#include <uk/netdev.h>\n")
    library = HostLibrary(app, cc=gcc.command)
    ffi, lib = library.ffi, library.lib

    assert lib.host_alloc_poison(0xA5) == 0
    settings = ffi.new("struct host_netdev_settings *")
    lib.host_netdev_settings_init(settings)
    device = ffi.new("char[]", b"loop")
    settings.device = device
    dev = lib.host_netdev_create(settings)
    assert lib.uk_netdev_get(0) == dev
    assert lib.uk_netdev_probe(dev) == 0
    assert lib.uk_netdev_configure(dev, ffi.new("struct uk_netdev_conf *", [1, 1])) == 0
    queue = ffi.new("struct uk_netdev_txqueue_conf *", [lib.uk_alloc_get_default()])
    assert lib.uk_netdev_txq_configure(dev, 0, 0, queue) == 0
    assert lib.uk_netdev_start(dev) == 0

    netbuf = lib.uk_netbuf_alloc_buf(lib.uk_alloc_get_default(), 256, 64, 16, 0, ffi.NULL)
    ffi.memmove(netbuf.data, b"frame", 5)
    netbuf.len = 60
    assert lib.uk_netdev_tx_one(dev, 0, netbuf) == 3
    wire = ffi.new("uint8_t[100]")
    assert lib.host_netdev_take(dev, wire, 100) == 60
    assert bytes(wire[0:60]) == b"frame" + b"\xa5" * 55

    lib.host_clock_set(1000, 1)
    assert [lib.ukplat_monotonic_clock() for _ in range(2)] == [1000, 1001]
    lib.host_clock_clear()
    assert lib.host_alloc_live() == 3
    assert lib.host_netdev_destroy(dev) == 0
    assert (lib.host_alloc_live(), lib.host_alloc_check()) == (0, 0)


# ----------------------------------------------------------------- programs


@pytest.fixture(scope="session")
def program(gcc: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("program")
    app = folder / "app.o"
    rename = ("-Dmain=app_main", "-include", "host/app_main.h")
    gcc.run([*STRICT, *SANITIZE, *rename, "-c", HERE / "app.c", "-o", app])
    return gcc.program(folder / "program", SANITIZE, [*SOURCES, MAIN, app])


@pytest.fixture
def run(program: Path, tmp_path: Path) -> Run:
    def run(*arguments: str, file_size: int | None = None) -> Done:
        def limit() -> None:
            if file_size is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        return subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            cwd=tmp_path,
            preexec_fn=limit,
        )

    return run


def read_capture(path: Path) -> list[tuple[float, bytes]]:
    """Return time and bytes of each frame; fails unless the file is whole."""
    content = path.read_bytes()
    magic, major, minor, zone, digits, snaplen, link = struct.unpack_from("=IHHiIII", content)
    assert (magic, major, minor, zone, digits) == (0xA1B23C4D, 2, 4, 0, 0)
    assert (snaplen, link) == (65535, 1)
    frames = []
    offset = 24
    while offset < len(content):
        seconds, nanoseconds, captured, original = struct.unpack_from("=IIII", content, offset)
        assert captured == original
        frame = content[offset + 16 : offset + 16 + captured]
        assert len(frame) == captured, "the last record is cut off"
        frames.append((seconds + nanoseconds / 1e9, frame))
        offset += 16 + captured
    return frames


def drop_cut_record(path: Path) -> None:
    """Shorten a capture to its last whole record."""
    content = path.read_bytes()
    offset = whole = 24
    while offset + 16 <= len(content):
        (captured,) = struct.unpack_from("=I", content, offset + 8)
        offset += 16 + captured
        if offset <= len(content):
            whole = offset
    path.write_bytes(content[:whole])


def expected(count: int) -> list[bytes]:
    return [bytes([i & 0xFF]) * (60 + i % 1455) for i in range(count)]


def bytes_of(path: Path) -> list[bytes]:
    return [frame for _, frame in read_capture(path)]


# ------------------------------------------------------------- command line


def test_the_application_gets_what_follows_the_separator(run: Run, program: Path) -> None:
    done = run("device=null", "log=err", "--", "arguments", "a=b", "--", "c")
    assert done.stdout.splitlines() == [str(program), "arguments", "a=b", "--", "c"]
    assert (done.returncode, done.stderr) == (0, "")


def test_without_separator_everything_is_for_the_application(run: Run, program: Path) -> None:
    done = run("arguments", "device=nonsense")
    assert done.stdout.splitlines() == [str(program), "arguments", "device=nonsense"]
    assert run("--", "arguments").stdout.splitlines() == [str(program), "arguments"]
    assert run().returncode == 3


def test_the_exit_code_is_the_applications(run: Run) -> None:
    assert run("code", "0").returncode == 0
    assert run("--", "code", "42").returncode == 42


def test_settings_reach_the_device(run: Run) -> None:
    defaults = run("device").stdout
    assert defaults == "null ioalign=2048 encap=16 ring=256 mtu=1500 mac=02..01\n"
    options = "device=loop ioalign=0 encap=0 ring=65535 descs=1 batch=64 mtu=9000".split()
    done = run(*options, "mac=0a:0b:0C:0d:0e:0F", "rx_extra=12", "--", "device")
    assert done.stdout == "loop ioalign=0 encap=0 ring=65535 mtu=9000 mac=0a..0f\n"


def test_there_may_be_no_device(run: Run) -> None:
    done = run("device=none", "--", "device")
    assert (done.returncode, done.stdout) == (4, "0 devices\n")


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("devise=null", "pcap:FILE"),
        ("null", "rx_extra="),
        ("device=tape", "pcap:FILE"),
        ("device=pcap", "device=pcap:FILE"),
        ("device=null:x", "takes nothing"),
        ("device=loop:many", "1 to 65536"),
        ("ring=0", "from 1 to 65535"),
        ("ring=", "from 1 to 65535"),
        ("ring=-1", "from 1 to 65535"),
        ("ring=12x", "from 1 to 65535"),
        ("ring=99999999999999999999999", "from 1 to 65535"),
        ("ring=1", "no room"),
        ("ioalign=100", "power of two"),
        ("mtu=9001", "from 68 to 9000"),
        ("mac=02:00:00:00:00", "02:00:00:00:00:01"),
        ("mac=02:00:00:00:00:01:02", "02:00:00:00:00:01"),
        ("mac=02-00-00-00-00-01", "02:00:00:00:00:01"),
        ("mac=03:00:00:00:00:01", "one device"),
        ("log=loud", "err, warn, info or debug"),
        ("poison=256", "0 to 255"),
        ("poison=", "0 to 255"),
        ("parent=", "number of a process"),
        ("parent=-1", "number of a process"),
        ("parent=99999999999", "number of a process"),
        ("parent=1", "parent=1: this program was started by process "),
    ],
)
def test_wrong_options_say_what_is_allowed(run: Run, option: str, hint: str) -> None:
    done = run(option, "--", "code", "0")
    assert done.returncode == 2
    assert hint in done.stderr
    assert done.stdout == ""


def test_messages_are_as_many_as_asked_for(run: Run) -> None:
    assert "started (null)" in run("log=info", "--", "device").stderr
    assert run("--", "device").stderr == ""
    short = ("encap=250", "--", "send", "1")
    assert run(*short).returncode == 0
    quiet = run("log=err", "mtu=68", "--", "send", "100")
    assert quiet.returncode == 7
    assert "error: a frame of 83 bytes" in quiet.stderr


@pytest.mark.parametrize(("text", "byte"), [("165", "a5"), ("0x5a", "5a"), ("0", "00")])
def test_fresh_memory_is_poisoned(run: Run, text: str, byte: str) -> None:
    done = run(f"poison={text}", "--", "fresh")
    assert (done.returncode, done.stdout) == (0, f"{byte}\n")


def test_damaged_memory_fails_the_run(run: Run) -> None:
    done = run("poison=1", "--", "damage")
    assert done.returncode == 1
    assert "bytes behind a block of 64 bytes" in done.stderr


# ----------------------------------------------------------------- captures


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 2000])
def test_capture_is_byte_exact(run: Run, tmp_path: Path, count: int) -> None:
    before = time.time()
    done = run("device=pcap:out.pcap", "--", "send", str(count))
    assert (done.returncode, done.stdout) == (0, f"sent {count}\n")
    frames = read_capture(tmp_path / "out.pcap")
    assert [frame for _, frame in frames] == expected(count)
    times = [stamp for stamp, _ in frames]
    assert times == sorted(times)
    assert all(before - 1 <= stamp <= time.time() + 1 for stamp in times)


@pytest.mark.parametrize("options", ["encap=0 ioalign=0 ring=65535", "batch=1", "batch=999 ring=2"])
def test_capture_does_not_depend_on_the_device(run: Run, tmp_path: Path, options: str) -> None:
    assert run("device=pcap:out.pcap", *options.split(), "--", "send", "300").returncode == 0
    assert bytes_of(tmp_path / "out.pcap") == expected(300)


def test_capture_replaces_an_older_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("out.pcap")
    run("device=pcap:out.pcap", "--", "send", "50")
    (tmp_path / "out.pcap").chmod(0o640)
    for name in ("out.pcap", "link"):
        run(f"device=pcap:{name}", "--", "send", "2")
        assert bytes_of(tmp_path / "out.pcap") == expected(2)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out.pcap").stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "out.pcap"]


@pytest.mark.parametrize(
    "application", [("arguments",), ("code", "2"), ("send", "0")], ids=" ".join
)
def test_capture_without_frames_replaces_nothing(
    run: Run, tmp_path: Path, application: tuple[str, ...]
) -> None:
    """Nor does it appear, where the application did not come as far as starting the device."""
    for name in ("old.pcap", "new.pcap"):
        if name == "old.pcap":
            run("device=pcap:old.pcap", "--", "send", "50")
        done = run(f"device=pcap:{name}", "--", *application)
        assert done.returncode == (2 if "code" in application else 0)
        assert ("stays as it was" in done.stderr) == (name == "old.pcap" and "send" in application)
    assert bytes_of(tmp_path / "old.pcap") == expected(50)
    assert (tmp_path / "new.pcap").exists() == ("send" in application)
    assert not list(tmp_path.glob("*.partial"))


def test_capture_that_fails_replaces_nothing(run: Run, tmp_path: Path) -> None:
    run("device=pcap:out.pcap", "--", "send", "5")
    done = run("device=pcap:out.pcap", "--", "send", "100000", file_size=20_000)
    assert done.returncode == 1
    assert "'out.pcap' stays as it was" in done.stderr
    assert bytes_of(tmp_path / "out.pcap") == expected(5)
    assert [each.name for each in tmp_path.iterdir()] == ["out.pcap"]


def test_capture_into_what_cannot_be_replaced(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(["cat", tmp_path / "fifo"], stdout=subprocess.PIPE) as reader:
        assert run("device=pcap:fifo", "--", "send", "200").returncode == 0
        content, _ = reader.communicate()
    (tmp_path / "read.pcap").write_bytes(content)
    assert bytes_of(tmp_path / "read.pcap") == expected(200)
    assert (tmp_path / "fifo").is_fifo()
    assert run("device=pcap:/dev/null", "--", "send", "200").returncode == 0
    assert Path("/dev/null").is_char_device()
    # The file behind a descriptor, when it has lost its name.
    with (tmp_path / "lost.pcap").open("wb") as lost:
        behind = Path(f"/proc/{os.getpid()}/fd/{lost.fileno()}")
        (tmp_path / "lost.pcap").unlink()
        assert run(f"device=pcap:{behind}", "--", "send", "9").returncode == 0
        assert bytes_of(behind) == expected(9)


def test_capture_needs_a_folder_that_can_be_written(
    program: Path, tmp_path: Path, require: Callable[[str], str]
) -> None:
    """Though the file itself can be: it would be cut off before it is whole."""
    require("setpriv")
    (tmp_path / "out.pcap").write_bytes(b"before")
    (tmp_path / "out.pcap").chmod(0o666)
    tmp_path.chmod(0o555)
    powerless = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--")
    done = subprocess.run(
        [*powerless, program, "device=pcap:out.pcap", "--", "send", "1"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    tmp_path.chmod(0o755)
    assert done.returncode == 1
    assert "in a folder that you may write to" in done.stderr
    assert (tmp_path / "out.pcap").read_bytes() == b"before"


def test_capture_is_complete_when_the_application_exits(run: Run, tmp_path: Path) -> None:
    done = run("device=pcap:out.pcap", "--", "send", "7", "exit")
    assert (done.returncode, done.stdout) == (5, "sent 7\n")
    assert bytes_of(tmp_path / "out.pcap") == expected(7)


def test_a_pool_that_is_not_given_back_is_no_leak(run: Run) -> None:
    done = run("--", "send", "1000", "leak")
    assert (done.returncode, done.stderr) == (0, "")


def test_tshark_reads_the_capture(run: Run, tmp_path: Path, require: Callable[[str], str]) -> None:
    require("tshark")
    run("device=pcap:out.pcap", "--", "send", "40")
    done = subprocess.run(
        ["tshark", "-r", "out.pcap", "-T", "fields", "-e", "frame.len"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.split() == [str(60 + i) for i in range(40)]


@pytest.mark.parametrize(
    ("file", "reason", "advice"),
    [
        ("/dev/full", "No space left on device", "free some space"),
        ("missing/out.pcap", "No such file or directory", "create the directory"),
        (".", "Is a directory", "not a directory"),
        ("/proc/version", "denied|Input/output error|Permission", "choose"),
    ],
)
def test_capture_that_cannot_be_made(run: Run, file: str, reason: str, advice: str) -> None:
    done = run(f"device=pcap:{file}", "--", "send", "1")
    assert done.returncode == 1
    assert any(each in done.stderr for each in reason.split("|"))
    assert f"'{file}'" in done.stderr
    assert advice in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("how", [("100000",), ("0", "forever"), ("300",)])
def test_full_disk_ends_the_run_with_whole_records(
    run: Run, tmp_path: Path, how: tuple[str, ...]
) -> None:
    """Found out in the middle, or when the last frames are written: it is the same."""
    done = run("device=pcap:out.pcap", "--", "send", *how, file_size=20_000)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "ulimit -f" in done.stderr
    frames = bytes_of(tmp_path / "out.pcap")
    assert frames == expected(len(frames))
    # Not one frame less than fits.
    following = 16 + len(expected(len(frames) + 1)[-1])
    assert (tmp_path / "out.pcap").stat().st_size + following > 20_000
    assert f"keeps the {len(frames)} frames" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_capture_is_readable(
    program: Path, tmp_path: Path, number: signal.Signals
) -> None:
    capture = tmp_path / "out.pcap"
    process = subprocess.Popen(
        [program, f"device=pcap:{capture}", "--", "send", "0", "forever"],
        preexec_fn=interruptible,
    )
    partial = tmp_path / f"out.pcap.{process.pid}.partial"
    try:
        deadline = time.monotonic() + 10
        while not partial.exists() or partial.stat().st_size < 1_000_000:
            assert not capture.exists()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(number)
        assert process.wait(10) == -number
    finally:
        process.kill()
        process.wait()
    if number is signal.SIGKILL:
        # The kernel may end a write half way then; a reader loses the frame that was cut.
        drop_cut_record(partial)
        partial.rename(capture)
    assert not partial.exists()
    frames = bytes_of(capture)
    assert len(frames) > 1000
    assert frames == expected(len(frames))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_flushes_what_was_sent(
    program: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Few frames stay in buffers for long; who stops the program wants them all the same."""
    capture = tmp_path / "out.pcap"
    process = subprocess.Popen(
        [program, f"device=pcap:{capture}", "--", "send", "0", "slow"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "sent 50\n"
            assert bytes_of(tmp_path / f"out.pcap.{process.pid}.partial") == []
            process.send_signal(number)
            assert process.wait(10) == -number
        finally:
            process.kill()
    frames = bytes_of(capture)
    assert len(frames) >= 50
    assert frames == expected(len(frames))


def test_an_application_that_does_nothing_ends_all_the_same(program: Path) -> None:
    """It neither looks at the device's state nor sends: its time is up after some seconds."""
    with subprocess.Popen([program, "wait"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            process.terminate()
            process.terminate()
            assert process.wait(20) == -signal.SIGALRM
        finally:
            process.kill()
