"""Values that are written down: each is a number that its field holds.

Reports F107 (a value does not fit its field), F108 (it has the wrong type or form), F109 (the
range of a parameter is empty or exceeds the field) and F126 (bits that decide what follows,
of what is no number).
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.errors import shown
from codegen.layout import Argument, Fixed
from codegen.model import MAC, Default, Field, FromDevice, Parameter, UInt, Value, VarInt, limits
from codegen.resolve.findings import Findings
from codegen.resolve.shapes import names_of


def number(found: Findings, path: str, field: Field, value: Value) -> int:
    """Return the number of ``value`` in a field, 0 after a report."""
    try:
        result = field.parse(value)
    except ValueError as error:
        found.report(Code.F108, path, str(error), "mend the value")
        return 0
    least, largest = limits(field)
    if isinstance(field, VarInt) and not least <= result <= largest:
        size = field.size_of(result)
        found.report(
            Code.F107,
            path,
            f"{shown(value)} takes {size} bytes, and the field has {field.bytes}"
            if size
            else f"{shown(value)} has no size: it is negative, or takes more than 8 bytes",
            f"use {least} to {largest}, or make another packet with VarInt(..., size={size or 8})",
        )
        return least
    if not least <= result <= largest:
        found.report(
            Code.F107,
            path,
            f"{shown(value)} does not fit into {field.bits} bits",
            f"use {least} to {largest}, or widen the field",
        )
        return 0
    names = names_of(field)
    if names and result not in names:
        found.report(
            Code.F107,
            path,
            f"{shown(value)} is none of the numbers that have a name",
            f"use one of: {', '.join(f'{each} ({name})' for each, name in names.items())}",
        )
    return result


def default(found: Findings, path: str, field: Field, source: Default) -> Fixed:
    """Return the value of a default, and what of it decides what follows."""
    largest = (1 << field.bits) - 1
    if source.decides and not isinstance(field, UInt):
        found.report(
            Code.F126,
            path,
            f"bits of a number decide what follows, and the field is a {type(field).__name__}",
            f"declare UInt({field.name!r}, {field.bits}, ...), or leave decides out",
        )
    elif not 0 <= source.decides <= largest:
        found.report(
            Code.F107,
            path,
            f"decides={shown(source.decides)} does not fit into {field.bits} bits",
            f"use 0 to {largest}",
        )
    value = number(found, path, field, source.value)
    return Fixed(value, checked=False, decides=source.decides)


def argument(
    found: Findings, path: str, field: Field, source: Parameter, *, bound: bool
) -> Argument:
    """Return the argument of a parameter, whose value a preset gives where it is ``bound``."""
    minimum, maximum = _bounds(found, path, field, source)
    default = _default(found, path, field, source)
    if default is not None and minimum <= maximum and not minimum <= default <= maximum:
        found.report(
            Code.F107,
            path,
            f"{shown(source.default)} is outside the range {shown(minimum)}..{shown(maximum)} "
            f"of {source.name!r}",
            "give a value inside, or widen the range",
        )
    numbers = tuple(each for each in names_of(field) if minimum <= each <= maximum)
    return Argument(source.name, default, minimum, maximum, bound, numbers)


def _bounds(found: Findings, path: str, field: Field, source: Parameter) -> tuple[int, int]:
    """Return the least and the largest value of a parameter."""
    least, largest = limits(field)
    if field.bits > 64 and (source.minimum, source.maximum) != (None, None):
        found.report(
            Code.F109,
            path,
            f"a range of {source.name!r} goes with at most 64 bits",
            "leave minimum and maximum out",
        )
    minimum = least if source.minimum is None else source.minimum
    maximum = largest if source.maximum is None else source.maximum
    if not least <= minimum <= maximum <= largest:
        found.report(
            Code.F109,
            path,
            f"the range {shown(minimum)}..{shown(maximum)} of {source.name!r} is empty or exceeds "
            f"{field.bits} bits",
            f"use {shown(least)} <= minimum <= maximum <= {shown(largest)}"
            + (", and another packet for each other size" if isinstance(field, VarInt) else ""),
        )
    return minimum, maximum


def _default(found: Findings, path: str, field: Field, source: Parameter) -> int | None:
    """Return what the program uses when nothing is given, None for what its device has."""
    if not isinstance(source.default, FromDevice):
        return number(found, path, field, source.default)
    if not isinstance(field, MAC):
        found.report(
            Code.F108,
            path,
            f"{source.default.value} is a MAC address",
            "use it for MAC fields only",
        )
    return None
