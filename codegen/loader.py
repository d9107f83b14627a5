"""Loader of ``path/to/file.py:NAME`` and ``package.module:NAME``: what a user has written."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen.errors import Terminated, UsageError, shortened

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def load(
    spec: str,
    types: tuple[type, ...],
    *,
    what: str,
    known: Sequence[str],
    kinds: str,
    folder: Path = Path(),
) -> Any:
    """Return the object of one of ``types`` that ``spec`` names in a Python file or a module.

    The name may be left out where a file has just one. Arguments and errors are
    those of :func:`load_all`.
    """
    found = load_all(spec, types, what=what, known=known, kinds=kinds, folder=folder)
    return only(spec, found, what)


def only(spec: str, found: Mapping[str, Any], what: str) -> Any:
    """Return the one object that :func:`load_all` found; raises UsageError for several."""
    if len(found) > 1:
        here = ", ".join(f"{spec}:{each}" for each in found)
        raise UsageError(f"name a {what} of {spec}; it has: {here}")
    return next(iter(found.values()))


def load_all(
    spec: str,
    types: tuple[type, ...],
    *,
    what: str,
    known: Sequence[str],
    kinds: str,
    folder: Path = Path(),
) -> dict[str, Any]:
    """Return the object that ``spec`` names, or all of a file, by name, if it names none.

    They are of one of ``types``. A file is looked for from ``folder`` on, a module there and
    where Python finds modules. For messages, ``what`` is the word for the object,
    ``known`` are the names that need no file, and ``kinds`` is what a file may define.
    Raises UsageError when there is none, or when the file cannot be run.
    """
    path, colon, name = spec.rpartition(":")
    if not colon:
        path, name = spec, ""
    if path.endswith(".py"):
        module = run(folder / path)
    elif name and _MODULE.fullmatch(path):
        module = import_module(path, folder)
    else:
        raise UsageError(
            f"there is no {what} {spec!r}; there are: {', '.join(known)}; "
            f"a {what} of your own is path/to/file.py:NAME or package.module:NAME"
        )
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
    with _on_path(path.resolve().parent):
        try:
            specification.loader.exec_module(module)
        except (KeyboardInterrupt, Terminated):
            raise
        except BaseException as error:
            lines = [
                frame.lineno
                for frame in traceback.extract_tb(error.__traceback__)
                if Path(frame.filename).resolve() == path.resolve()
            ]
            place = f"line {lines[-1]}" if lines else "it"
            raise UsageError(f"{path} cannot be run: {place} raises {_described(error)}") from error
    return module


def import_module(name: str, folder: Path = Path()) -> ModuleType:
    """Import a module that is in ``folder``, or is installed; UsageError when it cannot be."""
    with _on_path(folder.resolve()):
        try:
            return importlib.import_module(name)
        except (KeyboardInterrupt, Terminated):
            raise
        except BaseException as error:
            absent = error.name if isinstance(error, ModuleNotFoundError) else None
            if absent and f"{name}.".startswith(f"{absent}."):
                raise UsageError(
                    f"there is no module {absent!r}, neither in {folder.resolve()} nor where "
                    "Python finds modules; install its package, or name its file, as in "
                    "path/to/file.py:NAME"
                ) from None
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise UsageError(
                f"the module {name} cannot be imported: line {frame.lineno} of {frame.filename} "
                f"raises {_described(error)}"
            ) from error


def _described(error: BaseException) -> str:
    """Return the type of an error and its message, which is that of a user's code."""
    try:
        message = str(error)
    except Exception as second:
        message = f"its message raises {type(second).__name__}"
    return f"{type(error).__name__}: {shortened(message, 1000)}"


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """Have Python find modules in a folder first."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
