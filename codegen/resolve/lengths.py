"""Lengths: of frames, and in the fields that count bytes or members.

Reports F110 (a group that does not exist), F116 (a length does not fit its field, or is no
whole number of units), F118 (the frame's length is out of bounds), F123 (a sweep that
leaves those bounds) and F138 (a swept length follows a field), with
:mod:`codegen.resolve.spans` F111, with :mod:`codegen.resolve.tables` F107 and F131, and with
:mod:`codegen.resolve.sweeps` what a swept length may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm

from codegen.diagnostics import Code
from codegen.layout import Fixed, FrameLength, Origin, RandomSweep, few_values
from codegen.layout import Sweep as Resolved
from codegen.model import (
    IMIX,
    Count,
    Counter,
    Cycle,
    Default,
    Fill,
    Length,
    Packet,
    Permutation,
    Random,
    Range,
    Sweep,
    Timestamp,
    UInt,
    Value,
)
from codegen.model import Sweep as Declared
from codegen.resolve import spans, tables
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places
from codegen.resolve.sweeps import followed, sweep
from codegen.resolve.values import number


def bounds(found: Findings, packet: Packet, places: Places) -> range:
    """Return the lengths that a packet's frames may have, in bytes."""
    least = places.least_length
    has_payload = isinstance(packet.layers[-1], Fill)
    low = high = least
    if has_payload and places.padding is None:
        low, high = max(packet.least, least), packet.max_length
    elif has_payload and places.padding is not None:
        # The bounds are those of frames with their padding, which grow with those without it.
        padding = places.padding
        fits = [
            each
            for each in range(least, packet.max_length + 1)
            if packet.least <= each + padding.size(each) <= packet.max_length
        ]
        low, high = (fits[0], fits[-1]) if fits else (least, least - 1)
    where = f"packet {packet.name!r}"
    if least < packet.least and not has_payload:
        found.report(
            Code.F118,
            where,
            f"its headers take {least} bytes, and the least frame {packet.least}",
            "end the stack with / Fill()",
        )
    if least > packet.max_length or low > high:
        found.report(
            Code.F118,
            where,
            f"its headers take {least} bytes, and the frame may take "
            f"{packet.least} to {packet.max_length}",
            "drop a header, or mend min_length and max_length",
        )
    if not 1 <= packet.least <= packet.max_length <= 0xFFFF:
        found.report(
            Code.F118,
            where,
            f"a frame of {packet.least} to {packet.max_length} bytes is not possible",
            "use 1 <= min_length <= max_length <= 65535",
        )
    return range(low, high + 1)


def length(
    found: Findings, places: Places, place: Place, source: Length, frames: range
) -> FrameLength | Fixed | None:
    """Return the number of a length field in frames of those lengths, None after a report."""
    extent = spans.extent(found, places, place, source.of)
    if extent is None:
        return None
    size = extent.size(frames[0])
    variable = extent.varies and len(frames) > 1
    if source.unit <= 0 or abs(source.plus) >= 1 << 32:
        found.report(
            Code.F116,
            place.path,
            f"no length has a unit of {source.unit} bytes and {source.plus} more",
            "use a positive unit, and plus of less than 2^32",
        )
        return None
    if not variable and size % source.unit:
        found.report(
            Code.F116,
            place.path,
            f"{size} bytes are no whole number of units of {source.unit} bytes",
            "count in bytes (unit=1), or fill the span up with Pad()",
        )
        return None
    codes = tables.codes(found, place, source)
    if codes is None:
        return None
    origin = FrameLength(extent, Fraction(source.unit), source.plus, codes)
    if variable:
        return origin
    if not origin.is_possible(frames[0]):
        tables.report_absent(found, place, origin, [origin.number(frames[0])])
        return None
    _check_fit(found, place, origin, frames)
    return Fixed(origin.value(frames[0]), checked=True)


def count(found: Findings, places: Places, place: Place, source: Count) -> Fixed | None:
    """Return the number of members of a group, None after a report."""
    group = places.find_region(place.scope, source.group)
    if group is None:
        places.unknown(found, place.path, place.scope, source.group)
        return None
    return Fixed(number(found, place.path, place.field, len(group.members)), checked=True)


def whole_units(
    found: Findings, places: Places, origins: Sequence[Origin | None], frames: range
) -> range | tuple[int, ...]:
    """Return the lengths of a frame that each length field can count; a range where it is one."""
    counted = [
        (place, origin)
        for place, origin in zip(places.fields, origins, strict=True)
        if isinstance(origin, FrameLength)
    ]
    lengths: range | tuple[int, ...] = frames
    for place, origin in counted:
        fits = _fitting(origin, lengths)
        if not fits and origin.codes:
            wanted = [origin.number(each) for each in (lengths[0], lengths[-1])]
            tables.report_absent(found, place, origin, wanted)
            return lengths
        if not fits:
            found.report(
                Code.F116,
                place.path,
                f"no frame of {frames[0]} to {frames[-1]} bytes is a whole number of units of "
                f"{origin.unit} bytes here and in the length fields before",
                "count in other units, or mend min_length and max_length of the packet",
            )
            return lengths
        lengths = fits
    for place, origin in counted:
        _check_fit(found, place, origin, lengths)
    return lengths


