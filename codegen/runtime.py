"""The runtime: the C that is the same in every emitted application.

It is plain C in ``c_templates/runtime/``, copied verbatim, so that compilers, linters
and readers see what runs. An application has only the files that its packet's arguments
and its strategy need.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import codegen.c_templates as c_templates
from codegen.errors import CodegenError
from codegen.lower import FormatPlan, Plan

#: Where the files are; their names have no folder in them.
FOLDER = Path(c_templates.__file__).parent / "runtime"

#: The name of the folder with the runtime in an output folder, or in an application's own.
NAME = "runtime"

#: The sources of the program, which has ``main()``.
PROGRAM = ("device.c", "loop.c", "main.c", "receive.c", "report.c")

#: The sources that can be called without the program.
LIBRARY = ("args.c", "event.c", "netbuf.c", "netspeed.c", "options.c", "rate.c", "rx_length.c")

_HEADERS = (
    *(
        "args.h",
        "device.h",
        "event.h",
        "loop.h",
        "netbuf.h",
        "netbuf_refs.h",
        "netspeed.h",
        "options.h",
        "rate.h",
    ),
    *(
        "receive.h",
        "report.h",
        "rx_length.h",
        "sender.h",
        "sink.h",
        "sweep.h",
        "traffic.h",
        "netdef.h",
    ),
)


def is_common(name: str) -> bool:
    """Return whether a source gives the same object in every application."""
    return (name in LIBRARY and name != "options.c") or name.startswith("args_")


def format_headers(format: FormatPlan) -> list[str]:
    """Return the headers of the runtime that a format's own files include."""
    own = {f"checksum_{each.name}.h" for each in format.own_checksums}
    own |= {f"checksum_{each.name}.h" for each in format.crcs}
    found = [each for each in format.headers if each not in own]
    if any(each.startswith("checksum_crc32") for each in found):
        found.append("crc32.h")
    if format.own_checksums:
        found.append("csum.h")
    if "permute.h" in found and "random.h" not in found:
        found.append("random.h")
    if format.crcs:
        found.append("crc.h")
    return found


def files(plan: Plan) -> tuple[str, ...]:
    """Return the names of the files that an application is built from."""
    format, strategy = plan.format, plan.strategy
    kinds = {each.parser for each in format.arguments}
    return tuple(
        sorted(
            {
                *PROGRAM,
                *LIBRARY,
                *_HEADERS,
                *format_headers(format),
                *(f"args_{each.lower()}.c" for each in kinds - {"UINT"}),
                f"buffers_{strategy.buffers.value}.h",
                f"fetch_{strategy.fetch.value}.h",
                f"full_{strategy.queue_full.value}.h",
            }
        )
    )


@cache
def texts() -> dict[str, str]:
    """Return all files of the runtime, by name.

    Raises CodegenError when the installation lacks them.
    """
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.[ch]"))}
    if not found:
        raise CodegenError(f"{FOLDER} has no C files: codegen is not installed whole")
    return found


def of_application(app: Path) -> list[Path]:
    """Return the files that an application's folder is built from, as its manifest names them.

    They are those of a folder ``runtime/`` in it, or else these here. An application
    without a manifest, which is not an emitted one, has none. Raises CodegenError for
    a file that is not there.
    """
    try:
        names = json.loads((app / "manifest.json").read_text(encoding="utf-8"))["runtime"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CodegenError(
            f"{app / 'manifest.json'} does not name its files of the runtime ({error!r}): "
            "emit the application again"
        ) from None
    folder = app / NAME if (app / NAME).is_dir() else FOLDER
    for name in names:
        if not (folder / name).is_file():
            raise CodegenError(f"{folder} has no {name}, which {app} is built from: emit it again")
    return [folder / name for name in sorted(names)]
