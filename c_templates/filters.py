"""Filters of the templates: how generated text becomes C as a person writes it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence

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
    """Return a text that does not end the comment that it stands in, and is no trigraph."""
    return text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")


def c_continued(line: str) -> str:
    r"""Return lines of a macro, each with its backslash in the last but one tab stop.

    >>> len(c_continued("\t\t.ttl = 64,").expandtabs())
    73
    """
    last = _COLUMNS - _TAB
    lines = []
    for each in line.splitlines():
        tabs = -(-(last - len(each.expandtabs(_TAB))) // _TAB)
        lines.append(each + ("\t" * tabs if tabs > 0 else " ") + "\\")
    return "\n".join(lines)


def c_string(text: str) -> str:
    r"""Return a C string literal.

    >>> print(c_string('a "b"'))
    "a \"b\""
    """
    # Two question marks start a trigraph.
    return json.dumps(text, ensure_ascii=False).replace("?", "\\?")


def c_octets(octets: Sequence[str], indent: int) -> str:
    r"""Return bytes with commas, up to eight in a line.

    >>> c_octets(["0x01", "0x02"], 0)
    '0x01, 0x02,'
    """
    tabs = "\t" * indent
    rows = (octets[at : at + 8] for at in range(0, len(octets), 8))
    return "\n".join(f"{tabs}{', '.join(row)}," for row in rows)


def c_wrapped(text: str) -> str:
    r"""Return C with its long lines broken where a person breaks them.

    After a comma or an operator, the outermost first; what follows is aligned with
    the parenthesis that is open there.

    >>> print(c_wrapped("\tif (" + " || ".join(["something"] * 7) + ")").expandtabs(), end="")
            if (something || something || something || something || something ||
                something || something)
    """
    lines: list[str] = []
    in_comment = False
    for line in text.splitlines():
        inside, in_comment = in_comment, _comment_is_open(line, in_comment)
        if _columns(line) <= _COLUMNS or line.endswith("\\") or line.startswith("#"):
            lines.append(line)
        elif inside and (prose := re.match(r"(\s*\*\s*)(.*)", line)):
            room = _COLUMNS - _columns(prose[1])
            lines += [prose[1] + each for each in textwrap.wrap(prose[2], room)]
        elif whole := re.fullmatch(r"(\t*)(/\*\*?) (.*) \*/", line):
            indent = len(whole[1])
            lines += [whole[1] + whole[2], c_comment_lines(whole[3], indent), f"{whole[1]} */"]
        elif trailing := re.fullmatch(r"(\t+)(\S.*?)\s+(/\*.*\*/)", line):
            lines += [
                f"{trailing[1]}{trailing[3].replace('/**<', '/**')}",
                trailing[1] + trailing[2],
            ]
        else:
            lines += _broken(line)
    return "\n".join(lines) + "\n"


def _columns(line: str) -> int:
    return len(line.expandtabs(_TAB))


def _comment_is_open(line: str, before: bool) -> bool:
    """Tell whether a comment goes on behind the line."""
    start, end = line.rfind("/*"), line.rfind("*/")
    return before if start == end else start > end


def _broken(line: str) -> list[str]:
    """Break one line of code, and what is left of it again."""
    indent = _columns(line[: len(line) - len(line.lstrip("\t"))])
    lines = []
    while _columns(line) > _COLUMNS:
        at, column, in_text = _best_break(line)
        if at == 0:
            break
        quote = '"' if in_text else ""
        lines.append(line[: at + len(quote)] + quote)
        column = column or indent + 2 * _TAB
        line = "\t" * (column // _TAB) + " " * (column % _TAB) + quote + line[at + 1 :]
    return [*lines, line]


def _best_break(line: str) -> tuple[int, int, bool]:
    """Return the blank at which to break, where to go on below, and whether that is in a text.

    The outermost break is the best, and of those the last; a text is broken only where
    nothing else can be. The blank is 0 where there is none.
    """
    best = (0, 0, False)
    least = 1 << 30
    open_at: list[int] = []
    text_at: int | None = None
    for at, char in enumerate(line):
        if _columns(line[: at + 1]) >= _COLUMNS:
            break
        if char == '"' and line[at - 1] != "\\":
            text_at = at if text_at is None else None
        elif text_at is not None:
            if char == " " and least >= _INSIDE_TEXT:
                best, least = (at, _columns(line[:text_at]), True), _INSIDE_TEXT
        elif char in "([{":
            open_at.append(at)
        elif char in ")]}" and open_at:
            open_at.pop()
        elif char == " " and _BREAKS.search(line[:at]):
            depth = _ASSIGNED if line[at - 1] == "=" else len(open_at)
            if depth > least:
                continue
            column = _columns(line[: open_at[-1] + 1]) if open_at else 0
            best, least = (at, column, False), depth
    return best


#: Deeper than any parentheses.
_ASSIGNED, _INSIDE_TEXT = 1000, 2000

#: What a line may end with when it goes on in the next one.
_BREAKS = re.compile(r"(,|\|\||&&|(?<![<>])[|&+=]|!=|[^*(]\*|<<)\Z")

ALL = {
    each.__name__: each
    for each in (c_comment, c_comment_lines, c_continued, c_inside, c_octets, c_string, c_trailing)
}
