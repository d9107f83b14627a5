"""Packets of a pdl file: each with the fields of those that it inherits from, as one header.

Fields of fewer than whole bytes are grouped up to the next byte in pdl, the first one in the
least significant bits, and such a group has the byte order of the file. In a big-endian file
its last field is therefore the first on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codegen.errors import CodegenError, UsageError
from codegen.importing import write
from codegen.importing.found import (
    MAX_BYTES,
    MAX_FIELDS,
    Found,
    FoundGroup,
    FoundHeader,
    FoundMember,
    FoundPacket,
    Names,
    identifier,
    parameter,
)
from codegen.importing.found import count as count_fields
from codegen.importing.pdl_syntax import FieldSyntax, File, Record, Value, parse
from codegen.model import (
    ETHERNET_MAX,
    PAYLOAD,
    Bytes,
    Const,
    Count,
    Default,
    Edge,
    Length,
    Parameter,
    Reserved,
    Source,
    Span,
    Switch,
    UInt,
)

#: The most bytes of a file, and how deep structs in structs may be.
_MAX_TEXT = 1_000_000
_MAX_DEPTH = 16
#: The most numbers of an enumeration that are written.
_MAX_NAMES = 64


class _Unsupported(CodegenError):
    """What a packet has that cannot be carried over."""


def read(path: Path, name: str = "") -> Found:
    """Return a packet of a file as fields, or all packets that can be.

    Raises UsageError when the file cannot be read, has no such packet, or the packet has what
    cannot be carried over.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    octets = path.read_bytes()
    if len(octets) > _MAX_TEXT:
        raise UsageError(f"{path} has {len(octets)} bytes; {_MAX_TEXT} at most are read")
    try:
        file = parse(octets.decode("utf-8", "replace"), str(path))
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply to be parsed") from None
    packets = [each for each in file.records.values() if each.kind == "packet"]
    chosen = [each for each in packets if name in ("", each.name)]
    if not chosen:
        listed = ", ".join(each.name for each in packets[:20]) or "none"
        raise UsageError(f"{path} has no packet {name!r}; it has: {listed}")
    found: list[Found] = []
    notes: list[str] = []
    for each in chosen:
        try:
            one = _Packet(file, each).found(path)
            if not name:
                write.checked(one)
            found.append(one)
        except (_Unsupported, UsageError) as error:
            if name:
                raise UsageError(f"{path}:{each.line}: {each.name}: {error}") from None
            notes.append(f"{each.name}: left out: {str(error).splitlines()[-1].strip()}")
    if not found:
        raise UsageError(f"{path}: no packet can be carried over:\n  " + "\n  ".join(notes[:20]))
    return Found(
        f"{f'the packet {name}' if name else 'the packets'} of {path}",
        tuple(header for one in found for header in one.headers),
        tuple(packet for one in found for packet in one.packets),
        max(one.length for one in found),
        (*notes, *(note for one in found for note in one.notes)),
        {key: text for one in found for key, text in one.comments.items()},
    )


@dataclass
class _Item:
    """A field of a packet or of one that it inherits from, or a mark around a payload.

    ``level`` is the place in the line of inheritance; a ``mark`` is ``open`` or ``close``, the
    ends of what a level calls its payload, or ``payload``. ``name`` and ``bits`` are those of
    the field that is made of it.
    """

    level: int
    syntax: FieldSyntax
    mark: str = ""
    name: str = ""
    bits: int = 0


@dataclass
class _Scope:
    """Where fields are: their path, in how many arrays; the values that are given to some
    of them, and those that switch optional fields on."""

    path: str
    arrays: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    switches: dict[str, int] = field(default_factory=dict)


