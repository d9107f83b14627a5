"""What several verbs take: formats, strategies, and their defaults."""

from __future__ import annotations

from collections.abc import Callable
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
