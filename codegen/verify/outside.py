"""Cross-checks with other tools: scapy builds the same frames, tshark dissects them.

Oracle and emitted C share a layout, so an invalid one would satisfy both. Scapy and
Wireshark implement each protocol independently. Their names of its fields are declared
with the header (:class:`codegen.model.dissectors.Dissectors`), and are looked up in the
installed versions of these tools. A header without names there is read by the dissector that is
exported for it (:mod:`codegen.export.wireshark`), and built by the exported class of scapy
(:mod:`codegen.export.scapy_classes`).
"""

from __future__ import annotations

import importlib
import os
import shutil
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

from codegen import oracle, temporary
from codegen.errors import CodegenError, UsageError
from codegen.export import scapy_classes, wireshark
from codegen.layout import Argument, Fixed, Layout, Placed, Sum, Swept
from codegen.model import Bytes, Header, Int, LinkType, PayloadPad, Reserved, UInt, VarInt
from codegen.model.dissectors import Dissectors, Members

#: What tshark dissects whatever the packet is.
_ALWAYS = {
    "frame",
    "eth_withoutfcs",
    "ethertype",
    "raw",
    "user_dlt",
    "data",
    "_ws.malformed",
    "_ws.expert",
}


def _headers(layout: Layout) -> list[Header]:
    return [layer for layer in layout.format.packet.layers if isinstance(layer, Header)]


def _known_as(header: Header) -> Dissectors:
    if header.known_as is None:
        raise CodegenError(f"header {header.name!r} has no names in other tools (known_as=)")
    return header.known_as


def is_known(layout: Layout) -> bool:
    """Return whether each header of a format has its names in other tools."""
    return all(header.known_as is not None for header in _headers(layout))


def check(layout: Layout) -> None:
    """Raise UsageError for a header whose names in other tools do not exist there.

    Those in scapy are looked up where it is installed, those in tshark when it reads frames.
    """
    for header in _headers(layout):
        known_as = _known_as(header)
        here = {each.name for each in header.members}
        _refuse(
            header,
            "the field",
            {path.partition(".")[0] for path in known_as.fields} - here,
            f"which the header does not have; it has: {', '.join(sorted(here))}",
        )
        if has_scapy():
            _check_scapy(header, known_as)


def _refuse(header: Header, what: str, names: Iterable[str], why: str) -> None:
    """Raise UsageError when a header gives names that do not exist."""
    shown = ", ".join(map(repr, sorted(names)))
    if shown:
        raise UsageError(f"header {header.name!r}: its Dissectors names {what} {shown}, {why}")


# --- Scapy -------------------------------------------------------------------------


def has_scapy() -> bool:
    """Return whether scapy is installed."""
    return find_spec("scapy") is not None


def scapy_lacks(layout: Layout) -> str | None:
    """Return why scapy cannot build a format's frames, None where it can.

    Headers that it does not have are those of the exported classes.
    """
    trailers = (member for header in _headers(layout) for member in header.trailer)
    if any(isinstance(each, PayloadPad) for each in trailers):
        return "it has padding behind its payload, which scapy's layers do not have"
    return None if is_known(layout) else scapy_classes.unsupported(layout)


def _scapy_names(layout: Layout) -> dict[str, Dissectors]:
    """Return the names in scapy of each header, by its name: of our own, those of the export."""
    headers = _headers(layout)
    found = {each.name: each.known_as for each in headers if each.known_as is not None}
    if len(found) == len(headers):
        return found
    module = ModuleType(f"codegen_exported_{layout.name}")
    exec(compile(scapy_classes.source(layout), module.__name__, "exec"), vars(module))
    # The classes are found there by name, as those of scapy are.
    sys.modules[module.__name__] = module
    for header in scapy_classes.own_headers(layout):
        fields = {
            each.path.removeprefix(f"{header.name}."): (scapy_classes.field_name(each), "")
            for each in layout.fields
            if each.header is header
        }
        name = f"{module.__name__}.{scapy_classes.class_name(header)}"
        found[header.name] = Dissectors(name, "", fields)
    return found


