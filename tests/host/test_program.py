"""A program on the host platform: its command line, its captures, its end."""

from __future__ import annotations

import resource
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HERE, MAIN, SANITIZE, SOURCES, STRICT, Toolchain

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


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
        ("device=tap", "pcap:FILE"),
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
    run("device=pcap:out.pcap", "--", "send", "50")
    run("device=pcap:out.pcap", "--", "send", "2")
    assert bytes_of(tmp_path / "out.pcap") == expected(2)


def test_capture_is_complete_when_the_application_exits(run: Run, tmp_path: Path) -> None:
    done = run("device=pcap:out.pcap", "--", "send", "7", "exit")
    assert (done.returncode, done.stdout) == (5, "sent 7\n")
    assert bytes_of(tmp_path / "out.pcap") == expected(7)


def test_a_pool_that_is_not_given_back_is_no_leak(run: Run) -> None:
    done = run("--", "send", "1000", "leak")
    assert (done.returncode, done.stderr) == (0, "")


def test_tshark_reads_the_capture(run: Run, tmp_path: Path) -> None:
    if not shutil.which("tshark"):
        pytest.skip("no tshark")
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
    process = subprocess.Popen([program, f"device=pcap:{capture}", "--", "send", "0", "forever"])
    try:
        deadline = time.monotonic() + 10
        while not capture.exists() or capture.stat().st_size < 1_000_000:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.send_signal(number)
        assert process.wait(10) == -number
    finally:
        process.kill()
        process.wait()
    with capture.open("r+b") as file:
        file.truncate(min(capture.stat().st_size, 50_000_000))
    if capture.stat().st_size < 50_000_000:
        frames = bytes_of(capture)
        assert frames == expected(len(frames))


def test_interrupt_flushes_what_was_sent(program: Path, tmp_path: Path) -> None:
    """Few frames stay in buffers for long; who stops the program wants them all the same."""
    capture = tmp_path / "out.pcap"
    process = subprocess.Popen(
        [program, f"device=pcap:{capture}", "batch=1", "--", "send", "0", "forever"]
    )
    try:
        while not capture.exists():
            time.sleep(0.001)
        process.terminate()
        assert process.wait(10) == -signal.SIGTERM
    finally:
        process.kill()
        process.wait()
    content = capture.read_bytes()
    assert len(content) >= 24
    bytes_of(capture)
