"""The host's netbufs and pools beside Unikraft's own: the same calls, the same results.

What passes on the host says something about Unikraft only if both behave alike. So
hypothesis makes sequences of calls, which both libraries get, and compares all that
can be observed: results, errno, members, who is freed when, and how much memory is
in use. Addresses differ, and are compared as distances. Calls that are no use, such
as freeing twice, are left to the cases in C: there both end with an assertion.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import stateful
from hypothesis import strategies as st

from codegen import cheader, formats
from codegen.errors import CodegenError
from codegen.host import build
from codegen.host import netbuf as netbufs
from codegen.host.library import HostLibrary
from codegen.host.netbuf import Netbuf
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.unikraft import Tree, TreeError, find_tree
from codegen.verify.compare import verify
from codegen.verify.subject import Subject
from tests.tools import NO_TREE

HERE = Path(__file__).parent
POISON = 0xA5
LINKED = 16  # bytes of a free object that the pool's list is in


@pytest.fixture(scope="session")
def tree() -> Tree:
    try:
        return find_tree()
    except TreeError:
        pytest.skip(NO_TREE)


def others() -> list[Tree]:
    """Return the releases that are unpacked beside the default tree."""
    try:
        first = find_tree()
    except CodegenError:
        return []
    return [Tree(each) for each in sorted(first.root.parent.glob("unikraft-*/"))]


# ------------------------------------------------------------ the same calls


class Side:
    """One of the two: a library, and what it has handed out by number."""

    def __init__(self, library: HostLibrary) -> None:
        self.ffi, self.lib = library.ffi, library.lib
        self.lib.host_alloc_poison(POISON)
        self.heap = self.lib.uk_alloc_get_default()
        self.members = [name for name, _ in self.ffi.typeof("struct uk_netbuf").fields]
        self.blocks: list[Any] = []
        self.reset()

    def reset(self) -> None:
        """Forget all that was handed out; each block that stays is looked at for damage."""
        while self.blocks:
            self.lib.call_free(self.heap, self.blocks.pop())
        self.netbufs: dict[int, Any] = {}
        self.pools: list[Any] = []
        self.objects: list[list[Any]] = []
        self.lib.noted.count = 0
        self.live = self.lib.host_alloc_live(), self.lib.host_alloc_live_bytes()

    def address(self, pointer: Any) -> int:
        return int(self.ffi.cast("uintptr_t", pointer))

    def allocator(self, pool: int | None) -> Any:
        return self.heap if pool is None else self.lib.uk_allocpool2ukalloc(self.pools[pool])

    def memory(self, size: int, offset: int = 0) -> Any:
        """Return memory that starts as far behind a page's start on both sides."""
        block = self.lib.call_memalign(self.heap, 4096, size + offset + 1)
        self.blocks.append(block)
        return self.ffi.cast("char *", block) + offset

    def destructor(self, wanted: bool) -> Any:
        return self.ffi.addressof(self.lib, "note") if wanted else self.ffi.NULL

    def number(self, netbuf: Any) -> int | None:
        """Return the number of a netbuf, None of NULL."""
        if not netbuf:
            return None
        return next(number for number, each in self.netbufs.items() if each == netbuf)

    def seen(self, number: int) -> dict[str, Any]:
        """Return all there is to see of a netbuf."""
        m = self.netbufs[number]
        at, buf = self.address(m), self.address(m.buf)
        found = {
            name: getattr(m, name)
            for name in self.members
            if name not in ("next", "prev", "data", "refcount", "priv", "buf", "dtor", "_a", "_b")
        }
        return found | {
            "next": self.number(m.next),
            "prev": self.number(m.prev),
            "references": self.lib.call_refcount(m),
            "headroom": buf and self.lib.call_headroom(m),
            "tailroom": buf and self.lib.call_tailroom(m),
            "data": self.address(m.data) - buf,
            "priv": bool(m.priv) and self.address(m.priv) - at,
            "dtor": bool(m.dtor),
            "_a": bool(m._a),
            "_b": (m._b == m.buf, self.address(m._b) == at),
        }

    def state_of(self, pool: int) -> list[int]:
        """Return how much is left of a pool."""
        allocator = self.allocator(pool)
        # Those of 0.5 do not tell as allocators.
        asked = (self.lib.call_maxalloc, self.lib.call_availmem) if "flags" in self.members else ()
        return [
            self.lib.uk_allocpool_availcount(self.pools[pool]),
            *(ask(allocator) for ask in asked),
        ]

    def in_use(self) -> tuple[int, int, int]:
        """Return blocks and bytes of the heap in use since the start, and what was damaged."""
        blocks, size = self.live
        return (
            self.lib.host_alloc_live() - blocks,
            self.lib.host_alloc_live_bytes() - size,
            self.lib.host_alloc_check(),
        )

    def noted(self) -> list[tuple[int | None, int]]:
        noted = self.lib.noted
        return [(self.number(noted.netbufs[i]), noted.references[i]) for i in range(noted.count)]


