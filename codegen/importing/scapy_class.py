"""A class of scapy: the fields of its ``fields_desc``, with the values that scapy has by default.

The class is imported, which runs its module, as scapy does. A field whose default scapy computes
(a length, a checksum, an address of this machine) has the value that it has in
``bytes(CLASS())``.
"""

from __future__ import annotations

import difflib
import logging
import re
import struct
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from codegen import loader
from codegen.errors import UsageError
from codegen.importing.found import (
    MAX_BYTES,
    MAX_FIELDS,
    Found,
    FoundHeader,
    FoundMember,
    FoundPacket,
    Names,
    identifier,
    parameter,
)
from codegen.model import (
    MAC,
    Bytes,
    Default,
    IPv4Address,
    IPv6Address,
    Parameter,
    Source,
    Switch,
    UInt,
    Value,
)

_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")

#: The most values of a field that are tried for what a condition depends on.
_TRIED_BITS = 8


def read(spec: str) -> Found:
    """Return a class of scapy, ``package.module.CLASS``, as fields.

    Raises UsageError when there is none, or one of its fields cannot be a field of a format.
    """
    if find_spec("scapy") is None:
        raise UsageError("scapy is not installed: pip install scapy")
    made = _class(spec)
    reader = _Reader(made)
    fields = tuple(reader.fields())
    if not fields:
        raise UsageError(f"{spec} has no fields of its own")
    if len(fields) > MAX_FIELDS or reader.bits > 8 * MAX_BYTES:
        raise UsageError(
            f"{spec} has {len(fields)} fields of {reader.bits // 8} bytes; {MAX_FIELDS} fields and "
            f"{MAX_BYTES} bytes can be written at most"
        )
    reader.note_the_rest()
    title = made.name if isinstance(made.name, str) else made.__name__
    return Found(
        f"the class {spec} of scapy",
        (FoundHeader(reader.name, fields, title if title != reader.name else ""),),
        (FoundPacket(f"{reader.name}_frame", (reader.name,)),),
        reader.bits // 8,
        tuple(reader.notes),
        reader.comments,
    )


def _class(spec: str) -> Any:
    """Return the class; raises UsageError when there is none of that name."""
    if not _MODULE.fullmatch(spec):
        raise UsageError(
            f"{spec!r} is no class of scapy; name MODULE.CLASS, as in scapy:scapy.layers.inet.UDP"
        )
    # It warns of what a network would need, and none is used.
    logging.getLogger("scapy").setLevel(logging.ERROR)
    module, _, name = spec.rpartition(".")
    loaded = loader.import_module(module)
    from scapy.packet import Packet

    found = getattr(loaded, name, None)
    if isinstance(found, type) and issubclass(found, Packet):
        return found
    here = [
        each
        for each, value in vars(loaded).items()
        if isinstance(value, type) and issubclass(value, Packet) and value.__module__ == module
    ]
    near = difflib.get_close_matches(name, here, 8, 0.5) or sorted(here)[:8]
    raise UsageError(
        f"{module} has no packet class {name!r}; it has: "
        f"{', '.join(near) or 'none'}{', ...' if len(here) > len(near) else ''}"
    )


