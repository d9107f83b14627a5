"""The emitted parsers of many formats as a program that reads frames, under sanitizers.

It is a process of its own, as the sanitizers need to be there before anything else: a report
ends the program, and not the comparison. Each frame is in memory of exactly its size.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from codegen import temporary
from codegen.errors import CodegenError
from codegen.host.build import WARNINGS, Compiler
from codegen.layout import Layout, Placed
from codegen.targets import c
from codegen.verify.subject import is_constant

SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

#: The bytes of the name of a parser's result, filled up with zeros.
_NAME = 24

_HEAD = f"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_octets(const uint8_t *octets, size_t count)
{{
	fwrite(octets, 1, count, stdout);
}}

static void put_number(uint64_t number)
{{
	for (int shift = 56; shift >= 0; shift -= 8)
		putchar((int)(number >> shift & 0xff));
}}

static void put_result(enum frame_result result)
{{
	char name[{_NAME}] = {{ 0 }};

	strncpy(name, frame_result_name(result), sizeof(name) - 1);
	fwrite(name, 1, sizeof(name), stdout);
}}
"""

_MAIN = """
int main(void)
{
	uint16_t header[2];

	while (fread(header, sizeof(header), 1, stdin) == 1) {
		const uint16_t len = header[1];
		uint8_t *frame = malloc(len ? len : 1);

		if (!frame || fread(frame, 1, len, stdin) != len)
			return 1;
		switch (header[0]) {
%s
		}
		free(frame);
		fflush(stdout);
	}
	return 0;
}
"""


class ReaderEnded(CodegenError):
    """The program has ended, usually after a sanitizer's report."""


class Reader:
    """A running program with the parsers of some formats."""

    def __init__(self, program: Path, layouts: Sequence[Layout]) -> None:
        """Take a program that :func:`built` returned for these layouts."""
        self._program = program
        self._numbers = {layout.name: number for number, layout in enumerate(layouts)}
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([self._program], stdin=pipe, stdout=pipe, stderr=pipe)

    def parse(self, layout: Layout, frame: bytes) -> tuple[str, dict[str, int]]:
        """Return the name of a parser's result, and the fields that it read, by path.

        Raises ReaderEnded with what the program wrote to standard error; it is started again.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        members = _members(layout)
        size = _NAME + sum(_size(each) for each in members)
        try:
            process.stdin.write(struct.pack("=2H", self._numbers[layout.name], len(frame)) + frame)
            process.stdin.flush()
            found = process.stdout.read(size)
        except BrokenPipeError:
            found = b""
        if len(found) != size:
            _, report = process.communicate()
            self._process = self._started()
            raise ReaderEnded(report.decode(errors="replace").strip() or "the program ended")
        at, values = _NAME, {}
        for each in members:
            values[each.path] = int.from_bytes(found[at : at + _size(each)], "big")
            at += _size(each)
        return found[:_NAME].rstrip(b"\0").decode(), values

    def close(self) -> None:
        """End the program."""
        self._process.communicate()


def built(layouts: Sequence[Layout], folder: Path) -> Path:
    """Return the program with the parsers of these layouts, compiled in a folder.

    Raises BuildError, also where the compiler has no sanitizers.
    """
    for name, text in c.render(layouts).items():
        temporary.write(folder / name, text)
    source, program = folder / "corpus_reader.c", folder / "corpus_reader"
    temporary.write(source, _source(layouts))
    sources = [str(folder / f"{layout.name}.c") for layout in layouts]
    Compiler.find().run(
        [*WARNINGS, *SANITIZERS, f"-I{folder}", *sources, str(source), "-o", str(program)]
    )
    return program


def _source(layouts: Sequence[Layout]) -> str:
    includes = "".join(f'#include "{layout.name}.h"\n' for layout in layouts)
    cases = "\n".join(
        f"\t\tcase {number}:\n\t\t\tread_{layout.name}(frame, len);\n\t\t\tbreak;"
        for number, layout in enumerate(layouts)
    )
    functions = "".join(_function(layout) for layout in layouts)
    return f"{includes}{_HEAD}{functions}{_MAIN % cases}"


def _function(layout: Layout) -> str:
    name = layout.name
    return "\n".join(
        [
            f"\nstatic void read_{name}(const uint8_t *frame, uint16_t len)",
            "{",
            f"\tstruct {name}_fields fields;\n",
            "\tmemset(&fields, 0, sizeof(fields));",
            f"\tput_result({name}_parse(frame, len, &fields));",
            *(f"\t{each}" for each in _puts(layout)),
            "}\n",
        ]
    )


def _puts(layout: Layout) -> Iterator[str]:
    for each in _members(layout):
        member = f"fields.{each.path.replace('.', '_')}"
        octets = each.field.octets
        yield f"put_octets({member}, {octets});" if octets else f"put_number({member});"


def _members(layout: Layout) -> list[Placed]:
    """Return the fields that a parser reads."""
    return [each for each in layout.fields if not is_constant(each)]


def _size(placed: Placed) -> int:
    return placed.field.octets or 8
