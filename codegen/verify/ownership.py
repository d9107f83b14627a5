"""Who owns a packet, followed through every path of the emitted send loop.

A packet buffer that is freed twice, lost, or written while the device reads it
shows rarely and far away from its cause, and some paths (a refused packet, an
empty pool) hardly ever run. So the emitted ``main.c`` is read back, with the
preprocessor and pycparser as for the headers, and ``send_some()``, which sends with
``send_one()``, and ``sender_fini()`` are executed on abstract values along all of
their paths. The result must hold for every strategy, so nothing here knows what a
strategy is: the small functions that they consist of (``take``, ``fill``, ``put``,
``sent``, ``give_back``, destructors) are followed into their bodies.

A packet has exactly one home when a function returns, else there is a finding:

- *owned*: by local variables alone. It must not stay so: nobody would free it.
- *given*: to the device, by ``uk_netdev_tx_one()`` that was successful, or to the
  sink, by ``put()`` that was. From there on it must not be touched, read or written,
  by whoever sent it.
- *kept*: in a member of ``struct sender``, or in its ring below ``nb_ready``.
- *freed*: and not touched any more. A netbuf with a destructor goes where its
  destructor puts it.

The one netbuf that zero copy shares is many packets at once; there references are
counted: each packet that is given takes one that ``nb_refs`` had in reserve. The
sender's own reference keeps it alive, so it may restore the netbuf after a send;
each such place is listed in :attr:`Report.exceptions`.

What is assumed:

- The start is any state of ``struct sender`` that a call may leave behind: a packet
  kept or none, the ring empty or not, references in reserve or not, a window empty
  or full. Each end must be such a state again, so all sequences of calls are covered;
  a call that sends :data:`MOST` packets shows what one leaves for the next within it.
- ``uk_netdev_tx_one()`` returns any of :data:`STATUSES`; it takes the packet when
  ``UK_NETDEV_STATUS_SUCCESS`` is set, and otherwise leaves it as it was. Before that
  it may give back one packet that was sent earlier, running its destructor.
- Members are known by name: ``kept``, ``shared`` with ``nb_refs``, ``ready`` with
  ``nb_ready``, ``window`` with ``window_next``; ``netbufs`` is the memory of the ring
  or has, at the number of a pool's object, the netbuf of that object. Any other
  netbuf is the sender's own for as long as it runs, such as ``primordial``.
- A function that is only declared touches the netbufs that it is handed, and keeps
  none. A condition on anything else may be true or false.
- Loops whose condition is unknown run at most :data:`UNKNOWN_ROUNDS` times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from codegen import cheader
from codegen.errors import CodegenError
from codegen.host import build

#: What ``uk_netdev_tx_one()`` may return: taken, taken and room for more, queue full,
#: queue full although there may be more, refused.
STATUSES = (1, 3, 0, 2, -5)

#: Packets that one call may send.
MOST = 2

#: How often a loop runs when nobody knows whether it should.
UNKNOWN_ROUNDS = 2

#: Where an analysis that runs away is stopped.
PATHS_MAX = 20_000
ROUNDS_MAX = 1_000

_SUCCESS = 1
_SEND = "put"
_ENTRIES = ("send_some", "sender_fini")


class UnknownCode(CodegenError):
    """The source has C in it that this analysis does not follow."""


@dataclass(frozen=True)
class Finding:
    """A place in the emitted source, what is wrong there, and on which path."""

    file: Path
    line: int
    what: str
    path: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """Return it as compilers print it, the path after it."""
        return f"{self.file}:{self.line}: {self.what}" + "".join(
            f"\n    when {each}" for each in self.path
        )


@dataclass(frozen=True)
class Report:
    """What was found; ``exceptions`` are the places where zero copy restores its netbuf."""

    findings: tuple[Finding, ...]
    exceptions: tuple[Finding, ...]
    paths: int


def check(app: Path, *, flags: Sequence[str] = (), cc: str | None = None) -> Report:
    """Follow the packets of an emitted application's ``main.c``.

    ``flags`` are those that it is compiled with (``-DCONFIG_APPPKTGEN_SINK_FREE=1``).
    Raises HeaderError when the source cannot be read, and UnknownCode when it has
    something in it that cannot be followed.
    """
    command = (
        *build.Compiler.find(cc).command,
        build.STANDARD,
        *("-isystem", str(build.HOST / "include"), "-iquote", str(app)),
        *flags,
    )
    source = _Source(cheader.parse_source(app / "main.c", command))
    findings: dict[Finding, Finding] = {}
    exceptions: dict[Finding, Finding] = {}
    paths = 0
    for entry in _ENTRIES:
        choices = _Choices()
        while choices.go_on():
            paths += 1
            if paths > PATHS_MAX:
                raise UnknownCode(f"{app / 'main.c'}: more than {PATHS_MAX} paths")
            run = _Run(source, choices)
            run.enter(entry)
            _keep_shortest(findings, run.findings)
            _keep_shortest(exceptions, run.exceptions)
    return Report(tuple(findings.values()), tuple(exceptions.values()), paths)


def _keep_shortest(known: dict[Finding, Finding], new: Sequence[Finding]) -> None:
    """Add findings; of the paths to one, the shortest is the easiest to understand."""
    for each in new:
        if each not in known or len(each.path) < len(known[each].path):
            known[each] = each


# -------------------------------------------------------------------- values


class _Unknown:
    """Any value that does not matter to who owns what."""


_UNKNOWN = _Unknown()


@dataclass(eq=False)
class _Packet:
    """A netbuf. ``references`` count only where it is shared."""

    name: str
    shared: bool = False
    destructor: str | None = None
    given: bool = False  # to the device
    sunk: bool = False  # put() took it: not for the sender's eyes
    freed: bool = False
    released: bool = False  # freed, wherever its destructor put it
    references: int = 1
    given_references: int = 0


@dataclass(frozen=True)
class _Netbuf:
    """A pointer to a struct uk_netbuf."""

    packet: _Packet


@dataclass(frozen=True)
class _Bytes:
    """A pointer into the buffer of a netbuf, or to the memory that it is in."""

    packet: _Packet


@dataclass(frozen=True)
class _Place:
    """A pointer to anything else: the path that an lvalue is stored under."""

    key: tuple[Any, ...]


class _Choices:
    """Decisions of one path; each run replays a prefix and takes the next branch after it."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []  # which of how many
        self._at = 0
        self._started = False

    def go_on(self) -> bool:
        """Move on to the next path; False when there is none."""
        if self._started:
            while self._taken and self._taken[-1][0] + 1 == self._taken[-1][1]:
                self._taken.pop()
            if not self._taken:
                return False
            which, count = self._taken.pop()
            self._taken.append((which + 1, count))
        self._started = True
        self._at = 0
        return True

    def choose(self, count: int) -> int:
        if self._at == len(self._taken):
            self._taken.append((0, count))
        self._at += 1
        return self._taken[self._at - 1][0]


