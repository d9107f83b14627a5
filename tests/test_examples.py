"""The programs of ``examples/``, built as their users build them, and run."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.tools import missing, need

EXAMPLES = Path(__file__).parent.parent / "examples"


def built(name: str, folder: Path) -> Path:
    """Copy an example, build it without a word from the compiler, and return its folder."""
    kept = shutil.ignore_patterns("packets", "*.o", "*.elf", "main")
    shutil.copytree(EXAMPLES / name, folder / name, ignore=kept)
    shutil.copy(EXAMPLES / "reading.py", folder)
    command = ["make", "-s", f"CODEGEN={sys.executable} -m codegen"]
    done = subprocess.run(
        command, cwd=folder / name, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "packets\n", "")
    return folder / name


def echo(service: socket.socket, damaged: int) -> None:
    """Send each datagram back to its sender, one of them with a bit flipped."""
    for number in range(5):
        data, sender = service.recvfrom(2048)
        if number == damaged:
            data = data[:9] + bytes([data[9] ^ 1]) + data[10:]
        service.sendto(data, sender)


@pytest.mark.parametrize("damaged", [None, 3])
def test_readings_over_udp(damaged: int | None, tmp_path: Path) -> None:
    program = built("linux", tmp_path) / "main"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        service.settimeout(20)
        thread = threading.Thread(target=echo, args=(service, damaged))
        thread.start()
        port = str(service.getsockname()[1])
        done = subprocess.run(
            [program, "127.0.0.1", port, "5"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        thread.join()
    lines = [f"sensor 7, number {number}: 300000 mK" for number in range(5)]
    if damaged is not None:
        lines[damaged] = "invalid checksum"
    valid = 5 if damaged is None else 4
    assert done.stdout.splitlines() == [*lines, f"{valid} of 5 valid"]
    assert done.returncode == (damaged is not None)


def test_nobody_answers(tmp_path: Path) -> None:
    program = built("linux", tmp_path) / "main"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        port = str(service.getsockname()[1])
        done = subprocess.run(
            [program, "127.0.0.1", port, "1"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert (done.returncode, done.stdout) == (1, "0 of 1 valid\n")
    assert done.stderr.startswith("nothing came back: ")


def test_a_microcontroller(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    folder = built("cortex-m", tmp_path)
    done = subprocess.run(
        ["make", "-s", "run"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    printed = ["valid"] * 3 + ["truncated", "invalid length", "invalid checksum"]
    # QEMU prints what the program does on standard error, behind words of its own.
    assert done.stderr.splitlines()[-6:] == printed
    assert done.returncode == 0


def test_a_microcontroller_that_reads_something_else(tmp_path: Path) -> None:
    """The exit code is that of the program."""
    need("arm-none-eabi-gcc", "qemu-system-arm")
    folder = built("cortex-m", tmp_path)
    source = folder / "main.c"
    text = source.read_text()
    source.write_text(text.replace("frame[LENGTH - 1] ^= 0x80;", ""))
    assert source.read_text() != text
    done = subprocess.run(
        ["make", "-s", "run"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert done.stderr.splitlines().count("valid") == 4


def test_dpdk(tmp_path: Path) -> None:
    need("pkg-config")
    found = subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False)
    if found.returncode:
        missing("without libdpdk: apt install libdpdk-dev")
    folder = built("dpdk", tmp_path)
    # The 32 packets of the first burst are checked by the program itself.
    done = subprocess.run(
        ["make", "-s", "run"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1000000 packets, ")
