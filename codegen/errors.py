"""Errors that a user caused and a user can mend.

Everything raised on purpose towards the command line derives from
:class:`CodegenError`; it carries the exit code, so that no verb decides on its
own what misuse (2) and a failed check (1) look like.
"""

from __future__ import annotations


class CodegenError(Exception):
    """A failure with a message meant for the user, printed without traceback."""

    exit_code = 1


class UsageError(CodegenError):
    """What was asked for does not exist or is not allowed; exit code 2."""

    exit_code = 2


def missing(program: str, package: str) -> str:
    """Return the words for a program that is not here and the package that brings it."""
    return f"{program} is not here; install it (apt install {package})"


def shown(value: object) -> str:
    """Return a value as Python writes it, or the start of it where that is long."""
    try:
        return shortened(repr(value))
    except ValueError:
        # Python does not print numbers of thousands of digits.
        return f"a {type(value).__name__} that is too long to be printed"


def shortened(text: str) -> str:
    """Return a text of which a message can have a line: its start, and how long it is."""
    return text if len(text) <= 100 else f"{text[:80]}... ({len(text)} characters)"
