"""Sweeps: the values that differ from packet to packet must fit their field.

Reports F108 (no such unit of time, no such prefix), F109 (a range is empty or exceeds the
field) and F123 (a sweep does not go with what it sweeps), with
:mod:`codegen.resolve.values` F107 and F108 of the values.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import assert_never

from codegen.diagnostics import Code
from codegen.errors import shortened, shown
from codegen.layout import (
    CounterSweep,
    CycleSweep,
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
    Random,
    Range,
    Sweep,
    Timestamp,
    Value,
    VarInt,
    limits,
)
from codegen.resolve.findings import Findings
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
    return RandomSweep(_seed(found, path, source), low, high - low + 1)


def random_octets(found: Findings, path: str, source: Random) -> RandomOctetsSweep:
    """Return the sweep of bytes, of a field or a payload."""
    if (source.minimum, source.maximum) != (None, None):
        found.report(
            Code.F109,
            path,
            "bytes are drawn whole, and have no bounds",
            "leave minimum and maximum out",
        )
    return RandomOctetsSweep(_seed(found, path, source))


def _seed(found: Findings, path: str, source: Random) -> int:
    """Return the seed: without one, it is one of the field's own, the same in every run."""
    if source.seed is None:
        return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")
    if not 0 <= source.seed < 1 << 64:
        found.report(
            Code.F109,
            path,
            f"the seed {shown(source.seed)} does not fit into 64 bits",
            f"use 0 to {(1 << 64) - 1}",
        )
    return source.seed


def _range(found: Findings, path: str, field: Field, source: Range) -> RangeSweep | TriangleSweep:
    if source.last is None:
        low, high = _prefix(found, path, field, source.first)
    else:
        low = number(found, path, field, source.first)
        high = number(found, path, field, source.last)
    _check_range(found, path, field, low, high)
    if not 1 <= source.step <= max(high - low, 1):
        found.report(
            Code.F109,
            path,
            f"steps of {shown(source.step)} do not fit into the range",
            f"use 1 to {max(high - low, 1)}",
        )
        return RangeSweep(low, 1, 1)
    count = (high - low) // source.step + 1
    # No program sends so many packets that a longer way came back.
    folds = source.fold and count <= 1 << 63
    return (TriangleSweep if folds else RangeSweep)(low, count, source.step)


def _check_range(found: Findings, path: str, field: Field, low: int, high: int) -> None:
    if low > high:
        found.report(
            Code.F109,
            path,
            f"the range {field.show(low)} to {field.show(high)} is empty",
            "give the smaller end first",
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
        case RangeSweep(count=count) | TriangleSweep(count=count) | RandomSweep(count=count):
            return count <= len(names) and set(few_values(swept)) <= set(names)
    return False