Both = tuple[Side, Side]

SIZES = st.integers(0, 40) | st.sampled_from([64, 100, 200])
ALIGNMENTS = st.sampled_from([1, 2, 8, 16, 64, 2048])


def leads_packet(m: Any) -> bool:
    """Tell whether a netbuf is one that a header may be put in front of."""
    return bool(m.buf) and not m.prev


class Calls(stateful.RuleBasedStateMachine):
    """Calls of netbufs and pools, each made on both sides."""

    sides: Both

    def __init__(self) -> None:
        super().__init__()
        for side in self.sides:
            side.reset()
        self.count = 0
        self.broken: set[int] = set()

    # How both are asked

    def both(self, call: Callable[[Side], Any], *, fails: bool = False) -> Any:
        """Make a call on both sides: equal results, or the test fails."""
        results = []
        for side in self.sides:
            if fails:
                side.lib.host_alloc_fail_after(0)
            side.ffi.errno = 0
            result = call(side)
            results.append((result, side.ffi.errno))
            side.lib.host_alloc_fail_after(-1)
        assert results[0] == results[1]
        return results[0][0]

    def made(self, make: Callable[[Side], Any], *, fails: bool = False) -> None:
        """Add the netbuf that is made, if one is."""
        number = self.count
        self.count += 1

        def call(side: Side) -> bool:
            netbuf = make(side)
            if netbuf:
                side.netbufs[number] = netbuf
            return bool(netbuf)

        if self.both(call, fails=fails):
            self.looks_alike(number)

    def looks_alike(self, number: int) -> None:
        self.both(lambda side: side.seen(number))

    def alive(self, condition: Callable[[Any], bool] = lambda _: True) -> list[int]:
        return [each for each, m in self.sides[0].netbufs.items() if condition(m)]

    def chain(self, number: int) -> list[int]:
        """Return a netbuf and all that come after it."""
        side = self.sides[0]
        found = [number]
        while side.netbufs[found[-1]].next:
            found.append(side.number(side.netbufs[found[-1]].next) or 0)
        return found

    def whole_pools(self) -> list[int]:
        return [each for each in range(len(self.sides[0].pools)) if each not in self.broken]

    def pools_in_use(self) -> list[int]:
        return [each for each in self.whole_pools() if self.sides[0].objects[each]]

    def pool_made(self, make: Callable[[Side], Any], *, fails: bool = False) -> bool:
        def call(side: Side) -> bool:
            pool = make(side)
            if pool:
                side.pools.append(pool)
                side.objects.append([])
            return bool(pool)

        if not self.both(call, fails=fails):
            return False
        self.both(lambda side: side.lib.uk_allocpool_availcount(side.pools[-1]))
        self.both(lambda side: side.lib.uk_allocpool_objlen(side.pools[-1]))
        return True

    # What holds after each

    @stateful.invariant()
    def all_looks_alike(self) -> None:
        for number in self.alive():
            self.looks_alike(number)
        self.both(lambda side: [side.state_of(each) for each in range(len(side.pools))])
        self.both(Side.in_use)


