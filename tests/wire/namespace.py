"""Network namespaces for real packets: made for a test, gone with it.

A namespace lives as long as the process that was started in it, which ends when its
standard input is closed: even a test run that is killed leaves nothing behind. Root
makes plain namespaces; others are root in a user namespace of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.conftest import interruptible
from tests.tools import missing

CAPTURE = Path(__file__).with_name("capture.py")

#: Seconds for what takes a moment: this is for machines with much else to do.
PATIENCE = 30

#: Runs a command without any capability, though as the same user.
POWERLESS = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--")

Done = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]


def wait_until(condition: Callable[[], object], what: str, process: Process) -> None:
    """Wait for what a process does; fail when it does not, or ends."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, f"waited {PATIENCE} s until {what}"
        time.sleep(0.02)


class Namespace:
    """A network namespace; commands run in it as root, real or mapped."""

    def __init__(self) -> None:
        root = os.geteuid() == 0
        self._holder = subprocess.Popen(
            ["unshare", "-n" if root else "-Urn", "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes: list[Process] = []
        assert self._holder.stdin and self._holder.stdout and self._holder.stderr
        with suppress(BrokenPipeError):
            self._holder.stdin.write("made\n")
            self._holder.stdin.flush()
        if self._holder.stdout.readline() != "made\n":
            why = self._holder.stderr.read().strip()
            self.close()
            missing(f"no right to make network namespaces ({why})")
        target = f"/proc/{self._holder.pid}/ns"
        self._enter = ["nsenter", f"--net={target}/net"]
        if not root:
            self._enter += [f"--user={target}/user", "--preserve-credentials"]

    def start(self, *command: str | Path) -> Process:
        """Start a command, which does not outlive the namespace."""
        process = subprocess.Popen(
            [*self._enter, "--", *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=interruptible,
        )
        self._processes.append(process)
        return process

    def run(self, *command: str | Path) -> Done:
        return finish(self.start(*command))

    def do(self, *command: str | Path) -> str:
        """Run a command that must work; return what it prints."""
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def codegen(self, *arguments: str, before: tuple[str, ...] = ()) -> Done:
        return finish(self.start_codegen(*arguments, before=before))

    def start_codegen(self, *arguments: str, before: tuple[str, ...] = ()) -> Process:
        return self.start(*before, sys.executable, "-m", "codegen", *arguments)

    def link(self, name: str) -> dict[str, Any]:
        """Return what iproute2 knows of an interface."""
        (found,) = json.loads(self.do("ip", "-s", "-d", "-j", "link", "show", "dev", name))
        return dict(found)

    def links(self) -> set[str]:
        return {each["ifname"] for each in json.loads(self.do("ip", "-j", "link", "show"))}

    def received(self, name: str) -> int:
        return int(self.link(name)["stats64"]["rx"]["packets"])

    def quiet(self, name: str) -> None:
        """Keep the kernel from sending on an interface by itself."""
        self.do(
            *("sh", "-c", 'test ! -e "$1" || echo 1 >"$1"', "sh"),
            f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6",
        )

    def cable(self, near: str, far: str) -> None:
        """Connect two new interfaces."""
        self.do("ip", "link", "add", near, "type", "veth", "peer", "name", far)
        for name in (near, far):
            self.quiet(name)
            self.do("ip", "link", "set", name, "up")

    def tap(self, name: str) -> None:
        """Make a tap that stays, so that it can be watched before it is used."""
        done = self.run("ip", "tuntap", "add", "dev", name, "mode", "tap")
        if done.returncode:
            missing(f"no right to make taps ({done.stderr.strip()})")
        self.quiet(name)
        self.do("ip", "link", "set", name, "up")

    def capture(self, interface: str, count: int, file: Path) -> Process:
        """Start to capture so many frames; returns when no frame can be missed any more."""
        process = self.start(sys.executable, CAPTURE, interface, str(count), file)
        assert process.stdout
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        return process

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
        self._holder.communicate()


def finish(process: Process) -> Done:
    out, err = process.communicate(timeout=2 * PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
