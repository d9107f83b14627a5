"""Frames of captures: read one by one, and decoded by the formats that they may be of.

Captures in pcap are read by dpkt, and those in pcapng by python-pcapng: both are small, and
read record by record, so that memory does not grow with the capture. dpkt's own reader of
pcapng skips simple packet blocks, and scapy's readers end silently where a file is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from codegen import oracle
from codegen.errors import UsageError
from codegen.layout import Fixed, Layout
from codegen.model import NextHeader
from codegen.oracle import Decoded, Result

#: The link type of Ethernet in captures (IETF registry of link types).
ETHERNET = 1

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
    link = reader.datalink()
    source.whole = source.tell()
    for _, octets in reader:
        source.whole = source.tell()
        yield Frame(octets, link, source.whole)


def _pcapng(source: _Source) -> Iterator[Frame]:
    from pcapng import FileScanner
    from pcapng.blocks import EnhancedPacket, ObsoletePacket, SimplePacket

    for block in FileScanner(source):
        source.whole = source.tell()
        if isinstance(block, EnhancedPacket | ObsoletePacket | SimplePacket):
            yield Frame(block.packet_data, block.interface.link_type, source.whole)


@dataclass(frozen=True)
class Match:
    """A format that a frame is of, and what the oracle decodes in it."""

    layout: Layout
    decoded: Decoded


def match(layouts: Sequence[Layout], octets: bytes, *, guess: bool) -> Match | None:
    """Return the format that a frame is of, None where it is of none.

    A frame is of a format if the fields that announce its headers have the format's values;
    where formats are a ``guess``, all of its constants. Of several, one for which the frame is
    valid is taken, then the one with most such fields, then the one with fewest headers.
    """
    found = []
    for layout in layouts:
        decoded = oracle.parse(layout, octets)
        if decoded.result in (Result.TRUNCATED, Result.NEXT_HEADER):
            continue
        if guess and not _has_constants(layout, decoded):
            continue
        found.append(Match(layout, decoded))
    return max(found, key=_likeliness, default=None)


def _likeliness(found: Match) -> tuple[bool, int, int]:
    constants = sum(
        each.bits
        for each in found.layout.fields
        if isinstance(each.origin, Fixed) and each.origin.checked
    )
    return found.decoded.result is Result.VALID, constants, -found.layout.header_length


def _has_constants(layout: Layout, decoded: Decoded) -> bool:
    """Return whether a frame has every constant of a format, sizes of its headers included."""
    return all(
        decoded.values[each.path] == each.origin.value
        for each in layout.fields
        if isinstance(each.origin, Fixed)
        and each.origin.checked
        and not isinstance(each.field.source, NextHeader)
    )
