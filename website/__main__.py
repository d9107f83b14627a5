"""Build the site: ``python -m website [FOLDER]``; exits with 1 if anything is wrong with it.

Strictly: a broken link, a missing anchor, a reference to an unknown object, and a page that
fetches anything from a network are errors. The folder gets the site when it is complete.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

from website import offline, pages

FOLDER = pages.ROOT / "build" / "docs"


def build(folder: Path) -> int:
    """Build the site in a folder, in place of an earlier one; return the exit code."""
    if folder.exists() and not (folder / "objects.inv").exists():
        print(f"website: {folder} is there, and is no site; name another folder", file=sys.stderr)
        return 2
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
        source, made = Path(name, "source"), Path(name, "site")
        source.mkdir()
        try:
            pages.write(source)
        except ValueError as error:
            print(f"website: {error}", file=sys.stderr)
            return 1
        if render(source, made):
            return 1
        fetched = [f"{path.relative_to(made)}: {each}" for path, each in offline.fetched(made)]
        if fetched:
            print("website: these pages need a network:", *fetched, sep="\n  ", file=sys.stderr)
            return 1
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    print(folder / "index.html")
    return 0


def render(source: Path, made: Path) -> int:
    """Have Sphinx make a site from a folder of sources; return its exit code."""
    options = ["--fail-on-warning", "--nitpicky", "--quiet", "--no-color"]
    options += ["--conf-dir", str(Path(__file__).parent), "--doctree-dir", f"{made}.doctrees"]
    return int(build_main([*options, str(source), str(made)]))


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