def _scapy_class(known_as: Dissectors) -> Any:
    module, _, name = known_as.scapy.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _check_scapy(header: Header, known_as: Dissectors) -> None:
    try:
        fields = {each.name for each in _scapy_class(known_as).fields_desc}
    except Exception as error:  # of the import of any module
        why = (
            f"which cannot be had ({error}); write module.Class, such as scapy.packet.Raw, "
            "and import a module of your own in the file of the format"
        )
        _refuse(header, "the scapy layer", {known_as.scapy}, why)
        raise
    names = {name.partition("@")[0] for name, _ in known_as.fields.values()}
    names |= {name for name, _ in known_as.groups.values()}
    why = f"which {known_as.scapy} does not have; it has: {', '.join(sorted(fields)) or 'none'}"
    _refuse(header, "scapy's field", names - fields - {""}, why)


@cache
def _binds(lower: Any, upper: Any, field: str) -> bool:
    """Return whether scapy itself binds a field's value when one layer is below another."""
    return field in (lower() / upper()).overloaded_fields


def built_by_scapy(layout: Layout, given: Mapping[str, int], length: int) -> bytes:
    """Return the frame of ``length`` bytes that scapy builds for these arguments.

    Of a sweep, it is the first frame. Lengths, checksums and the numbers that announce the
    next header are left to scapy, unless a preset gives them a value. A number that scapy
    does not bind to the header above, such as a user's own, is taken from the format.
    Raises CodegenError when scapy cannot build the frame.
    """
    headers = _headers(layout)
    names = _scapy_names(layout)
    above = [_scapy_class(names[header.name]) for header in headers[1:]]
    try:
        frame: Any = None
        for header, upper in zip_longest(headers, above):
            layer = _scapy_layer(layout, header, names[header.name], upper, given)
            frame = layer if frame is None else frame / layer
        if layout.payload is not None:
            frame = frame / oracle.payload(layout.payload, length - layout.header_length)
        return bytes(frame)
    except Exception as error:
        raise CodegenError(
            f"{layout.name}: scapy cannot build the frame: {type(error).__name__}: {error}"
        ) from error


def _scapy_layer(
    layout: Layout, header: Header, known_as: Dissectors, upper: Any, given: Mapping[str, int]
) -> Any:
    """Return scapy's layer of a header; ``upper`` is the class of the one above, or None."""
    made = _scapy_class(known_as)
    fields = _scapy_fields(layout, header, known_as, given)
    for placed, _ in layout.deciding():
        path = placed.path.removeprefix(f"{header.name}.")
        name, _ = known_as.fields.get(path, ("", ""))
        if placed.header is header and name and upper and not _binds(made, upper, name):
            fields[name] = _value(placed, given)
    return made(**fields)


def _scapy_fields(
    layout: Layout, header: Header, known_as: Dissectors, given: Mapping[str, int]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    groups: dict[str, dict[str, dict[str, int]]] = {name: {} for name in known_as.groups}
    for placed in layout.fields:
        if placed.header is not header or not _is_given(placed):
            continue
        path = placed.path.removeprefix(f"{header.name}.")
        value = _value(placed, given)
        group, _, rest = path.partition(".")
        if group in groups:
            member, _, name = rest.partition(".")
            groups[group].setdefault(member, {})[name] = value
            continue
        name, _, shift = known_as.fields.get(path, ("", ""))[0].partition("@")
        if shift:
            fields[name] = fields.get(name, 0) | value << int(shift)
        elif name:
            fields[name] = _as_scapy_has_it(placed, value)
    for group, (name, make) in known_as.groups.items():
        members: Members = list(groups[group].items())
        if members:
            fields[name] = make(members)
    return fields


def _as_scapy_has_it(placed: Placed, value: int) -> int | str | bytes:
    match placed.field:
        case UInt() | Int() | VarInt() | Reserved():
            return value
        case Bytes():
            return value.to_bytes(placed.bits // 8, "big")
        case _:
            return placed.field.show(value)


def _is_given(placed: Placed) -> bool:
    """Return whether a field has a value that the format or its user chose."""
    return isinstance(placed.origin, Argument | Swept) or (
        isinstance(placed.origin, Fixed) and not placed.derived
    )


def _value(placed: Placed, given: Mapping[str, int]) -> int:
    if isinstance(placed.origin, Argument):
        return given[placed.origin.name]
    if isinstance(placed.origin, Swept):
        return oracle.swept_field(placed, 0)
    assert isinstance(placed.origin, Fixed)
    return placed.origin.value


# --- tshark ------------------------------------------------------------------------


def find_tshark() -> str | None:
    """Return the path of tshark, None where it is not installed."""
    return shutil.which("tshark")


def write_pcap(path: Path, frames: Iterable[bytes], linktype: int = LinkType.ETHERNET) -> None:
    """Write frames of a link type into a capture file."""
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype)]
    for frame in frames:
        records += [struct.pack("<IIII", 0, 0, len(frame), len(frame)), frame]
    path.write_bytes(b"".join(records))


