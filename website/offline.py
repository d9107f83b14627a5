"""What the pages of a site would fetch from a network: nothing, if they are read offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

#: What a browser fetches by itself; what a reader clicks on is no part of it.
_FETCHED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
_HOST = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?([^'\")\s;]+)")


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for address in (given.get(_FETCHED.get(tag, "")), *_styles(given.get("style") or "")):
            if address:
                self.addresses.append(address)


def _styles(text: str) -> list[str]:
    return _STYLE.findall(text)


def fetched(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a site that fetches something from another host, with the address."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            parser = _Fetched()
            parser.feed(path.read_text(encoding="utf-8"))
            addresses = parser.addresses
        elif path.suffix == ".css":
            addresses = _styles(path.read_text(encoding="utf-8"))
        else:
            continue
        for address in addresses:
            if _HOST.match(address):
                yield path, address