class _Reader:
    """Reads the fields of one class."""

    def __init__(self, made: Any) -> None:
        self.name = identifier(made.__name__.lower())
        self.made = made
        self.names = Names()
        self.notes: list[str] = []
        self.comments: dict[str, str] = {}
        self.bits = 0
        self._named: list[str] = []
        self._signed: list[str] = []
        self._shapes: dict[str, UInt] = {}
        self._switches: set[str] = set()
        try:
            self.packet = made()
            self.octets: bytes = bytes(made())
        except Exception as error:  # of any class's own code
            raise UsageError(
                f"scapy cannot build {made.__name__} with its defaults: "
                f"{type(error).__name__}: {error}"
            ) from None

    def fields(self) -> Iterator[FoundMember]:
        """Yield the fields in wire order."""
        listed = list(self.made.fields_desc)
        for each in listed:
            self._find_switch(each)
        for each in listed:
            yield from self._member(each)

    def note_the_rest(self) -> None:
        """Complete the notes; to be called when all fields were read."""
        if self.bits % 8:
            raise UsageError(
                f"{self.made.__name__} has fields of {self.bits} bits, no whole number of bytes"
            )
        if len(self.octets) != self.bits // 8:
            self.notes.append(
                f"scapy's default packet has {len(self.octets)} bytes, and its fields here have "
                f"{self.bits // 8}: what scapy adds when it builds the packet is not carried over"
            )
        if self._named:
            self.notes.append(
                "scapy's names of numbers are not carried over, since other numbers are possible "
                f"as well: {', '.join(self._named)}"
            )
        if self._signed:
            self.notes.append(
                f"signed in scapy, and here a number in two's complement: {', '.join(self._signed)}"
            )
        for path, name in self.names.renamed.items():
            self.notes.append(f"{path}: its name in scapy is {name!r}")

    # --- conditions ------------------------------------------------------------

    def _find_switch(self, declared: Any) -> None:
        """Note which field a condition depends on: that one must have a value of the format."""
        if _kind(declared, "ConditionalField"):
            switch = self._switch(declared)
            if switch is not None:
                self._switches.add(switch if isinstance(switch, str) else switch[0])

    def _switch(self, declared: Any) -> str | tuple[str, int] | None:
        """Return the condition of a field as the model has it, None where it has none such.

        The condition is Python: it is tried with each value of the one field that it names.
        """
        code = getattr(declared.cond, "__code__", None)
        earlier = {each.name: each for each in self.made.fields_desc}
        used = [each for each in getattr(code, "co_names", ()) if each in earlier]
        if code is None or len(used) != 1 or code.co_freevars:
            return None
        (name,) = used
        field = _unwrapped(earlier[name])
        bits = getattr(field, "size", None) if _kind(field, "_BitField") else 8 * int(field.sz)
        if not isinstance(bits, int) or not 0 < bits <= _TRIED_BITS:
            return None
        try:
            true = [n for n in range(1 << bits) if declared.cond(self.made(**{name: n}))]
        except Exception:  # of any condition
            return None
        if true == list(range(1, 1 << bits)):
            return identifier(name)
        return (identifier(name), true[0]) if len(true) == 1 else None

    # --- fields ----------------------------------------------------------------

    def _member(self, declared: Any) -> Iterator[FoundMember]:
        name, when = str(declared.name), None
        if _kind(declared, "ConditionalField"):
            when = self._switch(declared)
            present = bool(declared.cond(self.packet))
            if when is None:
                stays = "is there, as by default" if present else "is left out"
                self.notes.append(f"{name}: its condition cannot be read; the field {stays}")
                if not present:
                    return
            counted = present
        else:
            counted = True
        field = _unwrapped(declared)
        if _kind(field, "MultipleTypeField"):
            default = getattr(self.packet, name)
            field = _unwrapped(field._find_fld_pkt_val(self.packet, default)[0])
            self.notes.append(
                f"{name}: of several types, it is the default, {type(field).__name__}"
            )
        found = self._shape(field, name, when, counted=counted)
        if found is not None:
            self.bits += found.bits if counted else 0
            yield found

    def _shape(
        self, field: Any, name: str, when: Switch | None, *, counted: bool
    ) -> UInt | MAC | IPv4Address | IPv6Address | Bytes | None:
        """Return a field of scapy's as one of the model; None where it has no bytes."""
        bits = self._width(field, name)
        if bits is None:
            octets = self._bytes_of(field, name)
            return self._run_of_bytes(field, name, octets, when)
        chosen = self.names.choose(self.name, name)
        value, computed = self._value(field, name, bits, counted=counted)
        if type(field).__name__.startswith("Signed") or re.fullmatch(r"\W?[bhilq]", field.fmt):
            self._signed.append(name)
        if getattr(field, "i2s", None):
            self._named.append(name)
        little = _is_little(field)
        source = self._source(chosen, value, computed=computed)
        return UInt(chosen, bits, source, byteorder="little" if little else "big", when=when)

    def _width(self, field: Any, name: str) -> int | None:
        """Return the bits of a field that is a number, None of one that is not."""
        if not hasattr(field, "fmt"):
            raise UsageError(
                f"{self.made.__name__}.{name} is a {type(field).__name__}, whose layout depends on "
                "its value; it cannot be carried over"
            )
        if _kind(field, "_BitField"):
            whole = self.bits % 8 == 0 and field.size % 8 == 0
            if _kind(field, "BitLenField") or field.size <= 0 or (field.rev and not whole):
                raise UsageError(
                    f"{self.made.__name__}.{name} is a bit field whose length varies, or that "
                    "counts from the least significant bit; it cannot be carried over"
                )
            return int(field.size)
        if _kind(field, "ThreeBytesField", "LEThreeBytesField"):
            return 24
        from scapy.fields import Field

        is_number = re.fullmatch(r"[!<>=@]?[BHILQbhilq]", str(field.fmt))
        if not is_number or type(field).addfield is not Field.addfield:
            return None
        return 8 * struct.calcsize(field.fmt)

    def _value(self, field: Any, name: str, bits: int, *, counted: bool) -> tuple[int, bool]:
        """Return the default of a number, and whether it is scapy that computes it."""
        default = self._given(name)
        if default is not None:
            try:
                value = field.i2m(self.packet, default)
                return int(value) % (1 << bits), False
            except Exception as error:  # of a class's own conversion
                self.notes.append(f"{name}: its default cannot be had ({type(error).__name__})")
        built = int.from_bytes(self.octets, "big") << 64
        shift = 8 * len(self.octets) + 64 - self.bits - bits
        value = built >> shift & (1 << bits) - 1 if shift >= 0 and counted else 0
        if _is_little(field):
            value = int.from_bytes(value.to_bytes(bits // 8, "big"), "little")
        of = getattr(field, "length_of", None) or getattr(field, "count_of", None)
        what = (
            f"the length or the number of {of}"
            if of
            else "a length, a checksum, a random number or the like"
        )
        self.notes.append(f"{name}: scapy computes it when it builds the packet: {what}")
        self.comments[f"{self.name}.{identifier(name)}"] = "computed by scapy"
        return value, True

    def _given(self, name: str) -> Any:
        """Return the default of a field, None where scapy computes or draws it."""
        from scapy.volatile import VolatileValue

        value = self.packet.getfieldval(name)
        return None if isinstance(value, VolatileValue) else value

    def _bytes_of(self, field: Any, name: str) -> bytes:
        """Return the bytes of a field that is no number, as they are by default."""
        start = self.bits // 8
        try:
            octets = field.addfield(self.packet, b"", self.packet.getfieldval(name))
        except Exception as error:  # of any field's own code
            raise UsageError(
                f"{self.made.__name__}.{name}, a {type(field).__name__}, cannot be carried over: "
                f"scapy does not build it by itself: {type(error).__name__}: {error}"
            ) from None
        if not isinstance(octets, bytes) or self.bits % 8:
            raise UsageError(
                f"{self.made.__name__}.{name}, a {type(field).__name__}, is no run of whole bytes, "
                "and cannot be carried over"
            )
        built = self.octets[start : start + len(octets)]
        return built if self._given(name) is None and len(built) == len(octets) else octets

    def _run_of_bytes(
        self, field: Any, name: str, octets: bytes, when: Switch | None
    ) -> MAC | IPv4Address | IPv6Address | Bytes | None:
        if not octets:
            self.notes.append(
                f"{name}: left out; a {type(field).__name__} of a length that varies, empty by "
                "default"
            )
            return None
        chosen = self.names.choose(self.name, name)
        number = int.from_bytes(octets, "big")
        for known, made in (
            ("MACField", MAC),
            ("IPField", IPv4Address),
            ("IP6Field", IPv6Address),
        ):
            if _kind(field, known) and 8 * len(octets) == made.bits:
                if self._given(name) is None:
                    self.notes.append(
                        f"{name}: scapy chooses the address when it builds the packet"
                    )
                shown = made("", Default(0)).show(number)
                return made(chosen, self._source(chosen, shown, computed=False), when=when)
        if not _kind(field, "StrFixedLenField", "UUIDField", "NBytesField"):
            self.notes.append(
                f"{name}: a {type(field).__name__}; here it is the {len(octets)} bytes that it has "
                "by default"
            )
        source = self._source(chosen, octets, computed=False)
        return Bytes(chosen, source, size=len(octets), when=when)

    def _source(self, name: str, value: Value, *, computed: bool) -> Source:
        if computed or name in self._switches:
            return Default(value)
        return Parameter(parameter(self.name, name), value)


def _unwrapped(field: Any) -> Any:
    """Return the field inside of those that only add something to it, such as emphasis."""
    while _kind(field, "ConditionalField", "Emph", "ActionField", "MayEnd"):
        field = field.fld
    return field


def _is_little(field: Any) -> bool:
    """Return whether a number is little-endian; it has whole bytes then."""
    little = str(field.fmt).startswith("<") or bool(getattr(field, "rev", False))
    return little or _kind(field, "LEThreeBytesField")


def _kind(field: Any, *names: str) -> bool:
    """Return whether a field is of a class of scapy's with one of these names."""
    return any(each.__name__ in names for each in type(field).__mro__)
