"""The first pass: names are C identifiers, and differ where C or a preset needs them to.

Reports F101 (not a C identifier, or reserved) and F102 (taken twice).
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import count

from codegen.diagnostics import Code
from codegen.errors import shown
from codegen.model import (
    CRC,
    Fill,
    Format,
    Group,
    Header,
    Member,
    OwnAlgorithm,
    Pad,
    PayloadPad,
    Preset,
    Reserved,
)
from codegen.model.field import parameters
from codegen.resolve.findings import Findings
from codegen.resolve.places import Places

#: The characters of a name. C compilers tell names apart by 63 at least; a file that is
#: named after a format and its strategy may have 255.
LONGEST = 100

_CRC_NAME = re.compile(r"[A-Za-z][A-Za-z0-9/._-]{0,39}\Z")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")

#: Keywords of C11 and of C++, which shares the emitted headers.
_KEYWORDS = frozenset(
    word
    for line in (
        "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl",
        "concept const const_cast consteval constexpr constinit continue co_await co_return",
        "co_yield decltype default delete do double dynamic_cast else enum explicit export extern",
        "false float for friend goto if inline int long mutable namespace new noexcept not not_eq",
        "nullptr operator or or_eq private protected public register reinterpret_cast requires",
        "restrict return short signed sizeof static static_assert static_cast struct switch",
        "template this thread_local throw true try typedef typeid typename typeof union unsigned",
        "using virtual void volatile wchar_t while xor xor_eq",
    )
    for word in line.split()
)

#: Names of arguments of the emitted functions and of the emitted program.
#: What a format cannot be called, since its files have its name: others that are emitted
#: with it, and headers of the C library that these include.
FILES = frozenset(
    "args args_int args_ipv4 args_ipv6 args_mac args_named args_octets buffers_heap buffers_pool "
    "buffers_ring buffers_shared bytes checksum_adler32 checksum_crc32 checksum_crc32c "
    "checksum_fletcher16 crc crc32 csum device errno event fetch_dup fetch_gen fetch_patch "
    "fetch_share frame full_drop full_retry genpkt inttypes loop main netbuf netbuf_refs netdef "
    "netspeed options packet permute random rate receive report rx_length sender sign sink stdarg "
    "stddef stdint stdio stdlib strategy string sweep traffic triangle varint".split()
)

_EMITTED = frozenset(
    "a args bufalign count duration errno headroom idle interval length linux match "
    "mode NULL pkt pktlen rate stall unix".split()
)

#: How functions of the emitted headers start.
_HELPERS = (
    *("crc_forward", "crc_reflected", "crc_reversed", "csum_"),
    *("frame_", "genpkt_", "get_", "permuted_at", "put_", "random_", "sign_extended"),
    *("quic_", "leb128_"),
)


def check(found: Findings, format: Format) -> None:
    """Check the names of a format and of all that its packet consists of."""
    packet = format.packet
    where = f"packet {packet.name!r}"
    _check_format_name(found, packet.name, where)
    if isinstance(format, Preset):
        _check_preset(found, format)
    headers = [layer for layer in packet.layers if isinstance(layer, Header)]
    for name in _twice([header.name for header in headers]):
        remedy = "stack them with /, which numbers them, or give one of them another name"
        _report_twice(found, where, f"header {name!r}", remedy)
    for header in headers:
        _check_name(found, header.name, f"header {header.name!r}")
        _check_members(found, header.name, header.members, f"header {header.name!r}")
    names = [name for header in headers for name in parameters(header.members)]
    for name in _twice(names):
        remedy = "give one of them another name; what a tunnel carries is inner(...)"
        _report_twice(found, where, f"parameter {name!r}", remedy)
    for name in dict.fromkeys(names):
        _check_name(found, name, f"parameter {name!r}", reserved=_EMITTED)
    fill = packet.layers[-1]
    if isinstance(fill, Fill) and fill.name in ("length", *names):
        found.report(
            Code.F102,
            f"payload {fill.name!r}",
            "a preset could not tell it from what else has this name",
            "give Fill() or the parameter another name",
        )


def check_variables(found: Findings, places: Places) -> None:
    """Check that fields have variables of their own in C, named after header and field."""
    named: dict[str, str] = {}
    for each in places.fields:
        variable = each.path.replace(".", "_")
        other = named.setdefault(variable, each.path)
        if variable in _KEYWORDS:
            found.report(
                Code.F101,
                each.path,
                f"in C it is {variable!r}, which is a keyword of C or C++",
                "rename the field or the header",
            )
        elif other != each.path:
            found.report(
                Code.F102,
                each.path,
                f"in C it has the name of {other!r}",
                "rename one of the fields or headers",
            )


def check_algorithm(found: Findings, algorithm: OwnAlgorithm) -> None:
    """Check the name of a user's own checksum, which is that of its C function."""
    where = f"checksum {algorithm.name!r}"
    _check_name(found, algorithm.name, where)
    if algorithm.name.startswith(_HELPERS):
        found.report(
            Code.F101,
            where,
            "the emitted C has functions with such names itself",
            f"use a name that does not start with {' or '.join(_HELPERS)}",
        )


