"""The C that is analysed: functions of a translation unit, and the members of its sender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from codegen.errors import CodegenError

#: The function with which a packet is given away, and those that are run.
SEND = "sink_put"
ENTRIES = ("send_some", "sender_fini")


class UnknownCode(CodegenError):
    """The source has C in it that this analysis does not follow."""


def give_up(node: Any, what: str) -> NoReturn:
    """Raise UnknownCode with the place of a node."""
    raise UnknownCode(f"{node.coord}: {what}, which the analysis does not follow")


class Source:
    """The functions of a translation unit, and the members of its ``struct sender``.

    ``members`` are those of the structs in it as well: type and place by their name.
    """

    def __init__(self, ast: Any) -> None:
        from pycparser import c_ast

        self.functions = {
            each.decl.name: each for each in ast.ext if isinstance(each, c_ast.FuncDef)
        }
        structs = {
            each.type.name: each.type
            for each in ast.ext
            if isinstance(each, c_ast.Decl) and isinstance(each.type, c_ast.Struct)
            # What is only announced has no members.
            if each.type.decls
        }
        missing = [name for name in (*ENTRIES, SEND) if name not in self.functions]
        if missing or "sender" not in structs:
            wanted = ", ".join(missing) or "struct sender"
            raise UnknownCode(f"there is no {wanted} in the emitted source")
        self.members: dict[str, tuple[Any, tuple[str, ...]]] = dict(
            _members(structs, "sender", ("tx",))
        )
        self.destructor = self._destructor()

    def _destructor(self) -> str | None:
        """Return what netbufs of the ring or the pool are given back by."""
        for call in _calls(self.functions, "uk_netbuf_init_indir"):
            last = call.args.exprs[-1]
            if getattr(last, "name", None) in self.functions:
                return str(last.name)
        return None

    def is_netbuf_pointer(self, type_: Any) -> bool:
        from pycparser import c_ast

        return isinstance(type_, c_ast.PtrDecl) and _is_netbuf(type_.type)

    def netbuf_array(self, type_: Any) -> int:
        """Return the length of a member that is an array of pointers to netbufs."""
        return int(type_.dim.value.rstrip("uUlL"), 0)


def _members(
    structs: dict[str, Any], name: str, place: tuple[str, ...]
) -> Iterator[tuple[str, tuple[Any, tuple[str, ...]]]]:
    """Yield the members of a struct and of the structs in it: name, and type with place."""
    for each in structs[name].decls:
        yield each.name, (each.type, (*place, each.name))
        inner: Any = getattr(each.type, "type", None)
        if type(inner).__name__ == "Struct" and inner.name in structs:
            yield from _members(structs, inner.name, (*place, each.name))


def _calls(functions: dict[str, Any], name: str) -> Iterator[Any]:
    from pycparser import c_ast

    todo: list[Any] = list(functions.values())
    while todo:
        node = todo.pop()
        if isinstance(node, c_ast.FuncCall) and getattr(node.name, "name", None) == name:
            yield node
        todo += [child for _, child in node.children()]


def _is_netbuf(type_: Any) -> bool:
    inner: Any = getattr(type_, "type", None)
    return type(inner).__name__ == "Struct" and inner.name == "uk_netbuf"
