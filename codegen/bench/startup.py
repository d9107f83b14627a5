"""Time the start of the command, which people feel at every call.

Run with ``make bench-startup``; each command is a process of its own, and the
figures are whole-process wall times.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

#: Commands and the milliseconds that their median should stay below.
COMMANDS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("--help",), 100),
    (("emit", "--output"), 400),
)
RUNS = 15


def main() -> None:
    """Print the median, lowest and highest time of each command."""
    with tempfile.TemporaryDirectory() as folder:
        for arguments, budget in COMMANDS:
            words = [*arguments, *([folder] if arguments[-1] == "--output" else [])]
            times = []
            for _ in range(RUNS + 1):
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "codegen", *words], check=True, stdout=subprocess.DEVNULL
                )
                times.append((time.perf_counter() - start) * 1000)
            # The first run fills the caches of the file system and of Python.
            times = times[1:]
            print(
                f"codegen {arguments[0]:<8} {statistics.median(times):6.0f} ms "
                f"({min(times):.0f} to {max(times):.0f}, {RUNS} runs), budget {budget} ms"
            )


if __name__ == "__main__":
    main()
