"""Sweeps: the values that differ from packet to packet must fit their field.

Reports F108 (no such unit of time, no such prefix), F109 (a range is empty or exceeds the
field), F110 (a sweep follows a field that does not exist), F123 (a sweep does not go with what
it sweeps) and F138 (a sweep follows what does not go round), with
:mod:`codegen.resolve.values` F107 and F108 of the values.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from codegen.diagnostics import Code
from codegen.errors import shortened, shown
from codegen.layout import (
    CounterSweep,
    CycleSweep,
    PermutationSweep,
    RandomOctetsSweep,
    RandomSweep,
    RangeSweep,
    TimestampSweep,
    TriangleSweep,
    few_values,
)
from codegen.layout import Sweep as Resolved
from codegen.model import (
    Bytes,
    Counter,
    Cycle,
    Field,
    IPv4Address,
    IPv6Address,
    Parameter,
    Permutation,
    Random,
    Range,
    Sweep,
    Timestamp,
    Value,
    VarInt,
    limits,
)
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, Places
from codegen.resolve.shapes import names_of
from codegen.resolve.values import number

#: How many of a unit of time are a second.
_UNITS = {
    **{"ns": 10**9, "us": 10**6, "ms": 1000, "s": 1},
    **{"2^-32 s": 1 << 32, "2^-16 s": 1 << 16},
}

#: The seconds from each epoch to 1970 (RFC 5905 section 6; IEEE 1588 counts in TAI, which has
#: been 37 seconds ahead of UTC since 2017).
_EPOCHS = {"unix": 0, "ntp": 2_208_988_800, "ptp": 37}


def sweep(found: Findings, path: str, field: Field, source: Sweep) -> Resolved:
    """Return how the value of a field differs from packet to packet."""
    unsuited = _unsuited(field, source)
    if unsuited is not None:
        found.report(Code.F123, path, *unsuited)
        return CycleSweep(())
    swept = _swept(found, path, field, source)
    names = names_of(field)
    if names and not isinstance(source, Cycle) and not _all_in(swept, names):
        found.report(
            Code.F123,
            path,
            f"a {type(source).__name__} has numbers that have no name",
            f"use Cycle({tuple(names.values())!r})",
        )
    return swept


def of_place(found: Findings, places: Places, place: Place, source: Sweep) -> Resolved:
    """Return how the value of a field differs from packet to packet, within other sweeps."""
    swept = sweep(found, place.path, place.field, source)
    if followed(source) is None:
        return swept
    return replace(swept, every=_packets(found, places, place, source, (place.path,)))


def followed(source: Sweep) -> str | None:
    """Return the name of the sweep after each round of which another one moves on."""
    if isinstance(source, Counter) and source.per is not None:
        return source.per
    return None if isinstance(source, Timestamp) else source.every


def _packets(
    found: Findings, places: Places, place: Place, source: Sweep, seen: tuple[str, ...]
) -> int:
    """Return in how many packets the sweep goes round that another one follows; 1 after a report.

    ``seen`` are the paths of the sweeps that follow it, to find a circle.
    """
    name = followed(source)
    if name is None:
        return 1
    target = _named(places, place.scope, name)
    if target is None:
        places.unknown(found, place.path, place.scope, name)
        return 1
    problem, period = None, 1
    if target.path in seen:
        problem = f"{target.path!r} follows it in turn"
    elif not isinstance(target.source, Sweep):
        problem = f"{target.path!r} is not swept"
    else:
        swept = sweep(found, target.path, target.field, target.source)
        own = _period(swept, target.field.bits)
        inside = _packets(found, places, target, target.source, (*seen, target.path))
        period = (own or 1) * inside
        if own is None:
            problem = f"a {type(target.source).__name__} such as {target.path!r} never goes round"
        elif period >= 1 << 63:
            problem = f"{target.path!r} goes round in {period} packets, which no program sends"
        elif isinstance(source, Counter) and source.per is not None:
            problem = _shared(target, swept, inside)
    if problem is not None:
        found.report(
            Code.F138,
            place.path,
            problem,
            "name a field with a Range, a Permutation, a Cycle or a Counter",
        )
        return 1
    return period


def _named(places: Places, scope: str, name: str) -> Place | None:
    """Return the field of a name in a header, of a path, or of a parameter's name."""
    for each in places.fields:
        declared = each.field.source
        if each.path == name or (isinstance(declared, Parameter) and declared.name == name):
            return each
    return places.find(scope, name)


