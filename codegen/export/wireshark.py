"""A dissector for Wireshark and tshark, in Lua, from a layout.

The file is a table of the format's fields, then ``dissector.lua``, which reads frames by it and
is the same for all formats. Wireshark keeps dissecting the headers that it knows; the dissector
begins at the lowest header that has no name there (``known_as``), or at the start of the
frame if all have one. It is registered under the number by which the header below announces
that header, for frames of a link type that begin with it, and otherwise as a postdissector,
which Wireshark calls for each frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from importlib import resources
from typing import assert_never

from codegen import describe
from codegen.errors import UsageError
from codegen.layout import (
    UNPADDED,
    All,
    Compared,
    Condition,
    Either,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Padding,
    Placed,
    Position,
    PseudoConst,
    PseudoField,
    Sum,
)
from codegen.model import (
    CRC,
    MAC,
    Algorithm,
    Bytes,
    Header,
    Int,
    IPv4Address,
    IPv6Address,
    LinkType,
    NextHeader,
    OwnAlgorithm,
    Reserved,
    UInt,
    VarInt,
)

#: Wireshark's tables of dissectors, by the registry of the numbers in them.
TABLES = {"ethertype": "ethertype", "ip_protocol": "ip.proto", "udp_port": "udp.port"}

#: Wireshark's own names of link types; those for users are called as ours are.
_ENCAPSULATIONS: dict[int, str] = {
    **{each: each.name for each in LinkType if each.name.startswith("USER")},
    LinkType.RAW_IP: "RAW_IP",
    LinkType.IEEE802_15_4: "IEEE802_15_4",
    LinkType.CAN: "SOCKETCAN",
    LinkType.IPV4: "RAW_IP4",
    LinkType.IPV6: "RAW_IP6",
    LinkType.IEEE802_15_4_WITHOUT_FCS: "IEEE802_15_4_NOFCS",
}

#: The table of dissectors by link type.
_BY_LINK = "wtap_encap"

#: Smaller numbers are lengths in Ethernet (IEEE 802.3 clause 3.2.6), not types.
_LEAST = {"ethertype": 0x0600}

_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]*")


def default_name(layout: Layout) -> str:
    """Return the name of the dissector's protocol where none is given: the format's."""
    return layout.name.lower()


def exported(layout: Layout) -> list[Placed]:
    """Return the fields that the dissector shows, in wire order."""
    headers = _headers(layout)
    shown = headers[headers.index(_first(layout)) :]
    return [each for each in layout.fields if each.header in shown]


def field_name(name: str, placed: Placed) -> str:
    """Return what a field is called in display filters; ``name`` is the dissector's."""
    return f"{name}.{placed.path.lower()}"


def is_checked(placed: Placed) -> bool:
    """Return whether the dissector can compute a checksum: not one of the user's own."""
    return isinstance(placed.origin, Sum) and not isinstance(placed.origin.algorithm, OwnAlgorithm)


def dissector(layout: Layout, name: str | None = None) -> str:
    """Return the source of the dissector of a format.

    ``name`` is that of its protocol in Wireshark, the format's by default. Raises UsageError
    where Wireshark does not allow it.
    """
    name = default_name(layout) if name is None else name
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a protocol in Wireshark: lower-case letters, digits, "
            "'_', '-' and '.' are allowed"
        )
    table, number = _registration(layout)
    begin = min(each.start for each in layout.fields if each.header is _first(layout))
    title = layout.format.summary or layout.name
    facts: dict[str, object] = {
        "name": name,
        "title": f"{layout.name}: {title}" if title != layout.name else title,
        "table": table,
        "number": number,
        "begin": _position(begin),
        "least": layout.header_length + layout.trailer_length,
        "min_length": layout.min_length,
        "max_length": layout.max_length,
        "length_step": layout.length_step,
        "lengths": describe.lengths(layout),
        "length_field": _field(layout, layout.length_field) if layout.length_field else None,
        "padding_field": _field(layout, layout.padding_field) if layout.padding_field else None,
        "padding": _padding(layout.padding) if layout.padding else None,
        "payload": _extent(layout.payload.extent) if layout.payload else None,
        "deciding": _deciding(layout, registered=table is not None),
        "conditions": [_condition(layout, each) for each in layout.conditions],
        "fields": [_field(layout, each) for each in exported(layout)],
    }
    where = f"the number {number} of {table}" if table else "a postdissector, for each frame"
    if table == _BY_LINK:
        where = f"frames of the link type {layout.link}"
    engine = (resources.files("codegen.export") / "dissector.lua").read_text(encoding="utf-8")
    return (
        f"-- Wireshark dissector of the format {layout.name}, written by codegen export.\n"
        f"-- Registered as {where}.\n"
        "-- Use: tshark -X lua_script:FILE -r CAPTURE, or copy it to Wireshark's plugin folder.\n\n"
        f"local FORMAT = {_lua(facts)}\n\n{engine}"
    )


