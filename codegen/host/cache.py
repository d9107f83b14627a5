"""The cache of build results: one for each user, shared by all processes and checkouts.

A result is added atomically, even if several processes build it at the same time or a
build is interrupted. A result that is not used for a month is removed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from codegen import temporary
from codegen.errors import CodegenError

#: Days after which a result that nobody used is dropped.
KEEP_DAYS = 30


class CacheError(CodegenError):
    """The cache cannot be written."""


def folder() -> Path:
    """Return ``$XDG_CACHE_HOME/codegen``, or ``~/.cache/codegen``.

    The XDG Base Directory Specification has a relative path ignored. Raises
    :class:`CacheError` when there is no home directory.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        try:
            base = Path.home() / ".cache"
        except RuntimeError as error:
            raise unwritable(error) from error
    return base / "codegen"


def entry(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder of that name in the cache; ``fill`` makes it, if there is none yet.

    It is filled under a temporary name and renamed: of two processes that fill it
    at once, the second uses the folder of the first. Raises :class:`CacheError` when it
    cannot be written.
    """
    with _errors():
        cache = folder()
        made = cache / name
        if made.is_dir():
            # Its age is that of the last use; in a read-only cache it does not matter.
            with suppress(OSError):
                os.utime(made)
            return made
        cache.mkdir(parents=True, exist_ok=True)
        _drop_old(cache)
        with temporary.folder("new-", cache) as outer:
            new = outer / "entry"
            new.mkdir()
            fill(new)
            try:
                new.rename(made)
            except OSError:
                if not made.is_dir():
                    raise
    return made


def unwritable(reason: object) -> CacheError:
    """Return the error of a cache that cannot be written."""
    return CacheError(
        f"the cache cannot be written: {reason}; "
        "set XDG_CACHE_HOME to a folder that can be written and has room"
    )


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(error) from error


def _drop_old(cache: Path) -> None:
    oldest = time.time() - KEEP_DAYS * 24 * 60 * 60
    for each in cache.iterdir():
        with suppress(OSError):  # another process may drop it too
            if each.stat().st_mtime < oldest:
                shutil.rmtree(each)