def check_crc(found: Findings, algorithm: CRC, path: str) -> None:
    """Check the name of a CRC: C comments have it, and with underscores C's names."""
    if not _CRC_NAME.match(algorithm.name):
        found.report(
            Code.F101,
            path,
            f"a CRC cannot be called {shown(algorithm.name)}",
            "use up to 40 letters, digits and any of '-', '/', '.' and '_', a letter first",
        )


def _check_preset(found: Findings, preset: Preset) -> None:
    name, packet = preset.name, preset.packet
    _check_format_name(found, name, f"preset {name!r}")
    if name.upper() == packet.name.upper() or name == f"{packet.name}_args":
        found.report(
            Code.F102,
            f"preset {name!r}",
            f"in C its names are those of its packet {packet.name!r}",
            "give the preset a name of its own",
        )


def _check_members(found: Findings, path: str, members: tuple[Member, ...], where: str) -> None:
    names = [each.name for each in members]
    for name in _twice(names):
        remedy = "rename one of them"
        for each in members:
            if each.name == name and isinstance(each, Reserved | Pad | PayloadPad):
                remedy = f"write {type(each).__name__}(..., name={_unused(name, names)!r})"
        _report_twice(found, where, f"field {name!r}", remedy)
    for name in dict.fromkeys(names):
        # A keyword is no obstacle: in C the name of the header stands before it.
        _check_identifier(found, name, f"field {path}.{name}")
    for each in members:
        if isinstance(each, Group):
            inside = f"{path}.{each.name}"
            _check_members(found, inside, each.fields, f"group {inside!r}")


def _check_name(
    found: Findings, name: str, where: str, reserved: frozenset[str] = frozenset()
) -> None:
    if name in _KEYWORDS:
        _refuse_name(found, name, where, "is a keyword of C or C++")
    elif name in reserved:
        _refuse_name(found, name, where, "is a name that the emitted C uses itself")
    else:
        _check_identifier(found, name, where)


def _check_format_name(found: Findings, name: str, where: str) -> None:
    if name.lower() in FILES:
        problem = "is the name of another file that is emitted, or of one of the C library"
        _refuse_name(found, name, where, problem)
    else:
        _check_name(found, name, where)


def _check_identifier(found: Findings, name: str, where: str) -> None:
    if not _IDENTIFIER.match(name):
        _refuse_name(found, name, where, "is not a C identifier")
    elif len(name) > LONGEST:
        _refuse_name(found, name, where, f"is longer than {LONGEST} characters")


def _refuse_name(found: Findings, name: str, where: str, problem: str) -> None:
    remedy = f"use another name of letters, digits and underscores, such as {_suggest(name)!r}"
    found.report(Code.F101, where, f"{shown(name)} {problem}", remedy)


def _twice(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _report_twice(found: Findings, where: str, what: str, remedy: str) -> None:
    found.report(Code.F102, where, f"{what} stands more than once", remedy)


def _unused(name: str, names: list[str]) -> str:
    """Return the first of ``name2``, ``name3``, ... that is not taken."""
    return next(each for number in count(2) if (each := f"{name}{number}") not in names)


def _suggest(name: str) -> str:
    """Return a usable name near to ``name``."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", name).lstrip("_0123456789")[:LONGEST] or "field"
    return cleaned if cleaned != name else f"{cleaned}_"
