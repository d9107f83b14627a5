"""All cross-checks of one format, as a row: oracle, scapy, tshark and the emitted parser."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from codegen import oracle, temporary
from codegen.errors import CodegenError
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.layout import Layout
from codegen.model import Strategy
from codegen.verify import compare, outside, values
from codegen.verify.subject import Memory, Mismatch, Subject

CROSS_CHECKS = ("oracle", "scapy", "tshark", "parser")


@dataclass
class Row:
    """The results of the cross-checks of one format, by the name of the check.

    ``agreed`` are the numbers of examples on which a check agreed with the emitted C, and
    ``faults`` the mismatches. A check that was not made is not in ``agreed``: ``inapplicable`` has
    the reason where it does not apply to this format, ``missing`` where its tool is missing.
    """

    format: str
    agreed: dict[str, int] = field(default_factory=dict)
    inapplicable: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def cross_check(
    layout: Layout,
    strategy: Strategy,
    examples: int,
    seed: int,
    netbuf: Netbuf = netbufs.HOST,
) -> Row:
    """Return the row of a format: every cross-check on generated values and lengths."""
    subject = Subject.build(layout, strategy, netbuf=netbuf)
    if outside.is_known(layout):
        outside.check(layout)
    row = Row(layout.name)
    report = compare.verify(subject, examples, seed)
    row.agreed["oracle"] = report.counts[compare.BYTES] + report.counts[compare.SWEPT]
    if report.counterexample is not None:
        row.faults["oracle"] = report.counterexample
    cases = _cases(layout, examples, seed)
    try:
        frames = [subject.generate(given, length, Memory()) for given, length in cases]
    except Mismatch as mismatch:
        row.faults.setdefault("oracle", f"{layout.name}: {mismatch}")
        row.inapplicable = dict.fromkeys(CROSS_CHECKS[1:], "there are no frames to check")
        return row
    _parser(subject, row, frames + _received(layout, cases, seed))
    lacking = outside.scapy_lacks(layout)
    if lacking is None:
        _scapy(layout, row, cases, frames)
    else:
        row.inapplicable["scapy"] = lacking
    _tshark(layout, row, frames)
    return row


def _cases(layout: Layout, examples: int, seed: int) -> list[tuple[dict[str, int], int]]:
    """Return arguments and lengths, with those for which a checksum comes out as zero."""
    chosen = random.Random(seed)
    cases = [(values.some(layout, chosen), chosen.choice(layout.lengths)) for _ in range(examples)]
    for placed in layout.checksums:
        cases += values.zero_sums(layout, placed, seed)
    return cases


def _received(layout: Layout, cases: list[tuple[dict[str, int], int]], seed: int) -> list[bytes]:
    """Return the same frames with other payloads, as other senders may choose them."""
    if layout.payload is None:
        return []
    chosen = random.Random(seed)
    return [
        oracle.encode(layout, given, length, fill=values.some_fill(layout, length, chosen))
        for given, length in cases
    ]


def _parser(subject: Subject, row: Row, frames: list[bytes]) -> None:
    """Let the emitted parser read whole frames, and those with one byte changed or cut off."""
    chosen = random.Random(len(frames))
    row.agreed["parser"] = 0
    for frame in frames:
        wrong = bytearray(frame)
        wrong[chosen.randrange(len(frame))] ^= chosen.randrange(1, 256)
        for each in (frame, bytes(wrong), frame[: chosen.randrange(len(frame))]):
            try:
                compare.parse(subject, each)
            except Mismatch as mismatch:
                row.faults["parser"] = str(mismatch)
                return
            row.agreed["parser"] += 1


def _scapy(
    layout: Layout, row: Row, cases: list[tuple[dict[str, int], int]], frames: list[bytes]
) -> None:
    if not outside.has_scapy():
        row.missing["scapy"] = "it is not installed: pip install scapy"
        return
    row.agreed["scapy"] = 0
    for (given, length), frame in zip(cases, frames, strict=True):
        try:
            wanted = outside.built_by_scapy(layout, given, length)
        except CodegenError as error:
            row.faults["scapy"] = str(error)
            return
        if wanted != frame:
            row.faults["scapy"] = (
                f"{layout.name}: scapy's bytes on the left, those of the emitted C on the right; "
                + oracle.explain(layout, wanted, frame)
            )
            return
        row.agreed["scapy"] += 1


def _tshark(layout: Layout, row: Row, frames: list[bytes]) -> None:
    tshark = outside.find_tshark()
    if tshark is None:
        row.missing["tshark"] = "it is not installed: apt install tshark"
        return
    expected = [oracle.decode(layout, frame).values for frame in frames]
    with temporary.folder() as folder:
        capture = folder / "frames.pcap"
        outside.write_pcap(capture, frames, layout.link)
        faults = outside.Dissection(layout, tshark).faults(capture, expected)
    if faults:
        row.faults["tshark"] = f"{layout.name}: {faults[0]}"
    row.agreed["tshark"] = len(frames) - len({fault.split(":")[0] for fault in faults})