class NetbufCalls(Calls):
    """Few netbufs, so that most calls are about those that earlier ones were about."""

    @stateful.initialize(align=st.sampled_from([8, 16]))
    def make_pool(self, align: int) -> None:
        self.pool_made(lambda side: side.lib.uk_allocpool_alloc(side.heap, 2, 300, align))

    def has_room(self) -> bool:
        return len(self.alive()) < 4

    @stateful.precondition(lambda self: self.has_room())
    @stateful.rule(
        data=st.data(),
        buflen=st.integers(1, 200),
        align=st.sampled_from([0, 8, 16, 64, 2048]),
        headroom=st.integers(0, 64),
        privlen=SIZES,
        dtor=st.booleans(),
        fails=st.sampled_from([False, False, False, True]),
    )
    def alloc_buf(
        self,
        data: st.DataObject,
        buflen: int,
        align: int,
        headroom: int,
        privlen: int,
        dtor: bool,
        fails: bool,
    ) -> None:
        pool = data.draw(st.sampled_from([None, 0]))
        self.made(
            lambda side: side.lib.uk_netbuf_alloc_buf(
                side.allocator(pool),
                max(buflen, headroom),
                align,
                headroom,
                privlen,
                side.destructor(dtor),
            ),
            fails=fails and pool is None,
        )

    @stateful.precondition(lambda self: self.has_room())
    @stateful.rule(
        buflen=SIZES,
        headroom=st.integers(0, 40),
        privlen=SIZES,
        dtor=st.booleans(),
        fails=st.sampled_from([False, False, False, True]),
    )
    def alloc_indir(
        self, buflen: int, headroom: int, privlen: int, dtor: bool, fails: bool
    ) -> None:
        memory = {side: side.memory(buflen) if buflen else side.ffi.NULL for side in self.sides}
        self.made(
            lambda side: side.lib.uk_netbuf_alloc_indir(
                side.heap,
                memory[side],
                buflen,
                min(buflen, headroom),
                privlen,
                side.destructor(dtor),
            ),
            fails=fails,
        )

    @stateful.precondition(lambda self: self.has_room())
    @stateful.rule(
        spare=st.integers(0, 200),
        offset=st.integers(0, 9),
        headroom=st.integers(0, 64),
        privlen=SIZES,
        dtor=st.booleans(),
    )
    def prepare_buf(self, spare: int, offset: int, headroom: int, privlen: int, dtor: bool) -> None:
        meta = -(-(self.sides[0].ffi.sizeof("struct uk_netbuf") + privlen) // 8) * 8
        # The least that has room, from wherever it starts, and some more.
        size = -offset % 8 + meta + spare
        headroom = min(headroom, spare // 8 * 8)
        self.made(
            lambda side: side.lib.uk_netbuf_prepare_buf(
                side.memory(size, offset), size, headroom, privlen, side.destructor(dtor)
            )
        )

    @stateful.precondition(lambda self: self.has_room())
    @stateful.rule(data=st.data(), buflen=st.integers(1, 200), dtor=st.booleans())
    def init_indir(self, data: st.DataObject, buflen: int, dtor: bool) -> None:
        headroom = data.draw(st.integers(0, buflen))
        size = self.sides[0].ffi.sizeof("struct uk_netbuf")

        def make(side: Side) -> Any:
            m = side.ffi.cast("struct uk_netbuf *", side.memory(size))
            side.lib.uk_netbuf_init_indir(
                m, side.memory(buflen), buflen, headroom, side.ffi.NULL, side.destructor(dtor)
            )
            return m

        self.made(make)

    @stateful.precondition(lambda self: self.alive())
    @stateful.rule(
        data=st.data(), part=st.floats(0, 1), flags=st.integers(0, 7), start=st.integers(0, 200)
    )
    def fill(self, data: st.DataObject, part: float, flags: int, start: int) -> None:
        number = one_of(data, self.alive())
        for side in self.sides:
            m = side.netbufs[number]
            m.len = int(part * (m.buflen - (side.address(m.data) - side.address(m.buf))))
            if "flags" in side.members:
                m.flags, m.csum_start = flags, start

    @stateful.precondition(lambda self: self.alive(leads_packet))
    @stateful.rule(data=st.data(), length=st.integers(-70, 70) | st.integers(-32768, 32767))
    def header(self, data: st.DataObject, length: int) -> None:
        number = one_of(data, self.alive(leads_packet))
        self.both(lambda side: side.lib.call_header(side.netbufs[number], length))

    @stateful.precondition(lambda self: self.alive())
    @stateful.rule(data=st.data(), single=st.booleans())
    def ref(self, data: st.DataObject, single: bool) -> None:
        number = one_of(data, self.alive())
        call = "call_ref_single" if single else "call_ref"
        same = self.both(lambda side: side.number(getattr(side.lib, call)(side.netbufs[number])))
        assert same == number

    @stateful.precondition(lambda self: self.alive())
    @stateful.rule(data=st.data(), single=st.booleans())
    def free(self, data: st.DataObject, single: bool) -> None:
        number = one_of(data, self.alive(lambda m: single or not m.prev))
        given = [number] if single else self.chain(number)
        last = [each for each in given if self.sides[0].lib.call_refcount(self.netbuf(each)) == 1]
        kept = [each for each in last if not self.netbuf(each)._a]
        call = "uk_netbuf_free_single" if single else "uk_netbuf_free"
        self.both(lambda side: getattr(side.lib, call)(side.netbufs[number]))
        self.both(Side.noted)
        # Memory of the caller is still there to look at, that of others is gone.
        for each in kept:
            self.looks_alike(each)
        for side in self.sides:
            side.lib.noted.count = 0
            for each in last:
                del side.netbufs[each]

    def netbuf(self, number: int) -> Any:
        return self.sides[0].netbufs[number]

    @stateful.precondition(lambda self: len(self.alive()) > 1)
    @stateful.rule(data=st.data(), append=st.booleans())
    def join(self, data: st.DataObject, append: bool) -> None:
        heads = self.alive(lambda m: not (m.prev if append else m.next))
        tails = self.alive(lambda m: not m.prev)
        apart = [(a, b) for b in tails for a in heads if a not in self.chain(b)]
        if not apart:
            return
        head, tail = data.draw(st.sampled_from(apart))
        call = "uk_netbuf_append" if append else "uk_netbuf_connect"
        self.both(lambda side: getattr(side.lib, call)(side.netbufs[head], side.netbufs[tail]))

    @stateful.precondition(lambda self: self.alive())
    @stateful.rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        number = one_of(data, self.alive())
        self.both(lambda side: side.number(side.lib.uk_netbuf_disconnect(side.netbufs[number])))

    @stateful.precondition(lambda self: self.alive())
    @stateful.rule(data=st.data())
    def ends_of_chain(self, data: st.DataObject) -> None:
        number = one_of(data, self.alive())
        self.both(lambda side: side.number(side.lib.call_chain_first(side.netbufs[number])))
        self.both(lambda side: side.number(side.lib.call_chain_last(side.netbufs[number])))


class PoolCalls(Calls):
    """Pools of all kinds, their objects, and what they are as allocators."""

    # Larger alignments would make the number of objects a matter of where the heap is.
    @stateful.precondition(lambda self: len(self.sides[0].pools) < 4)
    @stateful.rule(
        count=st.sampled_from([0, 1, 3, 6]),
        length=SIZES,
        align=st.sampled_from([1, 8, 16]),
        fails=st.sampled_from([False, False, False, True]),
    )
    def pool_alloc(self, count: int, length: int, align: int, fails: bool) -> None:
        self.pool_made(
            lambda side: side.lib.uk_allocpool_alloc(side.heap, count, length, align), fails=fails
        )

    @stateful.precondition(lambda self: len(self.sides[0].pools) < 4)
    @stateful.rule(
        size=st.sampled_from([0, 100, 140, 200, 500, 6000]) | st.integers(0, 6000),
        offset=st.sampled_from([0, 8, 24]),
        length=SIZES,
        align=ALIGNMENTS,
    )
    def pool_init(self, size: int, offset: int, length: int, align: int) -> None:
        lib = self.sides[0].lib
        itself = lib.uk_allocpool_reqmem(0, length, 8) - 8
        first = -(-(offset + itself) // max(align, 8)) * max(align, 8)
        made = self.pool_made(
            lambda side: side.lib.uk_allocpool_init(side.memory(size, offset), size, length, align)
        )
        if made and first > offset + size:
            self.broken.add(len(self.sides[0].pools) - 1)

    @stateful.rule(count=st.integers(0, 1000), length=st.integers(0, 5000), align=ALIGNMENTS)
    def pool_reqmem(self, count: int, length: int, align: int) -> None:
        self.both(lambda side: side.lib.uk_allocpool_reqmem(count, length, align))

    def taken(self, side: Side, pool: int, objects: list[Any]) -> list[Any]:
        """Return where objects are, and what is in them behind the list; write into them."""
        base = side.pools[pool]
        length = side.lib.uk_allocpool_objlen(base)
        found = []
        for each in objects:
            whole = side.ffi.buffer(each, length)
            found.append((side.address(each) - side.address(base), bytes(whole[LINKED:])))
            number = len(side.objects[pool])
            whole[:] = bytes((number + i) % 251 for i in range(length))
            side.objects[pool].append(each)
        return found

    @stateful.precondition(lambda self: self.whole_pools())
    @stateful.rule(data=st.data(), count=st.integers(0, 5))
    def take_batch(self, data: st.DataObject, count: int) -> None:
        pool = one_of(data, self.whole_pools())

        def call(side: Side) -> Any:
            array = side.ffi.new("void *[]", count + 1)
            got = side.lib.uk_allocpool_take_batch(side.pools[pool], array, count)
            return got, self.taken(side, pool, list(array[0:got])), bool(array[got])

        self.both(call)

    @stateful.precondition(lambda self: self.whole_pools())
    @stateful.rule(
        data=st.data(),
        how=st.sampled_from(["take", "malloc", "calloc", "memalign"]),
        size=SIZES | st.integers(0, 300),
        align=st.sampled_from([0, 1, 8, 16, 64, 128]),
    )
    def take(self, data: st.DataObject, how: str, size: int, align: int) -> None:
        pool = one_of(data, self.whole_pools())

        def call(side: Side) -> Any:
            a = side.allocator(pool)
            found = {
                "take": lambda: side.lib.uk_allocpool_take(side.pools[pool]),
                "malloc": lambda: side.lib.call_malloc(a, size),
                "calloc": lambda: side.lib.call_calloc(a, 1, size or 1),
                "memalign": lambda: side.lib.call_memalign(a, align, size),
            }[how]()
            return self.taken(side, pool, [found] if found else [])

        self.both(call)

    @stateful.precondition(lambda self: self.whole_pools())
    @stateful.rule(data=st.data(), size=SIZES)
    def realloc(self, data: st.DataObject, size: int) -> None:
        pool = one_of(data, self.whole_pools())
        which = data.draw(st.integers(-1, len(self.sides[0].objects[pool]) - 1))

        def call(side: Side) -> Any:
            objects = side.objects[pool]
            old = objects[which] if which >= 0 else side.ffi.NULL
            new = side.lib.call_realloc(side.allocator(pool), old, size)
            if which >= 0 and (new or not size):
                del objects[which]
            copied = bytes(side.ffi.buffer(new, size)) if new else b""
            return copied if which >= 0 else None, self.taken(side, pool, [new] if new else [])

        self.both(call)

    @stateful.precondition(lambda self: self.pools_in_use())
    @stateful.rule(
        data=st.data(), how=st.sampled_from(["return", "return_batch", "free"]), count=SIZES
    )
    def give_back(self, data: st.DataObject, how: str, count: int) -> None:
        pool = one_of(data, self.pools_in_use())
        objects = range(len(self.sides[0].objects[pool]))
        chosen = data.draw(st.lists(st.sampled_from(objects), min_size=1, unique=True))

        def call(side: Side) -> None:
            back = [side.objects[pool][each] for each in chosen]
            if how == "return_batch":
                array = side.ffi.new("void *[]", back)
                side.lib.uk_allocpool_return_batch(side.pools[pool], array, len(back))
            for each in back if how != "return_batch" else []:
                if how == "free":
                    side.lib.call_free(side.allocator(pool), each)
                else:
                    side.lib.uk_allocpool_return(side.pools[pool], each)
            for each in sorted(chosen, reverse=True):
                del side.objects[pool][each]

        self.both(call)


def one_of(data: st.DataObject, numbers: list[int]) -> int:
    return data.draw(st.sampled_from(numbers))


def compare(
    host: HostLibrary, unikraft: HostLibrary, examples: int, *, shrink: bool = True
) -> None:
    """Let hypothesis look for calls after which the two differ."""

    both = (Side(host), Side(unikraft))
    for kind in (NetbufCalls, PoolCalls):
        stateful.run_state_machine_as_test(
            type(kind.__name__, (kind,), {"sides": both}),
            settings=hypothesis.settings(
                max_examples=examples,
                stateful_step_count=30,
                derandomize=True,
                deadline=None,
                database=None,
                phases=set(hypothesis.Phase) - (set() if shrink else {hypothesis.Phase.shrink}),
                suppress_health_check=list(hypothesis.HealthCheck),
            ),
        )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Netbuf], HostLibrary]:
    """Return a function that builds a library with the calls and nothing else."""
    app = tmp_path_factory.mktemp("calls")
    for each in HERE.glob("netbuf_calls.*"):
        (app / each.name).write_text(each.read_text())
    return lambda netbuf: HostLibrary(app, netbuf=netbuf)


@pytest.mark.unikraft
def test_the_host_does_what_unikraft_does(
    library: Callable[[Netbuf], HostLibrary], tree: Tree
) -> None:
    compare(library(netbufs.HOST), library(netbufs.of_tree(tree)), 150)


@pytest.mark.long
@pytest.mark.unikraft
@pytest.mark.parametrize("release", others(), ids=lambda release: release.root.name)
def test_the_host_does_what_other_releases_do(
    library: Callable[[Netbuf], HostLibrary], release: Tree
) -> None:
    """Their headers are for both, as a netbuf is of another size in some."""
    unikraft = netbufs.of_tree(release)
    host = Netbuf("host", headers=unikraft.headers)
    compare(library(host), library(unikraft), 100)


#: One difference each, by what it is: file, text, and what stands there instead.
DIFFERENCES = {
    "a larger alignment than the pool's": (
        "allocpool.c",
        "size > p->obj_len || align > p->obj_align",
        "size > p->obj_len",
    ),
    "memory that is not given back": ("netbuf.c", "\tm->_b = mem;\n", ""),
    "one object less": (
        "allocpool.c",
        "\tcount = MIN(count, p->free_count);\n",
        "\tcount = MIN(count, p->free_count / 2);\n",
    ),
    "objects later in the memory": (
        "allocpool.c",
        "ALIGN_UP((__uptr)base + sizeof(*p), obj_align)",
        "ALIGN_UP((__uptr)base + sizeof(*p) + 1, obj_align)",
    ),
    "another object first": (
        "allocpool.c",
        "\tfor (i = 0; i < count; i++)\n\t\tput_obj",
        "\tfor (i = count; i-- > 0;)\n\t\tput_obj",
    ),
    "a freed netbuf in its chain": ("netbuf.c", "\tuk_netbuf_disconnect(m);\n\n", ""),
    "memory of a netbuf with a destructor": (
        "netbuf.c",
        "\tif (a && b)\n",
        "\tif (a && b && !m->dtor)\n",
    ),
    "private data elsewhere": ("netbuf.c", "privlen ? m + 1 : NULL", "privlen > 8 ? m + 1 : NULL"),
}


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=[pytest.mark.long] if number > 1 else [])
        for number, what in enumerate(DIFFERENCES)
    ],
)
def test_a_difference_is_found(
    library: Callable[[Netbuf], HostLibrary], tmp_path: Path, what: str
) -> None:
    """Between the host and itself but for a line: what is found there is found elsewhere."""
    file, find, replace = DIFFERENCES[what]
    text = (build.HOST / "src" / file).read_text()
    assert text.count(find) == 1, f"renew the difference in {file}"
    (tmp_path / file).write_text(text.replace(find, replace))
    wrong = library(Netbuf("wrong", {file: tmp_path / file}))
    with pytest.raises((AssertionError, ExceptionGroup)):
        compare(library(netbufs.HOST), wrong, 100, shrink=False)


