"""Temporary folders that are removed even when their owner was killed, and whole files.

Each folder has a file that its owner holds a lock on. The kernel releases the lock when the
owner ends, and the next process that makes such a folder removes the folders whose lock
is free. A folder without that file belongs to somebody else and is never touched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

_LOCK = ".codegen-owner"


def write(path: Path, text: str) -> None:
    """Write a file whole: it has its name when all of it is there. Raises OSError."""
    try:
        file, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        # The name of the file that is wanted, and not the temporary one.
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask that files are made with; it can be read only by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def folder(prefix: str = "codegen-", base: Path | None = None) -> Iterator[Path]:
    """Make a folder in ``base``, or where temporary files go; it is removed at the end.

    Raises OSError when it cannot be made.
    """
    where = Path(tempfile.gettempdir()) if base is None else base
    _remove_abandoned(where, prefix)
    made, lock = _make(where, prefix)
    try:
        yield Path(made.name)
    finally:
        made.cleanup()
        os.close(lock)


def _make(where: Path, prefix: str) -> tuple[tempfile.TemporaryDirectory[str], int]:
    """Return a new folder, and the file whose lock marks it as in use."""
    while True:
        made = tempfile.TemporaryDirectory(prefix=prefix, dir=where, ignore_cleanup_errors=True)
        file = Path(made.name, _LOCK)
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        # On a file system without locks, the folders of killed processes stay.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        # Another process may have removed it as abandoned before it was locked.
        if file.exists():
            return made, lock
        os.close(lock)
        made.cleanup()


@lru_cache
def _remove_abandoned(base: Path, prefix: str) -> None:
    """Remove the folders whose owners are gone; once in a process."""
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_abandoned(entry)


def _remove_if_abandoned(entry: os.DirEntry[str]) -> None:
    if entry.stat(follow_symlinks=False).st_uid != os.geteuid():
        return
    lock = os.open(Path(entry.path, _LOCK), os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(entry.path, ignore_errors=True)
    finally:
        os.close(lock)
