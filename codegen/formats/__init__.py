"""The catalogue of formats, and how a format is found by what a user types.

A protocol is a file in this folder; every :class:`~codegen.model.Packet` and
:class:`~codegen.model.Preset` of its module is in the catalogue by its name. A
user's own formats are found as ``path/to/file.py:NAME``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from codegen import loader
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

    A catalogue name may have hyphens in place of its underscores. Raises UsageError
    when there is none, when the file has several and none is named, or when it cannot be run.
    """
    found: Format = loader.only(spec, load_all(spec), "format")
    return found


def load_all(spec: str) -> dict[str, Format]:
    """Return the format that ``spec`` names, or all of a file where it names none, by name.

    Errors are otherwise those of :func:`load`.
    """
    name = spec.replace("-", "_")
    if name in catalogue():
        return {name: catalogue()[name]}
    known = [spelled(each) for each in catalogue().values()]
    return loader.load_all(
        spec, (Packet, Preset), what="format", known=known, kinds="Packet and no preset"
    )


def spelled(format: Format) -> str:
    """Return the name of a format as people type it, with hyphens."""
    return format.name.replace("_", "-")


def _formats_in(module: ModuleType) -> dict[str, Format]:
    """Return the formats that a module defines, by the names of its variables."""
    return {
        name: value for name, value in vars(module).items() if isinstance(value, Packet | Preset)
    }
