"""The C compiler on a header that nobody here wrote: with limits, and without running anything.

The compiler lays structs out; it alone knows what padding, packing and bit fields come to. Its
results are constants in an object file, which is read and never linked, loaded or run.
"""

from __future__ import annotations

import resource
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from codegen.errors import UsageError
from codegen.host.build import BuildError, Compiler
from codegen.model.field import ByteOrder

#: Warnings are no matter here, and the source is not to be optimised.
_QUIET = ("-w", "-O0", "-std=gnu11")

#: Seconds, bytes of memory, bytes of a file: what the compiler may take for one header.
SECONDS = 10
_MEMORY = 2 << 30
_FILE = 16 << 20


def find() -> tuple[str, ...]:
    """Return the command of the compiler; raises UsageError when there is none."""
    try:
        return Compiler.find().command
    except BuildError as error:
        raise UsageError(
            f"a header is read with a C compiler for the sizes and offsets, and {error}"
        ) from None


def run(arguments: Sequence[str], folder: Path, what: str) -> None:
    """Run the compiler in a folder, which has its files; raises UsageError when it fails.

    ``what`` is what it is run on, in words. Its time, memory and files are limited.
    """
    errors = folder / "errors.txt"
    try:
        with errors.open("wb") as stderr:
            done = subprocess.run(
                arguments,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                timeout=SECONDS,
                check=False,
                preexec_fn=_limit,
            )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{what}: the compiler takes longer than {SECONDS} s") from None
    except OSError as error:
        raise UsageError(f"the compiler cannot be run: {error}") from None
    if done.returncode:
        with errors.open(encoding="utf-8", errors="replace") as file:
            message = file.read(4000).strip() or f"its exit status is {done.returncode}"
        lines = "\n".join(f"  {line}" for line in message.splitlines()[:8])
        raise UsageError(f"{what} does not compile:\n{lines}")


def _limit() -> None:
    """Limit what this process and those that it starts may take."""
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


class Table:
    """Constants of a preprocessed C source, as the compiler computes them."""

    def __init__(self, command: Sequence[str], source: Path, what: str) -> None:
        """Check that the source compiles; raises UsageError with the compiler's message."""
        self._command = command
        self._source = source
        self._what = what
        run(
            [*command, *_QUIET, "-fsyntax-only", "-x", "cpp-output", str(source)],
            source.parent,
            what,
        )
        little = self._octets("unsigned int", "1", 4)[0] == 1
        #: The byte order of the machine that is compiled for.
        self.order: ByteOrder = "little" if little else "big"

    def numbers(self, expressions: Sequence[str]) -> list[int]:
        """Return the values of constant expressions, as numbers of 64 bits with a sign."""
        listed = ", ".join(f"(long long)({each})" for each in expressions)
        size = 8 * len(expressions)
        octets = self._octets("long long", f"{{ {listed} }}", size, f"[{len(expressions)}]")
        return [
            int.from_bytes(octets[at : at + 8], self.order, signed=True) for at in range(0, size, 8)
        ]

    def objects(self, of: str, values: Sequence[str], size: int) -> list[bytes]:
        """Return the bytes of objects of a type, ``size`` each, initialised with such values."""
        octets = self._octets(
            of, f"{{ {', '.join(values)} }}", size * len(values), f"[{len(values)}]"
        )
        return [octets[at : at + size] for at in range(0, len(octets), size)]

    def _octets(self, of: str, value: str, size: int, dimension: str = "") -> bytes:
        """Return the bytes of an object; a mark before it makes it known in the object file."""
        mark = secrets.token_bytes(16)
        path = self._source.with_name("table.i")
        path.write_bytes(
            self._source.read_bytes()
            + f"""
const struct {{
	unsigned char mark[16];
	{of} object{dimension};
}} __attribute__((packed)) codegen_{mark.hex()} = {{ {{ {", ".join(map(str, mark))} }}, {value} }};
""".encode()
        )
        target = path.with_suffix(".o")
        run(
            [*self._command, *_QUIET, "-c", "-x", "cpp-output", str(path), "-o", str(target)],
            path.parent,
            self._what,
        )
        _, _, behind = target.read_bytes().partition(mark)
        if len(behind) < size:
            raise UsageError(f"{self._what}: the compiler's output cannot be read; is it gcc?")
        return behind[:size]
