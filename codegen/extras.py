"""Packages that only some verbs use, by the extra that brings them.

The command itself needs click and jinja2. What a verb needs in addition is an extra of
``setup.cfg``, so that emitting alone requires nothing else.
"""

from __future__ import annotations

from importlib.util import find_spec

from codegen.errors import UsageError

#: The extras of ``setup.cfg`` with their packages, as they are imported. ``terminal`` is
#: never required: without it there are no progress bars, and tables are not folded.
EXTRAS = {
    "decode": ("dpkt", "pcapng"),
    "import": ("pycparser",),
    "terminal": ("rich",),
    "verify": ("cffi", "hypothesis", "pycparser"),
}


def require(extra: str, what: str) -> None:
    """Raise UsageError when a package of an extra is not installed; ``what`` needs it."""
    absent = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if absent:
        raise UsageError(
            f"{what} needs packages that are not installed: {', '.join(absent)}; they come with "
            f"the extra {extra!r}: type pip install '.[{extra}]' in a clone of codegen, or "
            "pip install '.[all]' for what all verbs use"
        )
