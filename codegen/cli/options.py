"""What several verbs take: formats, strategies, and their defaults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from codegen import formats, userfile
from codegen.model import STRATEGIES, Strategy

_Function = TypeVar("_Function", bound=Callable[..., Any])

DEFAULT_STRATEGY = "pool-dup"


def strategy(spec: str) -> Strategy:
    """Return the strategy of that name or ``file.py:NAME``; UsageError when there is none."""
    for each in STRATEGIES:
        if each.name == spec:
            return each
    found: Strategy = userfile.load(
        spec,
        (Strategy,),
        what="strategy",
        known=[each.name for each in STRATEGIES],
        kinds="Strategy",
    )
    return found


def format_option(function: _Function) -> _Function:
    """Add ``--format``."""
    return click.option(
        "--format",
        "format_spec",
        default=formats.DEFAULT,
        show_default=True,
        metavar="FORMAT",
        help="A packet or preset of the catalogue, or path/to/file.py:NAME.",
    )(function)


def strategy_option(function: _Function) -> _Function:
    """Add ``--strategy``."""
    return click.option(
        "--strategy",
        "strategy_name",
        default=DEFAULT_STRATEGY,
        show_default=True,
        metavar="STRATEGY",
        help="How packet buffers are got, filled and given back; a name or path/to/file.py:NAME.",
    )(function)


def netbuf_options(function: _Function) -> _Function:
    """Add ``--netbuf`` and ``--uk-root``, for :func:`codegen.host.netbuf.load`."""
    netbuf = click.option(
        "--netbuf",
        "netbuf_name",
        type=click.Choice(["host", "unikraft"]),
        default="host",
        show_default=True,
        help="Whose netbuf.c and pool.c are linked; unikraft are those of a Unikraft tree.",
    )
    uk_root = click.option(
        "--uk-root",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Unikraft's tree.  [default: $UK_ROOT, $UK_WORKDIR/unikraft, ~/.unikraft/unikraft]",
    )
    return netbuf(uk_root(function))