def _period(swept: Resolved, bits: int) -> int | None:
    """Return after how many values a sweep starts again; None if it does not."""
    match swept:
        case CounterSweep(step=step):
            return (1 << bits) // math.gcd(step, 1 << bits)
        case RangeSweep(count=count) | PermutationSweep(count=count):
            return count
        case TriangleSweep(count=count):
            return max(1, 2 * count - 2)
        case CycleSweep(values=values):
            return len(values) or 1
        case RandomSweep() | RandomOctetsSweep() | TimestampSweep():
            return None
    assert_never(swept)


def _shared(target: Place, swept: Resolved, inside: int) -> str | None:
    """Return why a value's packets are not one in each round of a sweep, None if they are."""
    repeats = isinstance(swept, TriangleSweep) and swept.count > 2
    if isinstance(swept, CycleSweep):
        repeats = len(set(swept.values)) < len(swept.values)
    if repeats:
        return f"{target.path!r} has a value more than once in a round"
    if inside > 1:
        return f"{target.path!r} itself stays for {inside} packets"
    return None


def _unsuited(field: Field, source: Sweep) -> tuple[str, str] | None:
    """Return why a field of that shape cannot be swept so, and the remedy."""
    kind = type(source).__name__
    if isinstance(field, Bytes) and not isinstance(source, Cycle | Random):
        return f"a {kind} needs a number, and bytes are none", "use Cycle(values) or Random()"
    if isinstance(field, Bytes) and isinstance(source, Cycle):
        sizes = {len(each) for each in source.values if isinstance(each, bytes)}
        if len(sizes) > 1:
            problem = (
                f"its values have {min(sizes)} to {max(sizes)} bytes, and a field has one size"
            )
            remedy = "give them one size, or send them as the payload: Fill(Cycle(values))"
            return problem, remedy
    if isinstance(field, VarInt) and isinstance(source, Counter | Timestamp):
        least, largest = limits(field)
        return (
            f"a {kind} leaves the numbers of {field.bytes} bytes",
            f"use Range({least}, {largest}), or Cycle(values)",
        )
    if field.bits > 64 and isinstance(source, Counter | Timestamp):
        return f"a {kind} goes with at most 64 bits", "use Range(first, last), or Cycle(values)"
    return None


def _swept(found: Findings, path: str, field: Field, source: Sweep) -> Resolved:
    match source:
        case Counter():
            return _counter(found, path, field, source)
        case Cycle(values=values):
            if not values:
                found.report(Code.F109, path, "a Cycle of no values", "give it one")
            return CycleSweep(tuple(number(found, path, field, each) for each in values))
        case Permutation():
            return _permutation(found, path, field, source)
        case Random():
            if isinstance(field, Bytes):
                return random_octets(found, path, source)
            return _random(found, path, field, source)
        case Range():
            return _range(found, path, field, source)
        case Timestamp():
            return _timestamp(found, path, field, source)
    assert_never(source)


def _timestamp(found: Findings, path: str, field: Field, source: Timestamp) -> TimestampSweep:
    if source.unit not in _UNITS:
        found.report(
            Code.F108,
            path,
            f"there is no unit of time {source.unit!r}",
            f"use one of: {', '.join(_UNITS)}",
        )
    if source.epoch is not None and source.epoch not in _EPOCHS:
        found.report(
            Code.F108,
            path,
            f"there is no epoch {source.epoch!r}",
            f"use one of: {', '.join(_EPOCHS)}, or leave it out for a monotonic clock",
        )
    per_second = _UNITS.get(source.unit, 1)
    if source.fraction and source.unit == "s":
        found.report(
            Code.F108,
            path,
            "a second has no fraction in units of seconds",
            f"use another unit: {', '.join(each for each in _UNITS if each != 's')}",
        )
    if source.fraction and per_second - 1 > limits(field)[1]:
        found.report(
            Code.F109,
            path,
            f"the fraction of a second is 0 to {per_second - 1}, and {field.bits} bits hold "
            f"{limits(field)[0]} to {limits(field)[1]}",
            f"widen the field to {(per_second - 1).bit_length()} bits, or use a larger unit",
        )
    epoch = None if source.epoch is None else _EPOCHS.get(source.epoch, 0)
    return TimestampSweep(per_second, epoch, source.fraction)


def _counter(found: Findings, path: str, field: Field, source: Counter) -> CounterSweep:
    limit = 1 << field.bits
    least, largest = limits(field)
    if not (least <= source.start <= largest and 0 < source.step < limit):
        found.report(
            Code.F109,
            path,
            f"a counter from {shown(source.start)} in steps of {shown(source.step)} "
            f"does not fit into {field.bits} bits",
            f"use {least} <= start <= {largest} and 0 < step < {limit}, or widen the field",
        )
    return CounterSweep(source.start, source.step)


