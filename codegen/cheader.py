"""What the emitted headers declare, as a C parser reads it.

Python calls the emitted C through cffi's ABI mode, which checks nothing by
itself: a struct that Python lays out differently reads garbage. So the
declarations are taken from the very headers that are compiled, the expected
functions are compared with the declared ones (:func:`check_contract`), and a
table in the shared object holds the sizes and offsets that the compiler chose
(:func:`probe_source`, :func:`check_probes`).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from codegen.errors import CodegenError


class HeaderError(CodegenError):
    """Headers that cannot be preprocessed, parsed or declared to cffi."""


class ContractError(CodegenError):
    """The compiled C differs from the expected interface, or from cffi's view of it."""


# ---------------------------------------------------------------- signatures


@dataclass(frozen=True)
class Signature:
    """A function's name, result type and (argument name, type) pairs.

    Types are spelled as in C without the declared name: ``const struct
    ether_addr *``, ``uint16_t``, ``void (*)(int)``, ``uint8_t [6]``.
    """

    name: str
    result: str
    arguments: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return the prototype with blanks as Unikraft's style wants them."""
        arguments = ", ".join(_beside(type_, name) for name, type_ in self.arguments)
        return f"{_beside(self.result, self.name)}({arguments or 'void'})"


def _beside(type_: str, name: str) -> str:
    """Put a name after its type; blanks of the type do not matter."""
    # <stdbool.h> makes bool a macro: only _Bool is left of it after preprocessing.
    tokens = re.findall(r"\w+|\.\.\.|[^\w\s]", re.sub(r"\b_Bool\b", "bool", type_))
    text = re.sub(r"(?<=[*(]) | (?=[),\]])|(?<=\[) ", "", " ".join(tokens)).replace(") (", ")(")
    return f"{text}{name}" if text.endswith("*") else f"{text} {name}".rstrip()


def check_contract(headers: Headers, expected: Iterable[Signature]) -> None:
    """Raise :class:`ContractError` unless each expected function is so declared.

    Name, result, and the names, types and order of the arguments must agree; the
    message shows both sides of every function that differs.
    """
    differing = []
    for promised in expected:
        declared = headers.signatures.get(promised.name)
        if declared is None or str(declared) != str(promised):
            differing.append(
                f"  {promised.name}\n    expected: {promised}\n"
                f"    declared: {declared or 'nowhere in the headers'}"
            )
    if differing:
        raise ContractError("the headers break the contract:\n" + "\n".join(differing))


# ------------------------------------------------------------------- parsing

#: First member of each struct that was packed: pycparser has no attributes.
PACKED_MARK = "codegen_packed_mark"

