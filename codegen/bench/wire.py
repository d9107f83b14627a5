"""Send for real, beside trafgen: the same frame, core and cable, in turn.

Run with ``make bench-wire``. The cable is a veth pair in a network namespace of its
own, which goes away with this process. All senders are started once, stopped, and
then let run one at a time, in turns. The meter is the same for all, the packets that
the cable's far end counts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from codegen import formats, temporary
from codegen.bench import turns
from codegen.bench.turns import Spread
from codegen.errors import CodegenError
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.run import Request, build_application, run_host
from codegen.unikernel.qemu import die_with_parent

#: What is sent: no field differs from packet to packet, so one netbuf will do.
FORMAT = "usoc21"
STRATEGY = next(each for each in STRATEGIES if each.name == "zero-copy")
LENGTH = 60
#: The address of a station that does not exist: the far end drops the frame early.
ADDRESSES = ("mac_dst=02:00:00:00:00:99", "mac_src=02:00:00:00:00:01")

NEAR, FAR = "wire0", "wire1"
#: trafgen uses the first core, whatever its options are.
CORE = 0

ROUNDS = 15
WARM_UP = 0.05
WINDOW = 0.2

RIVAL = "trafgen"
#: Devices, and the least ratio of their rate to trafgen's.
TARGETS = {f"xdp:{NEAR}": 1.4, f"packet:{NEAR}": 0.9}


class BenchError(CodegenError):
    """The bench cannot be run here; the message names what is missing."""


@dataclass(frozen=True)
class Sender:
    """A process that sends for ever; it runs only in its turns."""

    who: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, who: str, command: Sequence[str], folder: Path, stack: ExitStack) -> Sender:
        """Start a sender, see that it sends, and stop it until its first turn.

        It ends when this process ends, however that ends.
        """
        process = subprocess.Popen(
            # trafgen's workers would outlive it; in a namespace of processes all end at once.
            ["unshare", "--pid", "--fork", "--kill-child", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=folder,  # trafgen writes there
            start_new_session=True,
            # A stopped process takes no other signal than this one: SIGKILL.
            preexec_fn=die_with_parent,
        )
        sender = cls(who, process)
        stack.callback(sender.end)
        before, deadline = _far_end_packets(), time.monotonic() + 20
        while _far_end_packets() - before < 10_000:
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{who} does not send")
            time.sleep(0.01)
        sender.signal(signal.SIGSTOP)
        return sender

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the sender and its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def rate(self) -> float:
        """Let the sender have its turn; return packets a second."""
        self.signal(signal.SIGCONT)
        time.sleep(WARM_UP)
        packets, start = _far_end_packets(), time.perf_counter()
        time.sleep(WINDOW)
        packets, seconds = _far_end_packets() - packets, time.perf_counter() - start
        self.signal(signal.SIGSTOP)
        return packets / seconds

    def end(self) -> None:
        """End the sender; its output is not needed."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()


def _far_end_packets() -> int:
    # Not from /sys: in a namespace of its own, that may show another namespace's.
    for line in Path("/proc/net/dev").read_text(encoding="ascii").splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == FAR:
            return int(counters.split()[1])
    raise BenchError(f"there is no interface {FAR}")


def _program(device: str) -> list[str]:
    """Build the emitted program; return the command that sends for ever on a device."""
    program = build_application(resolve(formats.load(FORMAT)), STRATEGY)
    arguments = ["mode=tx", f"length={LENGTH}", "count=0", "duration=0", *ADDRESSES]
    return [str(program), f"device={device}", "--", *arguments]


def _frame() -> bytes:
    """Return the frame as the emitted program sends it."""
    with temporary.folder() as folder:
        capture = folder / "one.pcap"
        request = Request(
            resolve(formats.load(FORMAT)),
            STRATEGY,
            device=f"pcap:{capture}",
            length=LENGTH,
            count=1,
            settings=ADDRESSES,
        )
        run_host(request, lambda _: None)
        return capture.read_bytes()[-LENGTH:]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: {done.stderr.strip()}")


def _measure(rounds: int) -> dict[str, list[float]]:
    """Make the cable, start all senders, and return their rates, one a round."""
    _run(["ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR])
    for name in (NEAR, FAR):
        quiet = Path("/proc/sys/net/ipv6/conf", name, "disable_ipv6")
        if quiet.exists():
            quiet.write_text("1", encoding="ascii")
        _run(["ip", "link", "set", name, "up"])

    os.sched_setaffinity(0, {CORE})  # the senders' as well
    with ExitStack() as stack:
        folder = stack.enter_context(temporary.folder())
        frame = folder / "frame.cfg"
        frame.write_text(f"{{ {', '.join(f'0x{byte:02x}' for byte in _frame())} }}\n")
        rival = [RIVAL, "--dev", NEAR, "--conf", str(frame), "--cpus", "1", "--no-sock-mem"]
        senders = [Sender.start(RIVAL, rival, folder, stack)]
        for device in TARGETS:
            senders.append(Sender.start(device, _program(device), folder, stack))
        rates = turns.measure(senders, Sender.rate, rounds)
        return {each.who: its for each, its in zip(senders, rates, strict=True)}


def _report(rates: dict[str, list[float]]) -> bool:
    """Print rates and ratios; return whether all targets are reached."""
    print(f"{LENGTH}-byte frame, one core, veth; median (lowest to highest) of each round")
    for who, figures in rates.items():
        mpps = Spread.of([each / 1e6 for each in figures])
        print(f"  {who:<14} {mpps.median:6.3f} Mpps ({mpps.low:.3f} to {mpps.high:.3f})")
    reached = True
    for who, target in TARGETS.items():
        ratio = Spread.of_ratios(rates[who], rates[RIVAL])
        reached &= ratio.median >= target
        verdict = "reached" if ratio.median >= target else "MISSED"
        print(
            f"  {who} / {RIVAL}: {ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}), "
            f"target {target}: {verdict}"
        )
    return reached


def main() -> None:
    """Measure in a namespace of its own; exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # often not in a user's PATH
    missing = [
        f"{tool} (apt install {package})"
        for tool, package in (
            (RIVAL, "netsniff-ng"),
            ("ip", "iproute2"),
            ("unshare", "util-linux"),
        )
        if shutil.which(tool) is None
    ]
    try:
        if missing:
            raise BenchError(f"not found: {', '.join(missing)}")
        if not arguments.inside:
            how = "-n" if os.geteuid() == 0 else "-Urn"
            sys.stdout.flush()
            os.execvp(
                "unshare",
                ["unshare", how, sys.executable, "-m", __spec__.name, *sys.argv[1:], "--inside"],
            )
        sys.exit(not _report(_measure(arguments.rounds)))
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
