"""Print the tree as C: kernel style, 80 columns, tabs of eight.

A statement becomes a sequence of pieces, with the possible line breaks between them.
The breaks come from the tree, not from a search in the text: a line that is too long is
broken at the outermost place that fits, and continues aligned with the parenthesis that
is open there.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codegen.c.tree import (
    AddressOf,
    Assign,
    Binary,
    Blank,
    Braced,
    Call,
    Cast,
    Comment,
    Declare,
    Do,
    Expression,
    Function,
    If,
    Increment,
    Index,
    Member,
    Name,
    Number,
    Return,
    SizeOf,
    Statement,
    Struct,
    decimal,
    octets_row,
)
from codegen.c.types import I64, U64, UINT, Pointer, declaration
from codegen.errors import plain

COLUMNS = 80
TAB = 8
#: The columns of a comment behind a statement, and behind a member of a struct.
_NOTE, _MEMBER_NOTE = 6 * TAB, 5 * TAB
#: How far a line that cannot be aligned goes in, in columns.
_CONTINUED = 2 * TAB

# ---------------------------------------------------------- lines and comments


def columns(line: str) -> int:
    """Return how wide a line is."""
    return len(line.expandtabs(TAB))


def indented(column: int) -> str:
    """Return the white space that leads to a column."""
    return "\t" * (column // TAB) + " " * (column % TAB)


#: What means something to C inside of a comment: its end, the start of another, a trigraph.
_MEANS = re.compile(r"(?<=\*)(?=/)|(?<=/)(?=\*)|(?<=\?)(?=\?)")


def inside(text: str) -> str:
    r"""Return any text as C may have it inside of a comment.

    What can be printed stays, except for a backslash, which would join lines.

    >>> ascii(inside("*\\\n/ int a; ???/"))
    "'*\\ufffd / int a; ? ? ?/'"
    """
    return _MEANS.sub(" ", plain(text).replace("\\", "\N{REPLACEMENT CHARACTER}"))


def wrapped(text: str, start: str) -> list[str]:
    """Return a paragraph as lines that each begin with ``start``."""
    width = COLUMNS - columns(start)
    return [start + line for line in textwrap.wrap(inside(text), width)]


def comment_block(lines: Iterable[str]) -> str:
    """Return a comment whose lines stay as they are, those alone that are too long broken."""
    body: list[str] = []
    for each in lines:
        line = f" * {inside(each)}".rstrip()
        body += [line] if columns(line) <= COLUMNS else wrapped(each, " * ")
    return "\n".join(["/*", *body, " */"])


def comment(lines: Sequence[str], indent: int = 0, opening: str = "/*") -> str:
    r"""Return a comment with a paragraph for each line; one line where all of it fits.

    >>> comment(["ipv4.ttl: 8 bits"])
    '/* ipv4.ttl: 8 bits */'
    >>> print(comment(["word " * 20], 1).expandtabs())
            /*
             * word word word word word word word word word word word word word word
             * word word word word word word
             */
    """
    tabs = "\t" * indent
    if len(lines) == 1 and columns(f"{tabs}{opening} {inside(lines[0])} */") <= COLUMNS:
        return f"{tabs}{opening} {inside(lines[0])} */"
    body = [line for each in lines for line in wrapped(each, f"{tabs} * ")]
    return "\n".join([f"{tabs}{opening}", *body, f"{tabs} */"])


def trailing(line: str, note: str, column: int, opening: str = "/*") -> list[str]:
    r"""Return a line with a comment behind it, or above it where both do not fit.

    >>> trailing("\tsum += args->ttl;", "ipv4.ttl", 40)[0].expandtabs()
    '        sum += args->ttl;               /* ipv4.ttl */'
    """
    pad = "\t" * max(1, -(-(column - columns(line)) // TAB))
    both = f"{line}{pad}{opening} {inside(note)} */"
    if columns(both) <= COLUMNS:
        return [both]
    indent = len(line) - len(line.lstrip("\t"))
    return [comment([note], indent, opening.replace("<", "")), line]


# ----------------------------------------------------------------- long lines


@dataclass(frozen=True)
class _Break:
    """A blank at which a line may end; those of less depth are better."""

    depth: int


_OPEN, _CLOSE = object(), object()
#: The depth of the place behind an assignment: worse than any inside of the value.
_ASSIGNED = 1000

_Piece = str | _Break | object


def _flat(pieces: Iterable[_Piece]) -> str:
    return "".join(
        " " if isinstance(each, _Break) else each
        for each in pieces
        if isinstance(each, str | _Break)
    )


def _laid_out(pieces: list[_Piece], indent: int, align: bool = True) -> list[str]:
    """Return lines of at most 80 columns; the first begins at the column ``indent``."""
    lines: list[str] = []
    start, opened = indent, list[int]()
    while True:
        whole = indented(start) + _flat(pieces)
        best = _best_break(pieces, start, opened) if columns(whole) > COLUMNS else None
        if best is None:
            return [*lines, whole]
        at, still_open = best
        lines.append(indented(start) + _flat(pieces[:at]))
        pieces, opened = pieces[at + 1 :], still_open
        start = opened[-1] if opened and align else indent + _CONTINUED


def _best_break(
    pieces: list[_Piece], start: int, opened: list[int]
) -> tuple[int, list[int]] | None:
    """Return the outermost place that fits, the last of those, and what is open there.

    Where none fits it is the first.
    """
    best: tuple[int, list[int]] | None = None
    least, column, stack = _ASSIGNED + 1, start, list(opened)
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            column += len(piece)
        elif piece is _OPEN:
            stack.append(column)
        elif piece is _CLOSE:
            stack.pop()
        elif isinstance(piece, _Break):
            if column > COLUMNS and best is not None:
                break
            if piece.depth <= least:
                best, least = (at, list(stack)), piece.depth
            column += 1
        if column > COLUMNS and best is not None:
            break
    return best


# ---------------------------------------------------------------- expressions

_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %"), 1
    )
    for operator in operators.split()
}
_UNARY = 20
_BITWISE = frozenset(("|", "^", "&", "<<", ">>"))


def spelled(node: Expression) -> str:
    """Return an expression in one line."""
    return _flat(_pieces(node, 0))


def _pieces(node: Expression, depth: int) -> Iterator[_Piece]:
    match node:
        case Number():
            yield _number(node)
        case Name(name=name):
            yield name
        case Member(of=of, name=name):
            yield from _operand(of, _UNARY + 1, depth)
            yield f"{'->' if isinstance(of.type, Pointer) else '.'}{name}"
        case Index(of=of, at=at):
            yield from _operand(of, _UNARY + 1, depth)
            yield "["
            yield from _pieces(at, depth + 1)
            yield "]"
        case Call(name=name, arguments=arguments):
            yield f"{name}("
            yield from _listed(arguments, depth + 1)
            yield ")"
        case Cast(type=type_, of=of):
            yield f"({type_.name})"
            yield from _operand(of, _UNARY, depth)
        case Braced(items=items):
            yield "{ "
            yield from _listed(items, depth + 1)
            yield " }"
        case SizeOf(of=of):
            yield "sizeof("
            yield from _pieces(of, depth + 1)
            yield ")"
        case AddressOf(of=of):
            yield "&"
            yield from _operand(of, _UNARY, depth)
        case Binary(operator=operator, left=left, right=right):
            level = _PRECEDENCE[operator]
            yield from _operand(left, level, depth, operator)
            yield f" {operator}"
            yield _Break(depth) if operator not in ("<<", ">>") else " "
            yield from _operand(right, level + 1, depth, operator)


def _listed(nodes: Iterable[Expression], depth: int) -> Iterator[_Piece]:
    """Yield what stands between parentheses, with commas."""
    yield _OPEN
    for index, each in enumerate(nodes):
        if index:
            yield ","
            yield _Break(depth)
        yield from _pieces(each, depth)
    yield _CLOSE


def _operand(node: Expression, level: int, depth: int, operator: str = "") -> Iterator[_Piece]:
    """Yield an operand, in parentheses where C or its readers need them.

    Among bitwise operations and shifts compilers warn where precedence alone decides, and
    so do they for && inside of ||.
    """
    bare = not isinstance(node, Binary | Cast | AddressOf)
    if isinstance(node, Cast | AddressOf):
        bare = level <= _UNARY
    elif isinstance(node, Binary):
        bare = _PRECEDENCE[node.operator] >= level
        mixed = operator in _BITWISE and node.operator != operator
        if mixed or (operator == "||" and node.operator == "&&"):
            bare = False
        if operator in ("<<", ">>"):
            bare = False
    if bare:
        # A chain of one operator may break anywhere; operands that bind tighter, rather not.
        is_chain = isinstance(node, Binary) and node.operator == operator
        yield from _pieces(node, depth if is_chain or not operator else depth + 1)
        return
    yield "("
    yield _OPEN
    yield from _pieces(node, depth + 1)
    yield _CLOSE
    yield ")"


#: How a literal ends that has another type than ``int``.
_SUFFIXES = {UINT: "U", U64: "ULL", I64: "LL"}


def _number(node: Number) -> str:
    if node.digits is not None:
        return f"0x{node.value:0{node.digits}x}{'ULL' if node.type == U64 else ''}"
    return f"{node.value}{_SUFFIXES.get(node.type, '')}"


# ----------------------------------------------------------------- statements


def block(statements: Iterable[Statement], indent: int = 1) -> list[str]:
    """Return the lines of statements, indented by so many tabs."""
    return [line for each in statements for line in _statement(each, indent)]


def _statement(node: Statement, indent: int) -> list[str]:
    start = indent * TAB
    match node:
        case Blank():
            return [""]
        case Comment(lines=paragraphs):
            return comment(paragraphs, indent).split("\n")
        case Declare():
            return _declared(node, indent)
        case Assign(target=target, value=value, operator=operator, note=note):
            pieces = [*_pieces(target, 1), f" {operator}", _Break(_ASSIGNED), *_pieces(value, 1)]
            lines = _laid_out([*pieces, ";"], start)
            if note and len(lines) == 1:
                return trailing(lines[0], note, _NOTE)
            return [*([comment([note], indent)] if note else []), *lines]
        case Increment(target=target):
            return [f"{indented(start)}{spelled(target)}++;"]
        case Do(call=call):
            return _laid_out([*_pieces(call, 1), ";"], start)
        case Return(value=value):
            return _laid_out(["return", " ", _OPEN, *_pieces(value, 1), _CLOSE, ";"], start)
        case If(condition=condition, then=then):
            head = ["if (", _OPEN, *_pieces(condition, 1), _CLOSE, ")"]
            several = len(then) > 1
            lines = _laid_out([*head, *([" {"] if several else [])], start)
            return [*lines, *block(then, indent + 1), *(["\t" * indent + "}"] if several else [])]


def _declared(node: Declare, indent: int) -> list[str]:
    text = declaration(node.type, node.name)
    if node.const and isinstance(node.type, Pointer):
        # What it points to has a const of its own.
        text = declaration(node.type, f"const {node.name}")
    elif node.const:
        text = f"const {text}"
    if node.rows:
        tabs = "\t" * indent
        rows = [[*_listed(each, 1), ","] for each in node.rows]
        lines = [line for row in rows for line in _laid_out(row, (indent + 1) * TAB)]
        return [f"{tabs}static {text} = {{", *lines, f"{tabs}}};"]
    pieces: list[_Piece] = [text]
    if node.value is not None:
        pieces += [" =", _Break(_ASSIGNED), *_pieces(node.value, 1)]
    return _laid_out([*pieces, ";"], indent * TAB)


def row_of(values: Iterable[Expression]) -> str:
    """Return a row of an initializer."""
    return ", ".join(spelled(each) for each in values) + ","


# ------------------------------------------------------------------ functions


def prototype(node: Function, end: str = ";") -> str:
    """Return the declaration of a function."""
    if isinstance(node.result, Pointer):
        head = declaration(node.result, node.name)
    else:
        head = f"{declaration(node.result, '')} {node.name}"
    storage = "static inline " if node.inline else "static " if node.static else ""
    pieces: list[_Piece] = [f"{storage}{head}(", _OPEN]
    for index, each in enumerate(node.parameters):
        if index:
            pieces += [",", _Break(1)]
        pieces.append(declaration(each.type, each.name))
    pieces += ["void" if not node.parameters else "", _CLOSE, ")" + end]
    lines = _laid_out(pieces, 0)
    if any(columns(line) > COLUMNS for line in lines):
        lines = _laid_out(pieces, 0, align=False)
    return "\n".join(lines)


def documentation(node: Function) -> str:
    """Return the comment above a function, in Unikraft's style."""
    if not node.returns and not any(each.summary for each in node.parameters):
        return comment([node.summary], opening="/**")
    lines = ["/**", *wrapped(node.summary, " * "), " *"]
    for each in node.parameters:
        lines += [f" * @param {each.name}", *wrapped(each.summary, " *    ")]
    if node.returns:
        lines += [" * @return", *wrapped(node.returns, " *    ")]
    return "\n".join([*lines, " */"])