def _random(found: Findings, path: str, field: Field, source: Random) -> RandomSweep:
    low, high = limits(field)
    if source.minimum is not None:
        low = number(found, path, field, source.minimum)
    if source.maximum is not None:
        high = number(found, path, field, source.maximum)
    _check_range(found, path, field, low, high)
    return RandomSweep(_seed(found, path, source.seed), low, high - low + 1)


def _permutation(found: Findings, path: str, field: Field, source: Permutation) -> PermutationSweep:
    low, high = _ends(found, path, field, source)
    _check_range(found, path, field, low, high)
    return PermutationSweep(low, high - low + 1, _seed(found, path, source.seed))


def random_octets(found: Findings, path: str, source: Random) -> RandomOctetsSweep:
    """Return the sweep of bytes, of a field or a payload."""
    if (source.minimum, source.maximum) != (None, None):
        found.report(
            Code.F109,
            path,
            "bytes are drawn whole, and have no bounds",
            "leave minimum and maximum out",
        )
    return RandomOctetsSweep(_seed(found, path, source.seed))


def _seed(found: Findings, path: str, given: int | None) -> int:
    """Return the seed: without one, it is one of the field's own, the same in every run."""
    if given is None:
        return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")
    if not 0 <= given < 1 << 64:
        found.report(
            Code.F109,
            path,
            f"the seed {shown(given)} does not fit into 64 bits",
            f"use 0 to {(1 << 64) - 1}",
        )
    return given


def _range(found: Findings, path: str, field: Field, source: Range) -> RangeSweep | TriangleSweep:
    first, last = _ends(found, path, field, source)
    if source.step < 0:
        if source.last is None:
            first, last = last, first
        if last > first:
            found.report(
                Code.F109,
                path,
                f"steps of {shown(source.step)} do not lead from {field.show(first)} "
                f"to {field.show(last)}",
                "give the larger end first, or a step above 0",
            )
            return RangeSweep(first, 1, 1)
    low, high = (last, first) if source.step < 0 else (first, last)
    _check_range(found, path, field, low, high)
    if not 1 <= abs(source.step) <= max(high - low, 1):
        found.report(
            Code.F109,
            path,
            f"steps of {shown(source.step)} do not fit into the range",
            f"use 1 to {max(high - low, 1)}, or the same below 0 to go down",
        )
        return RangeSweep(first, 1, 1)
    count = (high - low) // abs(source.step) + 1
    # No program sends so many packets that a longer way came back.
    folds = source.fold and count <= 1 << 63
    return (TriangleSweep if folds else RangeSweep)(first, count, source.step)


def _ends(found: Findings, path: str, field: Field, source: Range | Permutation) -> tuple[int, int]:
    """Return the first and the last value as declared, those of a prefix in ascending order."""
    if source.last is None:
        return _prefix(found, path, field, source.first)
    first = number(found, path, field, source.first)
    return first, number(found, path, field, source.last)


def _check_range(found: Findings, path: str, field: Field, low: int, high: int) -> None:
    if low > high:
        found.report(
            Code.F109,
            path,
            f"the range {field.show(low)} to {field.show(high)} is empty",
            "give the smaller end first, or a Range a step below 0",
        )
    elif field.bits > 64 and low >> 64 != high >> 64:
        found.report(
            Code.F123,
            path,
            f"{field.show(low)} to {field.show(high)} differ in more than the last 64 bits",
            "let them share the first ones, as the addresses of a /64 do",
        )


def _prefix(found: Findings, path: str, field: Field, value: Value) -> tuple[int, int]:
    """Return the first and last address of a prefix."""
    try:
        if not isinstance(field, IPv4Address | IPv6Address):
            raise ValueError("an IPv4 address or IPv6 address has prefixes, and nothing else")
        network = ipaddress.ip_network(str(value))
        field.parse(str(network[0]))
    except ValueError as error:
        found.report(
            Code.F108,
            path,
            f"{shown(value)} is no prefix of it: {shortened(str(error))}",
            "give a prefix such as '192.0.2.0/24', or first and last",
        )
        return 0, 0
    return int(network[0]), int(network[-1])


def _all_in(swept: Resolved, names: Mapping[int, str]) -> bool:
    """Return whether a sweep has no other numbers than those."""
    match swept:
        case (
            RangeSweep(count=count)
            | TriangleSweep(count=count)
            | PermutationSweep(count=count)
            | RandomSweep(count=count)
        ):
            return count <= len(names) and set(few_values(swept)) <= set(names)
    return False