def _headers(layout: Layout) -> list[Header]:
    return [each for each in layout.format.packet.layers if isinstance(each, Header)]


def _first(layout: Layout) -> Header:
    """Return the lowest header that Wireshark does not know, the lowest of all if there is none."""
    headers = [each for each in _headers(layout) if each in {f.header for f in layout.fields}]
    return next((each for each in headers if each.known_as is None), headers[0])


def _registration(layout: Layout) -> tuple[str | None, int | str | None]:
    """Return the table and what Wireshark finds the format by in it, or None twice.

    That is a number, or the name that a link type has in Wireshark.
    """
    headers = _headers(layout)
    first = _first(layout)
    at = headers.index(first)
    if not at and first.known_as is None and layout.link in _ENCAPSULATIONS:
        return _BY_LINK, _ENCAPSULATIONS[layout.link]
    for placed in layout.fields:
        source, origin = placed.field.source, placed.origin
        if at and placed.header is headers[at - 1] and isinstance(source, NextHeader):
            table = TABLES.get(source.registry)
            assert isinstance(origin, Fixed), placed.path
            if table and origin.value >= _LEAST.get(source.registry, 0):
                return table, origin.value
    return None, None


def _deciding(layout: Layout, *, registered: bool) -> list[Mapping[str, object]]:
    """Return what a frame is recognised by.

    Where no number identifies the lowest header that is exported, constants do as well.
    """
    found: list[Mapping[str, object]] = []
    ours = exported(layout)
    for placed, origin in layout.deciding():
        below = placed not in ours
        if below and registered:
            continue  # Wireshark itself has looked at these.
        if origin.decides == (1 << placed.bits) - 1:
            found.append(_field(layout, placed) | {"value": _text(placed, origin.value)})
        else:
            masked = {"value": f"{origin.value:016x}", "mask": f"{origin.decides:016x}"}
            found.append(_field(layout, placed) | masked)
    if not registered:
        found += [
            _field(layout, each) | {"value": _text(each, each.origin.value)}
            for each in layout.fields
            if isinstance(each.origin, Fixed) and each.origin.checked and not each.derived
        ]
    return found


def _condition(layout: Layout, condition: Condition) -> dict[str, object]:
    """Return what a frame of the format must have, since other fields would follow otherwise."""
    match condition:
        case Compared(path=path, operator=operator, value=value):
            field = _field(layout, layout[path])
            return {"field": field, "operator": operator, "value": str(value)}
        case All(parts=parts) | Either(parts=parts):
            is_all = isinstance(condition, All)
            return {"all": is_all, "parts": [_condition(layout, each) for each in parts]}
    assert_never(condition)


def _field(layout: Layout, placed: Placed) -> dict[str, object]:
    """Return a field as the dissector has it."""
    found: dict[str, object] = {
        "path": placed.path,
        "label": placed.path.removeprefix(f"{placed.header.name}."),
        "header": placed.header.name,
        "title": placed.header.title or placed.header.name,
        "kind": _kind(placed),
        "at": _position(placed.start),
        "bits": placed.bits,
    }
    if placed.field.byteorder == "little":
        found["little"] = True
    if isinstance(placed.field, Int):
        found["signed"] = True
    if isinstance(placed.field, VarInt):
        found["encoding"] = placed.field.encoding
    if isinstance(placed.field, UInt) and placed.field.names:
        found["names"] = dict(placed.field.names)
    match placed.origin:
        case Fixed(value=value, checked=True):
            found["constant"] = _text(placed, value)
        case FrameLength(of=of, unit=unit, plus=plus, codes=codes):
            unit = Fraction(unit)
            facts: dict[str, object]
            facts = {"unit": unit.numerator, "per": unit.denominator, "plus": plus}
            if codes:
                facts["codes"] = dict(codes)
                facts["sizes"] = {code: size for size, code in codes}
            found["length"] = _extent(of) | facts
        case Sum() as total:
            found["sum"] = _sum(layout, placed, total)
    return found