class Dissection:
    """What tshark reads in frames of one format."""

    def __init__(self, layout: Layout, tshark: str, *, exported: bool | None = None) -> None:
        """Look up what the format's fields are called.

        tshark is given the dissector that we export where ``exported``, by default where it
        does not know a header of the format.
        """
        self.layout = layout
        self.tshark = tshark
        #: What the dissector that we export is called, None where tshark needs none.
        needs_one = not is_known(layout) if exported is None else exported
        self.exported = f"codegen_{layout.name.lower()}" if needs_one else None
        ours = [] if self.exported is None else wireshark.exported(layout)
        #: By our path: tshark's name, its unit, and which of several it is.
        self.names: dict[str, tuple[str, int, int]] = {}
        seen: Counter[str] = Counter()
        for placed in layout.fields:
            if placed in ours:
                assert self.exported is not None
                name = wireshark.field_name(self.exported, placed)
                self.names[placed.path] = (name, 1, seen[name])
                seen[name] += 1
                continue
            fields = _known_as(placed.header).fields
            path = placed.path.removeprefix(f"{placed.header.name}.")
            name, _, unit = fields.get(path, ("", ""))[1].partition("/")
            if name:
                self.names[placed.path] = (name, int(unit or 1), seen[name])
                seen[name] += 1

    def faults(self, capture: Path, expected: Sequence[Mapping[str, int]]) -> list[str]:
        """Return a line for each field of a capture's frames that tshark reads differently.

        ``expected`` are the values of each frame by path. Checksums must be valid according
        to tshark's own computation, or absent where the format sends none. A dissector that
        we exported reports what it finds invalid.
        """
        columns = list(dict.fromkeys(name for name, _, _ in self.names.values()))
        columns += [
            f"{self.names[each.path][0]}.status"
            for each in self.layout.fields
            if self._has_status(each)
        ]
        if self.exported is not None:
            columns.append(f"{self.exported}.fault")
        columns = list(dict.fromkeys([*columns, "_ws.malformed", "_ws.expert.message"]))
        rows = self._dissected(capture, columns)
        if len(rows) != len(expected):
            return [f"{len(expected)} frames, and tshark finds {len(rows)}"]
        found = []
        for number, (row, values) in enumerate(zip(rows, expected, strict=True), 1):
            found += [f"frame {number}: {each}" for each in self._compared(row, values)]
        return found

    def _has_status(self, placed: Placed) -> bool:
        """Return whether tshark's own dissector checks the checksum in a field."""
        return (
            isinstance(placed.origin, Sum)
            and placed.path in self.names
            and not self._is_exported(self.names[placed.path][0])
        )

    def _is_exported(self, name: str) -> bool:
        return self.exported is not None and name.startswith(f"{self.exported}.")

    def _compared(self, row: Mapping[str, str], values: Mapping[str, int]) -> Iterable[str]:
        for path, (name, unit, which) in self.names.items():
            placed = self.layout[path]
            read = row[name].split(",")
            shown = read[which] if which < len(read) else ""
            if _number(placed, shown) != values[path] * unit:
                value = placed.field.show(values[path])
                yield f"{path} is {value}, and {name} reads {shown or 'nothing'}"
            if self._has_status(placed):
                status = row[f"{name}.status"].split(",")
                good = "3 (not present)" if _is_left_out(placed, values[path]) else "1 (good)"
                if status[which : which + 1] != [good[0]]:
                    yield f"{name}.status is {','.join(status) or 'nothing'}, not {good}"
        if self.exported is not None and row[f"{self.exported}.fault"]:
            yield row[f"{self.exported}.fault"]
        if row["_ws.malformed"]:
            yield "tshark calls it malformed"
        for word in ("checksum", "malformed", "bogus", "length", "truncated"):
            if word in row["_ws.expert.message"].lower():
                yield f"tshark warns: {row['_ws.expert.message']}"

    def _dissected(self, capture: Path, columns: Sequence[str]) -> list[dict[str, str]]:
        known = [each.known_as for each in _headers(self.layout) if each.known_as is not None]
        protocols = {each.tshark for each in known}
        preferences = {name for each in known for name in each.preferences}
        with temporary.folder() as folder:
            # A port may make tshark guess a protocol; only those of the format count.
            others = sorted(_protocols(self.tshark) - _ALWAYS - protocols)
            (folder / "disabled_protos").write_text("".join(f"{each}\n" for each in others))
            script = []
            if self.exported is not None:
                source = wireshark.dissector(self.layout, self.exported)
                (folder / "dissector.lua").write_text(source)
                script = ["-X", f"lua_script:{folder / 'dissector.lua'}"]
            done = subprocess.run(
                [self.tshark, "-n", "-r", str(capture), "-T", "fields", *script]
                + ["-E", "occurrence=a", "-E", "separator=/t"]
                + [f"-o{each}" for each in sorted(preferences)]
                + [f"-e{name}" for name in columns],
                env=os.environ | {"WIRESHARK_CONFIG_DIR": str(folder)},
                capture_output=True,
                text=True,
                check=False,
            )
        self._check_names(done.stderr.splitlines())
        if done.returncode:
            raise CodegenError(f"tshark cannot read the frames: {done.stderr.strip()}")
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _check_names(self, errors: Sequence[str]) -> None:
        """Raise UsageError for names that tshark does not have; it lists such fields, indented."""
        for header in _headers(self.layout):
            known_as = header.known_as
            if known_as is None:
                continue
            why = "which tshark does not have ('tshark -G {}' lists them)"
            _refuse(
                header,
                "the tshark protocol",
                {known_as.tshark} - _protocols(self.tshark),
                why.format("protocols") + "; for what it does not dissect, name 'data'",
            )
            fields = {name.partition("/")[0] for _, name in known_as.fields.values()}
            unknown = fields.intersection(line.strip() for line in errors if line.startswith("\t"))
            _refuse(header, "tshark's field", unknown, why.format("fields"))


def _is_left_out(placed: Placed, value: int) -> bool:
    """Return whether the sender of a frame has computed no checksum in a field."""
    return isinstance(placed.origin, Sum) and placed.origin.optional and not value


@cache
def _protocols(tshark: str) -> set[str]:
    """Return all protocols that tshark knows."""
    listed = subprocess.run(
        [tshark, "-G", "protocols"], capture_output=True, text=True, check=True
    ).stdout
    return {line.split("\t")[2] for line in listed.splitlines()}


def _number(placed: Placed, shown: str) -> int | None:
    """Return the number that tshark shows, None when it shows none."""
    if shown in ("True", "False"):
        return int(shown == "True")
    if isinstance(placed.field, Bytes) and not shown.startswith("0x"):
        shown = f"0x{shown}"
    try:
        return int(shown, 0)
    except ValueError:
        pass
    try:
        return placed.field.parse(shown)
    except ValueError:
        return None
