"""The catalogue of formats, and how a format is found by what a user types.

A protocol is a file in this folder; every :class:`~codegen.model.Packet` and
:class:`~codegen.model.Preset` of its module is in the catalogue by its name. A
user's own formats are found as ``path/to/file.py:NAME`` or ``package.module:NAME``, and
those of an installed package by the name of its entry point in the group
``codegen.formats``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from codegen import loader
from codegen.errors import UsageError
from codegen.model import Format, Packet, Preset

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: What is used when a user names no format.
DEFAULT = "usoc21"

#: The entry points by which an installed package offers its formats.
GROUP = "codegen.formats"


@cache
def catalogue() -> dict[str, Format]:
    """Return the formats of the catalogue by name, packets before their presets."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for each in _formats_in(loaded).values():
            found[each.name] = each
    return dict(sorted(found.items(), key=lambda item: (item[1].packet.name, item[1].name)))


@cache
def installed() -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name, those of the catalogue's left out.

    Raises UsageError where two packages offer different formats by one name.
    """
    # It takes as long to import as all of the command line.
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for each in entry_points(group=GROUP):
        name = each.name.replace("-", "_")
        if name in found and found[name].value != each.value:
            raise UsageError(
                f"two installed packages have a format {each.name!r}: {came_from(found[name])} "
                f"and {came_from(each)}; uninstall one, or name the format by its module"
            )
        if name not in catalogue():
            found[name] = each
    return found


def came_from(entry: EntryPoint) -> str:
    """Return the package and the module that an entry point is from."""
    package = f"{entry.dist.name} {entry.dist.version}: " if entry.dist else ""
    return f"{package}{entry.value}"


def load(spec: str, folder: Path = Path()) -> Format:
    """Return the format that ``spec`` names; its forms are those of :func:`load_all`.

    Raises UsageError when there is none, when the file has several and none is named, or when
    it cannot be run.
    """
    found: Format = loader.only(spec, load_all(spec, folder), "format")
    return found


def load_all(spec: str, folder: Path = Path()) -> dict[str, Format]:
    """Return the format that ``spec`` names, or all of a file where it names none, by name.

    It is a name of the catalogue or of an entry point, which may have hyphens in place of
    underscores, or ``path/to/file.py:NAME`` or ``package.module:NAME``, which are looked for
    from ``folder`` on. Errors are otherwise those of :func:`load`.
    """
    name = spec.replace("-", "_")
    if name in catalogue():
        return {name: catalogue()[name]}
    if ":" not in spec and not spec.endswith(".py") and name in installed():
        return _from_entry_point(installed()[name])
    return _own(spec, folder)


def _own(spec: str, folder: Path) -> dict[str, Format]:
    """Return the formats that a user's file or module has."""
    known = [spelled(each) for each in catalogue().values()]
    if ":" not in spec and not spec.endswith(".py"):
        known += [each.name for each in installed().values()]
    return loader.load_all(
        spec,
        (Packet, Preset),
        what="format",
        known=known,
        kinds="Packet and no preset",
        folder=folder,
    )


def _from_entry_point(entry: EntryPoint) -> dict[str, Format]:
    if not entry.attr:
        raise UsageError(
            f"the entry point {entry.name!r} of {came_from(entry)} names no format; "
            "write package.module:NAME"
        )
    return _own(f"{entry.module}:{entry.attr}", Path())


def spelled(format: Format) -> str:
    """Return the name of a format as people type it, with hyphens."""
    return format.name.replace("_", "-")


def _formats_in(module: ModuleType) -> dict[str, Format]:
    """Return the formats that a module defines, by the names of its variables."""
    return {
        name: value for name, value in vars(module).items() if isinstance(value, Packet | Preset)
    }
