"""Comparisons on frames that nobody here made: captures of any origin.

``python -m codegen.verify.corpus FOLDER`` reads each pcap and pcapng file of a folder. On every
frame, the emitted parsers of all formats, compiled with AddressSanitizer and UBSan, have to agree
with the oracle. A frame that a format accepts is encoded again from the values decoded, and has
to come out byte for byte; and tshark, where it is installed, has to read the same values.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codegen import decode, extras, oracle, temporary
from codegen.decode import Frame, Match
from codegen.errors import CodegenError, UsageError
from codegen.layout import Argument, Fixed, Layout, Placed, Sum, Swept
from codegen.model import LinkType
from codegen.model.packet import ETHERNET_MIN
from codegen.oracle import Decoded, Result
from codegen.verify import outside, reader

#: Frames of a format that tshark reads at once.
_BATCH = 1000
#: Disagreements of a file that are printed; all are counted.
_SHOWN = 5
#: The parser of the emitted C takes no longer ones.
_LONGEST = 0xFFFF
#: Seconds between reports of how far a file was read, on a terminal.
_INTERVAL = 2.0

#: What a row has, in the order of the table.
COLUMNS = ("frames", "accepted", "rejected", "other", "disagreements")


@dataclass
class Row:
    """What was found in one capture; ``note`` is why it was not read to its end."""

    file: str
    frames: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    other: int = 0
    by_tshark: int = 0
    disagreements: int = 0
    shown: list[str] = field(default_factory=list)
    note: str = ""

    def disagree(self, what: str) -> None:
        """Count a disagreement, and keep the first few."""
        self.disagreements += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(what)


def rebuilt(layout: Layout, decoded: Decoded, frame: bytes) -> bytes:
    """Return a frame of a format, encoded again from the values that were decoded in it.

    Lengths, checksums, constants and the numbers of headers are computed; all other fields
    and the payload are those of the frame. So is what follows its end, such as padding.
    """
    whole = oracle.without_padding(layout, frame)
    fields = tuple(_given(each, decoded.values[each.path]) for each in layout.fields)
    paths = {each.path for each in fields if isinstance(each.origin, Sum)}
    given = replace(
        layout,
        fields=fields,
        arguments=(),
        checksums=tuple(each for each in layout.checksums if each.path in paths),
    )
    fill = None
    if layout.payload is not None:
        extent, length = layout.payload.extent, len(whole)
        start, end = (each.in_frame(length) // 8 for each in (extent.start, extent.end))
        fill = whole[start:end]
    return oracle.encode(given, {}, len(whole), fill=fill) + frame[len(whole) :]


def _given(placed: Placed, value: int) -> Placed:
    """Return a field with the value that it has in a frame, where it has one of its own."""
    origin = placed.origin
    is_absent_sum = isinstance(origin, Sum) and origin.optional and not value
    is_free = isinstance(origin, Fixed) and not origin.checked
    if is_free or is_absent_sum or isinstance(origin, Argument | Swept):
        return replace(placed, origin=Fixed(value, checked=False))
    return placed


def filled_up(frame: Frame) -> Frame:
    """Return a frame of Ethernet of 60 bytes at least, as a network card sends it.

    Captures on the sender have it as the kernel handed it over, which may be shorter.
    """
    if frame.link != LinkType.ETHERNET or len(frame.octets) >= ETHERNET_MIN:
        return frame
    return replace(frame, octets=frame.octets.ljust(ETHERNET_MIN, b"\0"))


class Corpus:
    """The comparisons, on one frame after the other; what tshark reads comes in batches."""

    def __init__(self, layouts: Sequence[Layout], parsers: reader.Reader, seconds: float) -> None:
        """Take the formats, the program with their parsers, and the time for each file."""
        self.layouts = layouts
        self.parsers = parsers
        self.seconds = seconds
        self.tshark = outside.find_tshark()
        self._waiting: dict[str, list[tuple[Row, int, Match, bytes]]] = {}

    def read(self, path: Path, name: str) -> Row:
        """Return the row of a capture, without what tshark reads later."""
        row = Row(name)
        start = shown = time.monotonic()
        try:
            for frame in decode.frames(path):
                row.frames += 1
                self._frame(row, filled_up(frame))
                now = time.monotonic()
                if now - start > self.seconds:
                    row.note = f"stopped after {self.seconds:g} s"
                    break
                if now - shown > _INTERVAL:
                    shown = now
                    _progress(f"{name}: {row.frames} frames, byte {frame.end}")
        except UsageError as error:
            row.note = str(error).removeprefix(f"{path} ")
        return row

    def _frame(self, row: Row, frame: Frame) -> None:
        octets = frame.octets
        if len(octets) > _LONGEST:
            row.other += 1
            return
        decoded = {}
        for layout in self.layouts:
            if layout.link == frame.link:
                found = decoded[layout.name] = oracle.parse(layout, octets)
                for each in self._parsed(row, layout, found, octets):
                    row.disagree(each)
        match = decode.likeliest(self.layouts, frame, decoded)
        if match is None:
            row.other += 1
        elif match.decoded.result is not Result.VALID:
            row.rejected += 1
        else:
            self._accepted(row, match, octets)

    def _parsed(self, row: Row, layout: Layout, wanted: Decoded, frame: bytes) -> Iterator[str]:
        """Yield how the emitted parser differs from the oracle."""
        where = f"frame {row.frames}: {layout.name}"
        try:
            result, values = self.parsers.parse(layout, frame)
        except reader.ReaderEnded as error:
            yield f"{where}: {error}\n{frame.hex()}"
            return
        if result != wanted.result.value:
            yield f"{where}: {result!r} for the parser, {wanted.result.value!r} for the oracle"
        elif wanted.result not in (Result.TRUNCATED, Result.NEXT_HEADER):
            for path, value in values.items():
                if value != wanted.values[path]:
                    yield f"{where}: the parser reads {path} as {value}, not {wanted.values[path]}"

    def _accepted(self, row: Row, match: Match, frame: bytes) -> None:
        layout = match.layout
        row.accepted[layout.name] += 1
        again = rebuilt(layout, match.decoded, frame)
        if again != frame:
            why = oracle.explain(layout, frame, again)
            row.disagree(f"frame {row.frames}: {layout.name} is rebuilt otherwise: {why}")
        if self.tshark is not None:
            waiting = self._waiting.setdefault(layout.name, [])
            waiting.append((row, row.frames, match, oracle.without_padding(layout, frame)))
            if len(waiting) >= _BATCH:
                self._dissect(self._waiting.pop(layout.name))

    def finish(self) -> None:
        """Have tshark read what is left, and end the program."""
        for waiting in self._waiting.values():
            self._dissect(waiting)
        self._waiting = {}
        self.parsers.close()

    def _dissect(self, waiting: Sequence[tuple[Row, int, Match, bytes]]) -> None:
        """Compare what tshark reads in frames of one format with what the oracle decoded."""
        assert self.tshark is not None
        layout = waiting[0][2].layout
        with temporary.folder() as folder:
            capture = folder / "frames.pcap"
            outside.write_pcap(capture, [octets for _, _, _, octets in waiting], layout.link)
            expected = [match.decoded.values for _, _, match, _ in waiting]
            faults = outside.Dissection(layout, self.tshark).faults(capture, expected)
        for row, _, _, _ in waiting:
            row.by_tshark += 1
        for fault in faults:
            number, _, what = fault.removeprefix("frame ").partition(": ")
            if not number.isdigit():
                raise CodegenError(f"{layout.name}: {fault}")
            row, frame, _, _ = waiting[int(number) - 1]
            row.disagree(f"frame {frame}: {layout.name} in tshark: {what}")


def captures(folder: Path) -> list[Path]:
    """Return the captures in a folder and those below it; raises UsageError for none."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that has captures")
    found = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    read = [each for each in found if decode.is_capture(each)]
    if not read:
        raise UsageError(
            f"{folder} has no capture in pcap or pcapng among {len(found)} files; "
            "decompress those that are compressed"
        )
    return read


