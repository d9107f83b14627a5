"""What machines a unikernel gets: memory, addresses, and what QEMU is asked for."""

from __future__ import annotations

import json
import os
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from codegen import net
from codegen.errors import UsageError
from codegen.model import STRATEGIES, Buffers, Fetch, QueueFull, Strategy
from codegen.unikernel import qemu
from codegen.unikernel.machine import Machine, memory_for
from codegen.unikraft import KNOWN_RELEASES, Target

from .test_image import codegen

BY_NAME = {each.name: each for each in STRATEGIES}
POOL = Strategy("pool", Buffers.POOL, Fetch.DUP, QueueFull.DROP, "")


@pytest.mark.parametrize(
    ("strategy", "held", "megabytes"),
    [
        *((each, 0, 64) for each in STRATEGIES),
        # Blocks of 16 and 64 MB and a little more: of 32 and 128 MB.
        (replace(POOL, objects=8192), 0, 80),
        (replace(POOL, objects=32768), 0, 272),
        (replace(POOL, objects=8192, object_size=4000), 0, 144),
        (POOL, 65536, 528),
        (BY_NAME["ring-patch"], 16384, 144),
        (BY_NAME["heap-gen"], 65536, 292),
        (BY_NAME["zero-copy"], 65536, 64),
    ],
    ids=str,
)
def test_memory_has_room_for_the_strategys_buffers(
    strategy: Strategy, held: int, megabytes: int
) -> None:
    assert memory_for(strategy, held) == megabytes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mac", "02:00"], "--mac 02:00: an address is wanted, such as 02:00:00:00:00:01"),
        (["--mac", "03:00:00:00:00:01"], "that is a group's address; its first octet must be even"),
        (["--mac", "00:00:00:00:00:00"], "no machine has that one"),
        (
            ["--mac", "02:00:00:00:00:01", "--mac", "02:00:00:00:00:02"],
            "--mac is given 2 times, and there is one machine",
        ),
        (
            ["--pair", "--mac", "02:00:00:00:00:0a", "--mac", "02:00:00:00:00:0A"],
            "each machine needs an address of its own",
        ),
        (["--pair", "--gdb", "1234"], "--gdb is for one machine: leave out --pair"),
        (["--json", "--gdb", "1234"], "--gdb prints how to attach a debugger: leave out --json"),
        (["--backend", "x"], "there is no --backend x; there are: tap, vhost, vhost-user:SOCKET"),
        (["--pair", "--backend", "vhost-user:/s"], "connects one machine: leave out --pair"),
        (["--memory", "1"], "1 is not in the range 8<=x<=65536"),
    ],
)
def test_what_machines_cannot_be_is_misuse(arguments: list[str], said: str) -> None:
    done = codegen("run", "--platform", "qemu", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--mac", "02:00:00:00:00:01"], ["--memory", "99"], ["--gdb", "1234"]]
)
def test_machines_are_for_unikernels(arguments: list[str]) -> None:
    done = codegen("run", *arguments, "--count", "1")
    assert done.returncode == 2
    assert f"{arguments[0]} is for unikernels: add --platform qemu" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--mac", "02:00:00:00:00:01"], ["--notify", "bh"], ["--kvm", "on"]]
)
def test_linuxu_has_no_machine(arguments: list[str]) -> None:
    done = codegen("run", "--platform", "linuxu", *arguments, "--count", "1")
    assert done.returncode == 2
    assert f"{arguments[0]} is for the platform qemu: leave it out on linuxu" in done.stderr


@pytest.mark.parametrize("setting", ["ttl=3 length=200", "ttl=3\nlength=200", 'ttl="3"', "ttl=³"])
def test_an_argument_is_one(setting: str) -> None:
    """A guest gets all of them as one line."""
    done = codegen("run", "--platform", "qemu", "--set", setting)
    assert done.returncode == 2
    assert f"--set {setting!r}: an argument of a unikernel has no blanks" in done.stderr


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a program in place of QEMU that writes down what it is asked for."""
    program = tmp_path / "qemu-system-x86_64"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "asked"


TARGET = Target("qemu", "x86_64")


def command(machine: qemu.Qemu, asked: Path, tap: net.Tap | None, mac: str | None = None) -> str:
    console = machine.start(Path("image"), ["count=1"], tap, mac)
    console.process.wait(20)
    console.end()
    return " ".join(asked.read_text().split("\n"))


@pytest.fixture
def tap() -> net.Tap:
    return net.Tap("usocbr0-vm7", os.open(os.devnull, os.O_RDWR), "usocbr0")


def test_an_emulated_device_has_the_guests_barriers(asked: Path, tap: net.Tap) -> None:
    assert "-smp 1,maxcpus=2" in command(qemu.Qemu(TARGET), asked, tap)
    assert "-smp" not in command(qemu.Qemu(TARGET, "kvm"), asked, tap)
    # Without a device there is nothing to order.
    assert "-smp" not in command(qemu.Qemu(TARGET), asked, None)


def test_machines_of_a_bridge_differ_in_their_address(asked: Path, tap: net.Tap) -> None:
    assert "mac=02:00:00:00:00:08," in command(qemu.Qemu(TARGET), asked, tap)
    assert "mac=02:00:00:00:01:00," in command(
        qemu.Qemu(TARGET), asked, replace(tap, name="usocbr0-vm255")
    )
    chosen = "0a:00:00:00:00:42"
    assert f"mac={chosen}," in command(qemu.Qemu(TARGET), asked, tap, chosen)


def test_the_backend_is_behind_the_device(asked: Path, tap: net.Tap) -> None:
    vhost = command(qemu.Qemu(TARGET, backend="vhost"), asked, tap)
    assert f"-netdev tap,id=net0,fd={tap.fd},vhost=on " in vhost
    user = command(qemu.Qemu(TARGET, memory=80, backend="vhost-user:/a/socket"), asked, None)
    assert "-machine pc,memory-backend=mem " in user
    assert "-object memory-backend-memfd,id=mem,size=80M,share=on " in user
    assert "-chardev socket,id=net0c,path=/a/socket -netdev vhost-user,id=net0,chardev=" in user
    assert "-smp 1,maxcpus=2" in user


def test_processors_are_those_that_were_asked_for(asked: Path, tap: net.Tap) -> None:
    assert "-smp 4 " in command(qemu.Qemu(TARGET, processors=4), asked, tap)


def test_the_memory_and_the_debuggers_port_are_qemus(asked: Path) -> None:
    machine = qemu.Qemu(TARGET, memory=333, gdb=4321)
    assert "-m 333 -S -gdb tcp:127.0.0.1:4321 " in command(machine, asked, None)
    assert "-gdb" not in command(qemu.Qemu(TARGET), asked, None)


def test_each_option_of_a_machine_has_a_name() -> None:
    assert Machine().chosen() == []
    every = Machine("b", "on", "pci", "bh", 99, ("02:00:00:00:00:01",), 1, "vhost", 2, 3)
    assert len(every.chosen()) == len(fields(Machine))
    with pytest.raises(UsageError):
        every.check("linuxu", 1)


def test_the_readme_has_the_releases_that_are_known() -> None:
    readme = re.sub(r"\s+", " ", (Path(__file__).parents[2] / "README.md").read_text())
    for target, releases in KNOWN_RELEASES.items():
        assert f"| `{target}` | {releases} |" in readme


def test_a_result_describes_its_machine() -> None:
    described = qemu.Qemu(TARGET, memory=80).describe()
    assert json.loads(json.dumps(described))["memory_megabytes"] == 80
