"""C run on abstract values: every statement and expression of the emitted loops.

What is not known is decided by whoever runs it (:class:`Interpreter.option`), and
so is what becomes of a packet: this module knows C, and not who owns what.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from .source import Source, give_up
from .values import (
    UNKNOWN,
    Bytes,
    Netbuf,
    Packet,
    Place,
    constant,
    infix,
    pointed_at,
    truth,
)

#: How often a loop runs when nobody knows whether it should.
UNKNOWN_ROUNDS = 2

#: Where a loop that runs away is stopped.
ROUNDS_MAX = 1_000


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Return(Exception):
    def __init__(self, value: Any, node: Any) -> None:
        self.value = value
        self.node = node


class Interpreter(ABC):
    """One path through the functions of a source.

    ``store`` has the values of all variables and members that are followed, by their
    places; ``calls`` are the functions that are being run, the innermost last.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.store: dict[tuple[Any, ...], Any] = {}
        self.calls: list[str] = []
        self._frames = 0
        self._locals: dict[str, tuple[Any, ...]] = {}

    @abstractmethod
    def option(self, no: str, yes: str) -> bool:
        """Choose one of two, in words."""

    @abstractmethod
    def called(self, name: str, arguments: list[Any], node: Any) -> Any:
        """Return the value of a call."""

    @abstractmethod
    def touch(self, packet: Packet, node: Any) -> None:
        """Look at a packet that is read or written: its netbuf or its bytes."""

    @abstractmethod
    def loaded(self, place: Place, node: Any) -> Any:
        """Return the value of a place that is read."""

    # Functions

    def inline(self, name: str, arguments: Sequence[Any]) -> tuple[Any, Any]:
        """Run a function: its value, and where it returned."""
        function = self.source.functions[name]
        if name in self.calls:
            give_up(function.decl, "recursion")
        self._frames += 1
        outer, self._locals = self._locals, {}
        self.calls.append(name)
        parameters = function.decl.type.args.params if function.decl.type.args else []
        for parameter, value in zip(parameters, arguments, strict=False):
            self._declare(parameter.name, value)
        value, node = UNKNOWN, function.decl
        try:
            self._run(function.body)
        except _Return as done:
            value, node = done.value, done.node
        finally:
            self.calls.pop()
            self._locals = outer
        return value, node

    def _declare(self, name: str, value: Any) -> None:
        key = ("local", self._frames, name)
        self._locals[name] = key
        self.store[key] = value

    # Statements

    def _run(self, node: Any) -> None:
        kind = type(node).__name__
        match kind:
            case "Compound":
                outer = dict(self._locals)
                for each in node.block_items or ():
                    self._run(each)
                self._locals = outer
            case "DeclList":
                for each in node.decls:
                    self._run(each)
            case "Decl":
                self._declare(node.name, self._value(node.init) if node.init else UNKNOWN)
            case "If":
                branch = node.iftrue if self._holds(node.cond) else node.iffalse
                if branch is not None:
                    self._run(branch)
            case "Return":
                raise _Return(self._value(node.expr) if node.expr else UNKNOWN, node)
            case "Break":
                raise _Break
            case "Continue":
                raise _Continue
            case "For" | "While" | "DoWhile":
                self._loop(node, kind)
            case "EmptyStatement" | "Typedef":
                pass
            case "Goto" | "Label" | "Switch" | "Case" | "Default":
                give_up(node, f"a {kind.lower()}")
            case _:
                self._value(node)

    def _loop(self, node: Any, kind: str) -> None:
        if kind == "For" and node.init is not None:
            self._run(node.init)
        unknown = 0
        for turn in range(ROUNDS_MAX):
            if node.cond is not None and not (kind == "DoWhile" and turn == 0):
                known = truth(self._value(node.cond))
                if known is None:
                    unknown += 1
                    known = unknown <= UNKNOWN_ROUNDS and self.option(
                        f"the loop of line {node.coord.line} ends", "it goes on"
                    )
                if not known:
                    return
            try:
                self._run(node.stmt)
            except _Break:
                return
            except _Continue:
                pass
            if kind == "For" and node.next is not None:
                self._value(node.next)
        give_up(node, f"a loop of more than {ROUNDS_MAX} rounds")

    def _holds(self, node: Any) -> bool:
        known = truth(self._value(node))
        if known is not None:
            return known
        line = node.coord.line
        return self.option(
            f"the condition of line {line} is false", f"the condition of line {line} is true"
        )

    # Expressions

    def _value(self, node: Any) -> Any:
        match type(node).__name__:
            case "Constant":
                return constant(node)
            case "ID" | "StructRef" | "ArrayRef":
                return self._load(self._lvalue(node), node)
            case "UnaryOp":
                return self._unary(node)
            case "BinaryOp":
                return self._binary(node)
            case "Assignment":
                return self._assign(node)
            case "FuncCall":
                return self._call(node)
            case "Cast":
                return self._cast(node)
            case "TernaryOp":
                return self._value(node.iftrue if self._holds(node.cond) else node.iffalse)
            case "ExprList":
                return [self._value(each) for each in node.exprs][-1]
            case "InitList" | "CompoundLiteral" | "NamedInitializer":
                return UNKNOWN
        return give_up(node, f"a {type(node).__name__}")

    def _call(self, node: Any) -> Any:
        if type(node.name).__name__ != "ID":
            give_up(node, "a call through a pointer")
        arguments = [self._value(each) for each in (node.args.exprs if node.args else ())]
        return self.called(node.name.name, arguments, node)

    def _lvalue(self, node: Any) -> Place | None:
        """Return where an lvalue is; None when it is nothing that is followed."""
        match type(node).__name__:
            case "ID":
                return Place(self._locals[node.name]) if node.name in self._locals else None
            case "StructRef":
                if node.type == "->":
                    base = self._value(node.name)
                    if isinstance(base, Netbuf):
                        return Place((base.packet, node.field.name))
                else:
                    base = self._lvalue(node.name)
                return Place((*base.key, node.field.name)) if isinstance(base, Place) else None
            case "ArrayRef":
                return self._element(node)
            case "UnaryOp" if node.op == "*":
                return pointed_at(self._value(node.expr))
            case "Cast":
                return self._lvalue(node.expr)
        return None

    def _netbuf_of_object(self, node: Any) -> Netbuf | None:
        """Return what ``netbufs[]`` has for an object of the pool, None for anything else."""
        if type(node).__name__ != "ArrayRef" or type(node.name).__name__ != "StructRef":
            return None
        index = self._value(node.subscript) if node.name.field.name == "netbufs" else UNKNOWN
        return Netbuf(index.packet) if isinstance(index, Bytes) else None

    def _element(self, node: Any) -> Place | None:
        index = self._value(node.subscript)
        base = self._lvalue(node.name)
        value = self._load(base, node) if base else UNKNOWN
        if isinstance(value, Bytes | Netbuf):
            return Place((value.packet, "[]"))
        if base is None or base.key[:1] != ("tx",):
            return None
        if not isinstance(index, int):
            give_up(node, "an index that is not known")
        return Place((*base.key, index))

    def _set(self, place: Place | None, value: Any, node: Any) -> None:
        if place is None:
            return
        if isinstance(place.key[0], Packet):
            self.touch(place.key[0], node)
        else:
            self.store[place.key] = value

    def _assign(self, node: Any) -> Any:
        value = self._value(node.rvalue)
        place = self._lvalue(node.lvalue)
        if node.op != "=":
            value = infix(node.op[:-1], self._load(place, node), value)
        self._set(place, value, node)
        return value

    def _unary(self, node: Any) -> Any:
        match node.op:
            case "&":
                return self._netbuf_of_object(node.expr) or self._lvalue(node.expr) or UNKNOWN
            case "*":
                return self._load(self._lvalue(node), node)
            case "sizeof":
                return UNKNOWN
            case "!":
                known = truth(self._value(node.expr))
                return UNKNOWN if known is None else int(not known)
            case "++" | "--" | "p++" | "p--":
                place = self._lvalue(node.expr)
                before = self._load(place, node)
                after = infix(node.op[-1], before, 1)
                self._set(place, after, node)
                return before if node.op.startswith("p") else after
        value = self._value(node.expr)
        if not isinstance(value, int):
            return UNKNOWN
        return {"-": -value, "+": value, "~": ~value}[node.op]

    def _binary(self, node: Any) -> Any:
        if node.op in ("&&", "||"):
            left = self._holds(node.left)
            return int(left if left == (node.op == "||") else self._holds(node.right))
        return infix(node.op, self._value(node.left), self._value(node.right))

    def _cast(self, node: Any) -> Any:
        value = self._value(node.expr)
        to_netbuf = self.source.is_netbuf_pointer(node.to_type.type)
        if isinstance(value, Bytes) and to_netbuf:
            return Netbuf(value.packet)
        if isinstance(value, Netbuf) and not to_netbuf:
            return Bytes(value.packet)
        return value

    def _load(self, place: Place | None, node: Any) -> Any:
        return UNKNOWN if place is None else self.loaded(place, node)