def compare(
    paths: Iterable[Path], folder: Path, layouts: Sequence[Layout], seconds: float
) -> list[Row]:
    """Return the rows of captures; ``seconds`` bounds the time for each."""
    with temporary.folder() as build:
        parsers = reader.Reader(reader.built(layouts, build), layouts)
        corpus = Corpus(layouts, parsers, seconds)
        rows = []
        for path in paths:
            rows.append(corpus.read(path, str(path.relative_to(folder))))
            _progress(f"{rows[-1].file}: {rows[-1].frames} frames")
        _progress("what tshark reads")
        corpus.finish()
    return rows


def _progress(what: str) -> None:
    """Show how far the comparison is, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the summary: a row for each capture, and their sum."""
    width = max(len(each.file) for each in [*rows, Row("file"), Row("total")])
    yield "  ".join([f"{'file':<{width}}", *COLUMNS, "formats"])
    total = Row("total")
    for row in rows:
        total.frames += row.frames
        total.accepted += row.accepted
        total.rejected += row.rejected
        total.other += row.other
        total.by_tshark += row.by_tshark
        total.disagreements += row.disagreements
    for row in [*rows, total]:
        counts = (
            row.frames,
            row.accepted.total(),
            row.rejected,
            row.other,
            row.disagreements,
        )
        cells = [f"{count:>{len(name)}}" for name, count in zip(COLUMNS, counts, strict=True)]
        by_format = ", ".join(f"{count} {name}" for name, count in sorted(row.accepted.items()))
        note = f"({row.note})" if row.note else ""
        yield "  ".join([f"{row.file:<{width}}", *cells, f"{by_format} {note}".strip()]).rstrip()
    yield f"{total.by_tshark} of the accepted frames were read by tshark as well"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the captures of a folder; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m codegen.verify.corpus", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="where the captures are, pcap or pcapng")
    parser.add_argument(
        "--seconds", type=float, default=300, help="for each capture at most (default: 300)"
    )
    chosen = parser.parse_args(arguments)
    try:
        extras.require("decode", "the comparison")
        paths = captures(chosen.folder)
        rows = compare(paths, chosen.folder, decode.known_layouts(), chosen.seconds)
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return error.exit_code
    _progress("")
    for line in table(rows):
        print(line)
    if outside.find_tshark() is None:
        print("no comparison with tshark: it is not installed (apt install tshark)")
    failed = [row for row in rows if row.disagreements]
    for row in failed:
        for what in row.shown:
            print(f"codegen: {row.file}: {what}", file=sys.stderr)
        more = row.disagreements - len(row.shown)
        if more > 0:
            print(f"codegen: {row.file}: and {more} more", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
