"""The platform linuxu: an image that is a process on Linux, with a tap of its own.

Releases 0.8 to 0.16 have it. The image makes its tap itself and adds it to the bridge
that its argument names; it needs a terminal as standard input.
"""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Sequence
from pathlib import Path

from codegen.unikernel.console import Console
from codegen.unikernel.qemu import die_with_parent


def start(image: Path, arguments: Sequence[str], bridge: str) -> Console:
    """Start an image with the program's arguments, its device on a tap in ``bridge``."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [image, "tap.tap_dev_cnt=1", f"tap.bridgenames={bridge}", "--", *arguments],
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