# ------------------------------------------------------------ what they are


@pytest.mark.unikraft
def test_the_host_declares_what_unikraft_declares(tree: Tree) -> None:
    unikraft = netbufs.of_tree(tree)
    names = ("uk/netbuf.h", "uk/allocpool.h")
    command = (*build.Compiler.find().command, build.STANDARD)
    theirs = cheader.parse_headers(
        [unikraft.headers[each] for each in names], (*command, *build.include_flags(unikraft))
    )
    own = [build.HOST / "include" / each for each in names]
    promised = [
        each
        for each in theirs.signatures.values()
        if each.name.startswith(("uk_netbuf", "uk_allocpool"))
    ]
    assert len(promised) > 25
    cheader.check_contract(cheader.parse_headers(own, (*command, *build.include_flags())), promised)


@pytest.mark.unikraft
def test_all_of_a_program_has_the_trees_netbufs(
    emitted: Callable[[str, str], Path], tree: Tree
) -> None:
    """Assertions tell the file that they are in."""
    program = build.build_program(emitted("usoc21", "pool-dup"), netbuf=netbufs.of_tree(tree))
    content = program.read_bytes()
    for path in netbufs.of_tree(tree).sources.values():
        assert str(path).encode() in content
    for name in ("netbuf.c", "allocpool.c"):
        assert str(build.HOST / "src" / name).encode() not in content


