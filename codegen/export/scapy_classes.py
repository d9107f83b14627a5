"""A Python file with a class of scapy for each header that scapy does not have.

The file is ``scapy_layer.py``, which computes lengths and checksums by tables and is the same for
all formats, then a class per header without names in scapy (``known_as``), and the bindings
by which scapy finds them. Trailers and checksums of the user's own have no such tables, and
a format with one in such a header is refused.
"""

from __future__ import annotations

import itertools
import keyword
from collections.abc import Iterator
from importlib import resources

from codegen import oracle
from codegen.errors import UsageError
from codegen.layout import (
    Argument,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Placed,
    PseudoConst,
    PseudoField,
    Sum,
    Swept,
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
    NextHeader,
    OwnAlgorithm,
    UInt,
    VarInt,
)

#: What a packet of scapy has, and a field cannot be called.
TAKEN = frozenset(
    "add_parent add_payload add_underlayer aliastypes answers build build_done build_padding "
    "build_ps canvas_dump class_default_fields class_default_fields_ref class_dont_cache "
    "class_fieldtype class_packetfields checksums clear_cache clone_with command comment comments "
    "copy copy_field_value copy_fields_dict decode_payload_as default_fields "
    "default_payload_class delfieldval deprecated_fields direction display dissect "
    "dissection_done do_build do_build_payload do_build_ps do_dissect do_dissect_payload "
    "do_init_cached_fields do_init_fields explicit extract_padding fields fields_desc fieldtype "
    "firstlayer fragment from_hexcap get_field getfield_and_val getfieldval getlayer "
    "guess_payload_class hashret haslayer hide_defaults init_fields iterpayloads json lastlayer "
    "layers lengths lower_bonds match_subclass mysummary name original overload_fields "
    "overloaded_fields packetfields parent payload payload_guess pdfdump post_build post_dissect "
    "post_dissection post_transforms pre_dissect prepare_cached_fields process_information "
    "psdump pseudo_header raw_packet_cache raw_packet_cache_fields remove_parent remove_payload "
    "remove_underlayer route self_build sent_time setfieldval show show2 show_indent "
    "show_summary sniffed_on sprintf stop_dissection_after summary svgdump time underlayer "
    "upper_bonds wirelen".split()
)

_NUMBERS = {8: "Byte", 16: "Short", 32: "Int", 64: "Long"}
_ALGORITHMS = {
    Algorithm.INTERNET: "internet",
    Algorithm.ADLER32: "adler32",
    Algorithm.CRC32: "crc32",
    Algorithm.CRC32C: "crc32c",
    Algorithm.FLETCHER16: "fletcher16",
}


def own_headers(layout: Layout) -> list[Header]:
    """Return the headers that scapy does not have, lowest first; all, if it has every one."""
    present = {each.header for each in layout.fields}
    headers = [each for each in _headers(layout) if each in present]
    return [each for each in headers if each.known_as is None] or headers


def unsupported(layout: Layout) -> str | None:
    """Return what the exported classes would lack, None where that is nothing."""
    own = own_headers(layout)
    if any(each.in_trailer for each in layout.fields):
        return "it has a trailer, which scapy's layers do not have"
    if layout.padding is not None:
        return "it has padding behind its payload, which scapy's layers do not have"
    for placed in layout.fields:
        if placed.header not in own:
            continue
        if isinstance(placed.field, Int | VarInt):
            return f"{placed.path} is no unsigned number of a fixed size"
        if isinstance(placed.origin, FrameLength) and placed.origin.codes:
            return f"{placed.path} is a length that is sent as the code of a table"
        if not isinstance(placed.origin, Sum):
            continue
        if isinstance(placed.origin.algorithm, OwnAlgorithm):
            return f"the arithmetic of {placed.path} is a Python function of the format"
        start = min(each.start for each in layout.fields if each.header is placed.header)
        if placed.origin.zeroed or any(each.start < start for each in placed.origin.over):
            return f"{placed.path} covers other headers, or fields that count as zero"
        for part in placed.origin.pseudo:
            if isinstance(part, PseudoField) and isinstance(
                layout[part.path].origin, FrameLength | Sum
            ):
                return f"{placed.path} depends on {part.path}, which scapy computes later"
    return None


