"""The arguments of a packet: their C types, limits and initial values."""

from __future__ import annotations

from codegen.c import tree
from codegen.c.printer import spelled, string
from codegen.c.tree import Assign, Binary, Call, Cast, Expression, Member, Name, Number
from codegen.c.types import CHAR, INT, U8, U64, VOID, Array, Integer, Pointer, Tagged, Type
from codegen.layout import Layout, Placed
from codegen.lower.access import constant, copy, type_of
from codegen.lower.plan import ArgumentPlan
from codegen.model import MAC, Bytes, Field, Int, IPv4Address, IPv6Address, UInt, VarInt, limits


def args_pointer(layout: Layout, name: str = "args") -> Name:
    """Return the variable that points at the struct of a format's arguments."""
    return Name(name, Pointer(Tagged(f"struct {layout.name}_args"), const=True))


def member_of(args: Name, placed: Placed) -> Member:
    """Return an argument's member of the struct."""
    return Member(args, placed.argument.name, type_of(placed.field))


def number_of(value: Expression, placed: Placed) -> Expression:
    """Return a member's number: that of a MAC address, too, although C stores it as bytes."""
    if isinstance(placed.field, MAC):
        return Call("get_be48", (value,), U64)
    return value


def out_of_range(args: Name, placed: Placed) -> tuple[Expression, ...]:
    """Return the conditions under which an argument has a value that its packet refuses."""
    argument = placed.argument
    value = number_of(member_of(args, placed), placed)
    if argument.numbers:
        others = (Binary("!=", value, tree.decimal(each)) for each in argument.numbers)
        return (tree.joined("&&", others),)
    checks = []
    least, most = type_limits(placed)
    if argument.minimum > least:
        checks.append(Binary("<", value, constant(placed.field, argument.minimum)))
    if argument.maximum < most:
        checks.append(Binary(">", value, constant(placed.field, argument.maximum)))
    return tuple(checks)


def type_limits(placed: Placed) -> tuple[int, int]:
    """Return the least and the largest number that the C type of a field's value has."""
    type_ = type_of(placed.field)
    if not isinstance(type_, Integer):
        return limits(placed.field)
    return (-(1 << type_.value_bits) if type_.signed else 0), (1 << type_.value_bits) - 1


def argument(layout: Layout, placed: Placed) -> ArgumentPlan:
    """Return how an argument is passed and stored."""
    origin = placed.argument
    passed, given, parser = _passed(layout, placed)
    member = member_of(Name("args", Tagged("struct args")), placed)
    octets = placed.field.octets
    names = placed.field.names if isinstance(placed.field, UInt) else {}
    return ArgumentPlan(
        name=origin.name,
        summary=f"{placed.path}, {placed.field.kind}",
        type=type_of(placed.field),
        passed=passed,
        assign=Assign(member, given) if octets is None else copy(member, given, octets),
        initializer=None
        if origin.default is None
        else initializer_of(placed.field, origin.default),
        zero="0" if octets is None else "{ 0 }",
        parser="NAMED" if names else parser,
        entry=_entry(placed, parser),
        names=tuple((each, name) for each, name in names.items() if each in origin.numbers),
        bound=origin.bound,
    )


def _entry(placed: Placed, parser: str) -> Call:
    """Return the entry of an argument in the program's table, a macro of ``args.h``."""
    origin = placed.argument
    member = (Name("packet_args", VOID), Name(origin.name, VOID), _text(origin.name))
    if isinstance(placed.field, UInt) and placed.field.names:
        names = Name(f"names_of_{origin.name}", VOID)
        return Call("ARG_NAMED", (*member, names, _text(placed.path)), VOID)
    own = "; 00:00:00:00:00:00: the device's own" if origin.default is None else ""
    # A field that is wider than a number has no range in the table.
    maximum = origin.maximum if placed.bits <= 64 else 0
    ends = (constant(placed.field, each) for each in (origin.minimum, maximum))
    # The table has unsigned numbers; those below zero are in two's complement there.
    unsigned_ends = (Cast(U64, each) if tree.is_negative(each) else each for each in ends)
    kind = Name(f"arg_{parser.lower()}", VOID)
    words = _text(f"{placed.path}, {placed.field.kind}{own}")
    return Call("ARG", (*member, kind, *unsigned_ends, words), VOID)


def _text(text: str) -> Name:
    return Name(string(text), Pointer(CHAR, const=True))


def _passed(layout: Layout, placed: Placed) -> tuple[Type, Expression, str]:
    """Return the type by which functions take a value, that value, and its parser."""
    name = placed.argument.name
    match placed.field:
        case UInt() | Int() | VarInt() | IPv4Address():
            type_ = type_of(placed.field)
            parsers = {UInt: "UINT", VarInt: "UINT", Int: "INT", IPv4Address: "IPV4"}
            parser = parsers[type(placed.field)]
            return type_, Name(name, type_), parser
        case MAC() | IPv6Address():
            # The device reports its own address in a type of the device API.
            own = layout.is_preset and placed.argument.default is None
            kind, parser = ("ether_addr", "MAC")
            if isinstance(placed.field, IPv6Address):
                kind, parser = ("ipv6_addr", "IPV6")
            pointer = Pointer(Tagged(f"struct {'uk_hwaddr' if own else kind}"), const=True)
            octets = Member(Name(name, pointer), "addr_bytes", type_of(placed.field))
            return pointer, octets, parser
        case Bytes():
            octets_pointer = Pointer(U8, const=True)
            return octets_pointer, Name(name, octets_pointer), "OCTETS"
    raise TypeError(f"no C type for an argument of the shape {placed.field!r}")


def initializer_of(field: Field, value: int) -> str:
    """Return ``value`` as a person would write it in C."""
    match field:
        case UInt() | Int() | VarInt():
            return spelled(constant(field, value))
        case IPv4Address():
            octets = (Number(octet) for octet in value.to_bytes(4, "big"))
            return spelled(Call("IPv4", tuple(octets), INT))
        case MAC() | IPv6Address() | Bytes():
            assert isinstance(type_of(field), Array)
            return octet_list(value.to_bytes(field.octets or 0, "big"))
    raise TypeError(f"no C initializer for the shape {field!r}")


def octet_list(octets: bytes) -> str:
    """Return the braced initializer of bytes; many of them in lines of eight."""
    rows = [
        ", ".join(spelled(each) for each in tree.octets_row(octets[at : at + 8]))
        for at in range(0, len(octets), 8)
    ]
    if len(rows) == 1:
        return f"{{ {rows[0]} }}"
    return "{\n" + "".join(f"\t\t\t{row},\n" for row in rows) + "\t\t}"
