"""All loops that codegen emits for a format, in one program.

A program has the parts that are the same for every strategy once, and each
strategy's ``main.c`` as a translation unit of its own, word for word. That is
what makes it possible to try every strategy with every sink in seconds.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from codegen import emit, formats
from codegen.host import build
from codegen.model import STRATEGIES, Buffers, Strategy

HERE = Path(__file__).parent

#: Packets that the window sink holds.
WINDOW = 3

_SINKS = {
    "netdev": "",
    "free": "#define CONFIG_APPPKTGEN_SINK_FREE 1\n",
    "window": f"#define CONFIG_APPPKTGEN_SINK_WINDOW {WINDOW}\n",
}
_SHARED_PARTS = ("args", "genpkt", "netbuf", "netspeed")

Programs = Callable[..., Path]


def allowed(format: str, strategy: Strategy) -> bool:
    """Whether lowering takes it: what sweeps cannot be shared."""
    return not (format == "udp4_seq" and strategy.buffers is Buffers.SHARED)


@cache
def _rendered(format: str, strategy: Strategy) -> dict[str, str]:
    return emit.render(formats.load(format), strategy)


@pytest.fixture(scope="session")
def programs() -> Programs:
    """Return a function that builds the program of a format.

    It reads runs from standard input, as ``script.c`` says. ``sinks`` and
    ``mutants`` choose what is in it besides each strategy with a device.
    """

    def program(
        format: str,
        flags: tuple[str, ...],
        sinks: tuple[str, ...] = tuple(_SINKS),
        mutants: bool = True,
    ) -> Path:
        files: dict[str, str] = {}
        for strategy in STRATEGIES:
            if allowed(format, strategy):
                rendered = _rendered(format, strategy)
                for sink in sinks:
                    name = f"{strategy.name}/{sink}"
                    _add(files, name, rendered["main.c"], strategy, sink)
        for number, mutant in enumerate(_mutants(format) if mutants else ()):
            strategy = next(each for each in STRATEGIES if each.name == mutant["strategy"])
            text = _rendered(format, strategy)["main.c"]
            sink = mutant.get("sink", "netdev")
            assert text.count(mutant["find"]) == 1, f"renew the mutant {mutant['name']!r}"
            wrong = text.replace(mutant["find"], mutant["replace"])
            _add(files, f"mutant{number}/{sink}", wrong, strategy, sink)
        for name, text in rendered.items():
            if name.endswith(".h") or name.removesuffix(".c") in _SHARED_PARTS:
                files[name] = text
        files["main.c"] = (HERE / "script.c").read_text(encoding="utf-8")
        files["script.h"] = (HERE / "script.h").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
            for name, text in files.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            return build.build_program(Path(folder), optimize="-O1", extra_flags=flags)

    return program


def _mutants(format: str) -> list[dict[str, str]]:
    """Return the mistakes of a format that a run must show."""
    mutants = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return [
        each for each in mutants if each.get("run") and each.get("format", "usoc21") == format
    ]


def _add(files: dict[str, str], name: str, main: str, strategy: Strategy, sink: str) -> None:
    """Add an emitted main.c as it is, between what renames its calls and its entry."""
    identifier = "run_" + name.replace("-", "_").replace("/", "_")
    ring = strategy.buffers is Buffers.RING
    files[f"{identifier}.c"] = (
        f'#include "script.h"\n{_SINKS[sink]}int {identifier}(int argc, char *argv[]);\n'
        f'#define main {identifier}\n#line 1 "{name}/main.c"\n{main}'
        f'#line 1 "{identifier}.c"\n'
        + ("SCRIPT_RING\n" if ring else "")
        + f'SCRIPT_PROGRAM({identifier}, "{name}", {"ring_ready" if ring else "NULL"})\n'
    )
