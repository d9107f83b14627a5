"""The emitted C under test: call it on poisoned memory and check all its effects."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen import emit, temporary
from codegen.errors import CodegenError
from codegen.host import build
from codegen.host.library import HostLibrary
from codegen.layout import Fixed, Layout, Placed
from codegen.model import MAC, Bytes, Reserved, Strategy


class Mismatch(CodegenError):
    """The emitted C behaves differently from the oracle or from the contract."""


@dataclass(frozen=True)
class Memory:
    """The memory that a packet is requested in: its geometry, and the byte that poisons it."""

    headroom: int = 16
    bufalign: int = 8
    poison: int = 0xA5


class Subject:
    """The library of one application, and the calls that a test makes of it."""

    def __init__(self, layout: Layout, library: HostLibrary) -> None:
        """Take ``library`` as the application of a format."""
        self.layout = layout
        self.ffi: Any = library.ffi
        self.lib: Any = library.lib
        self.lib.host_alloc_poison(Memory.poison)
        self._heap = self.lib.uk_alloc_get_default()

    @classmethod
    def build(cls, layout: Layout, strategy: Strategy, **options: Any) -> Subject:
        """Emit and compile the application, and check its headers against the model.

        ``options`` are those of :class:`codegen.host.library.HostLibrary`.
        """
        with temporary.folder() as app:
            emit.write(emit.render(layout, strategy), app / strategy.name)
            return cls.from_folder(layout, app / strategy.name, **options)

    @classmethod
    def from_folder(cls, layout: Layout, app: Path, **options: Any) -> Subject:
        """Compile the application in a folder, which may have been edited."""
        from codegen import cheader
        from codegen.verify import contract

        with temporary.folder() as folder:
            source, header = _inline_functions(layout, folder)
            library = HostLibrary(app, extra_sources=[source], extra_headers=[header], **options)
        cheader.check_contract(build.app_declarations(app), contract.expected(layout))
        return cls(layout, library)

    # Calls

    def generate(
        self, arguments: Mapping[str, int], length: int, memory: Memory, shorthand: bool = False
    ) -> bytes:
        """Return the frame that the emitted function writes.

        The arguments are integers as on the wire. Checks, and raises Mismatch
        about: a refusal, the netbuf's geometry, any byte written outside the
        frame, and memory that is not given back.
        """
        self.lib.host_alloc_poison(memory.poison)
        live, damaged = self.lib.host_alloc_live(), self.lib.host_alloc_check()
        pkt = self._call(arguments, length, memory, shorthand)
        if not pkt:
            raise Mismatch(f"no packet, errno {errno.errorcode.get(self.ffi.errno, 'unknown')}")
        try:
            frame = self.inspect(pkt, self.layout.frame_length(length), memory)
            copy = self.duplicate(pkt, memory)
            if copy != frame:
                raise Mismatch("the duplicate of a packet has other bytes")
        finally:
            self.lib.uk_netbuf_free(pkt)
        if self.lib.host_alloc_live() != live:
            raise Mismatch("memory of the packet was not given back")
        if self.lib.host_alloc_check() != damaged:
            raise Mismatch("a byte outside of the allocation was written")
        return frame

    def sweep(
        self,
        arguments: Mapping[str, int],
        length: int,
        packet: int,
        memory: Memory,
        now: int = 0,
        wall: int = 0,
    ) -> bytes:
        """Return the frame of the packet with that number in a sweep.

        The first packet's frame is generated, and what differs is written into it.
        """
        self.lib.host_alloc_poison(memory.poison)
        pkt = self._call(arguments, length, memory, shorthand=False)
        if not pkt:
            raise Mismatch("no packet")
        try:
            name = self.layout.name
            sweep = self.ffi.new(f"struct {name}_sweep *")
            getattr(self.lib, f"{name}_sweep_init")(sweep, length, self._args(arguments))
            sweep.n = packet
            for name, time in (("now", now), ("wall", wall)):
                if hasattr(sweep, name):
                    setattr(sweep, name, time)
            self.lib.verify_sweep_write(self.ffi.cast("uint8_t *", pkt.data), sweep)
            return self.inspect(pkt, self.layout.frame_length(length), memory)
        finally:
            self.lib.uk_netbuf_free(pkt)

    def verdict(self, arguments: Mapping[str, int], received: bytes) -> str:
        """Return the verdict of the emitted match function on a received frame."""
        frame = self.ffi.from_buffer("uint8_t[]", received)
        match = getattr(self.lib, f"{self.layout.name}_match")
        verdict = match(frame, len(received), self._args(arguments))
        return str(self.ffi.string(self.lib.verify_verdict(verdict)).decode())

    def parse(self, received: bytes) -> tuple[str, dict[str, int]]:
        """Return the name of the parser's result, and the fields that it read, by path."""
        fields = self.ffi.new(f"struct {self.layout.name}_fields *")
        # Memory of exactly this size: the sanitizers catch a read behind it.
        frame = self.ffi.new("uint8_t[]", max(len(received), 1))
        self.ffi.memmove(frame, received, len(received))
        result = getattr(self.lib, f"{self.layout.name}_parse")(frame, len(received), fields)
        values = {}
        for placed in self.layout.fields:
            if is_constant(placed):
                continue
            member = getattr(fields, placed.path.replace(".", "_"))
            if placed.field.octets is None:
                values[placed.path] = int(member)
            else:
                values[placed.path] = int.from_bytes(bytes(member), "big")
        return str(self.ffi.string(self.lib.verify_result(result)).decode()), values

    def duplicate(self, pkt: Any, memory: Memory) -> bytes:
        """Return the bytes of a duplicate made by ``uk_netbuf_dup_single()``."""
        buflen = memory.headroom + pkt.len
        dup = self.lib.uk_netbuf_dup_single(
            self._heap, buflen, memory.bufalign, memory.headroom, 0, self.ffi.NULL, pkt
        )
        if not dup:
            raise Mismatch("a packet cannot be duplicated")
        try:
            return self.inspect(dup, pkt.len, memory)
        finally:
            self.lib.uk_netbuf_free(dup)

    def inspect(self, pkt: Any, length: int, memory: Memory) -> bytes:
        """Return a netbuf's data after a check of everything around them."""
        if pkt.len != length:
            raise Mismatch(f"the packet's len is {pkt.len}, not {length}")
        buf = int(self.ffi.cast("uintptr_t", pkt.buf))
        headroom = int(self.ffi.cast("uintptr_t", pkt.data)) - buf
        if headroom != memory.headroom:
            raise Mismatch(f"the headroom is {headroom}, not {memory.headroom}")
        if buf % max(memory.bufalign, 1):
            raise Mismatch(f"the buffer is not aligned to {memory.bufalign}")
        whole = bytes(self.ffi.buffer(pkt.buf, pkt.buflen))
        poison = bytes([memory.poison])
        if whole[:headroom].strip(poison):
            raise Mismatch("a byte of the headroom was written")
        if whole[headroom + length :].strip(poison):
            raise Mismatch("a byte behind the frame was written")
        return whole[headroom : headroom + length]

    def refusal(
        self,
        arguments: Mapping[str, int],
        length: int,
        memory: Memory,
        *,
        no_memory: bool = False,
    ) -> int:
        """Return errno of a call that must return NULL; raises Mismatch when it does not."""
        if no_memory:
            self.lib.host_alloc_fail_after(0)
        live = self.lib.host_alloc_live()
        self.ffi.errno = 0
        pkt = self._call(arguments, length, memory, shorthand=False)
        found = int(self.ffi.errno)
        self.lib.host_alloc_fail_after(-1)
        if pkt:
            self.lib.uk_netbuf_free(pkt)
            raise Mismatch("a packet was returned where NULL is due")
        if self.lib.host_alloc_live() != live:
            raise Mismatch("memory was kept although no packet was returned")
        return found

    def _call(
        self, arguments: Mapping[str, int], length: int, memory: Memory, shorthand: bool
    ) -> Any:
        buffer = (self._heap, memory.bufalign, memory.headroom, length)
        name = self.layout.name
        if shorthand:
            given = [
                self._passed(placed.field, arguments[placed.argument.name], own)
                for placed, own in self._open_arguments()
            ]
            return getattr(self.lib, f"genpkt_{name}")(*buffer, *given)
        return getattr(self.lib, f"genpkt_{name}_args")(*buffer, self._args(arguments))

    def _args(self, arguments: Mapping[str, int]) -> Any:
        args = self.ffi.new(f"struct {self.layout.name}_args *")
        for placed in self.layout.arguments:
            argument = placed.argument
            value = arguments[argument.name]
            octets = placed.field.octets
            if octets is None:
                setattr(args, argument.name, value)
            else:
                self.ffi.buffer(getattr(args, argument.name))[:] = value.to_bytes(octets, "big")
        return args

    def _open_arguments(self) -> list[tuple[Any, bool]]:
        """Return the shorthand's arguments, and whether the device gives their value."""
        preset = self.layout.is_preset
        return [
            (placed, preset and placed.argument.default is None)
            for placed in self.layout.arguments
            if not placed.argument.bound
        ]

    def _passed(self, field: Any, value: int, own: bool) -> Any:
        """Return a value as the shorthand takes it: addresses and bytes by pointer."""
        if field.octets is None:
            return value
        octets = value.to_bytes(field.octets, "big")
        if isinstance(field, Bytes):
            return self.ffi.new("uint8_t[]", octets)
        kind = "ether_addr" if isinstance(field, MAC) else "ipv6_addr"
        address = self.ffi.new(f"struct {'uk_hwaddr' if own else kind} *")
        address.addr_bytes = octets
        return address


