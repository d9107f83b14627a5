"""Frames of captures: read one by one, and decoded by the formats that they may be of.

Captures in pcap are read by dpkt, and those in pcapng by python-pcapng: both are small, and
read record by record, so that memory does not grow with the capture. dpkt's own reader of
pcapng skips simple packet blocks, and scapy's readers end silently where a file is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from codegen import formats, oracle, project
from codegen.errors import UsageError
from codegen.layout import Fixed, Layout
from codegen.model import Format, LinkType, NextHeader
from codegen.oracle import Decoded, Result
from codegen.resolve import resolve

#: Numbers that some systems write for raw IP (tcpdump.org/linktypes.html).
_RAW_IP = (12, 14)

#: The first bytes of a capture: pcapng's section header, and pcap in either byte order with
#: microseconds or nanoseconds.
_PCAPNG = bytes.fromhex("0a0d0d0a")
_PCAP = {bytes.fromhex(each) for each in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1")}

#: No record of a capture is longer; a longer one would only fill memory.
_LONGEST = 1 << 24


@dataclass(frozen=True)
class Frame:
    """A frame of a capture: its ``link`` type, and where in the file it ends, in bytes."""

    octets: bytes
    link: int
    end: int


class _Source:
    """The file of a capture, which ends where a record ends and nowhere else."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self.path = path
        self.whole = 0

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or none behind the last record; raises UsageError for fewer."""
        if not 0 <= size <= _LONGEST:
            raise UsageError(
                f"{self.path} is damaged: a record at byte {self.whole} of {size} bytes"
            )
        at = self.file.tell()
        found = self.file.read(size)
        if len(found) < size and (found or at != self.whole):
            raise UsageError(
                f"{self.path} is truncated: the record at byte {self.whole} is not complete"
            )
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place in the file."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self.file.tell()


def is_capture(path: Path) -> bool:
    """Return whether a file starts as a capture in pcap or pcapng does."""
    with path.open("rb") as file:
        return file.read(4) in {_PCAPNG, *_PCAP}


def known_layouts() -> list[Layout]:
    """Return the layouts of all packets: a project's, installed ones, and the catalogue's.

    Of two with one name, the first is taken, in that order. Raises UsageError for a format that
    cannot be loaded, and FormatError for one that cannot work.
    """
    own = project.find()
    found: list[Format] = []
    for spec in own.formats if own else ():
        found += formats.load_all(spec, own.folder if own else Path()).values()
    for name in (*formats.installed(), *formats.catalogue()):
        found += formats.load_all(name).values()
    packets = {each.name: each for each in reversed(found) if each.packet is each}
    return [resolve(each) for each in packets.values()]


def frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of a capture in pcap or pcapng.

    Raises UsageError for a file of another kind, for one that is cut off (after the frames
    that are complete) or damaged, and OSError for one that cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        source = _Source(file, path)
        if magic == _PCAPNG:
            read = _pcapng(source)
        elif magic in _PCAP:
            read = _pcap(source)
        else:
            raise UsageError(
                f"{path} is no capture in pcap or pcapng; decompress a compressed one first"
            )
        try:
            yield from read
        except (UsageError, OSError, GeneratorExit):
            raise
        except Exception as error:  # of any kind, as the libraries do not document theirs
            raise UsageError(f"{path} is damaged at byte {source.whole}: {error}") from error


def _pcap(source: _Source) -> Iterator[Frame]:
    from dpkt import pcap

    reader = pcap.Reader(source)
    # Above the link type proper are flags, such as the length of a frame check sequence.
    link = _link(reader.datalink() & 0xFFFF)
    source.whole = source.tell()
    for _, octets in reader:
        source.whole = source.tell()
        yield Frame(octets, link, source.whole)


def _link(number: int) -> int:
    return int(LinkType.RAW_IP) if number in _RAW_IP else number


def _pcapng(source: _Source) -> Iterator[Frame]:
    from pcapng import FileScanner
    from pcapng.blocks import EnhancedPacket, ObsoletePacket, SimplePacket

    for block in FileScanner(source):
        source.whole = source.tell()
        if isinstance(block, EnhancedPacket | ObsoletePacket | SimplePacket):
            link = _link(block.interface.link_type)
            yield Frame(block.packet_data, link, source.whole)


@dataclass(frozen=True)
class Match:
    """A format that a frame is of, and what the oracle decodes in it."""

    layout: Layout
    decoded: Decoded


def match(layouts: Sequence[Layout], frame: Frame, *, guess: bool) -> Match | None:
    """Return the format that a frame is of, None where it is of none.

    A frame is of a format if it has its link type and the fields that announce its headers have
    the format's values; where formats are a ``guess``, all of its constants. A format that was
    named, and that declares no link type, is for frames of every type. Of several, one for
    which the frame is valid is taken, then the one with most such fields, then the one with
    fewest headers.
    """
    candidates = [
        layout
        for layout in layouts
        if layout.link == frame.link or not (guess or layout.format.packet.has_link)
    ]
    decoded = {layout.name: oracle.parse(layout, frame.octets) for layout in candidates}
    if guess:
        return likeliest(layouts, frame, decoded)
    return _likeliest(Match(layout, decoded[layout.name]) for layout in candidates)


def likeliest(
    layouts: Sequence[Layout], frame: Frame, decoded: Mapping[str, Decoded]
) -> Match | None:
    """Return the format that a frame is of by a guess, from what was decoded by format."""
    return _likeliest(
        Match(layout, decoded[layout.name])
        for layout in layouts
        if layout.link == frame.link
        and _is_identified(layout)
        and _has_constants(layout, decoded[layout.name])
    )


def _likeliest(matches: Iterable[Match]) -> Match | None:
    others = (Result.TRUNCATED, Result.NEXT_HEADER)
    found = [each for each in matches if each.decoded.result not in others]
    return max(found, key=_likeliness, default=None)


def _likeliness(found: Match) -> tuple[bool, int, int]:
    return (
        found.decoded.result is Result.VALID,
        _constant_bits(found.layout),
        -found.layout.header_length,
    )


def _constant_bits(layout: Layout) -> int:
    return sum(
        each.bits
        for each in layout.fields
        if isinstance(each.origin, Fixed) and each.origin.checked
    )


def _is_identified(layout: Layout) -> bool:
    """Return whether anything but its length distinguishes a frame of a format from others."""
    return layout.link != LinkType.ETHERNET or _constant_bits(layout) > 0


def _has_constants(layout: Layout, decoded: Decoded) -> bool:
    """Return whether a frame has every constant of a format, sizes of its headers included."""
    return bool(decoded.values) and all(
        decoded.values[each.path] == each.origin.value
        for each in layout.fields
        if isinstance(each.origin, Fixed)
        and each.origin.checked
        and not isinstance(each.field.source, NextHeader)
    )
