"""Progress bars of verbs that take long; on standard error, as results may be piped elsewhere.

There is none where nobody looks, and none without rich.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec


@contextmanager
def progress_bar(total: int | None, description: str = "") -> Iterator[Callable[..., None]]:
    """Show a bar that goes away at the end; yield the function that moves it.

    Its arguments are ``advance`` or ``completed``, ``total`` and ``description``, those
    of ``rich.progress.Progress.update``.
    """
    if not sys.stderr.isatty() or find_spec("rich") is None:
        yield lambda **_: None
        return
    from rich import progress
    from rich.console import Console

    with progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        yield partial(bar.update, bar.add_task(description, total=total))


@contextmanager
def image_steps(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show how far the build of an image is; yield the ``on_step`` of its build."""
    with progress_bar(None, f"configure {name}") as update:
        yield lambda done, total, step: update(completed=done, total=total, description=step)