# -------------------------------------------------------------------- source


class _Source:
    """The functions of a translation unit, and the members of its ``struct sender``."""

    def __init__(self, ast: Any) -> None:
        from pycparser import c_ast

        self.functions = {
            each.decl.name: each for each in ast.ext if isinstance(each, c_ast.FuncDef)
        }
        sender = [
            each.type
            for each in ast.ext
            if isinstance(each, c_ast.Decl)
            and isinstance(each.type, c_ast.Struct)
            and each.type.name == "sender"
        ]
        missing = [name for name in (*_ENTRIES, _SEND) if name not in self.functions]
        if missing or not sender:
            wanted = ", ".join(missing) or "struct sender"
            raise UnknownCode(f"there is no {wanted} in the emitted main.c")
        self.members: dict[str, Any] = {each.name: each.type for each in sender[0].decls}
        self.destructor = self._destructor()

    def _destructor(self) -> str | None:
        """Return what netbufs of the ring are given back by."""
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


# ----------------------------------------------------------------- execution


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Return(Exception):
    def __init__(self, value: Any, node: Any) -> None:
        self.value = value
        self.node = node


_INFIX: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class _Run:
    """One path through one function, from a state that is chosen at its start."""

    def __init__(self, source: _Source, choices: _Choices) -> None:
        self.source = source
        self.choices = choices
        self.findings: list[Finding] = []
        self.exceptions: list[Finding] = []
        self._path: list[str] = []
        self._store: dict[tuple[Any, ...], Any] = {}
        self._packets: list[_Packet] = []
        self._calls: list[str] = []
        self._frames = 0
        self._locals: dict[str, tuple[Any, ...]] = {}
        self._earlier: _Packet | None = None

    # The state before, and what must hold after

    def enter(self, name: str) -> None:
        """Run a function of the sender's from any state, and look at what became of it."""
        self._set_up()
        function = self.source.functions[name]
        arguments: dict[str, Any] = {"most": MOST}
        for parameter in function.decl.type.args.params:
            arguments.setdefault(parameter.name, _Place((parameter.name,)))
        names = [parameter.name for parameter in function.decl.type.args.params]
        _, node = self._inline(name, [arguments[each] for each in names])
        self._settle(node, at_the_end=name == "sender_fini")

    def _set_up(self) -> None:
        members = self.source.members
        for name, type_ in members.items():
            if name == "kept":
                kept = self._option("no packet is kept", "a packet is kept")
                self._store["tx", name] = (
                    _Netbuf(self._ring_packet("the kept packet")) if kept else 0
                )
            elif self.source.is_netbuf_pointer(type_) and name != "netbufs":
                self._store["tx", name] = _Netbuf(self._packet(f"tx->{name}"))
        if "nb_refs" in members:
            reserve = 3 if self._option("no reference is in reserve", "some are") else 0
            shared = self._store["tx", "shared"].packet
            shared.shared = True
            shared.references += reserve
            self._store["tx", "nb_refs"] = reserve
        if "nb_ready" in members:
            ready = 2 if self._option("the ring is empty", "the ring has packets") else 0
            self._store["tx", "nb_ready"] = ready
            for i in range(ready):
                self._store["tx", "ready", i] = _Netbuf(
                    self._ring_packet(f"packet {i} of the ring")
                )
            self._earlier = self._ring_packet("a packet that was sent earlier")
            self._earlier.given = True
        if "window" in members:
            self._set_up_window(self.source.netbuf_array(members["window"]))

    def _set_up_window(self, count: int) -> None:
        """Let the sink hold no packets yet, or as many as it can."""
        full = self._option("the window is empty", "the window is full")
        shared = self._store.get(("tx", "shared"))
        for i in range(count):
            held: Any = 0
            if full and shared:
                held = shared
                shared.packet.references += 1
            elif full:
                held = _Netbuf(self._ring_packet(f"packet {i} of the window"))
                held.packet.sunk = True
            self._store["tx", "window", i] = held
        at_the_end = self._option("its first slot is next", "its last slot is next")
        self._store["tx", "window_next"] = count - 1 if at_the_end else 0

    def _settle(self, node: Any, *, at_the_end: bool) -> None:
        """Report each packet that has no home, or two."""
        for packet in self._packets:
            if packet.shared:
                slots = sum(
                    where == "tx->window" for where in self._members_with(packet, at_the_end)
                )
                due = 0 if at_the_end else 1 + self._number("nb_refs") + slots
                left = packet.references - packet.given_references
                if left != due:
                    what = f"{packet.name} is left with {left} references; in use are {due}"
                    self._find(node, what)
                continue
            homes = [f"in {where}" for where in self._members_with(packet, at_the_end)]
            homes += ["given to the device"] * packet.given + ["freed"] * packet.freed
            if not homes:
                self._find(node, f"{packet.name} is lost: not freed, kept or given to the device")
            elif len(homes) > 1:
                self._find(node, f"{packet.name} is {' and also '.join(homes)}")

    def _members_with(self, packet: _Packet, at_the_end: bool) -> Iterator[str]:
        for key, value in self._store.items():
            if key[0] != "tx" or value != _Netbuf(packet):
                continue
            if key[1] == "ready":
                if key[2] < self._number("nb_ready"):
                    yield "the ring"
            elif not at_the_end:
                yield f"tx->{key[1]}"

    def _number(self, member: str) -> int:
        value = self._store["tx", member]
        if not isinstance(value, int):
            raise UnknownCode(f"tx->{member} gets a value that cannot be followed")
        return value

    def _packet(self, name: str, destructor: str | None = None) -> _Packet:
        packet = _Packet(name, destructor=destructor)
        self._packets.append(packet)
        return packet

    def _ring_packet(self, name: str) -> _Packet:
        return self._packet(name, self.source.destructor)

    def _option(self, no: str, yes: str) -> bool:
        """Choose one of two."""
        return bool(self._one_of((no, yes)))

    def _one_of(self, labels: Sequence[str]) -> int:
        chosen = self.choices.choose(len(labels))
        self._path.append(labels[chosen])
        return chosen

    # What happens to a packet

    def _find(self, node: Any, what: str) -> None:
        self.findings.append(self._finding(node, what))

    def _finding(self, node: Any, what: str) -> Finding:
        return Finding(Path(node.coord.file), node.coord.line, what, tuple(self._path))

    def _touch(self, packet: _Packet, node: Any) -> None:
        """Read or write a packet: its netbuf or its bytes."""
        if packet.shared:
            if (packet.given_references or packet.sunk) and _SEND not in self._calls:
                what = f"{packet.name} is restored in {self._calls[-1]}() after it was given away"
                self.exceptions.append(self._finding(node, what))
        elif packet.released:
            self._find(node, f"{packet.name} is touched after it was freed")
        elif packet.given or (packet.sunk and not self._may_touch_sunk()):
            self._find(node, f"{packet.name} is touched after it was given to the device")

    def _may_touch_sunk(self) -> bool:
        """Whether this is the sink itself, or the end, which gets back what the sink holds."""
        return _SEND in self._calls or self._calls[0] == "sender_fini"

    def _free(self, packet: _Packet, node: Any) -> None:
        if packet.shared:
            packet.references -= 1
            return
        if packet.released:
            self._find(node, f"{packet.name} is freed twice")
        elif packet.given or (packet.sunk and not self._may_touch_sunk()):
            self._find(node, f"{packet.name} is freed, and is the device's to free")
        if packet.destructor:
            self._inline(packet.destructor, [_Netbuf(packet)])
        else:
            packet.freed = True
        packet.released = True

    def _send(self, packet: _Packet, node: Any) -> int:
        """uk_netdev_tx_one(): gives back an earlier packet, takes this one or not."""
        self._touch(packet, node)
        earlier = self._earlier
        if earlier and earlier.given and self._option("nothing is reclaimed", "one is reclaimed"):
            earlier.given = False
            assert earlier.destructor
            self._inline(earlier.destructor, [_Netbuf(earlier)])
            earlier.released = True
        labels = [f"uk_netdev_tx_one() returns {status}" for status in STATUSES]
        status = STATUSES[self._one_of(labels)]
        if status > 0 and status & _SUCCESS:
            if packet.shared:
                packet.given_references += 1
            else:
                packet.given = True
        return status

    # Calls

    def _call(self, node: Any) -> Any:
        if type(node.name).__name__ != "ID":
            self._give_up(node, "a call through a pointer")
        name = node.name.name
        arguments = [self._value(each) for each in (node.args.exprs if node.args else ())]
        netbufs = [each.packet for each in arguments if isinstance(each, _Netbuf)]
        match name:
            case "__builtin_expect":
                return arguments[0]
            case "uk_netdev_tx_one" if netbufs:
                return self._send(netbufs[0], node)
            case "uk_netbuf_free" | "uk_netbuf_free_single" if netbufs:
                return self._free(netbufs[0], node)
            case "uk_netbuf_alloc_buf":
                got = self._option("there is no memory", "there is memory")
                return _Netbuf(self._packet("the new packet")) if got else 0
            case "uk_allocpool_take":
                got = self._option("the pool is empty", "the pool has an object")
                return _Bytes(self._packet("the packet of the pool")) if got else 0
            case "__atomic_fetch_add" | "__atomic_fetch_sub":
                return self._atomic(name, arguments, node)
        if name in self.source.functions and any(
            isinstance(each, _Netbuf | _Place) for each in arguments
        ):
            value, _ = self._inline(name, arguments)
            if name == _SEND and isinstance(value, int) and value > 0 and value & _SUCCESS:
                for packet in netbufs:
                    packet.sunk = True
            return value
        for each in arguments:
            if isinstance(each, _Netbuf | _Bytes):
                self._touch(each.packet, node)
        return _UNKNOWN

    def _atomic(self, name: str, arguments: list[Any], node: Any) -> Any:
        place, amount = arguments[0], arguments[1]
        if not isinstance(place, _Place) or not isinstance(place.key[0], _Packet):
            return _UNKNOWN
        packet = place.key[0]
        if place.key[1:] != ("refcount", "counter") or not isinstance(amount, int):
            self._give_up(node, "an atomic operation on a netbuf")
        packet.references += amount if name.endswith("add") else -amount
        return _UNKNOWN

    def _inline(self, name: str, arguments: Sequence[Any]) -> tuple[Any, Any]:
        """Run a function: its value, and where it returned."""
        function = self.source.functions[name]
        if name in self._calls:
            self._give_up(function.decl, "recursion")
        self._frames += 1
        outer, self._locals = self._locals, {}
        self._calls.append(name)
        parameters = function.decl.type.args.params if function.decl.type.args else []
        for parameter, value in zip(parameters, arguments, strict=False):
            self._declare(parameter.name, value)
        value, node = _UNKNOWN, function.decl
        try:
            self._run(function.body)
        except _Return as done:
            value, node = done.value, done.node
        finally:
            self._calls.pop()
            self._locals = outer
        return value, node

    def _declare(self, name: str, value: Any) -> None:
        key = ("local", self._frames, name)
        self._locals[name] = key
        self._store[key] = value

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
                self._declare(node.name, self._value(node.init) if node.init else _UNKNOWN)
            case "If":
                branch = node.iftrue if self._holds(node.cond) else node.iffalse
                if branch is not None:
                    self._run(branch)
            case "Return":
                raise _Return(self._value(node.expr) if node.expr else _UNKNOWN, node)
            case "Break":
                raise _Break
            case "Continue":
                raise _Continue
            case "For" | "While" | "DoWhile":
                self._loop(node, kind)
            case "EmptyStatement" | "Typedef":
                pass
            case "Goto" | "Label" | "Switch" | "Case" | "Default":
                self._give_up(node, f"a {kind.lower()}")
            case _:
                self._value(node)

    def _loop(self, node: Any, kind: str) -> None:
        if kind == "For" and node.init is not None:
            self._run(node.init)
        unknown = 0
        for turn in range(ROUNDS_MAX):
            if node.cond is not None and not (kind == "DoWhile" and turn == 0):
                known = self._truth(self._value(node.cond))
                if known is None:
                    unknown += 1
                    known = unknown <= UNKNOWN_ROUNDS and self._option(
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
        self._give_up(node, f"a loop of more than {ROUNDS_MAX} rounds")

    def _holds(self, node: Any) -> bool:
        known = self._truth(self._value(node))
        if known is not None:
            return known
        line = node.coord.line
        return self._option(
            f"the condition of line {line} is false", f"the condition of line {line} is true"
        )

    @staticmethod
    def _truth(value: Any) -> bool | None:
        if isinstance(value, _Unknown):
            return None
        return bool(value) if isinstance(value, int) else True

    # Expressions

    def _value(self, node: Any) -> Any:
        match type(node).__name__:
            case "Constant":
                return self._constant(node)
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
                return _UNKNOWN
        return self._give_up(node, f"a {type(node).__name__}")

    @staticmethod
    def _constant(node: Any) -> Any:
        if "int" not in node.type:
            return _UNKNOWN
        text = node.value.rstrip("uUlL")
        return int(text, 8 if text.startswith("0") and text.isdigit() else 0)

    def _lvalue(self, node: Any) -> _Place | None:
        """Return where an lvalue is; None when it is nothing that is followed."""
        match type(node).__name__:
            case "ID":
                return _Place(self._locals[node.name]) if node.name in self._locals else None
            case "StructRef":
                if node.type == "->":
                    base = self._value(node.name)
                    if isinstance(base, _Netbuf):
                        return _Place((base.packet, node.field.name))
                else:
                    base = self._lvalue(node.name)
                return _Place((*base.key, node.field.name)) if isinstance(base, _Place) else None
            case "ArrayRef":
                return self._element(node)
            case "UnaryOp" if node.op == "*":
                return self._pointed_at(self._value(node.expr))
            case "Cast":
                return self._lvalue(node.expr)
        return None

    def _netbuf_of_object(self, node: Any) -> _Netbuf | None:
        """Return what ``netbufs[]`` has for an object of the pool, None for anything else."""
        if type(node).__name__ != "ArrayRef" or type(node.name).__name__ != "StructRef":
            return None
        index = self._value(node.subscript) if node.name.field.name == "netbufs" else _UNKNOWN
        return _Netbuf(index.packet) if isinstance(index, _Bytes) else None

    def _element(self, node: Any) -> _Place | None:
        index = self._value(node.subscript)
        base = self._lvalue(node.name)
        value = self._load(base, node) if base else _UNKNOWN
        if isinstance(value, _Bytes | _Netbuf):
            return _Place((value.packet, "[]"))
        if base is None or base.key[:1] != ("tx",):
            return None
        if not isinstance(index, int):
            self._give_up(node, "an index that is not known")
        return _Place((*base.key, index))

    @staticmethod
    def _pointed_at(value: Any) -> _Place | None:
        if isinstance(value, _Bytes | _Netbuf):
            return _Place((value.packet, "*"))
        return value if isinstance(value, _Place) else None

    def _load(self, place: _Place | None, node: Any) -> Any:
        if place is None:
            return _UNKNOWN
        owner = place.key[0]
        if not isinstance(owner, _Packet):
            value = self._store.get(place.key, _UNKNOWN)
            # What the ring hands out begins anew.
            if place.key[:2] == ("tx", "ready") and isinstance(value, _Netbuf):
                value.packet.released = value.packet.sunk = False
            return value
        self._touch(owner, node)
        match place.key[1:]:
            case ("data",) | ("buf",):
                return _Bytes(owner)
            case ("priv",) if owner.destructor:
                return _Place(("tx",))
        return _UNKNOWN

    def _set(self, place: _Place | None, value: Any, node: Any) -> None:
        if place is None:
            return
        if isinstance(place.key[0], _Packet):
            self._touch(place.key[0], node)
        else:
            self._store[place.key] = value

    def _assign(self, node: Any) -> Any:
        value = self._value(node.rvalue)
        place = self._lvalue(node.lvalue)
        if node.op != "=":
            value = self._infix(node.op[:-1], self._load(place, node), value)
        self._set(place, value, node)
        return value

    def _unary(self, node: Any) -> Any:
        match node.op:
            case "&":
                return self._netbuf_of_object(node.expr) or self._lvalue(node.expr) or _UNKNOWN
            case "*":
                return self._load(self._lvalue(node), node)
            case "sizeof":
                return _UNKNOWN
            case "!":
                known = self._truth(self._value(node.expr))
                return _UNKNOWN if known is None else int(not known)
            case "++" | "--" | "p++" | "p--":
                place = self._lvalue(node.expr)
                before = self._load(place, node)
                after = self._infix(node.op[-1], before, 1)
                self._set(place, after, node)
                return before if node.op.startswith("p") else after
        value = self._value(node.expr)
        if not isinstance(value, int):
            return _UNKNOWN
        return {"-": -value, "+": value, "~": ~value}[node.op]

    def _binary(self, node: Any) -> Any:
        if node.op in ("&&", "||"):
            left = self._holds(node.left)
            return int(left if left == (node.op == "||") else self._holds(node.right))
        return self._infix(node.op, self._value(node.left), self._value(node.right))

    @staticmethod
    def _infix(op: str, left: Any, right: Any) -> Any:
        if isinstance(left, int) and isinstance(right, int) and op in _INFIX:
            return _UNKNOWN if op in "/%" and right == 0 else int(_INFIX[op](left, right))
        unknown = isinstance(left, _Unknown) or isinstance(right, _Unknown)
        if op in ("==", "!=") and not unknown:
            return int((left == right) == (op == "=="))
        # An address within a buffer is still one of the buffer.
        buffers = [each for each in (left, right) if isinstance(each, _Bytes | _Netbuf)]
        if op in "+-" and len(buffers) == 1:
            return buffers[0]
        # The number of an object in its pool stands for the object.
        if op == ">>" and isinstance(left, _Bytes):
            return left
        return _UNKNOWN

    def _cast(self, node: Any) -> Any:
        value = self._value(node.expr)
        to_netbuf = self.source.is_netbuf_pointer(node.to_type.type)
        if isinstance(value, _Bytes) and to_netbuf:
            return _Netbuf(value.packet)
        if isinstance(value, _Netbuf) and not to_netbuf:
            return _Bytes(value.packet)
        return value

    @staticmethod
    def _give_up(node: Any, what: str) -> NoReturn:
        raise UnknownCode(f"{node.coord}: {what}, which the analysis does not follow")
