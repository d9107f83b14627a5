"""The options by which a run of pytest sets what :mod:`codegen.testing` does.

pytest loads this module at each start, so it imports nothing else of codegen until then.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("codegen", "validation of packet formats")
    group.addoption(
        "--codegen-examples",
        type=_count,
        metavar="N",
        help="generated value sets of each codegen.testing.check() (default: 200)",
    )
    group.addoption(
        "--codegen-seed",
        type=int,
        metavar="N",
        help="seed of each codegen.testing.check(): equal seeds, equal values (default: 0)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Pass the options on to :mod:`codegen.testing`."""
    examples, seed = config.getoption("--codegen-examples"), config.getoption("--codegen-seed")
    if examples is None and seed is None:
        return
    from codegen.testing import defaults

    defaults.examples = defaults.examples if examples is None else examples
    defaults.seed = defaults.seed if seed is None else seed


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(text)
    return int(text)
