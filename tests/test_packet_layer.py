"""The packet layer in a program that is not ours: two formats, any compiler, any machine.

The program includes both headers behind one of the system's that has names of its own for
addresses, writes a frame of each format, reads it back, and prints it. It is built as C11 and
as C++17, freestanding, for 32 bits and for a big-endian machine; its bytes must be the oracle's.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen import emit, formats, oracle, runtime
from codegen.host import build
from codegen.layout import Layout
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.verify import values
from tests.tools import missing, need

PROGRAM = Path(__file__).parent / "packets.c"
NAMES = ("udp4_seq", "vxlan_udp4")
STRICT = [each for each in build.WARNINGS if each != build.STANDARD]


def layouts() -> list[Layout]:
    return [resolve(formats.load(name)) for name in NAMES]


def emitted(folder: Path) -> list[str]:
    """Emit both formats beside each other, as an owner of a program would copy them."""
    folder.mkdir()
    files: dict[str, str] = {}
    for layout in layouts():
        rendered = emit.with_runtime(emit.render(layout, STRATEGIES[0]))
        files |= {name: rendered[name] for name in (f"{layout.name}.c", f"{layout.name}.h")}
    wanted = set(re.findall(r'#include "(.*)"', "".join(files.values()))) - files.keys()
    for name in sorted(wanted):
        files[name] = runtime.texts()[name]
    assert {"bytes.h", "frame.h"} <= wanted
    for name, text in files.items():
        (folder / name).write_text(text)
    return [f"{name}.c" for name in NAMES]


def macros(layout: Layout, given: dict[str, int]) -> str:
    """Return the statements that give a struct its arguments."""
    lines = []
    for placed in layout.arguments:
        name, value = placed.argument.name, given[placed.argument.name]
        if placed.field.octets is None:
            lines.append(f"\t{layout.name}_args.{name} = {value}ULL;")
        else:
            octets = value.to_bytes(placed.field.octets, "big")
            lines += [
                f"\t{layout.name}_args.{name}[{at}] = {octet};" for at, octet in enumerate(octets)
            ]
    return "\n".join(lines)


def program(folder: Path, given: dict[str, dict[str, int]], length: int) -> Path:
    """Write the program with the arguments of both packets."""
    text = PROGRAM.read_text()
    for layout in layouts():
        text = text.replace(f"\tSET_{layout.name};", macros(layout, given[layout.name]))
    target = folder / "program.c"
    target.write_text(text.replace("LENGTH", str(length)))
    return target


CASES = {
    "gcc-c11": (["gcc", "-std=c11", "-Wno-conversion"], []),
    "gcc-c++17": (["g++", "-x", "c++", "-std=c++17", "-Wno-conversion"], []),
    "clang-c11": (["clang", "-std=c11", "-Wno-conversion", "-Wno-shorten-64-to-32"], []),
    "clang-c++17": (["clang++", "-x", "c++", "-std=c++17", "-Wno-conversion"], []),
    # The kernel's headers are in a folder that only gcc-multilib would add.
    "gcc-32-bit": (["gcc", "-m32", "-std=c11", "-idirafter", "/usr/include/x86_64-linux-gnu"], []),
    "s390x-c11": (
        ["s390x-linux-gnu-gcc", "-static", "-std=c11", "-Wno-conversion"],
        ["qemu-s390x"],
    ),
    "s390x-c++17": (
        ["s390x-linux-gnu-g++", "-static", "-x", "c++", "-std=c++17", "-Wno-conversion"],
        ["qemu-s390x"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_program_of_its_own_has_the_oracles_bytes(case: str, tmp_path: Path) -> None:
    command, runner = CASES[case]
    need(command[0], *runner)
    if case == "gcc-32-bit":
        need_32_bit_libraries(tmp_path)
    sources = emitted(tmp_path / "packets")
    chosen = random.Random(3)
    length = 120
    given = {layout.name: values.some(layout, chosen) for layout in layouts()}
    main = program(tmp_path / "packets", given, length)
    # The emitted files are held to all warnings, the program to the usual ones.
    objects = []
    for name in [*sources, main.name]:
        target = tmp_path / f"{name}.o"
        strict = STRICT if name in sources else ["-Wall"]
        options = [each for each in command if name == main.name or each != "-Wno-conversion"]
        subprocess.run(
            [*options, *strict, "-O2", "-c", name, "-o", target],
            check=True,
            cwd=tmp_path / "packets",
            timeout=60,
        )
        objects.append(target)
    linker = [each for each in command if each not in ("-x", "c++")]
    subprocess.run([*linker, *objects, "-o", tmp_path / "program"], check=True, timeout=60)
    done = subprocess.run(
        [*runner, tmp_path / "program"], capture_output=True, text=True, check=True, timeout=60
    )
    wanted = [
        f"{layout.name} valid "
        + oracle.encode(layout, given[layout.name], length, packet=number).hex()
        for layout in layouts()
        for number in ((0, 1) if layout.is_swept else (0,))
    ]
    assert done.stdout.splitlines() == wanted


def need_32_bit_libraries(folder: Path) -> None:
    (folder / "empty.c").write_text("#include <stdio.h>\nint main(void) { return 0; }\n")
    command = ["gcc", "-m32", "empty.c", "-o", "empty"]
    if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
        version = subprocess.run(
            ["gcc", "-dumpversion"], capture_output=True, text=True, check=True
        )
        packages = f"libc6-dev-i386 lib32gcc-{version.stdout.split('.')[0].strip()}-dev"
        missing(f"without 32-bit libraries: apt install {packages}")


FREESTANDING = {
    "gcc": ["gcc", "-std=c11", "-ffreestanding", "-nostdinc"],
    "clang": ["clang", "-std=c11", "-ffreestanding"],
    "bpf": ["clang", "-target", "bpf", "-std=c11", "-g"],
}


@pytest.mark.parametrize("name", ["udp4_seq", "gre_udp4", "vxlan_udp4", "tcp6_syn", "mpls_udp4"])
@pytest.mark.parametrize("case", FREESTANDING)
def test_it_needs_no_libc(
    case: str, name: str, tmp_path: Path, require: Callable[[str], str]
) -> None:
    require(FREESTANDING[case][0])
    rendered = emit.with_runtime(emit.render(resolve(formats.load(name)), STRATEGIES[0]))
    for file in rendered:
        if Path(file).suffix in (".c", ".h"):
            (tmp_path / Path(file).name).write_text(rendered[file])
    options = FREESTANDING[case]
    if case == "gcc":
        done = subprocess.run(
            ["gcc", "-print-file-name=include"], capture_output=True, text=True, check=True
        )
        options = [*options, "-isystem", done.stdout.strip()]
    subprocess.run(
        [*options, *STRICT, "-O2", "-c", f"{name}.c", "-o", "packet.o"], check=True, cwd=tmp_path
    )
    if case != "bpf":
        undefined = undefined_symbols(tmp_path / "packet.o")
        # Compilers may call these by themselves, libc or no libc.
        assert undefined <= {"memcpy", "memset", "memcmp", "memmove"}


def undefined_symbols(binary: Path) -> set[str]:
    done = subprocess.run(["nm", "-u", binary], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in done.stdout.splitlines()}


def test_every_external_name_begins_with_the_formats(tmp_path: Path) -> None:
    for name in emitted(tmp_path / "packets"):
        subprocess.run(["gcc", "-c", name], check=True, cwd=tmp_path / "packets")
        done = subprocess.run(
            ["nm", "-g", "--defined-only", Path(name).with_suffix(".o")],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path / "packets",
        )
        found = [line.split()[-1] for line in done.stdout.splitlines()]
        prefix = Path(name).stem + "_"
        assert f"{prefix}write" in found
        assert [each for each in found if not each.startswith(prefix)] == []


def test_an_application_has_what_it_uses_alone() -> None:
    """Of the packet on which a preset rests there is nothing, and the diagram is there once."""
    files = emit.render(resolve(formats.load("usoc21")), STRATEGIES[0])
    text = "".join(files.values())
    assert "udp4" not in text
    assert text.count("User Datagram Protocol, bytes") == 1
