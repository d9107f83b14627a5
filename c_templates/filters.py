"""Filters of the templates: how generated text becomes C as a person writes it."""

from __future__ import annotations

import textwrap

#: Columns of a line in Unikraft's (and Linux's) coding style.
_COLUMNS = 80
_TAB = 8


def c_comment(text: str, indent: int = 0) -> str:
    r"""Return a comment indented by ``indent`` tabs, over as many lines as it needs.

    >>> c_comment("ipv4.ttl: 8 bits")
    '/* ipv4.ttl: 8 bits */'
    >>> print(c_comment("word " * 20, 1).expandtabs())
            /*
             * word word word word word word word word word word word word word word
             * word word word word word word
             */
    """
    tabs = "\t" * indent
    one_line = f"{tabs}/* {c_inside(text)} */"
    if len(one_line.expandtabs(_TAB)) <= _COLUMNS:
        return one_line
    return f"{tabs}/*\n{c_comment_lines(text, indent)}\n{tabs} */"


def c_comment_lines(text: str, indent: int = 0) -> str:
    """Return the lines of a comment's inside, each with its star.

    >>> print(c_comment_lines("one"))
     * one
    """
    start = "\t" * indent + " * "
    width = _COLUMNS - len(start.expandtabs(_TAB))
    return "\n".join(f"{start}{line}" for line in textwrap.wrap(c_inside(text), width))


def c_trailing(statement: str, comment: str) -> str:
    r"""Return a statement with a comment behind it, or above it where the line is too long.

    >>> c_trailing("sum += args->ttl;", "ipv4.ttl").expandtabs()
    '        sum += args->ttl;                       /* ipv4.ttl */'
    """
    pad = "\t" * max(1, -(-(5 * _TAB - len(statement)) // _TAB))
    line = f"\t{statement}{pad}/* {c_inside(comment)} */"
    if len(line.expandtabs(_TAB)) <= _COLUMNS:
        return line
    return f"{c_comment(comment, 1)}\n\t{statement}"


def c_inside(text: str) -> str:
    """Return a text that does not end the comment that it stands in."""
    return text.replace("*/", "* /").replace("/*", "/ *")


def c_continued(line: str) -> str:
    r"""Return a line of a macro with its backslash in the last but one tab stop.

    >>> len(c_continued("\t\t.ttl = 64,").expandtabs())
    73
    """
    last = _COLUMNS - _TAB
    tabs = -(-(last - len(line.expandtabs(_TAB))) // _TAB)
    return line + "\t" * max(1, tabs) + "\\"


ALL = {
    each.__name__: each for each in (c_comment, c_comment_lines, c_continued, c_inside, c_trailing)
}
