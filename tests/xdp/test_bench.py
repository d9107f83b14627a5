"""The bench of sending from the kernel measures all senders, and its far end checks each frame."""

from __future__ import annotations

import re
import sys

from tests.tools import need
from tests.wire.namespace import Namespace


def test_senders_beside_the_kernel(cabled: Namespace) -> None:
    """Who is faster is not asked: this machine may be busy."""
    need("trafgen")
    done = cabled.run(sys.executable, "-m", "codegen.bench.xdp", "--rounds", "1")
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    for who in ("--platform xdp", "xdp:wire0", "trafgen"):
        assert len(re.findall(rf"^  {who} +\d+\.\d+ Mpps", done.stdout, re.M)) == 4, done.stdout
    for target in ("5.0", "8.0", "3.5"):
        assert re.search(rf"target {target}: (reached|MISSED)$", done.stdout, re.M)
    checked = re.findall(r"^  (\d+) received, (\d+) valid$", done.stdout, re.M)
    assert len(checked) == 2
    assert all(received == valid != "0" for received, valid in checked)
