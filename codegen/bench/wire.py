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
from typing import NoReturn

from codegen import formats, temporary
from codegen.bench import turns
from codegen.bench.turns import Spread
from codegen.errors import CodegenError
from codegen.layout import Layout
from codegen.model import STRATEGIES, Strategy
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
        before, deadline = far_end_packets(), time.monotonic() + 20
        while far_end_packets() - before < 10_000:
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
        packets, start = far_end_packets(), time.perf_counter()
        time.sleep(WINDOW)
        packets, seconds = far_end_packets() - packets, time.perf_counter() - start
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


def far_end_packets() -> int:
    """Return how many packets have come to the far end of the cable."""
    # Not from /sys: in a namespace of its own, that may show another namespace's.
    for line in Path("/proc/net/dev").read_text(encoding="ascii").splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == FAR:
            return int(counters.split()[1])
    raise BenchError(f"there is no interface {FAR}")


#: The arguments with which any emitted program sends for ever.
FOR_EVER = ("mode=tx", f"length={LENGTH}", "count=0", "duration=0", "interval=0", *ADDRESSES)


def program(layout: Layout, strategy: Strategy, device: str) -> list[str]:
    """Build the emitted program; return the command that sends for ever on a device."""
    return [str(build_application(layout, strategy)), f"device={device}", "--", *FOR_EVER]


def frame(layout: Layout, strategy: Strategy) -> bytes:
    """Return the first frame that the emitted program sends."""
    with temporary.folder() as folder:
        capture = folder / "one.pcap"
        request = Request(
            layout,
            strategy,
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


def lay_cable() -> None:
    """Connect two new interfaces, on which the kernel sends nothing by itself."""
    _run(["ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR])
    for name in (NEAR, FAR):
        quiet = Path("/proc/sys/net/ipv6/conf", name, "disable_ipv6")
        if quiet.exists():
            quiet.write_text("1", encoding="ascii")
        _run(["ip", "link", "set", name, "up"])


def rival(sent: bytes, folder: Path) -> list[str]:
    """Return the command with which trafgen sends one frame for ever."""
    file = folder / "frame.cfg"
    file.write_text(f"{{ {', '.join(f'0x{byte:02x}' for byte in sent)} }}\n")
    return [RIVAL, "--dev", NEAR, "--conf", str(file), "--cpus", "1", "--no-sock-mem"]


def _measure(rounds: int) -> dict[str, list[float]]:
    """Make the cable, start all senders, and return their rates, one a round."""
    lay_cable()
    layout = resolve(formats.load(FORMAT))
    os.sched_setaffinity(0, {CORE})  # the senders' as well
    with ExitStack() as stack:
        folder = stack.enter_context(temporary.folder())
        command = rival(frame(layout, STRATEGY), folder)
        senders = [Sender.start(RIVAL, command, folder, stack)]
        for device in TARGETS:
            command = program(layout, STRATEGY, device)
            senders.append(Sender.start(device, command, folder, stack))
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


def require_tools() -> None:
    """Raise BenchError with all programs that are missing."""
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
    if missing:
        raise BenchError(f"not found: {', '.join(missing)}")


def run_inside(how: str, module: str) -> NoReturn:
    """Become the same command in a network namespace of its own."""
    sys.stdout.flush()
    again = [sys.executable, "-m", module, *sys.argv[1:], "--inside"]
    os.execvp("unshare", ["unshare", how, *again])


def main() -> None:
    """Measure in a namespace of its own; exit with 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        require_tools()
        if not arguments.inside:
            how = "-n" if os.geteuid() == 0 else "-Urn"
            run_inside(how, __spec__.name)
        sys.exit(not _report(_measure(arguments.rounds)))
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
