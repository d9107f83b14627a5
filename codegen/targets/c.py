"""The packet layer alone, for a program of one's own: formats side by side in one folder.

The C of a format is the same, byte for byte, as in an application. With it come the headers
that it includes, and a build file for CMake and one for make, of which neither is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from codegen import canonical, emit, runtime
from codegen.errors import CodegenError, UsageError
from codegen.layout import Layout
from codegen.lower import lower_format

#: The build files; each has a template of its name.
BUILD_FILES = ("CMakeLists.txt", "packets.mk")

#: What the manifest names this kind of folder.
TARGET = "c"


def render(layouts: Sequence[Layout]) -> dict[str, str]:
    """Return the files of the folder by name, the manifest included.

    A format that is given twice counts once. Raises UsageError for two formats of the same
    name, or with two checksums of the same name, that differ.
    """
    files: dict[str, str] = {}
    names = list(dict.fromkeys(layout.name for layout in layouts))
    for layout in layouts:
        plan = lower_format(layout)
        headers = {name: runtime.texts()[name] for name in runtime.format_headers(plan)}
        for name, text in (headers | emit.render_packet(plan)).items():
            if files.setdefault(name, text) != text:
                raise UsageError(
                    f"two of the formats have a file {name} each, and these differ; rename one, "
                    "or emit them to two folders"
                )
    for name in BUILD_FILES:
        files[name] = emit.render_template(name, formats=names)
    digests = {layout.name: canonical.digest(layout.format) for layout in layouts}
    return files | emit.manifest(files, target=TARGET, formats=digests)


def check_folder(files: Iterable[str], folder: Path) -> None:
    """Raise CodegenError where a file is in the way that is not of an earlier emission."""
    path = folder / emit.MANIFEST
    emitted: set[str] = set()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["target"] == TARGET:
            emitted = {emit.MANIFEST, *found["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    for name in files:
        if name not in emitted and (folder / name).exists():
            raise CodegenError(
                f"{folder} has a file {name} that is none of this target's; "
                "give another folder with --output"
            )
