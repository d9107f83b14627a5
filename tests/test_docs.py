"""The pages of docs/: each example runs, gives the diagram and the C beside it, and is right."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codegen import describe, emit, formats, oracle, starter
from codegen.model import (
    HEADER,
    STRATEGIES,
    Checksum,
    Counter,
    Fill,
    Format,
    Header,
    Packet,
    UInt,
)
from codegen.resolve import resolve
from codegen.targets import c
from codegen.verify.compare import verify
from codegen.verify.subject import Subject

ROOT = Path(__file__).parent.parent
ALL_PAGES = sorted((ROOT / "docs").glob("*.md"))
#: The pages of the language; what others type is tried where the verbs are.
PAGES = [page for page in ALL_PAGES if "\n```c\n" in page.read_text()]
STRATEGY = next(each for each in STRATEGIES if each.name == "pool-dup")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def example(page: Path) -> dict[str, Any]:
    (source,) = blocks(page, "python")
    found: dict[str, Any] = {}
    exec(compile(source, page.name, "exec"), found)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_is_what_the_page_says(page: Path) -> None:
    format: Format = example(page)["PACKET"]
    (diagram,) = blocks(page, "text")
    assert diagram.strip("\n") in describe.diagram(resolve(format))
    (excerpt,) = blocks(page, "c")
    files = emit.render(resolve(format), STRATEGY)
    assert any(excerpt in files[f"{format.name}{ending}"] for ending in (".c", ".h")) or any(
        excerpt in text for name, text in files.items() if name.startswith("checksum_")
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_is_right(page: Path) -> None:
    report = verify(
        Subject.build(resolve(example(page)["PACKET"]), STRATEGY, optimize="-O1"), 10, seed=0
    )
    assert report.counterexample is None, report.counterexample


def test_the_other_packet_of_optional_fields() -> None:
    """Without the key there is neither the field nor the argument."""
    found = example(ROOT / "docs" / "optional-fields.md")
    plain, keyed = resolve(found["PLAIN"]), resolve(found["PACKET"])
    assert (plain.header_length, keyed.header_length) == (16, 20)
    assert "key" not in {each.argument.name for each in plain.arguments}
    frame = oracle.encode(keyed, {"mac_src": "02:00:00:00:00:01", "key": 0x01020304}, 60)
    assert frame[14:20] == bytes.fromhex("81 10 01020304")


def test_the_checksum_of_the_how_tos_is_right() -> None:
    (source,) = blocks(ROOT / "docs" / "how-to.md", "python")
    found: dict[str, Any] = {}
    exec(compile(source, "how-to.md", "exec"), found)
    fields = (UInt("number", 16, Counter()), UInt("check", 8, Checksum(HEADER, found["XOR8"])))
    format = Packet("checked", Header("checked", fields) / Fill(), min_length=4)
    assert oracle.encode(resolve(format), {}, 4, packet=0x1203)[2] == 0x12 ^ 0x03
    report = verify(Subject.build(resolve(format), STRATEGY, optimize="-O1"), 10, seed=0)
    assert report.counterexample is None, report.counterexample


def test_the_c_of_the_how_tos_compiles(tmp_path: Path) -> None:
    """It calls Unikraft's functions as they are declared on the host platform too."""
    starter_files = starter.files("telemetry", tmp_path)
    (tmp_path / "telemetry.py").write_text(starter_files[tmp_path / "telemetry.py"])
    layout = resolve(formats.load(str(tmp_path / "telemetry.py")))
    emit.write(c.render([layout]), tmp_path / "packets")
    (source,) = blocks(ROOT / "docs" / "how-to.md", "C")
    (tmp_path / "send.c").write_text(source)
    warnings = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-align -Werror".split()
    subprocess.run(
        ["gcc", "-std=gnu11", "-fsyntax-only", *warnings, "-Ipackets"]
        + [f"-isystem{ROOT / 'codegen' / 'host' / 'include'}", "send.c"],
        cwd=tmp_path,
        check=True,
    )
    assert "packets/telemetry_udp4.c" in "".join(blocks(ROOT / "docs" / "how-to.md", "make"))


def test_each_page_is_linked() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(PAGES) > 10
    # The home page of the docs site has what the README has.
    for page in set(ALL_PAGES) - {ROOT / "docs" / "index.md"}:
        assert f"(docs/{page.name})" in readme