def definition(node: Function) -> str:
    """Return a function with its body; parameters that it does not look at are marked so."""
    split = sum(1 for each in node.body if isinstance(each, Declare))
    assert all(isinstance(each, Declare) for each in node.body[:split]), node.name
    rest = list(node.body[split:])
    while rest and isinstance(rest[0], Blank):
        del rest[0]
    lines = [prototype(node, ""), "{", *block(node.body[:split])]
    if split:
        lines.append("")
    lines += [f"\t(void){name};" for name in node.unused]
    return "\n".join([*lines, *block(rest), "}"])


def structure(node: Struct) -> str:
    """Return the definition of a struct, each member with its comment."""
    lines = [comment([node.summary], opening="/**"), f"struct {node.name} {{"]
    for type_, name, note in node.members:
        line = f"\t{declaration(type_, name)};"
        lines += trailing(line, note, _MEMBER_NOTE, "/**<") if note else [line]
    return "\n".join([*lines, "};"])


def octets(data: bytes, indent: int = 1) -> str:
    r"""Return the rows of an array of bytes, up to eight in each.

    >>> octets(bytes([1, 2]), 0)
    '0x01, 0x02,'
    """
    rows = (data[at : at + 8] for at in range(0, len(data), 8))
    return "\n".join("\t" * indent + row_of(octets_row(each)) for each in rows)


