"""Compare the emitted C with the oracle, over generated values and every length."""

from __future__ import annotations

import errno
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import hypothesis
from hypothesis import strategies as st

from codegen import oracle, vectors
from codegen.layout import Layout, Placed, PseudoConst, PseudoField, Sum
from codegen.model import Algorithm, Int, Value
from codegen.verify import values
from codegen.verify.subject import Memory, Mismatch, Subject


@dataclass
class Report:
    """The number of times that each comparison was made, and the first counterexample."""

    format: str
    counts: Counter[str] = field(default_factory=Counter)
    counterexample: str | None = None


#: The names of comparisons that others ask for.
BYTES = "C writes the oracle's bytes, and none besides"
SWEPT = "packets of a sweep have the oracle's bytes"
PAYLOADS = "a frame with any payload is parsed, checksums included"

#: How people call a received frame, by its verdict.
_VERDICTS = {"valid": "a valid frame", "other": "other traffic", "invalid": "an invalid frame"}

#: Consecutive packets of a sweep that are compared.
SWEPT_PACKETS = 300

MEMORIES = st.builds(
    Memory,
    headroom=st.sampled_from([0, 10, 14, 16, 64, 65535]) | st.integers(0, 256),
    bufalign=st.sampled_from([0, 1, 2, 8, 64, 2048, 4096]),
    poison=st.sampled_from([0x00, 0xA5, 0xFF]),
)


def verify(subject: Subject, examples: int, seed: int) -> Report:
    """Return the report of all comparisons; stops at the first that fails.

    ``examples`` are the generated value sets, besides which every length of the
    format is tried once (of large frames, those of :func:`values.every_length`), and values for
    which a checksum comes out as zero. Frames that are parsed have other payloads too. Equal
    seeds give equal values.
    """
    report = Report(subject.layout.name)
    try:
        _examples(subject, report)
        _every_length(subject, report)
        _zero_sums(subject, report, seed)
        _generated(subject, report, examples, seed)
        _sweeps(subject, report, seed)
        _payloads(subject, report, examples, seed)
        _matches(subject, report, examples, seed)
        _refusals(subject, report)
    except Mismatch as mismatch:
        report.counterexample = str(mismatch)
    return report


def compare(
    subject: Subject, counts: Counter[str], given: dict[str, int], length: int, memory: Memory
) -> None:
    """Make every comparison of one frame; raises Mismatch with the whole counterexample."""
    layout = subject.layout
    try:
        wanted = oracle.encode(layout, given, length)
        same(layout, wanted, subject.generate(given, length, memory))
        counts[BYTES] += 1

        short = {each.argument.name: each.argument.default for each in layout.arguments}
        open_values = {
            name: given[name] if default is None or not _bound(layout, name) else default
            for name, default in short.items()
        }
        wanted_short = oracle.encode(layout, open_values, length)
        same(layout, wanted_short, subject.generate(open_values, length, memory, shorthand=True))
        counts["the shorthand function does so too"] += 1

        decoded = oracle.decode(layout, wanted)
        if decoded.problems:
            raise Mismatch("the oracle finds fault with its own frame: " + decoded.problems[0])
        for placed in layout.arguments:
            if decoded.values[placed.path] != given[placed.argument.name]:
                raise Mismatch(f"{placed.path} is not decoded as it was encoded")
        counts["decoding gives back what was encoded"] += 1

        for path, total in received_sums(layout, wanted):
            if total != 0xFFFF:
                raise Mismatch(f"{path}: a receiver sums up to 0x{total:04x}, not 0xffff")
            counts[f"{path} is right by the receiver's rule"] += 1
    except Mismatch as mismatch:
        arguments = ", ".join(
            f"{each.argument.name}={each.field.show(given[each.argument.name])}"
            for each in layout.arguments
        )
        raise Mismatch(
            f"{layout.name}: length={length}, {arguments}; headroom={memory.headroom}, "
            f"bufalign={memory.bufalign}, memory poisoned with 0x{memory.poison:02x}\n{mismatch}"
        ) from None


