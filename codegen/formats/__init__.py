"""The catalogue of formats, and how a format is found by what a user types.

A protocol is a file in this folder; every :class:`~codegen.model.Packet` and
:class:`~codegen.model.Preset` of its module is in the catalogue by its name. A
user's own formats are found as ``path/to/file.py:NAME``.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from functools import cache
from pathlib import Path
from types import ModuleType

from codegen.errors import UsageError
from codegen.model import Format, Packet, Preset

#: What is used when a user names no format.
DEFAULT = "usoc21"


@cache
def catalogue() -> dict[str, Format]:
    """Return the formats of the catalogue by name, packets before their presets."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for each in _formats_in(loaded).values():
            found[each.name] = each
    return dict(sorted(found.items(), key=lambda item: (item[1].packet.name, item[1].name)))


def load(spec: str) -> Format:
    """Return the format that ``spec`` names: a catalogue name or ``file.py:NAME``.

    Raises UsageError when there is none, or when the file cannot be run.
    """
    if spec in catalogue():
        return catalogue()[spec]
    path, colon, name = spec.rpartition(":")
    if not colon:
        path, name = spec, ""
    if not path.endswith(".py"):
        raise UsageError(
            f"there is no format {spec!r}; the catalogue has: {', '.join(catalogue())}; "
            "a format of your own is path/to/file.py:NAME"
        )
    formats = _formats_in(_run(Path(path)))
    if name in formats:
        return formats[name]
    if not name and len(formats) == 1:
        return next(iter(formats.values()))
    here = ", ".join(f"{path}:{each}" for each in formats) or "none (no Packet and no preset)"
    asked = f"there is no format {name!r} in {path}" if name else f"name a format of {path}"
    raise UsageError(f"{asked}; it has: {here}")


def _formats_in(module: ModuleType) -> dict[str, Format]:
    """Return the formats that a module defines, by the names of its variables."""
    return {
        name: value for name, value in vars(module).items() if isinstance(value, Packet | Preset)
    }


def _run(path: Path) -> ModuleType:
    """Import a user's file, which may import its neighbours."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).resolve() == path.resolve()
        ]
        place = f"line {lines[-1]}" if lines else "it"
        raise UsageError(
            f"{path} cannot be run: {place} raises {type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(folder)
    return module