@pytest.mark.unikraft
@pytest.mark.parametrize("format", ["usoc21", pytest.param("udp4_seq", marks=pytest.mark.long)])
def test_packets_are_the_oracles(format: str, netbuf: Netbuf) -> None:
    check_packets(format, netbuf)


@pytest.mark.long
@pytest.mark.unikraft
@pytest.mark.parametrize("release", others(), ids=lambda release: release.root.name)
@pytest.mark.parametrize("format", ["usoc21", "udp4_seq"])
def test_packets_are_the_oracles_on_other_releases(format: str, release: Tree) -> None:
    check_packets(format, netbufs.of_tree(release))


def check_packets(format: str, netbuf: Netbuf) -> None:
    strategy = next(each for each in STRATEGIES if each.name == "pool-dup")
    report = verify(Subject.build(resolve(formats.load(format)), strategy, netbuf=netbuf), 100, 0)
    assert report.counterexample is None
    assert report.counts


# ------------------------------------------------------------ where they are


TREE = (
    "lib/uknetdev/netbuf.c",
    "lib/ukallocpool/pool.c",
    "lib/uknetdev/include/uk/netbuf.h",
    "lib/ukallocpool/include/uk/allocpool.h",
    "include/uk/refcount.h",
    "include/uk/list.h",
    "include/uk/compat_list.h",
)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home folder; the environment names no tree."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("UK_ROOT", raising=False)
    monkeypatch.delenv("UK_WORKDIR", raising=False)
    return tmp_path