def is_constant(placed: Placed) -> bool:
    """Return whether a received frame has one value in a field, or any that is ignored."""
    checked = isinstance(placed.origin, Fixed) and placed.origin.checked
    return checked or isinstance(placed.field, Reserved)


def _inline_functions(layout: Layout, folder: Path) -> tuple[Path, Path]:
    """Write a source, and its header, through which Python reaches inline functions."""
    name = layout.name
    functions = [
        ("const char *verify_result(int result)", "return frame_result_name(result)"),
        ("const char *verify_verdict(int verdict)", "return frame_verdict_name(verdict)"),
    ]
    if layout.is_swept:
        sweep = f"struct {name}_sweep *sweep"
        functions += [
            (
                f"void verify_sweep_write(uint8_t *frame, const {sweep})",
                f"{name}_sweep_write(frame, sweep)",
            ),
            (f"void verify_sweep_next({sweep})", f"{name}_sweep_next(sweep)"),
        ]
    if layout.length_sweep is not None:
        functions.append(
            ("uint16_t verify_sweep_length(uint64_t n)", f"return {name}_sweep_length(n)")
        )
    header, source = folder / "verify_inline.h", folder / "verify_inline.c"
    header.write_text('#include "genpkt.h"\n' + "".join(f"{each};\n" for each, _ in functions))
    source.write_text(
        '#include "verify_inline.h"\n'
        + "".join(f"{each}\n{{\n\t{body};\n}}\n" for each, body in functions)
    )
    return source, header
