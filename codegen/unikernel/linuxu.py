"""The platform linuxu: an image that is a process on Linux, with a tap of its own.

The image makes its tap itself and adds it to the bridge
that its argument names; it needs a terminal as standard input.
"""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.unikernel.console import Console
from codegen.unikernel.machine import MEMORY
from codegen.unikernel.qemu import die_with_parent


@dataclass(frozen=True)
class Linuxu:
    """A process whose device is on a tap in ``bridge``; ``memory`` in megabytes is its heap."""

    bridge: str
    memory: int = MEMORY

    #: The network device.
    device = "tap"

    def describe(self) -> dict[str, object]:
        """Return the entries of a result that describe the process."""
        return {"memory_megabytes": self.memory}

    def start(self, image: Path, arguments: Sequence[str]) -> Console:
        """Start an image with the program's arguments."""
        own = [f"linuxu.heap_size={self.memory}"]
        own += ["tap.tap_dev_cnt=1", f"tap.bridgenames={self.bridge}"]
        ours, theirs = pty.openpty()
        try:
            process = subprocess.Popen(
                [image, *own, "--", *arguments],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return Console(process, ours)