def received_sums(layout: Layout, frame: bytes) -> Iterator[tuple[str, int]]:
    """Yield each internet checksum's path and what a receiver sums up, checksum included.

    RFC 1071 section 1: the ones' complement sum over the data and the checksum
    is all ones. The words are added up, and the carries at the end (section 2), unlike the
    oracle's.
    """
    values_ = oracle.decode(layout, frame).values
    length = oracle.unpadded(layout, frame)
    for placed in layout.checksums:
        origin = placed.origin
        assert isinstance(origin, Sum)
        if origin.algorithm is not Algorithm.INTERNET:
            continue
        data = bytearray()
        cleared = _cleared(layout, origin, frame)
        for each in origin.over:
            start = each.start.in_frame(length) // 8
            data += cleared[start : start + each.size(length)]
        pseudo = 0
        bits = 0
        for part in origin.pseudo:
            value = len(data)
            if isinstance(part, PseudoField):
                value = oracle.wire_bits(frame, layout[part.path])
                if layout[part.path].field.byteorder == "little":
                    value = int.from_bytes(value.to_bytes(part.bits // 8, "little"), "big")
            elif isinstance(part, PseudoConst):
                value = part.value
            pseudo = pseudo << part.bits | value
            bits += part.bits
        data[:0] = pseudo.to_bytes(bits // 8, "big")
        data += bytes(len(data) % 2)
        here = placed.start.in_frame(length) // 8
        if not origin.covers(placed):
            # The checksum lies outside the bytes that it covers: add it.
            data += frame[here : here + 2]
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        if total != 0xFFFF and values_[placed.path] == origin.zero_as:
            # A receiver that knows the zero rule reads this as zero.
            total = (total - values_[placed.path]) % 0xFFFF or 0xFFFF
        yield placed.path, total


def _cleared(layout: Layout, total: Sum, frame: bytes) -> bytes:
    """Return a frame with zeros in the fields that count as zero."""
    found = bytearray(frame)
    for path in total.zeroed:
        for piece in layout[path].pieces:
            at = piece.at.in_frame(oracle.unpadded(layout, frame)) // 8
            found[at] &= ~(((1 << piece.bits) - 1) << piece.low)
    return bytes(found)


def _bound(layout: Layout, name: str) -> bool:
    return any(each.argument.bound for each in layout.arguments if each.argument.name == name)


def same(layout: Layout, wanted: bytes, found: bytes) -> None:
    """Raise Mismatch with both frames side by side when they differ."""
    if wanted != found:
        raise Mismatch(
            "the oracle's bytes on the left, those of the emitted C on the right; "
            + oracle.explain(layout, wanted, found)
        )


def _examples(subject: Subject, report: Report) -> None:
    """Compare the examples that the packet declares with the oracle, and with the emitted C."""
    layout = subject.layout
    for vector in vectors.of_examples(layout):
        fault = vectors.mismatch(layout, vector)
        if fault is not None:
            raise Mismatch(fault)
        given = {
            each.argument.name: _number(each, vector.values.get(each.argument.name))
            for each in layout.arguments
        }
        compare(subject, report.counts, given, oracle.unpadded(layout, vector.frame), Memory())
        parse(subject, vector.frame)
        report.counts["an example of the packet has the bytes that it declares"] += 1


def _number(placed: Placed, value: Value | None) -> int:
    """Return an argument's value on the wire, its default where it is not given."""
    if value is None:
        assert placed.argument.default is not None, placed.path
        return placed.argument.default
    return value if isinstance(value, int) else placed.field.parse(value)


def _every_length(subject: Subject, report: Report) -> None:
    """Try lengths once, with values that alternate between the ends of their ranges."""
    layout = subject.layout
    for length in values.every_length(layout):
        given = {each.argument.name: each.argument.ends[length % 2] for each in layout.arguments}
        compare(subject, report.counts, given, length, Memory())


def _zero_sums(subject: Subject, report: Report, seed: int) -> None:
    """Try values whose sum is one of the two zeros of ones' complement (``zero_as``)."""
    for placed in subject.layout.checksums:
        for given, length in values.zero_sums(subject.layout, placed, seed):
            compare(subject, report.counts, given, length, Memory())
            report.counts[f"{placed.path} comes out as zero, and is sent as it should be"] += 1


def _generated(subject: Subject, report: Report, examples: int, seed: int) -> None:
    def examine(given: dict[str, int], length: int, memory: Memory) -> None:
        compare(subject, report.counts, given, length, memory)

    search: Callable[[], None] = hypothesis.given(
        values.arguments(subject.layout), values.lengths(subject.layout), MEMORIES
    )(examine)
    search = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )(hypothesis.seed(seed)(search))
    search()


def _sweeps(subject: Subject, report: Report, seed: int) -> None:
    """Try packets of a sweep, consecutive ones and those around every wrap."""
    layout = subject.layout
    if not layout.is_swept:
        return
    chosen = random.Random(seed)
    numbers = sweep_numbers(layout)
    now, wall = chosen.getrandbits(63), chosen.getrandbits(63)
    for length in (layout.min_length, layout.max_length):
        given = values.some(layout, chosen)
        for number in numbers:
            wanted = oracle.encode(layout, given, length, packet=number, now=now, wall=wall)
            try:
                same(layout, wanted, subject.sweep(given, length, number, Memory(), now, wall))
            except Mismatch as mismatch:
                raise Mismatch(f"{layout.name}: packet {number} of a sweep\n{mismatch}") from None
            report.counts[SWEPT] += 1


def sweep_numbers(layout: Layout) -> list[int]:
    """Return numbers of packets: consecutive ones, and those around every wrap."""
    numbers = set(range(SWEPT_PACKETS)) | {2**64 - 1}
    for bits in {placed.bits for placed in layout.sweeps} | {8, 16, 32}:
        numbers |= {n for n in range((1 << bits) - 3, (1 << bits) + 3) if 0 <= n < 2**64}
    return sorted(numbers)


def _payloads(subject: Subject, report: Report, examples: int, seed: int) -> None:
    """Parse frames with other payloads than the format's, as other senders choose them.

    What is written has one payload only, for which a checksum may be right by chance.
    """
    layout = subject.layout
    if layout.payload is None:
        return
    chosen = random.Random(seed)
    for length in [
        *values.every_length(layout),
        *(chosen.choice(layout.lengths) for _ in range(examples)),
    ]:
        given = values.some(layout, chosen)
        fill = values.some_fill(layout, length, chosen)
        if parse(subject, oracle.encode(layout, given, length, fill=fill)) != oracle.Result.VALID:
            raise Mismatch(f"{layout.name}: the oracle finds fault with its own frame")
        report.counts[PAYLOADS] += 1


def _matches(subject: Subject, report: Report, examples: int, seed: int) -> None:
    """Compare the verdicts on received frames, whole ones and damaged ones."""
    layout = subject.layout
    chosen = random.Random(seed)
    for _ in range(examples):
        given, frame, damage = received(layout, chosen)
        wanted = oracle.verdict(layout, given, frame)
        found = subject.verdict(given, frame)
        if found != wanted:
            raise Mismatch(
                f"{layout.name}: a received frame is {wanted}, and the emitted C calls it "
                f"{found} (damage: {damage})\n{frame.hex(' ')}"
            )
        report.counts[f"{_VERDICTS[wanted]} is recognised when it is received"] += 1
        parse(subject, frame)
        report.counts["a received frame is parsed as the oracle does"] += 1


def received(layout: Layout, chosen: random.Random) -> tuple[dict[str, int], bytes, str]:
    """Return arguments, a frame of them as it may be received, and what is damaged in it."""
    given = values.some(layout, chosen)
    length = chosen.choice(layout.lengths)
    fill = values.some_fill(layout, length, chosen)
    frame = bytearray(oracle.encode(layout, given, length, fill=fill))
    damages = ["none", "bit", "bit in the headers", "cut", "longer"]
    damage = chosen.choice([*damages, "no checksum"] if layout.checksums else damages)
    if damage == "cut":
        del frame[chosen.randrange(len(frame)) :]
    elif damage.startswith("bit"):
        limit = layout.header_length if "headers" in damage else len(frame)
        frame[chosen.randrange(limit)] ^= 1 << chosen.randrange(8)
    elif damage == "no checksum":
        placed = chosen.choice(layout.checksums)
        at = placed.start.in_frame(length) // 8
        frame[at : at + placed.bits // 8] = bytes(placed.bits // 8)
    elif damage == "longer" and len(frame) <= 0xFFFF - 12:
        # A driver may count bytes of its own; the frame's length field is authoritative.
        frame += chosen.randbytes(chosen.randint(1, 12))
    return given, bytes(frame), damage


def parse(subject: Subject, frame: bytes) -> oracle.Result:
    """Compare the results of the emitted parser and the oracle for a frame; return the result."""
    layout = subject.layout
    wanted = oracle.parse(layout, frame)
    result, found = subject.parse(frame)
    if result != wanted.result.value:
        why = f" ({', '.join(wanted.problems)})" if wanted.problems else ""
        raise Mismatch(
            f"{layout.name}: the parser calls a frame {result!r}, and it is "
            f"{wanted.result.value!r}{why}\n{frame.hex(' ')}"
        )
    if wanted.result in (oracle.Result.TRUNCATED, oracle.Result.NEXT_HEADER):
        return wanted.result
    for path, value in found.items():
        if value != wanted.values[path]:
            show = layout[path].field.show
            raise Mismatch(
                f"{layout.name}: the parser reads {path} as {show(value)}, and it is "
                f"{show(wanted.values[path])}\n{frame.hex(' ')}"
            )
    return wanted.result


def _refusals(subject: Subject, report: Report) -> None:
    """Arguments out of range give EINVAL, no memory gives ENOMEM."""
    layout = subject.layout
    given = values.some(layout, random.Random(0))
    fits, memory = layout.min_length, Memory()
    refused = [
        (f"length={length}", given, length, memory, errno.EINVAL)
        # Too long comes first: C without the check survives it, so the mismatch is reported.
        for length in (
            *(layout.max_length + 1, 0xFFFF, layout.min_length - 1, 0, fits + 1),
            *(each + 1 for each in layout.length_list),
        )
        if length <= 0xFFFF and length not in layout.lengths
    ]
    refused += [
        (f"bufalign={align}", given, fits, Memory(bufalign=align), errno.EINVAL)
        for align in (3, 2047)
    ]
    for placed in layout.arguments:
        argument = placed.argument
        # How much the type of the argument holds.
        width = placed.bits if placed.field.octets else max(8, 1 << (placed.bits - 1).bit_length())
        beyond = {argument.minimum - 1, argument.maximum + 1}
        beyond |= {number + 1 for number in argument.numbers}
        for value in sorted(each for each in beyond if not argument.allows(each)):
            below = 1 << (width - 1) if isinstance(placed.field, Int) else 0
            if -below <= value < (1 << width) - below:
                case = f"{argument.name}={value}"
                refused.append((case, given | {argument.name: value}, fits, memory, errno.EINVAL))
    for case, arguments, length, where, wanted in refused:
        try:
            found = subject.refusal(arguments, length, where)
        except Mismatch as mismatch:
            raise Mismatch(f"{layout.name}: {case}: {mismatch}") from None
        if found != wanted:
            raise Mismatch(f"{layout.name}: {case} gives errno {found}, not EINVAL")
        report.counts["what is out of range gives NULL and EINVAL"] += 1
    found = subject.refusal(given, fits, memory, no_memory=True)
    if found != errno.ENOMEM:
        raise Mismatch(f"{layout.name}: no memory gives errno {found}, not ENOMEM")
    report.counts["no memory gives NULL and ENOMEM"] += 1