def make_tree(root: Path, *more: str) -> Path:
    for name in (*TREE, *more):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


def test_a_tree_must_have_all_of_it(nowhere: Path) -> None:
    tree = Tree(make_tree(nowhere / "tree", "include/uk/arch/atomic.h"))
    assert "uk/arch/atomic.h" in netbufs.of_tree(tree).headers
    assert "uk/atomic.h" not in netbufs.of_tree(tree).headers
    (tree.root / "lib/ukallocpool/pool.c").unlink()
    with pytest.raises(CodegenError, match=r"has no lib/ukallocpool/pool\.c; .*0\.5 to 0\.17"):
        netbufs.of_tree(tree)


# ---------------------------------------------------------------- the command


def codegen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codegen", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("verb", ["run", "verify", "bench"])
def test_a_folder_that_is_no_tree_is_misuse(verb: str, tmp_path: Path) -> None:
    done = codegen(verb, "--netbuf", "unikraft", "--uk-root", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--uk-root: there is no Unikraft tree in {tmp_path}; " in done.stderr


def test_a_result_says_whose_netbufs_they_were(netbuf: Netbuf) -> None:
    arguments = "--count 1000 --device loop --set match=on --json --netbuf".split()
    done = codegen("run", *arguments, netbuf.name)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["netbuf"], found["sent"], found["valid"]) == (netbuf.name, 1000, 1000)


@pytest.mark.unikraft
def test_verify_says_so_too(tree: Tree) -> None:
    option = ("--netbuf", "unikraft", "--uk-root", str(tree.root))
    done = codegen("verify", "usoc21", "--examples", "5", *option)
    assert done.returncode == 0, done.stderr
    assert "usoc21: 5 examples, seed 0, Unikraft's netbufs" in done.stdout


@pytest.mark.long
@pytest.mark.unikraft
def test_a_bench_says_so_too(tree: Tree, tmp_path: Path) -> None:
    option = ("--netbuf", "unikraft", "--uk-root", str(tree.root))
    path = tmp_path / "bench.json"
    short = "--strategy zero-copy --length 60 --sink free --repeat 1 --seconds 0.01".split()
    done = codegen("bench", *short, "--json", str(path), *option)
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text())["netbuf"] == "unikraft"
    assert "Unikraft's own" in done.stdout
