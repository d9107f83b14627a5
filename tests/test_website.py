"""The docs site: it has every page, all that is public is documented, and it is built strictly."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from codegen import model, testing
from codegen.cli import VERBS
from codegen.diagnostics import Code
from tests.tools import missing
from website import offline, pages, reference

# What the extensions of Sphinx use is their own affair.
pytestmark = pytest.mark.filterwarnings("ignore:.*app' is deprecated")

#: What the site is built with; the tests that need it are skipped without.
PACKAGES = ("furo", "myst_parser", "sphinx", "sphinx_click", "sphinx_copybutton")


def need_sphinx() -> None:
    absent = [name for name in PACKAGES if find_spec(name) is None]
    if absent:
        missing(f"without the packages of the docs site (make docs installs them): {absent}")


def test_the_navigation_has_every_page() -> None:
    assert pages.unlisted() == [], "add these to NAVIGATION of website/pages.py"


def test_the_navigation_has_no_other_page() -> None:
    listed = [name for names in pages.NAVIGATION.values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) <= pages.sources().keys() | reference.PAGES.keys()


@pytest.mark.parametrize(
    ("module", "page"),
    [(model, reference.vocabulary), (testing, reference.tests)],
    ids=["model", "testing"],
)
def test_what_is_public_is_documented(module: object, page: Callable[[], str]) -> None:
    need_sphinx()
    import codegen.model
    import codegen.testing

    of = codegen.model if module is model else codegen.testing
    listed = re.findall(r"^\.\. (?:auto|py:)\w+:: (?:[\w.]+\.)?(\w+)$", page(), re.MULTILINE)
    assert sorted(listed) == sorted(["model" if of is model else "testing", *of.__all__])
    # A dataclass without a docstring has one that dataclasses make: its signature.
    bare = [
        name
        for name in of.__all__
        if not (text := reference.documentation(of, name)) or text.startswith(f"{name}(")
    ]
    assert bare == []


def test_the_reference_has_every_verb_and_diagnostic() -> None:
    text = reference.command_line()
    assert [verb for verb in VERBS if f"   :prog: codegen {verb}\n" not in text] == []
    text = reference.diagnostics()
    assert [each for each in Code if f"\n{each.name}: {each.value}\n" not in text] == []


def test_the_catalogue_shows_declarations_as_they_are_written() -> None:
    need_sphinx()
    text = reference.catalogue()
    for declared in (
        "``Length(HEADER, unit=4)``",
        "``Default(0, decides=8191)``",
        "``Parameter('mac_src', FromDevice.HWADDR)``",
        "``Checksum(HEADER_AND_PAYLOAD, pseudo_header=True, zero_as=65535, optional=True)``",
        "when ``has_key``",
        "options.timestamp",
    ):
        assert declared in text


def test_links_that_leave_the_docs_become_plain_names(tmp_path: Path) -> None:
    adapted = pages.adapted(pages.DOCS / "export-and-decode.md")
    assert "[README](readme.md#a-packet-of-your-own)" in adapted
    assert "\n`codegen/export/layout.schema.json`; it" in adapted


def test_a_link_without_a_target_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("```\n[code](is-no-link.md)\n```\nSee [the other](other.md).\n")
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "DOCS", tmp_path / "docs")
    with pytest.raises(ValueError, match=r"docs/page.md: the link to 'other.md' has no target"):
        pages.adapted(page)


def test_a_page_that_the_navigation_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    docs = shutil.copytree(pages.DOCS, tmp_path / "docs")
    (docs / "new-page.md").write_text("# New\n")
    monkeypatch.setattr(pages, "DOCS", docs)
    with pytest.raises(ValueError, match=r"NAVIGATION of website/pages\.py: new-page"):
        pages.write(tmp_path)


def test_the_site_is_built(tmp_path: Path) -> None:
    need_sphinx()
    from website.__main__ import build

    assert build(tmp_path / "site") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    names = {path.stem for path in (tmp_path / "site").glob("*.html")}
    assert pages.sources().keys() | reference.PAGES.keys() <= names
    assert "With --target c, write" in (tmp_path / "site" / "command-line.html").read_text()


def test_a_folder_that_is_no_site_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need_sphinx()
    from website.__main__ import build

    (tmp_path / "mine").write_text("text")
    assert build(tmp_path) == 2
    assert f"{tmp_path} is there, and is no site" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.md", "# Home\n[x](#no-such-heading)\n"),
        ("index.md", "# Home\n[x](no-such-page.md)\n"),
        ("index.rst", "Home\n====\n\n:class:`codegen.model.Nothing`\n"),
        ("index.rst", "Home\n====\n\n.. autoclass:: codegen.model.Nothing\n"),
    ],
    ids=["anchor", "page", "object", "class"],
)
def test_what_is_broken_fails_the_build(
    name: str, text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    need_sphinx()
    from website.__main__ import render

    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "index.md").write_text("# Home\n")
    assert render(tmp_path / "source", tmp_path / "valid") == 0
    (tmp_path / "source" / "index.md").unlink()
    (tmp_path / "source" / name).write_text(text)
    assert render(tmp_path / "source", tmp_path / "broken") != 0
    assert "no-such" in (shown := capfd.readouterr().err) or "Nothing" in shown


def test_what_a_page_fetches_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<link rel="stylesheet" href="_static/own.css"><a href="https://example.org/">x</a>'
        '<script src="https://example.org/x.js"></script><img src="//example.org/x.png">'
        '<p style="background: url(http://example.org/y.png)"></p><img src="data:image/png,">'
    )
    (tmp_path / "own.css").write_text("@import 'https://example.org/z.css'; a { b: url(x.svg) }")
    assert [(path.name, address) for path, address in offline.fetched(tmp_path)] == [
        ("own.css", "https://example.org/z.css"),
        ("page.html", "https://example.org/x.js"),
        ("page.html", "//example.org/x.png"),
        ("page.html", "http://example.org/y.png"),
    ]
