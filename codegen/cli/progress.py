"""Progress bars of verbs that take long; on standard error, as results may be piped elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar that goes away at the end; none where nobody looks."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        yield progress


@contextmanager
def image_steps(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show how far the build of an image is; yield the ``on_step`` of its build."""
    with progress_bar() as progress:
        task = progress.add_task(f"configure {name}", total=None)

        def on_step(done: int, total: int, step: str) -> None:
            progress.update(task, completed=done, total=total, description=step)

        yield on_step