def _fitting(origin: FrameLength, lengths: range | tuple[int, ...]) -> range | tuple[int, ...]:
    """Return those of some lengths of a frame of which a length field counts whole units."""
    if isinstance(lengths, range) and not origin.codes and not origin.of.is_padded:
        # A length more is a byte more, so that whole units repeat every numerator of the unit.
        period = origin.unit.numerator
        first = next((n for n in lengths[:period] if origin.is_possible(n)), None)
        if first is None:
            return ()
        found = range(first, lengths.stop, lcm(lengths.step, period))
        return found if len(found) > 1 else range(first, first + 1)
    fits = tuple(each for each in lengths if origin.is_possible(each))
    step = fits[1] - fits[0] if len(fits) > 1 else 1
    even = range(fits[0], fits[-1] + 1, step) if fits else range(0)
    return even if tuple(even) == fits else fits


def _check_fit(found: Findings, place: Place, origin: FrameLength, lengths: Sequence[int]) -> None:
    """Check that a length fits its field in frames of those lengths."""
    if origin.codes:
        return  # They were checked one by one.
    largest = (1 << place.field.bits) - 1
    least, most = origin.value(lengths[0]), origin.value(lengths[-1])
    if least < 0 or most > largest:
        found.report(
            Code.F116,
            place.path,
            f"the length is {least} to {most}, and {place.field.bits} bits hold 0 to {largest}",
            "raise plus, or the packet's min_length"
            if least < 0
            else "widen the field, count in larger units, or lower the packet's max_length",
        )


def frame_length(
    found: Findings, binding: Value | Sweep | None, lengths: range | tuple[int, ...]
) -> tuple[int, Resolved | None]:
    """Return the length of the frames that the program sends, and how it is swept."""
    low, high = lengths[0], lengths[-1]
    if binding is None:
        return low, None
    field = UInt("length", 16, Default(0))
    if isinstance(binding, Counter | Timestamp):
        found.report(
            Code.F123,
            "length",
            f"a {type(binding).__name__} leaves the bounds of the frame",
            "use Cycle(lengths), Range(first, last) or Random(minimum=, maximum=)",
        )
        return low, None
    if isinstance(binding, Declared) and followed(binding) is not None:
        found.report(
            Code.F138,
            "length",
            f"it is to follow {followed(binding)!r}, and the length of frames follows no field",
            "leave every= out, and let the field follow another field",
        )
        return low, None
    if isinstance(binding, Random) and not isinstance(lengths, range):
        found.report(
            Code.F123,
            "length",
            "a Random draws from lengths at even distances, and those of the table are not",
            f"use Cycle({lengths!r})",
        )
        return low, None
    if isinstance(binding, Random):
        binding = replace(
            binding,
            minimum=low if binding.minimum is None else binding.minimum,
            maximum=high if binding.maximum is None else binding.maximum,
        )
    if binding == IMIX:
        # Its least frame is whatever is least: that of the format, where headers take more.
        binding = Cycle(tuple(max(int(each), low) for each in IMIX.values))
    swept: Resolved | None = None
    if isinstance(binding, Cycle | Permutation | Random | Range):
        swept = sweep(found, "length", field, binding)
        if isinstance(swept, RandomSweep) and isinstance(lengths, range):
            swept = _among(swept, lengths)
        wanted = few_values(swept)
    else:
        wanted = [number(found, "length", field, binding)]
    _check_lengths(found, wanted, lengths)
    return max(wanted, default=low), swept


def _check_lengths(
    found: Findings, wanted: Sequence[int], lengths: range | tuple[int, ...]
) -> None:
    low, high = lengths[0], lengths[-1]
    refused = [each for each in wanted if each not in lengths]
    if wanted and not refused:
        return
    if isinstance(lengths, range):
        steps = f" in steps of {lengths.step}" if lengths.step > 1 else ""
    else:
        steps = f", nearest to it {tables.nearest(refused[:1] or [low], lengths)}"
    found.report(
        Code.F118,
        "length",
        f"a frame of {refused[0]} bytes is asked for, and it has {low} to {high}{steps}"
        if refused
        else f"none of the lengths is {low} to {high}{steps}",
        "mend the lengths, or min_length and max_length of the packet",
    )


def _among(drawn: RandomSweep, lengths: range) -> RandomSweep:
    """Return the same draw from those of its values that are lengths of the frame.

    Where its bounds are no lengths of the frame at all, it stays as it is.
    """
    if drawn.low < lengths[0] or drawn.last > lengths[-1]:
        return drawn
    first = drawn.low + (lengths[0] - drawn.low) % lengths.step
    count = len(range(first, drawn.last + 1, lengths.step))
    return replace(drawn, low=first, count=count, step=lengths.step)
