"""Run a command as on a newcomer's machine: ``python -m tests.bare COMMAND [ARGUMENT]...``

Such a machine has git, gcc, make and Python. The tools that only some tests use are not on
``PATH``, there is no Unikraft tree, and ``CI`` is not set, so that tests may be skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from codegen.host import cache
from tests.tools import PACKAGES


def link_programs(folder: Path) -> None:
    """Fill a folder with links to the programs on ``PATH``, but for the tools of tests."""
    for name in os.environ["PATH"].split(os.pathsep):
        for program in sorted(Path(name).glob("*")):
            link = folder / program.name
            if program.name not in PACKAGES and not link.is_symlink():
                link.symlink_to(program)


def main() -> int:
    """Run the command of the arguments; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="codegen-bare-") as folder:
        programs, home = Path(folder, "programs"), Path(folder, "home")
        programs.mkdir()
        home.mkdir()
        link_programs(programs)
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("CI", "UK_ROOT", "UK_WORKDIR")
        }
        # What was compiled already may be used: only the tools and the trees are hidden.
        built = str(cache.folder().parent)
        environment = {"PATH": str(programs), "HOME": str(home), "XDG_CACHE_HOME": built}
        return subprocess.run(sys.argv[1:], env=kept | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