_TOKEN = re.compile(
    r"""(?P<line>^\#[^\n]*) | (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
    | (?P<word>[A-Za-z_]\w*) | (?P<blank>\s+) | (?P<other>.)""",
    re.MULTILINE | re.VERBOSE | re.DOTALL,
)
_LINE_MARKER = re.compile(r'#\s*\d+\s+"([^"]+)"')
# GNU C that does not affect a declaration's type: a word with a parenthesis after it.
_GROUPS = frozenset(
    ("__attribute__", "__attribute", "__asm__", "__asm", "asm", "_Static_assert", "_Alignas")
)
_WORDS = {
    "__extension__": "",
    "_Noreturn": "",
    "__restrict": "",
    "__restrict__": "",
    "restrict": "",
    "__inline": "inline",
    "__inline__": "inline",
    "__const": "const",
    "__volatile__": "volatile",
    "__signed__": "signed",
}
# Types built into the compilers, which C's grammar must know as names of types.
_BUILTINS = (
    "typedef int __builtin_va_list;"
    "typedef double _Float32, _Float64, _Float128, _Float32x, _Float64x, __float128;\n"
)
# What cffi knows by itself; va_list it cannot know at all.
_KNOWN = frozenset(
    (
        *("size_t", "ssize_t", "ptrdiff_t", "intptr_t", "uintptr_t", "wchar_t", "bool", "FILE"),
        *(f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    )
)
_VA_LIST = frozenset(("va_list", "__builtin_va_list", "__gnuc_va_list"))


class _PlainC:
    """Preprocessed GNU C, reduced to declarations that pycparser understands.

    Function bodies become ``;`` (their statements may be any GNU C) unless they
    come from the folder ``bodies_of``; attributes go, but a packed struct keeps a
    mark. Line markers stay, so that coordinates still name the file.
    """

    def __init__(self, source: str, bodies_of: Path | None = None) -> None:
        self.tokens = [(each.lastgroup, each.group()) for each in _TOKEN.finditer(source)]
        self.bodies_of = bodies_of
        self.out: list[str] = []
        self.last = ""  # the last token that counts

    def text(self) -> str:
        """Return the reduced source."""
        at = 0
        keyword = ""  # the last of struct, union, enum
        packed_ahead = False  # "struct __attribute__((packed)) name {"
        open_braces: list[tuple[int, str]] = []
        closed = (0, "")
        keeps_body = False
        while at < len(self.tokens):
            kind, token = self.tokens[at]
            at += 1
            if kind == "line" and (marker := _LINE_MARKER.match(token)):
                keeps_body = Path(marker[1]).parent == self.bodies_of
            if kind == "line" or kind == "blank":
                self.out.append("" if token.startswith("#pragma") else token)
                continue
            if token in _GROUPS:
                at, group = self._skip(at, "(", ")")
                if token.startswith("__attribute") and {"packed", "__packed__"} & group:
                    if self.last == "}" and closed[1] in ("struct", "union"):
                        self.out[closed[0]] = f"{{int {PACKED_MARK};"
                    elif self.last in ("struct", "union"):
                        packed_ahead = True
                continue
            if token == "{" and self.last == ")" and not open_braces and not keeps_body:
                at, _ = self._skip(at - 1, "{", "}")
                token = ";"
            elif token == "{":
                open_braces.append((len(self.out), keyword))
                if packed_ahead:
                    token, packed_ahead = f"{{int {PACKED_MARK};", False
            elif token == "}" and open_braces:
                closed = open_braces.pop()
            elif token in ("struct", "union", "enum"):
                keyword = token
            token = _WORDS.get(token, token)
            self.out.append(token)
            self.last = token or self.last
        return "".join(self.out)

    def _skip(self, at: int, opening: str, closing: str) -> tuple[int, set[str]]:
        """Drop all up to the end of the next group: what follows it, the tokens in it."""
        depth, seen = 0, set()
        while at < len(self.tokens):
            kind, token = self.tokens[at]
            at += 1
            seen.add(token)
            if kind == "line" and not token.startswith("#pragma"):
                self.out.append(token)
            elif kind == "blank":
                self.out.append("\n" * token.count("\n"))
            depth += (token == opening) - (token == closing)
            if token == closing and depth == 0:
                break
        return at, seen


def parse_headers(headers: Iterable[Path], command: Sequence[str]) -> Headers:
    """Preprocess and parse headers.

    ``command`` is the compiler with the flags the headers are compiled with
    (``-std``, ``-isystem``, ``-D``). Raises :class:`HeaderError` when they cannot
    be preprocessed or parsed, with the place and the compiler's own words.
    """
    files = tuple(each.resolve() for each in headers)
    return Headers(files, _parse("the headers", files, command))


def parse_source(source: Path, command: Sequence[str]) -> Any:
    """Preprocess and parse a C source: pycparser's ``FileAST``, function bodies included.

    Bodies are those of the source and of the headers in its own folder; what other
    headers define is only declared. ``command`` and errors as for :func:`parse_headers`.
    """
    source = source.resolve()
    return _parse(str(source.name), (source,), command, source.parent)


def _parse(
    what: str, files: Sequence[Path], command: Sequence[str], bodies_of: Path | None = None
) -> Any:
    argv = [*command, "-E", "-x", "c", "-"]
    try:
        done = subprocess.run(
            argv, input=_includes(files), capture_output=True, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        raise HeaderError(f"{what} cannot be preprocessed: {error}") from error
    if done.returncode != 0:
        raise HeaderError(f"{what} cannot be preprocessed:\n{done.stderr.strip()}")
    return parse_preprocessed(what, done.stdout, bodies_of)


def parse_preprocessed(what: str, text: str, bodies_of: Path | None = None) -> Any:
    """Parse what the preprocessor of GNU C has left: pycparser's ``FileAST``.

    Function bodies are dropped unless they are of the folder ``bodies_of``. ``what`` is the
    source in words. Raises :class:`HeaderError` when it cannot be parsed.
    """
    from pycparser import c_parser

    plain = _PlainC(text, bodies_of).text()
    try:
        return c_parser.CParser().parse(_BUILTINS + plain, "<builtin>")
    except Exception as error:  # pycparser moved ParseError between its releases
        if type(error).__name__ != "ParseError":
            raise
        raise HeaderError(f"{what} cannot be parsed: {error}") from error


def _includes(headers: Iterable[Path]) -> str:
    return "".join(f'#include "{each}"\n' for each in headers)


@dataclass(frozen=True)
class Headers:
    """Parsed headers: the files that were asked for, and all they include.

    ``ast`` is pycparser's ``FileAST`` of everything, in the order of the source.
    """

    files: tuple[Path, ...]
    ast: Any

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """Every function declared or defined, ``static inline`` ones too."""
        from pycparser import c_ast

        return {
            each.name: _signature(each)
            for each in self.ast.ext
            if isinstance(each, c_ast.Decl) and isinstance(each.type, c_ast.FuncDecl)
        }

    def cdef(self) -> CDef:
        """Return what cffi must know to call the functions these files declare.

        That is every function and variable with a symbol and every type of the
        files themselves, and all the types these need from elsewhere. Functions
        that take a ``va_list`` are left out: cffi cannot call them.
        """
        from pycparser import c_generator

        # In the order of the source each type stands before its use, as C wants it.
        chunks: list[tuple[str, bool]] = []
        for at in sorted(self._needed()):
            declaration = deepcopy(self.ast.ext[at])
            packed = _take_packed_marks(declaration)
            text = c_generator.CGenerator().visit(declaration) + ";\n"
            if chunks and chunks[-1][1] == packed:
                text = chunks.pop()[0] + text
            chunks.append((text, packed))
        return CDef(tuple(chunks))

    def _needed(self) -> set[int]:
        """Return the indices of the declarations for :meth:`cdef`."""
        home: dict[str, int] = {}
        for at, declaration in enumerate(self.ast.ext):
            for name in _defined(declaration):
                home.setdefault(name, at)
        todo = [at for at, each in enumerate(self.ast.ext) if self._is_root(each)]
        needed: set[int] = set()
        seen_names: set[str] = set()
        while todo:
            at = todo.pop(0)
            declaration = self.ast.ext[at]
            if at in needed or _VA_LIST & set(_referenced(declaration)):
                continue
            if declaration.name and declaration.name in seen_names:
                continue  # declared twice, which is good C and enough once
            seen_names.add(declaration.name)
            needed.add(at)
            todo += [home[name] for name in _referenced(declaration) if name in home]
        return needed

    def _is_root(self, declaration: Any) -> bool:
        """Whether the files declare it themselves, with something for cffi in it."""
        from pycparser import c_ast

        if not isinstance(declaration, c_ast.Decl | c_ast.Typedef):
            return False
        if Path(declaration.coord.file).resolve() not in self._file_set:
            return False
        local = "static" in declaration.storage or "inline" in getattr(declaration, "funcspec", ())
        return not local and declaration.name not in _KNOWN

    @cached_property
    def _file_set(self) -> frozenset[Path]:
        return frozenset(self.files)


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for _, child in node.children():
        yield from _walk(child)


_TAGGED = ("Struct", "Union", "Enum")


def _tag(node: Any) -> str | None:
    """Return ``struct name`` for such a node, None without a name and for any other."""
    kind = type(node).__name__
    return f"{kind.lower()} {node.name}" if kind in _TAGGED and node.name else None


def _defined(declaration: Any) -> Iterator[str]:
    """Yield the names of types that a declaration at file scope brings."""
    if type(declaration).__name__ == "Typedef" and declaration.name not in _KNOWN:
        yield declaration.name
    for node in _walk(declaration):
        tag = _tag(node)
        if tag and (node.values if tag.startswith("enum") else node.decls) is not None:
            yield tag


def _referenced(declaration: Any) -> Iterator[str]:
    """Yield the names of types that a declaration uses."""
    for node in _walk(declaration):
        if type(node).__name__ == "IdentifierType":
            yield from node.names
        else:
            tag = _tag(node)
            if tag:
                yield tag


def _take_packed_marks(declaration: Any) -> bool:
    """Remove the marks of packed structs; return whether there were any."""
    packed = False
    for node in _walk(declaration):
        members = getattr(node, "decls", None)
        if members and getattr(members[0], "name", None) == PACKED_MARK:
            del members[0]
            packed = True
    return packed


def _signature(declaration: Any) -> Signature:
    function = declaration.type
    arguments = tuple(
        (getattr(each, "name", None) or "", _spelling(each))
        for each in (function.args.params if function.args else ())
    )
    if arguments == (("", "void"),):
        arguments = ()
    return Signature(declaration.name, _spelling(function), arguments)


def _spelling(node: Any) -> str:
    """Return the C type of an argument, or of a function's result."""
    from pycparser import c_ast, c_generator

    if isinstance(node, c_ast.EllipsisParam):
        return "..."
    type_ = deepcopy(node.type)
    innermost = type_
    while not isinstance(innermost, c_ast.TypeDecl):
        innermost = innermost.type
    innermost.declname = None
    text = c_generator.CGenerator().visit(c_ast.Typename(None, [], None, type_))
    return _beside(text, "")


# ------------------------------------------------------ cffi and its probes

_PROBE_STRUCT = "struct codegen_probe { const char *name; size_t offset; size_t size; };\n"
_PROBE_CDEF = f"{_PROBE_STRUCT}extern const struct codegen_probe codegen_probes[];\n"


@dataclass(frozen=True)
class CDef:
    """Declarations for cffi: (text, packed) in the order they must be made."""

    chunks: tuple[tuple[str, bool], ...]

    def ffi(self) -> Any:
        """Return a new ``cffi.FFI`` with these declarations and the table of probes."""
        import cffi

        ffi = cffi.FFI()
        ffi.cdef(_PROBE_CDEF)
        for text, packed in self.chunks:
            try:
                ffi.cdef(text, packed=packed)
            except (cffi.CDefError, cffi.FFIError, NotImplementedError) as error:
                raise HeaderError(f"cffi cannot take a declaration: {error}") from error
        return ffi


@dataclass(frozen=True)
class _Belief:
    """The offset and size, in bytes, that cffi assumes for a type or a member.

    ``size`` is None for a flexible array member, which has none.
    """

    type: str
    member: str
    offset: int
    size: int | None

    @property
    def name(self) -> str:
        return f"{self.type}.{self.member}" if self.member else self.type


def _beliefs(ffi: Any) -> Iterator[_Belief]:
    typedefs, structs, unions = ffi.list_types()
    names = [f"struct {each}" for each in structs] + [f"union {each}" for each in unions]
    for name in [*names, *typedefs]:
        type_ = ffi.typeof(name)
        aggregate = type_.kind in ("struct", "union")
        if type_.kind in ("void", "function") or (aggregate and type_.fields is None):
            continue  # no size in C, or opaque
        yield _Belief(name, "", 0, ffi.sizeof(type_))
        if aggregate:
            yield from _members(ffi, name, type_, "", 0)


def _members(ffi: Any, owner: str, type_: Any, path: str, base: int) -> Iterator[_Belief]:
    for name, field in type_.fields:
        if field.bitsize != -1:
            continue  # a bit-field has no address
        offset = base + field.offset
        member = f"{path}{name}"
        flexible = field.type.kind == "array" and field.type.length is None
        if name:
            yield _Belief(owner, member, offset, None if flexible else ffi.sizeof(field.type))
        # A type with a tag has its own probes; one without can be reached only through here.
        if field.type.kind in ("struct", "union") and "$" in field.type.cname:
            yield from _members(ffi, owner, field.type, f"{member}." if name else path, offset)


def probe_source(ffi: Any, headers: Iterable[Path]) -> str:
    """Return C whose tables hold the compiler's layout of every type that ``ffi`` knows.

    It belongs in the shared object: ``codegen_probes`` has the size of each type,
    and offset and size of each member but bit-fields, in bytes. A row without a
    name ends it.
    """
    rows = []
    for belief in _beliefs(ffi):
        place, size = "0", f"sizeof({belief.type})"
        if belief.member:
            place = f"offsetof({belief.type}, {belief.member})"
            size = f"sizeof((({belief.type} *)0)->{belief.member})"
        if belief.size is None:
            size = "0"
        rows.append(f'\t{{ "{belief.name}", {place}, {size} }},\n')
    return (
        f"#include <stddef.h>\n{_includes(headers)}\n{_PROBE_CDEF}\n"
        "const struct codegen_probe codegen_probes[] = {\n"
        f"{''.join(rows)}\t{{ NULL, 0, 0 }}\n}};\n"
    )


def check_probes(ffi: Any, lib: Any) -> None:
    """Compare the layout that cffi assumes with the one that the compiler put into ``lib``.

    Raises :class:`ContractError` naming each type or member with both numbers
    (bytes), or that it is missing from the shared object.
    """
    compiled = {}
    row = ffi.addressof(lib.codegen_probes[0])
    while row.name:
        compiled[ffi.string(row.name).decode()] = (row.offset, row.size)
        row += 1
    differing = []
    for belief in _beliefs(ffi):
        found = compiled.get(belief.name)
        believed = (belief.offset, belief.size or 0)
        if found is None:
            differing.append(f"  {belief.name}: not in the shared object")
        elif found != believed:
            differing.append(
                f"  {belief.name}: the declarations say offset {believed[0]} and size "
                f"{believed[1]}, the compiler offset {found[0]} and size {found[1]}"
            )
    if differing:
        raise ContractError(
            "the shared object was not built from these declarations:\n" + "\n".join(differing)
        )
