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
