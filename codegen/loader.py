"""Loader of ``path/to/file.py:NAME``: formats and strategies of a user's own."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.errors import UsageError


def load(spec: str, types: tuple[type, ...], *, what: str, known: Sequence[str], kinds: str) -> Any:
    """Return the object of one of ``types`` that ``spec`` names in a Python file.

    The name may be left out where the file has just one. Arguments and errors are
    those of :func:`load_all`.
    """
    return only(spec, load_all(spec, types, what=what, known=known, kinds=kinds), what)


def only(spec: str, found: Mapping[str, Any], what: str) -> Any:
    """Return the one object that :func:`load_all` found; raises UsageError for several."""
    if len(found) > 1:
        here = ", ".join(f"{spec}:{each}" for each in found)
        raise UsageError(f"name a {what} of {spec}; it has: {here}")
    return next(iter(found.values()))


def load_all(
    spec: str, types: tuple[type, ...], *, what: str, known: Sequence[str], kinds: str
) -> dict[str, Any]:
    """Return the object that ``spec`` names in a Python file, or all, by name, if it names none.

    They are of one of ``types``. For messages, ``what`` is the word for the object,
    ``known`` are the names that need no file, and ``kinds`` is what a file may define.
    Raises UsageError when there is none, or when the file cannot be run.
    """
    path, colon, name = spec.rpartition(":")
    if not colon:
        path, name = spec, ""
    if not path.endswith(".py"):
        raise UsageError(
            f"there is no {what} {spec!r}; there are: {', '.join(known)}; "
            f"a {what} of your own is path/to/file.py:NAME"
        )
    module = run(Path(path))
    found = {key: value for key, value in vars(module).items() if isinstance(value, types)}
    if name in found:
        return {name: found[name]}
    if found and not name:
        return found
    here = ", ".join(f"{path}:{each}" for each in found) or f"none (no {kinds})"
    asked = f"there is no {what} {name!r} in {path}" if name else f"name a {what} of {path}"
    raise UsageError(f"{asked}; it has: {here}")


def run(path: Path) -> ModuleType:
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