def class_name(header: Header) -> str:
    """Return the name of a header's class."""
    return f"{''.join(part.capitalize() for part in header.name.split('_'))}Layer"


def field_name(placed: Placed) -> str:
    """Return what a field is called in its class: its path in the header, with underscores."""
    name = placed.path.removeprefix(f"{placed.header.name}.").replace(".", "_")
    return f"{name}_" if name in TAKEN or keyword.iskeyword(name) else name


def source(layout: Layout) -> str:
    """Return the Python file; raises UsageError where :func:`unsupported` has a reason."""
    why = unsupported(layout)
    if why is not None:
        raise UsageError(f"{layout.name!r} cannot be exported to scapy: {why}")
    engine = (resources.files("codegen.export") / "scapy_layer.py").read_text(encoding="utf-8")
    _, _, code = engine.partition('"""\n\nimport zlib')
    own = own_headers(layout)
    classes = "\n\n".join("\n".join(_class(layout, each)) for each in own)
    known = sorted({each.known_as.scapy for each in _used(layout) if each.known_as is not None})
    imports = "".join(
        f"from {module} import {name}\n"
        for module, _, name in (each.rpartition(".") for each in known)
    )
    bindings = "".join(f"{each}\n" for each in _bindings(layout))
    return (
        f'"""Classes of scapy for the format {layout.name}, written by codegen export."""\n\n'
        f"import zlib{code.replace(_ENGINE_IMPORT, _IMPORT + imports)}\n\n{classes}\n\n{bindings}"
    )


_ENGINE_IMPORT = "from scapy.fields import BitField\nfrom scapy.packet import Packet\n"
_IMPORT = "from scapy.fields import *\nfrom scapy.packet import Packet, bind_layers\n"


def _headers(layout: Layout) -> list[Header]:
    return [each for each in layout.format.packet.layers if isinstance(each, Header)]


def _used(layout: Layout) -> list[Header]:
    """Return the headers that scapy has and that one of ours is bound to."""
    own = own_headers(layout)
    return [
        header
        for lower, upper in _pairs(layout)
        if lower in own or upper in own
        for header in (lower, upper)
        if header not in own
    ]


def _pairs(layout: Layout) -> list[tuple[Header, Header]]:
    headers = _headers(layout)
    return list(itertools.pairwise(headers))


def _class(layout: Layout, header: Header) -> Iterator[str]:
    """Yield the lines of a header's class."""
    fields = [each for each in layout.fields if each.header is header]
    start = fields[0].start.bits
    yield f"class {class_name(header)}(DerivedPacket):"
    yield f'    """{_text(header.title or header.name)}."""'
    yield ""
    yield f"    name = {_text(header.title or header.name)!r}"
    yield "    fields_desc = ["
    for each in fields:
        yield f"        {_field(each)},"
    yield "    ]"
    lengths = [each for each in fields if isinstance(each.origin, FrameLength)]
    sums = [each for each in layout.checksums if each.header is header]
    if lengths:
        yield "    lengths = {"
        for each in lengths:
            assert isinstance(each.origin, FrameLength)
            of = _extent(each.origin.of, start)
            unit = 8 * each.origin.unit
            yield (
                f"        {field_name(each)!r}: "
                f"({_place(each, start)}, {of}, {unit}, {each.origin.plus}),"
            )
        yield "    }"
    if sums:
        yield "    checksums = {"
        for each in sums:
            yield f"        {field_name(each)!r}: {_sum(layout, each, start)},"
        yield "    }"


def _text(text: str) -> str:
    """Return a text that is one line, and ends no docstring."""
    return "".join(each if each.isprintable() and each not in '"\\' else " " for each in text)


def _place(placed: Placed, start: int) -> str:
    return f"({placed.start.bits - start}, {placed.bits}, {placed.field.byteorder!r})"


def _extent(extent: Extent, start: int) -> str:
    end = None if extent.end.from_end else extent.end.bits - start
    return f"{extent.start.bits - start}, {end}"


