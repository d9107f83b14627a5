"""Whether an optional field is there, and what a received frame needs to have the same fields.

Reports F110 (an unknown field, or one that is not there itself), F121 (a value that is not
known when the C is emitted), F126 (an order of what is no number) and F130 (a condition that
holds always or never), with :mod:`codegen.resolve.values` F107 and F108 of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import assert_never

from codegen.diagnostics import Code
from codegen.layout import All, Compared, Condition, Either, negated
from codegen.model import (
    And,
    AtLeast,
    AtMost,
    Const,
    Default,
    Int,
    Is,
    Not,
    Or,
    Switch,
    UInt,
    VarInt,
    limits,
)
from codegen.resolve import values
from codegen.resolve.findings import Findings
from codegen.resolve.places import Place, find, unknown
from codegen.resolve.shapes import names_of

#: No more combinations of values are tried to find out whether a condition can vary.
_TRIED = 4096


def words(switch: Switch) -> str:
    """Return a condition as people read it."""
    match switch:
        case str(name):
            return f"{name} is not 0"
        case (name, value):
            return f"{name} is {value!r}"
        case Is(field=name, value=value):
            return f"{name} is {value!r}"
        case AtLeast(field=name, value=value):
            return f"{name} is at least {value}"
        case AtMost(field=name, value=value):
            return f"{name} is at most {value}"
        case And(parts=parts):
            return f"({' and '.join(map(words, parts))})"
        case Or(parts=parts):
            return f"({' or '.join(map(words, parts))})"
        case Not(part=part):
            return f"not {words(part)}"
    assert_never(switch)


@dataclass(frozen=True)
class Settled:
    """Whether a condition holds, and what of it was looked at to find that out."""

    holds: bool
    looked_at: Condition


@dataclass
class Conditions:
    """The conditions of a packet, each settled by the fields before it.

    ``absent`` are the optional fields that are not there. ``needed`` is what a received
    frame must have, so that it has the same fields, as far as no constant ensures it.
    """

    found: Findings
    absent: set[str] = field(default_factory=set)
    switches: set[str] = field(default_factory=set)
    needed: list[Condition] = field(default_factory=list)

    def holds(
        self, path: str, scope: str, switch: Switch, placed: Mapping[str, Place], known: set[str]
    ) -> bool | None:
        """Return whether the member at ``path`` is there, None after a report.

        ``known`` are the paths that a reference could name.
        """
        resolving = _Resolving(self, path, scope, placed, known)
        before = len(self.found.diagnostics)
        condition = resolving.condition(switch)
        if condition is None or len(self.found.diagnostics) > before:
            return None
        if not self._varies(path, switch, condition, placed):
            return None
        settled = resolving.settled(condition)
        if settled is None:
            return None
        paths = {each.path for each in compared(condition)}
        self.switches |= paths
        if any(isinstance(placed[each].source, Default) for each in paths if each in placed):
            needed = settled.looked_at if settled.holds else negated(settled.looked_at)
            if needed not in self.needed:
                self.needed.append(needed)
        return settled.holds

    def _varies(
        self, path: str, switch: Switch, condition: Condition, placed: Mapping[str, Place]
    ) -> bool:
        """Check that a condition, and each comparison in it, holds for some values only."""
        for each in (*compared(condition), condition):
            outcomes = _outcomes(each, placed)
            if len(outcomes) == 1:
                always = outcomes == {True}
                what = f"its condition, {words(switch)},"
                if each is not condition:
                    assert isinstance(each, Compared)
                    what = f"{each.path} {each.operator} {each.value} in its condition"
                self.found.report(
                    Code.F130,
                    path,
                    f"{what} {'always' if always else 'never'} holds",
                    "leave it out, or compare with other values",
                )
                return False
        return True


def compared(condition: Condition) -> Iterator[Compared]:
    """Yield the comparisons of a condition."""
    match condition:
        case Compared():
            yield condition
        case All(parts=parts) | Either(parts=parts):
            for each in parts:
                yield from compared(each)
        case _:
            assert_never(condition)


def _outcomes(condition: Condition, placed: Mapping[str, Place]) -> set[bool]:
    """Return the truth values that a condition can have.

    Between the values that are compared with, nothing changes. Of too many combinations,
    both are assumed.
    """
    tried: dict[str, set[int]] = {}
    for each in compared(condition):
        if each.path not in placed:
            return {True, False}
        shape = placed[each.path].field
        least, largest = limits(shape)
        near = {each.value - 1, each.value, each.value + 1, least, largest}
        inside = {one for one in near if least <= one <= largest} & (set(names_of(shape)) or near)
        tried.setdefault(each.path, set(names_of(shape))).update(inside)
    outcomes: set[bool] = set()
    for number, chosen in enumerate(product(*tried.values())):
        outcomes.add(_evaluated(condition, dict(zip(tried, chosen, strict=True)).__getitem__))
        if len(outcomes) == 2 or number >= _TRIED:
            return {True, False}
    return outcomes


def _evaluated(condition: Condition, value: Callable[[str], int]) -> bool:
    match condition:
        case Compared():
            return condition.compare(value(condition.path))
        case All(parts=parts):
            return all(_evaluated(each, value) for each in parts)
        case Either(parts=parts):
            return any(_evaluated(each, value) for each in parts)
    assert_never(condition)


@dataclass(frozen=True)
class _Resolving:
    """One condition of the member at ``path``: its names looked up, its values known."""

    conditions: Conditions
    path: str
    scope: str
    placed: Mapping[str, Place]
    known: set[str]

    def condition(self, switch: Switch) -> Condition | None:
        """Return a condition with paths and numbers, without a negation; None after a report."""
        match switch:
            case str(name):
                return self._compared(name, "!=", 0)
            case (name, value):
                return self._compared(name, "==", value)
            case Is(field=name, value=value):
                return self._compared(name, "==", value)
            case AtLeast(field=name, value=value):
                return self._compared(name, ">=", value)
            case AtMost(field=name, value=value):
                return self._compared(name, "<=", value)
            case And(parts=parts) | Or(parts=parts):
                found = tuple(self.condition(each) for each in parts)
                whole = tuple(each for each in found if each is not None)
                if len(whole) < len(found):
                    return None
                return All(whole) if isinstance(switch, And) else Either(whole)
            case Not(part=part):
                of = self.condition(part)
                return None if of is None else negated(of)
        assert_never(switch)

    def _compared(self, name: str, operator: str, value: int | str | bytes) -> Compared | None:
        found = self.conditions.found
        target = find(self.placed, self.scope, name)
        if target is None:
            absent = find({each: each for each in self.conditions.absent}, self.scope, name)
            if absent is None:
                unknown(found, self.path, self.scope, name, self.known)
                return None
            # Whether it is looked at follows from the parts before it.
            return Compared(absent, operator, value if isinstance(value, int) else 0)
        if not isinstance(target.source, Const | Default):
            found.report(
                Code.F121,
                self.path,
                f"whether it is there hangs on {target.path!r}, "
                "whose value is not known when the C is emitted",
                f"give {target.path!r} a Const or a Default, "
                f"as {target.header.name.upper()}.bind({target.field.name}=1) does, "
                "and make a packet for each case",
            )
            return None
        is_number = isinstance(target.field, UInt | Int | VarInt)
        ordered = operator in (">=", "<=")
        if not is_number and (ordered or isinstance(target.source, Default)):
            found.report(
                Code.F126,
                self.path,
                f"its condition {'orders numbers' if ordered else 'looks at a default'}, and "
                f"{target.path!r} is a {type(target.field).__name__}",
                "compare with UInt or Int fields, or give the field a Const and use Is(...)",
            )
            return None
        if operator == "!=":
            return Compared(target.path, operator, 0)
        return Compared(
            target.path, operator, values.number(found, target.path, target.field, value)
        )

    def settled(self, condition: Condition) -> Settled | None:
        """Return whether a condition holds, None after a report.

        Parts behind the one that settles it are not looked at: their fields need not be there.
        """
        match condition:
            case Compared():
                place = self.placed.get(condition.path)
                if place is None:
                    self.conditions.found.report(
                        Code.F110,
                        self.path,
                        f"its condition looks at {condition.path!r}, which is optional itself and "
                        "is not there",
                        "put the condition of that field before it, with &, or put both into a "
                        "Group with when=",
                    )
                    return None
                assert isinstance(place.source, Const | Default)
                value = values.number(
                    self.conditions.found, place.path, place.field, place.source.value
                )
                return Settled(condition.compare(value), condition)
            case All(parts=parts) | Either(parts=parts):
                settles = isinstance(condition, Either)
                holds = not settles
                looked_at: list[Condition] = []
                for each in parts:
                    found = self.settled(each)
                    if found is None:
                        return None
                    looked_at.append(found.looked_at)
                    holds = found.holds
                    if holds is settles:
                        break
                whole = looked_at[0] if len(looked_at) == 1 else type(condition)(tuple(looked_at))
                return Settled(holds, whole)
        assert_never(condition)