class _Packet:
    """Makes a header of one packet."""

    def __init__(self, file: File, record: Record) -> None:
        self.file = file
        self.record = record
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", record.name).lower()
        self.name = identifier(snake)
        self.names = Names()
        self.notes: list[str] = []
        self.comments: dict[str, str] = {}
        self.bits = 0
        self.made = 0

    def found(self, path: Path) -> Found:
        """Return what was found; raises _Unsupported for what cannot be carried over."""
        scope = _Scope(self.name)
        items = self._items(self.record, scope)
        fields, trailer = self._members(items, scope)
        if not fields and not trailer:
            raise _Unsupported("it has no fields")
        total = count_fields((*fields, *trailer))
        if total > MAX_FIELDS or self.bits > 8 * MAX_BYTES:
            raise _Unsupported(
                f"it has {total} fields of {self.bits // 8} bytes; {MAX_FIELDS} fields and "
                f"{MAX_BYTES} bytes can be written at most"
            )
        payload = any(each.mark == "payload" for each in items)
        notes = tuple(f"{self.record.name}: {note}" for note in self.notes)
        return Found(
            f"the packet {self.record.name} of {path}",
            (FoundHeader(self.name, fields, trailer=trailer),),
            (FoundPacket(self.name, (self.name,), payload, least=1, most=self._most(items)),),
            self.bits // 8,
            notes,
            self.comments,
        )

    # --- inheritance -----------------------------------------------------------

    def _items(self, record: Record, scope: _Scope) -> list[_Item]:
        """Return the fields of a record and of its parents, in the order of declaration."""
        line = [record]
        while line[0].parent:
            parent = self.file.records.get(line[0].parent)
            if parent is None or parent.kind != record.kind or parent in line:
                raise _Unsupported(
                    f"{line[0].name} inherits from {line[0].parent!r}, which is none"
                )
            line.insert(0, parent)
        for each in line:
            scope.values |= dict(each.constraints)
        found: list[_Item] = []

        def add(level: int) -> None:
            for each in self._inlined(line[level].fields, scope):
                if each.kind != "_payload_":
                    found.append(_Item(level, each))
                    continue
                found.append(_Item(level, each, "open"))
                if level + 1 < len(line):
                    add(level + 1)
                else:
                    found.append(_Item(level, each, "payload"))
                found.append(_Item(level, each, "close"))

        add(0)
        return found

    def _inlined(self, fields: Sequence[FieldSyntax], scope: _Scope) -> list[FieldSyntax]:
        """Return fields with those of groups in place of these."""
        found: list[FieldSyntax] = []
        for each in fields:
            if each.kind != "group":
                found.append(each)
                continue
            group = self.file.records.get(each.name)
            if group is None or group.kind != "group":
                raise _Unsupported(f"there is no group {each.name!r}")
            if any(inner.kind == "group" for inner in group.fields):
                raise _Unsupported(f"the group {each.name} has a group")
            scope.values |= dict(each.constraints)
            found += group.fields
        return found

    # --- members ---------------------------------------------------------------

    def _members(
        self, items: list[_Item], scope: _Scope
    ) -> tuple[tuple[FoundMember, ...], tuple[FoundMember, ...]]:
        """Return the fields before the payload, and those behind it."""
        items[:] = self._in_wire_order(items)
        for each in items:
            if each.syntax.condition is not None:
                # The optional field is there by default.
                switch, value = each.syntax.condition
                scope.switches[identifier(switch)] = self._tag(value, "")
        for each in items:
            if not each.mark and each.syntax.kind != "_checksum_start_":
                each.name = self.names.choose(scope.path, _called(each.syntax))
        parts: list[list[FoundMember]] = [[], []]
        behind = 0
        before: FoundMember | None = None
        for each in items:
            if each.mark:
                behind = 1 if each.mark == "payload" else behind
                continue
            start = self.bits
            before = self._member(each, items, scope, before)
            each.bits = self.bits - start
            if before is not None:
                parts[behind].append(before)
        return tuple(parts[0]), tuple(parts[1])

    def _in_wire_order(self, items: list[_Item]) -> list[_Item]:
        """Return the items with the groups of bits of a big-endian file turned round."""
        found: list[_Item] = []
        group: list[_Item] = []
        bits = 0
        for each in items:
            width = None if each.mark else self._bit_width(each.syntax)
            if width is None:
                if group and each.syntax.kind != "_checksum_start_":
                    raise _Unsupported("a field that is no number is inside of a byte")
                found.append(each)
                continue
            group.append(each)
            bits += width
            if bits % 8 == 0:
                found += group if self.file.order == "little" else group[::-1]
                group, bits = [], 0
        if group:
            raise _Unsupported("its fields end inside of a byte")
        return found

    def _bit_width(self, syntax: FieldSyntax) -> int | None:
        """Return the bits of a field that may share a byte with others, None for another."""
        if syntax.kind in ("_size_", "_count_", "_fixed_", "_reserved_", "field"):
            if syntax.condition is not None:
                return None
            if syntax.bits is not None:
                return syntax.bits
            if syntax.of in self.file.enums:
                return self.file.enums[syntax.of].bits
        return None

    def _member(
        self, item: _Item, items: list[_Item], scope: _Scope, before: FoundMember | None
    ) -> FoundMember | None:
        """Return a field; ``before`` is the one before it, None where that is left out."""
        syntax = item.syntax
        self.made += 1
        if self.made > MAX_FIELDS:
            raise _Unsupported(f"it has more than {MAX_FIELDS} fields")
        match syntax.kind:
            case "_size_" | "_count_":
                source = self._size(syntax, items)
                return self._number(item.name, syntax.bits or 0, source)
            case "_fixed_":
                bits = self.file.enums[syntax.of].bits if syntax.bits is None else syntax.bits
                return self._number(item.name, bits, Const(self._constant(syntax)))
            case "_reserved_":
                self.bits += syntax.bits or 0
                order = self.file.order if (syntax.bits or 0) != 8 else "big"
                return Reserved(syntax.bits or 0, item.name, byteorder=order)
            case "_padding_":
                return self._padding(item, before)
            case "_checksum_start_":
                self.notes.append(f"{syntax.of} is a checksum that starts there; see Checksum()")
                return None
            case "array":
                return self._array(item, scope)
            case "field":
                return self._field(item, scope)
        raise _Unsupported(f"{syntax.kind}({syntax.of}) cannot be carried over")

    def _number(self, name: str, bits: int, source: Source, when: Switch | None = None) -> UInt:
        self.bits += bits
        order = self.file.order if bits != 8 else "big"
        return UInt(name, bits, source, byteorder=order, when=when)

    def _source(self, name: str, scope: _Scope, value: int | bytes = 0) -> Source:
        if scope.arrays > 1 or name in scope.switches:
            return Default(scope.switches.get(name, value))
        return Parameter(parameter(scope.path, name), value)

    def _field(self, item: _Item, scope: _Scope) -> FoundMember:
        syntax = item.syntax
        when: Switch | None = None
        if syntax.condition is not None:
            when = (identifier(syntax.condition[0]), self._tag(syntax.condition[1], ""))
        if syntax.name in scope.values:
            value = self._tag(scope.values[syntax.name], syntax.of)
            bits = self._bit_width(replace(syntax, condition=None))
            if bits is None:
                raise _Unsupported(f"{syntax.name} is given a value, and is no number")
            return self._number(item.name, bits, Const(value), when)
        if syntax.bits is not None:
            return self._number(item.name, syntax.bits, self._source(item.name, scope), when)
        if syntax.of in self.file.enums:
            return self._enumeration(item.name, syntax.of, scope, when)
        if syntax.of in self.file.opaque:
            return self._opaque(item, scope, when)
        return FoundGroup(item.name, self._struct(syntax.of, item.name, scope), when=when)

    def _enumeration(self, name: str, of: str, scope: _Scope, when: Switch | None = None) -> UInt:
        enum = self.file.enums[of]
        names: dict[int, str] = {}
        for tag, number in enum.tags.items():
            names.setdefault(number, tag)
        if not enum.closed or len(names) > _MAX_NAMES:
            self.notes.append(f"{name}: the names of {of}, which has ranges or other numbers")
            names = {}
        default = 0 if not names or 0 in names else next(iter(names))
        made = self._number(name, enum.bits, self._source(name, scope, default), when)
        return replace(made, names=names)

    def _opaque(self, item: _Item, scope: _Scope, when: Switch | None) -> UInt:
        kind, bits = self.file.opaque[item.syntax.of]
        if bits is None or bits > 64:
            raise _Unsupported(f"{item.syntax.name} is a custom field of a size that varies")
        if kind == "checksum":
            self.comments[f"{scope.path}.{item.name}"] = "perhaps Checksum(HEADER)"
            self.notes.append(f"{item.syntax.name}: a checksum, and a parameter here")
        else:
            self.notes.append(f"{item.syntax.name}: a custom field, and a number here")
        return self._number(item.name, bits, self._source(item.name, scope), when)

    def _struct(
        self, of: str, name: str, scope: _Scope, arrays: int = 0
    ) -> tuple[FoundMember, ...]:
        """Return the fields of a struct that is a field of that name."""
        record = self.file.records.get(of)
        if record is None or record.kind != "struct":
            raise _Unsupported(f"there is no type {of!r}")
        inside = _Scope(f"{scope.path}.{name}", scope.arrays + arrays)
        if inside.path.count(".") > _MAX_DEPTH:
            raise _Unsupported(f"{of} is in more than {_MAX_DEPTH} structs")
        items = self._items(record, inside)
        if any(each.mark == "payload" for each in items):
            raise _Unsupported(f"the struct {of} has a payload")
        fields, _ = self._members(items, inside)
        if not fields:
            raise _Unsupported(f"the struct {of} has no fields")
        return fields

    def _array(self, item: _Item, scope: _Scope) -> FoundMember | None:
        syntax, name = item.syntax, item.name
        if not syntax.count:
            self.notes.append(f"{syntax.name}: left out; an array of a length that varies")
            return None
        if syntax.bits == 8:
            self.bits += 8 * syntax.count
            if self.bits > 8 * MAX_BYTES:
                raise _Unsupported(f"{syntax.name} has {syntax.count} bytes; too many for a frame")
            return Bytes(name, self._source(name, scope, bytes(syntax.count)), size=syntax.count)
        start = self.bits
        inside = _Scope(f"{scope.path}.{name}", scope.arrays + 1)
        if syntax.bits is not None:
            value = self.names.choose(inside.path, "value")
            fields: tuple[FoundMember, ...] = (
                self._number(value, syntax.bits, self._source(value, inside)),
            )
        elif syntax.of in self.file.enums:
            value = self.names.choose(inside.path, "value")
            fields = (self._enumeration(value, syntax.of, inside),)
        else:
            fields = self._struct(syntax.of, name, scope, arrays=1)
        self.bits = start + syntax.count * (self.bits - start)
        return FoundGroup(name, fields, syntax.count)

    def _padding(self, item: _Item, before: FoundMember | None) -> FoundMember | None:
        size = (item.syntax.count or 0) - _size_of(before)
        if size <= 0:
            return None
        self.bits += 8 * size
        return Bytes(item.name, Default(bytes(size)), size=size)

    def _most(self, items: list[_Item]) -> int | None:
        """Return the bytes of the longest frame whose sizes fit, None for any up to Ethernet's."""
        found = []
        for each in items:
            if each.syntax.kind == "_size_" and each.syntax.of in ("_payload_", "_body_"):
                region, plus = _region(each.syntax, items)
                if any(inner.mark == "payload" for inner in region):
                    largest = (1 << (each.syntax.bits or 0)) - 1 - plus
                    fixed = sum(inner.bits for inner in region)
                    found.append((self.bits - fixed) // 8 + largest)
        most = min(found, default=ETHERNET_MAX)
        return None if most >= ETHERNET_MAX else most

    # --- values ----------------------------------------------------------------

    def _tag(self, value: Value, of: str) -> int:
        """Return the number of a value, or of a tag of an enumeration."""
        if isinstance(value, int):
            return value
        tags = self.file.enums[of].tags if of in self.file.enums else {}
        if value not in tags:
            raise _Unsupported(f"{value!r} is no number that is known")
        return tags[value]

    def _constant(self, syntax: FieldSyntax) -> int:
        return self._tag(syntax.value, syntax.of)

    def _size(self, syntax: FieldSyntax, items: list[_Item]) -> Source:
        """Return the source of a size or a count."""
        if syntax.of in ("_payload_", "_body_"):
            return self._payload_size(syntax, items)
        target = next((each for each in items if each.syntax.name == syntax.of), None)
        if target is None or target.syntax.kind != "array":
            raise _Unsupported(f"{syntax.kind} is of {syntax.of!r}, which is no array")
        if not target.syntax.count:
            self.notes.append(f"{syntax.kind}({syntax.of}): 0, as its array is left out")
            return Default(0)
        if syntax.kind == "_size_":
            return Length(Span(target.name, target.name), plus=target.syntax.plus)
        return Const(target.syntax.count) if target.syntax.bits == 8 else Count(target.name)

    def _payload_size(self, syntax: FieldSyntax, items: list[_Item]) -> Source:
        """Return the size of what follows a level's fields: those of its children included."""
        region, plus = _region(syntax, items)
        at = next((i for i, each in enumerate(region) if each.mark == "payload"), None)
        ahead = [each.name for each in region[:at] if each.name and not _is_left_out(each)]
        behind = [] if at is None else [each.name for each in region[at:] if each.name]
        if at is None and not ahead:
            return Const(plus)
        start: Edge | str = ahead[0] if ahead else Edge.HEADER_END
        end: Edge | str = behind[-1] if behind else Edge.PAYLOAD_END
        if at is None:
            end = ahead[-1]
        span = Span(start, end)
        return Length(PAYLOAD if span == PAYLOAD else span, plus=plus)


def _region(syntax: FieldSyntax, items: list[_Item]) -> tuple[list[_Item], int]:
    """Return what is in the payload that a size is of, and what the size adds to it."""
    level = next(each.level for each in items if each.syntax is syntax)
    marks = {each.mark: at for at, each in enumerate(items) if each.mark and each.level == level}
    if "open" not in marks:
        raise _Unsupported("_size_ is of a payload that is not there")
    opening = marks["open"]
    return items[opening + 1 : marks["close"]], items[opening].syntax.plus


def _is_left_out(item: _Item) -> bool:
    return item.syntax.kind == "array" and not item.syntax.count


def _called(syntax: FieldSyntax) -> str:
    """Return what a field is called that has no name in pdl, or has one."""
    if syntax.kind in ("_size_", "_count_"):
        return f"{syntax.of.strip('_')}_{syntax.kind.strip('_')}"
    return syntax.name or syntax.kind.strip("_")


def _size_of(member: FoundMember | None) -> int:
    """Return the bytes of a member, 0 of one that is left out."""
    if member is None:
        return 0
    if isinstance(member, FoundGroup):
        return (member.count or 1) * (sum(_bits_of(each) for each in member.fields) // 8)
    return _bits_of(member) // 8


def _bits_of(member: FoundMember) -> int:
    if isinstance(member, FoundGroup):
        return 8 * _size_of(member)
    return int(getattr(member, "bits", 0))