def _sum(layout: Layout, placed: Placed, start: int) -> str:
    total = placed.origin
    assert isinstance(total, Sum)
    assert not isinstance(total.algorithm, OwnAlgorithm)
    parts: list[tuple[object, ...]] = []
    for part in total.pseudo:
        if isinstance(part, PseudoField):
            below = layout[part.path]
            first = min(each.start for each in layout.fields if each.header is below.header)
            own = below.header in own_headers(layout)
            scapy = below.header.known_as.scapy if below.header.known_as else ""
            name = class_name(below.header) if own else scapy.rpartition(".")[2]
            at = below.start.bits - first.bits
            parts.append(("field", name, (at, below.bits, below.field.byteorder)))
        elif isinstance(part, PseudoConst):
            parts.append(("constant", part.value, part.bits))
        else:
            parts.append(("length", 0, part.bits))
    match total.algorithm:
        case CRC() as crc:
            algorithm = (
                f"crc({crc.width}, {crc.polynomial:#x}, {crc.init:#x}, {crc.reflect_in}, "
                f"{crc.reflect_out}, {crc.xor_out:#x})"
            )
        case Algorithm() as known:
            algorithm = _ALGORITHMS[known]
    over = ", ".join(f"({_extent(each, start)})" for each in total.over)
    where = f"{_place(placed, start)}, [{over}]"
    return f"({where}, {algorithm}, {parts!r}, {total.zero_as})"


def _default(placed: Placed) -> int | None:
    """Return the number that a field has by default, None for one that scapy computes."""
    match placed.origin:
        case Fixed(value=value):
            return value
        case Argument(default=default):
            return default or 0
        case Swept():
            return oracle.swept_field(placed, 0)
    return None


def _field(placed: Placed) -> str:
    """Return the declaration of a field in scapy's terms."""
    name, value, bits = field_name(placed), _default(placed), placed.bits
    whole = placed.start.bit == 0 and bits % 8 == 0
    match placed.field:
        case MAC() | IPv4Address() | IPv6Address() if whole:
            kind = {MAC: "MACField", IPv4Address: "IPField", IPv6Address: "IP6Field"}
            shown = placed.field.show(value or 0)
            return f"{kind[type(placed.field)]}({name!r}, {shown!r})"
        case Bytes():
            octets = (value or 0).to_bytes(bits // 8, "big")
            return f"StrFixedLenField({name!r}, {octets!r}, length={bits // 8})"
    little = placed.field.byteorder == "little"
    names = dict(placed.field.names) if isinstance(placed.field, UInt) else {}
    if whole and bits in _NUMBERS:
        kind_of_number = ("LE" if little and bits > 8 else "") + _NUMBERS[bits]
        if names:
            return f"{kind_of_number}EnumField({name!r}, {value!r}, {names!r})"
        return f"{kind_of_number}Field({name!r}, {value!r})"
    if little:
        return f"LittleBitField({name!r}, {value!r}, {bits})"
    if names:
        return f"BitEnumField({name!r}, {value!r}, {bits}, {names!r})"
    return f"BitField({name!r}, {value!r}, {bits})"


def _bindings(layout: Layout) -> Iterator[str]:
    """Yield the statements that make a header's number known to scapy."""
    own = own_headers(layout)
    for lower, upper in _pairs(layout):
        if lower not in own and upper not in own:
            continue
        numbers = [
            (_scapy_name(each, own), each.origin.value)
            for each in layout.fields
            if each.header is lower
            and isinstance(each.field.source, NextHeader)
            and isinstance(each.origin, Fixed)
            and each.origin.checked
        ]
        given = "".join(f", {name}={value}" for name, value in numbers if name)
        yield f"bind_layers({_layer(lower, own)}, {_layer(upper, own)}{given})"


def _layer(header: Header, own: list[Header]) -> str:
    if header in own or header.known_as is None:
        return class_name(header)
    return header.known_as.scapy.rpartition(".")[2]


def _scapy_name(placed: Placed, own: list[Header]) -> str:
    if placed.header in own or placed.header.known_as is None:
        return field_name(placed)
    path = placed.path.removeprefix(f"{placed.header.name}.")
    return placed.header.known_as.fields.get(path, ("", ""))[0].partition("@")[0]