def continued(line: str) -> str:
    r"""Return lines of a macro, each with its backslash in the last but one tab stop.

    >>> len(continued("\t\t.ttl = 64,").expandtabs())
    73
    """
    last = COLUMNS - TAB
    lines = []
    for each in line.splitlines():
        tabs = -(-(last - columns(each)) // TAB)
        lines.append(each + ("\t" * tabs if tabs > 0 else " ") + "\\")
    return "\n".join(lines)


def statement(node: Statement) -> str:
    """Return one statement of a function's body."""
    return "\n".join(_statement(node, 1))


def item(node: Expression) -> str:
    """Return one of the items of an initializer."""
    return "\n".join(_laid_out([*_pieces(node, 1), ","], TAB))


def string(text: str) -> str:
    r"""Return a C string literal.

    >>> print(string('a "b"?'))
    "a \"b\"\?"
    """
    # Two question marks start a trigraph.
    return json.dumps(text, ensure_ascii=False).replace("?", "\\?")


def literal(value: int) -> str:
    """Return a number as people count."""
    return spelled(decimal(value))


#: What templates print nodes and comments with.
FILTERS = {
    each.__name__: each
    for each in (
        comment,
        comment_block,
        continued,
        definition,
        documentation,
        item,
        literal,
        octets,
        prototype,
        statement,
        string,
        structure,
    )
}
