"""What becomes of each packet along one path: sent, freed, kept or lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .interpreter import Interpreter
from .source import SEND, Source, UnknownCode, give_up
from .values import UNKNOWN, Bytes, Netbuf, Packet, Place

#: What ``uk_netdev_tx_one()`` may return: taken, taken and room for more, queue full,
#: queue full although there may be more, refused.
STATUSES = (1, 3, 0, 2, -5)

#: Packets that one call may send.
MOST = 2

_SUCCESS = 1


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


class Choices:
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


class Run(Interpreter):
    """One path through one function, from a state that is chosen at its start."""

    def __init__(self, source: Source, choices: Choices) -> None:
        super().__init__(source)
        self.choices = choices
        self.findings: list[Finding] = []
        self.exceptions: list[Finding] = []
        self._path: list[str] = []
        self._packets: list[Packet] = []
        self._earlier: Packet | None = None

    # The state before, and what must hold after

    def enter(self, name: str) -> None:
        """Run a function of the sender's from any state, and look at what became of it."""
        self._set_up()
        function = self.source.functions[name]
        arguments: dict[str, Any] = {"most": MOST}
        for parameter in function.decl.type.args.params:
            arguments.setdefault(parameter.name, Place((parameter.name,)))
        names = [parameter.name for parameter in function.decl.type.args.params]
        _, node = self.inline(name, [arguments[each] for each in names])
        self._settle(node, at_the_end=name == "sender_fini")

    def _set_up(self) -> None:
        members = self.source.members
        for name, (type_, place) in members.items():
            if self.source.is_netbuf_pointer(type_) and name not in ("netbufs", "kept"):
                self.store[place] = Netbuf(self._packet(_spelled(place)))
        if "nb_refs" in members:
            reserve = 3 if self.option("no reference is in reserve", "some are") else 0
            shared = self.store[self._place("shared")].packet
            shared.shared = True
            shared.references += reserve
            self.store[self._place("nb_refs")] = reserve
        if "nb_ready" in members:
            ready = 2 if self.option("the ring is empty", "the ring has packets") else 0
            self.store[self._place("nb_ready")] = ready
            for i in range(ready):
                packet = self._own_packet(f"packet {i} of the ring")
                self.store[*self._place("ready"), i] = Netbuf(packet)
        if self.source.destructor:
            self._earlier = self._own_packet("a packet that was sent earlier")
            self._earlier.given = True
        kept: Any = 0
        if self.option("no packet is kept", "a packet is kept"):
            kept = self._shared() or Netbuf(self._own_packet("the kept packet"))
        self.store[self._place("kept")] = kept
        if "window" in members:
            self._set_up_window(self.source.netbuf_array(members["window"][0]))

    def _place(self, member: str) -> tuple[Any, ...]:
        return self.source.members[member][1]

    def _shared(self) -> Netbuf | None:
        """Return the one netbuf of all packets, where it is so."""
        shared = self.source.members.get("shared")
        found = self.store[shared[1]] if shared else None
        return found if isinstance(found, Netbuf) else None

    def _set_up_window(self, count: int) -> None:
        """Let the sink hold no packets yet, or as many as it can."""
        full = self.option("the window is empty", "the window is full")
        shared = self._shared()
        for i in range(count):
            held: Any = 0
            if full and shared:
                held = shared
                shared.packet.references += 1
            elif full:
                held = Netbuf(self._own_packet(f"packet {i} of the window"))
                held.packet.sunk = True
            self.store[*self._place("window"), i] = held
        at_the_end = self.option("its first slot is next", "its last slot is next")
        self.store[self._place("window_next")] = count - 1 if at_the_end else 0

    def _settle(self, node: Any, *, at_the_end: bool) -> None:
        """Report each packet that has no home, or two."""
        for packet in self._packets:
            if packet.shared:
                slots = list(self._members_with(packet, at_the_end)).count("the window")
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

    def _members_with(self, packet: Packet, at_the_end: bool) -> Iterator[str]:
        for key, value in self.store.items():
            if key[0] != "tx" or value != Netbuf(packet):
                continue
            if key[-2] == "ready":
                if key[-1] < self._number("nb_ready"):
                    yield "the ring"
            elif not at_the_end:
                yield "the window" if key[-2] == "window" else _spelled(key)

    def _number(self, member: str) -> int:
        value = self.store[self._place(member)]
        if not isinstance(value, int):
            raise UnknownCode(
                f"{_spelled(self._place(member))} gets a value that cannot be followed"
            )
        return value

    def _packet(self, name: str, destructor: str | None = None) -> Packet:
        packet = Packet(name, destructor=destructor)
        self._packets.append(packet)
        return packet

    def _own_packet(self, name: str) -> Packet:
        return self._packet(name, self.source.destructor)

    def option(self, no: str, yes: str) -> bool:
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

    def touch(self, packet: Packet, node: Any) -> None:
        """Read or write a packet: its netbuf or its bytes."""
        if packet.shared:
            if (packet.given_references or packet.sunk) and SEND not in self.calls:
                what = f"{packet.name} is restored in {self.calls[-1]}() after it was given away"
                self.exceptions.append(self._finding(node, what))
        elif packet.released:
            self._find(node, f"{packet.name} is touched after it was freed")
        elif packet.given or (packet.sunk and not self._may_touch_sunk()):
            self._find(node, f"{packet.name} is touched after it was given to the device")

    def _may_touch_sunk(self) -> bool:
        """Whether this is the sink itself, or the end, which gets back what the sink holds."""
        return SEND in self.calls or self.calls[0] == "sender_fini"

    def _free(self, packet: Packet, node: Any) -> None:
        if packet.shared:
            packet.references -= 1
            return
        if packet.released:
            self._find(node, f"{packet.name} is freed twice")
        elif packet.given or (packet.sunk and not self._may_touch_sunk()):
            self._find(node, f"{packet.name} is freed, and is the device's to free")
        if packet.destructor:
            self.inline(packet.destructor, [Netbuf(packet)])
        else:
            packet.freed = True
        packet.released = True

    def _return(self, object_: Any, node: Any) -> None:
        """uk_allocpool_return(): the object of a packet, with its netbuf, is the pool's again."""
        if not isinstance(object_, Bytes):
            give_up(node, "what goes back to the pool")
        object_.packet.freed = True

    def _send(self, packet: Packet, node: Any) -> int:
        """uk_netdev_tx_one(): gives back an earlier packet, takes this one or not."""
        self.touch(packet, node)
        earlier = self._earlier
        if earlier and earlier.given and self.option("nothing is reclaimed", "one is reclaimed"):
            earlier.given = False
            assert earlier.destructor
            self.inline(earlier.destructor, [Netbuf(earlier)])
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

    def called(self, name: str, arguments: list[Any], node: Any) -> Any:
        """Return the value of a call, after what it does to packets."""
        netbufs = [each.packet for each in arguments if isinstance(each, Netbuf)]
        match name:
            case "__builtin_expect":
                return arguments[0]
            case "uk_netdev_tx_one" if netbufs:
                return self._send(netbufs[0], node)
            case "uk_netbuf_free" | "uk_netbuf_free_single" if netbufs:
                return self._free(netbufs[0], node)
            case "uk_netbuf_alloc_buf":
                got = self.option("there is no memory", "there is memory")
                return Netbuf(self._packet("the new packet")) if got else 0
            case "uk_allocpool_take":
                got = self.option("the pool is empty", "the pool has an object")
                return Bytes(self._own_packet("the packet of the pool")) if got else 0
            case "uk_allocpool_return":
                return self._return(arguments[1], node)
            case "__atomic_fetch_add" | "__atomic_fetch_sub":
                return self._atomic(name, arguments, node)
        if name in self.source.functions and any(
            isinstance(each, Netbuf | Place) for each in arguments
        ):
            value, _ = self.inline(name, arguments)
            if name == SEND and isinstance(value, int) and value > 0 and value & _SUCCESS:
                for packet in netbufs:
                    packet.sunk = True
            return value
        for each in arguments:
            if isinstance(each, Netbuf | Bytes):
                self.touch(each.packet, node)
        return UNKNOWN

    def _atomic(self, name: str, arguments: list[Any], node: Any) -> Any:
        place, amount = arguments[0], arguments[1]
        if not isinstance(place, Place) or not isinstance(place.key[0], Packet):
            return UNKNOWN
        packet = place.key[0]
        if place.key[1:] != ("refcount", "counter") or not isinstance(amount, int):
            give_up(node, "an atomic operation on a netbuf")
        packet.references += amount if name.endswith("add") else -amount
        return UNKNOWN

    def loaded(self, place: Place, node: Any) -> Any:
        """Return the value of a place that is read."""
        owner = place.key[0]
        if not isinstance(owner, Packet):
            value = self.store.get(place.key, UNKNOWN)
            # What the ring hands out begins anew.
            if place.key[-2:-1] == ("ready",) and isinstance(value, Netbuf):
                value.packet.released = value.packet.sunk = False
            return value
        self.touch(owner, node)
        match place.key[1:]:
            case ("data",) | ("buf",):
                return Bytes(owner)
            case ("priv",) if owner.destructor and "ready" in self.source.members:
                return Place(self._place("ready")[:-1])
        return UNKNOWN


def _spelled(place: tuple[Any, ...]) -> str:
    """Return how C spells the place of a member."""
    return f"{place[0]}->{'.'.join(place[1:])}"
