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


class Terminated(SystemExit):
    """The command was sent a signal that ends it: unlike what a user's file may raise."""


def missing(program: str, package: str) -> str:
    """Return the message for a program that is not installed, with the package that has it."""
    return f"{program} is not here; install it (apt install {package})"


def ended_by(number: int) -> str:
    """Return how a process ended that a signal ended, such as ``was ended by SIGSEGV``."""
    try:
        return f"was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"was ended by signal {number}"


def plain(text: str) -> str:
    """Return any text as it can be printed on a line, and written to a file.

    White space of every kind is a blank; what cannot be printed (control characters, marks that
    change the direction of writing, surrogates) is U+FFFD.
    """
    return "".join(
        each if each.isprintable() else " " if each.isspace() else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )


def shown(value: object) -> str:
    """Return a value's repr, shortened where it is long."""
    try:
        return shortened(repr(value))
    except Exception:
        # Python does not print numbers of thousands of digits, nor what is nested too deeply.
        return f"a {type(value).__name__} that cannot be printed"


def shortened(text: str, most: int = 100) -> str:
    """Return a text that fits into a line of a message: its start, and its length."""
    return text if len(text) <= most else f"{text[: most - 20]}... ({len(text)} characters)"
