"""All loops that codegen emits for a format, in one program.

It has the parts that are the same for every strategy once, and of each strategy
the sources of its program, word for word, as one translation unit. That is what
makes it possible to try every strategy with every sink in seconds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

import pytest

from codegen import emit, formats, runtime
from codegen.host import build
from codegen.host.netbuf import Netbuf
from codegen.model import STRATEGIES, Buffers, Strategy
from codegen.resolve import resolve

HERE = Path(__file__).parent

#: Packets that the window sink holds.
WINDOW = 3

_SINKS = {
    "netdev": "",
    "free": "#define CONFIG_APPPKTGEN_SINK_FREE 1\n",
    "window": f"#define CONFIG_APPPKTGEN_SINK_WINDOW {WINDOW}\n",
}
#: Headers of the program alone, whose code differs with strategy and sink.
_OWN_HEADERS = re.compile(
    r'#include "((?:buffers|fetch|full)_\w+|device|loop|receive|report|sender|sink|strategy|sweep'
    r'|traffic)\.h"\n'
)
#: What the sources of a program call one another by.
_EXTERNAL = (
    *("device_configure", "device_probe", "device_start", "loop_run", "main"),
    *("receive", "receive_late", "report"),
)

Programs = Callable[..., Path]


class Server:
    """A program that forks for each run; see ``script.c`` for what a run is."""

    def __init__(self, command: Sequence[str | Path], environment: dict[str, str]) -> None:
        """Start it; ``command`` is the program, and what it runs under before it."""
        self._process = subprocess.Popen(
            [*command, "device=none", "--"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        assert self._process.stdin and self._process.stdout
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout

    def run(self, name: str, arguments: str, **settings: object) -> tuple[int, str, str]:
        """Run a program with these arguments: status, output, and standard error.

        A status below 0 is a signal. Settings are those of :data:`DEFAULTS`.
        """
        assert not set(settings) - set(DEFAULTS)
        words = " ".join(f"{key}={value}" for key, value in (DEFAULTS | settings).items())
        self._in.write(f"{name} {words} -- {arguments}\n".encode())
        self._in.flush()
        status, out, err = map(int, self._out.readline().split())
        return status, self._out.read(out).decode(), self._out.read(err).decode()

    def close(self) -> None:
        """End it."""
        self._in.close()
        self._process.wait()


#: What a run is like if nothing else is said.
DEFAULTS: dict[str, object] = {
    "device": "null",
    "ring": 256,
    "descs": 1,
    "encap": 16,
    "ioalign": 8,
    "rx_extra": 0,
    "script": 0,
    "steps": "",
    "memory": "",
    "then": "good",
    "hoard": 0,
    "fail": -1,
    "clock": 1000,
    "flood": 0,
    "plain": 0,
    "time": 3,
}


def allowed(format: str, strategy: Strategy) -> bool:
    """Whether lowering takes it: what sweeps cannot be shared."""
    return not (format == "udp4_seq" and strategy.buffers is Buffers.SHARED)


@cache
def _rendered(format: str, strategy: Strategy) -> dict[str, str]:
    """Return the files of an application and of the runtime, by name."""
    return runtime.texts() | emit.render(resolve(formats.load(format)), strategy)


def mutated(files: Mapping[str, str], mutant: Mapping[str, str]) -> dict[str, str]:
    """Return files with a mistake in one of them."""
    name = mutant.get("file", "sender.h")
    assert files[name].count(mutant["find"]) == 1, f"renew the mutant {mutant['name']!r}"
    return {**files, name: files[name].replace(mutant["find"], mutant["replace"])}


@pytest.fixture(scope="session")
def programs(netbuf: Netbuf) -> Programs:
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
                    _add(files, f"{strategy.name}/{sink}", rendered, strategy, sink)
        for number, mutant in enumerate(_mutants(format) if mutants else ()):
            strategy = next(each for each in STRATEGIES if each.name == mutant["strategy"])
            sink = mutant.get("sink", "netdev")
            wrong = mutated(_rendered(format, strategy), mutant)
            _add(files, f"mutant{number}/{sink}", wrong, strategy, sink)
        names = json.loads(rendered[emit.MANIFEST])
        for name in (*names["files"], *names["runtime"]):
            if name.endswith((".c", ".h")) and name not in runtime.PROGRAM:
                files[name] = rendered[name]
        files["main.c"] = (HERE / "script.c").read_text(encoding="utf-8")
        files["script.h"] = (HERE / "script.h").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="codegen-") as folder:
            for name, text in files.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            return build.build_program(
                Path(folder), optimize="-O0", extra_flags=flags, netbuf=netbuf
            )

    return program


@pytest.fixture(scope="session")
def mutants() -> Callable[[str], dict[str, dict[str, str]]]:
    """Return a function that gives a format's mistakes by the names of their programs."""

    def named(format: str) -> dict[str, dict[str, str]]:
        return {
            f"mutant{number}/{mutant.get('sink', 'netdev')}": mutant
            for number, mutant in enumerate(_mutants(format))
        }

    return named


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server, as :class:`Server` does."""
    running: list[Server] = []

    def start(*command: str | Path, **environment: str) -> Server:
        running.append(Server(command, environment))
        return running[-1]

    yield start
    for each in running:
        each.close()


def _mutants(format: str) -> list[dict[str, str]]:
    """Return the mistakes of a format that a run must show; their programs are numbered."""
    mutants = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return [
        each
        for each in mutants
        if {"run", "flood", "start"} & set(each) and each.get("format", "usoc21") == format
    ]


def _add(
    files: dict[str, str], name: str, application: Mapping[str, str], strategy: Strategy, sink: str
) -> None:
    """Add the sources of a program as they are, between what renames their calls and names."""
    identifier = "run_" + name.replace("-", "_").replace("/", "_")
    ring = strategy.buffers is Buffers.RING
    renamed = "".join(f"#define {each} {identifier}_{each}\n" for each in _EXTERNAL)
    included: set[str] = set()
    program = "".join(_expanded(each, application, included, name) for each in runtime.PROGRAM)
    files[f"{identifier}.c"] = (
        f'#include "script.h"\n{_SINKS[sink]}{renamed}'
        "int main(int argc, char *argv[]);\n"
        f'{program}#line 1 "{identifier}.c"\n'
        + ("SCRIPT_RING\n" if ring else "")
        + f'SCRIPT_PROGRAM({identifier}_main, "{name}", {"ring_ready" if ring else "NULL"})\n'
    )


def _expanded(name: str, files: Mapping[str, str], included: set[str], of: str) -> str:
    """Return a source with the program's own headers in the place of their inclusion, each once."""

    def header(match: re.Match[str]) -> str:
        if f"{match[1]}.h" in included:
            return "\n"
        included.add(f"{match[1]}.h")
        line = files[name].count("\n", 0, match.start()) + 2
        text = _expanded(f"{match[1]}.h", files, included, of)
        return f'{text}#line {line} "{of}/{name}"\n'

    return f'#line 1 "{of}/{name}"\n' + _OWN_HEADERS.sub(header, files[name])
