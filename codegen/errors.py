"""Errors that a user caused and can fix.

Every error that is meant for the user derives from :class:`CodegenError`. It carries
the exit code, so that misuse (2) and a failed check (1) end every verb alike.
"""

from __future__ import annotations

import signal


class CodegenError(Exception):
    """A failure with a message meant for the user, printed without traceback."""

    exit_code = 1


class UsageError(CodegenError):
    """What was asked for does not exist or is not allowed; exit code 2."""

    exit_code = 2


def missing(program: str, package: str) -> str:
    """Return the message for a program that is not installed, with the package that has it."""
    return f"{program} is not here; install it (apt install {package})"


def ended_by(number: int) -> str:
    """Return how a process ended that a signal ended, such as ``was ended by SIGSEGV``."""
    try:
        return f"was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"was ended by signal {number}"


def shown(value: object) -> str:
    """Return a value's repr, shortened where it is long."""
    try:
        return shortened(repr(value))
    except ValueError:
        # Python does not print numbers of thousands of digits.
        return f"a {type(value).__name__} that is too long to be printed"


def shortened(text: str) -> str:
    """Return a text that fits into a line of a message: its start, and its length."""
    return text if len(text) <= 100 else f"{text[:80]}... ({len(text)} characters)"
