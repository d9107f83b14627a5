"""What an emitted program reports about itself, as lines of JSON on its standard output.

An event has its name under ``event``, next to its data; the result, which is the last
line, has no such key. All other lines are for people. ``c_templates/runtime/event.h``
lists the events and the kinds of errors.
"""

from __future__ import annotations

import json


def parse(line: str) -> dict[str, object] | None:
    """Return the object of a line of JSON, None for any other line."""
    if not line.startswith('{"'):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def result(line: str) -> dict[str, object] | None:
    """Return the result if the line is one, None for any other line."""
    found = parse(line)
    return None if found is None or "event" in found else found


def in_words(line: str) -> str | None:
    """Return a line as text for people; None for what is shown to them elsewhere.

    A result is shown in a table, and errors and what is waited for are on standard error too.
    """
    found = parse(line)
    if found is None:
        return line
    match found.get("event"):
        case "device":
            return f"device {found.get('address') or 'without an address'}"
        case "started":
            return f"started in mode {found.get('mode')}"
    return None