def _kind(placed: Placed) -> str:
    """Return the kind of Wireshark's field, or ``number`` for one that the dissector reads."""
    whole = not placed.start.bit and not placed.bits % 8
    match placed.field:
        case MAC() if whole:
            return "ether"
        case IPv4Address() if whole:
            return "ipv4"
        case IPv6Address():
            return "ipv6"
        case Bytes():
            return "bytes"
        case Reserved() if placed.bits > 64:
            return "bytes"
    return "number"


def _text(placed: Placed, value: int) -> str:
    """Return a value as the dissector compares it."""
    if _kind(placed) == "number":
        return str(value)
    return value.to_bytes(placed.bits // 8, "big").hex()


def _sum(layout: Layout, placed: Placed, total: Sum) -> dict[str, object]:
    pseudo: list[dict[str, object]] = []
    for part in total.pseudo:
        facts: dict[str, object] = {"bits": part.bits}
        if isinstance(part, PseudoField):
            of = layout[part.path]
            facts["field"] = {
                "kind": _kind(of),
                "at": _position(of.start),
                "bits": of.bits,
                "little": of.field.byteorder == "little",
            }
        elif isinstance(part, PseudoConst):
            facts["value"] = f"{part.value:x}"
        pseudo.append(facts)
    crc = total.algorithm if isinstance(total.algorithm, CRC) else None
    return {
        "over": [_extent(each) for each in total.over],
        "blank": [
            _position(at) | {"mask": mask} for at, mask in sorted(_blank(layout, placed).items())
        ],
        "algorithm": total.algorithm.title if isinstance(total.algorithm, Algorithm) else None,
        "crc": crc and _crc(crc),
        "pseudo": pseudo,
        "zero_as": None if total.zero_as is None else str(total.zero_as),
        "optional": total.optional,
    }


def _blank(layout: Layout, placed: Placed) -> dict[Position, int]:
    """Return the bits of each byte that count as zero for a checksum."""
    found: dict[Position, int] = {}
    for field in layout.blank(placed):
        for piece in field.pieces:
            found[piece.at] = found.get(piece.at, 0) | ((1 << piece.bits) - 1) << piece.low
    return found


def _crc(algorithm: CRC) -> dict[str, object]:
    """Return the parameters of a CRC; numbers that Lua may not hold are halves of 32 bits."""
    halves = {}
    for name in ("polynomial", "init", "xor_out"):
        value = getattr(algorithm, name)
        if name != "xor_out":
            value <<= 64 - algorithm.width  # The register has them in its upper bits.
        halves[name] = {"high": value >> 32, "low": value & 0xFFFFFFFF}
    return halves | {
        "width": algorithm.width,
        "reflect_in": algorithm.reflect_in,
        "reflect_out": algorithm.reflect_out,
    }


def _position(position: Position) -> dict[str, object]:
    found: dict[str, object] = {"from_end": position.from_end, "bits": position.bits}
    return found | ({"unpadded": True} if position.padding == UNPADDED else {})


def _padding(padding: Padding) -> dict[str, object]:
    return {
        "uncounted": padding.uncounted,
        "multiple": padding.multiple,
        "least": padding.least,
    }


def _extent(extent: Extent) -> dict[str, object]:
    return {"start": _position(extent.start), "ending": _position(extent.end)}


def _lua(value: object, depth: int = 0) -> str:
    """Return a value as Lua writes it; what is None is left out of a table."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    indent = "\t" * (depth + 1)
    if isinstance(value, Mapping):
        entries = [
            (f"[{key}] = " if isinstance(key, int) else f"{key} = ") + _lua(each, depth + 1)
            for key, each in value.items()
            if each is not None
        ]
    else:
        assert isinstance(value, list)
        entries = [_lua(each, depth + 1) for each in value]
    line = "{ " + ", ".join(entries) + " }"
    if not entries:
        return "{}"
    if len(line) + 8 * depth < 80 and "\n" not in line:
        return line
    return "{\n" + "".join(f"{indent}{each},\n" for each in entries) + "\t" * depth + "}"


def _quoted(text: str) -> str:
    r"""Return text as a literal of Lua, with ``\ddd`` for each byte that is not plain ASCII."""
    special = b'\\"'
    octets = text.encode("utf-8", "replace")
    return '"{}"'.format(
        "".join(
            chr(each) if 32 <= each < 127 and each not in special else f"\\{each:03d}"
            for each in octets
        )
    )
