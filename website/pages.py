"""Write what Sphinx reads: copies of the pages of ``docs/``, the reference, and the navigation.

The pages are ordinary Markdown, which a forge shows as well. Their links to files outside
``docs/`` have no target on the site, so these become plain names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from website import reference

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

#: The sections of the navigation, with their pages in the order in which they are read.
NAVIGATION = {
    "Start": ("readme", "tutorial-format", "tutorial-unikernel"),
    "Language": (
        *("shapes", "signed-numbers", "variable-length-numbers", "bit-fields", "optional-fields"),
        *("groups", "stacking", "payloads", "lengths", "length-codes", "trailers", "padding"),
        *("checksums", "crcs", "sweeps", "time-stamps", "linktype", "parser"),
    ),
    "Use": (
        *("how-to", "your-own-repository", "import", "export-and-decode", "captures", "c-api"),
        *("xdp", "vhost-user"),
    ),
    "Reference": tuple(reference.PAGES),
    "Project": ("changelog", "contributing"),
}

#: Pages that are not in ``docs/``, with the files that they are made from.
OTHERS = {
    "readme": ROOT / "README.md",
    "changelog": ROOT / "CHANGELOG.md",
    "contributing": ROOT / "CONTRIBUTING.md",
}

#: Titles in the navigation, where that of the page would not fit there.
TITLES = {"readme": "Overview", "xdp": "In the Linux kernel", "vhost-user": "vhost-user"}

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def sources() -> dict[str, Path]:
    """Return the Markdown file of each page, the home page ``index`` included."""
    return OTHERS | {path.stem: path for path in sorted(DOCS.glob("*.md"))}


def unlisted() -> list[str]:
    """Return the pages that the navigation does not have."""
    listed = {page for pages in NAVIGATION.values() for page in pages}
    return sorted(sources().keys() - listed - {"index"})


def write(folder: Path) -> None:
    """Write all pages into a folder.

    Raises ValueError for a link to a file that the repository does not have, and for a page
    that the navigation does not have.
    """
    if missing := unlisted():
        raise ValueError(
            f"these pages are not in NAVIGATION of {Path(__file__).relative_to(ROOT)}: "
            + ", ".join(missing)
        )
    for name, path in sources().items():
        text = adapted(path)
        if name == "index":
            text += "".join(_section(*each) for each in NAVIGATION.items())
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    for name, render in reference.PAGES.items():
        (folder / f"{name}.rst").write_text(render(), encoding="utf-8")


def adapted(path: Path) -> str:
    """Return a page with its links as the site has them; ValueError for one without a target."""
    pages = {file: name for name, file in sources().items()}

    def link(match: re.Match[str]) -> str:
        label, target = match.groups()
        file, mark, anchor = target.partition("#")
        if "://" in target or not file:
            return match[0]
        found = (path.parent / file).resolve()
        if not found.exists():
            raise ValueError(f"{path.relative_to(ROOT)}: the link to {target!r} has no target")
        if found in pages:
            return f"[{label}]({pages[found]}.md{mark}{anchor})"
        return label

    return "".join(
        text if is_code else _LINK.sub(link, text)
        for text, is_code in _parts(path.read_text(encoding="utf-8"))
    )


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a page, and whether each is a block of code."""
    for number, part in enumerate(re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)):
        yield part, number % 2 == 1


def _section(title: str, names: tuple[str, ...]) -> str:
    """Return the part of the navigation that a section is."""
    entries = [f"{TITLES[name]} <{name}>" if name in TITLES else name for name in names]
    return "\n".join(
        ["", "```{toctree}", ":hidden:", f":caption: {title}", "", *entries, "```", ""]
    )
