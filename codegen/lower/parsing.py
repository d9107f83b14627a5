"""Reading a received frame, and holding it against the format."""

from __future__ import annotations

from codegen import describe
from codegen.layout import (
    Argument,
    Extent,
    Fixed,
    FrameLength,
    Layout,
    Placed,
    PseudoConst,
    PseudoField,
    PseudoLength,
    Sum,
    Swept,
)
from codegen.lower.plan import Check, ParsePlan, Store, Term
from codegen.lower.spelling import (
    added,
    address_of,
    bracketed,
    c_literal,
    c_width,
    call_of,
    is_octets,
    kind_of,
    length_of,
    load_of,
    size_of,
    zero_literal,
)
from codegen.lower.sums import addend, addends, to_word_end
from codegen.model import Algorithm, NextHeader, UInt


def parse(layout: Layout) -> ParsePlan:
    """Return how a received frame is read."""
    next_headers = [
        Check(_decision(layout, placed, wanted), describe.declaration(placed))
        for placed, wanted in layout.deciding()
    ]
    found: dict[str, list[Check]] = {"CONSTANT": [], "UNKNOWN": [], "LENGTH": []}
    for placed in layout.fields:
        comment = describe.declaration(placed)
        read = load_of(placed)
        numbers = tuple(placed.field.names) if isinstance(placed.field, UInt) else ()
        match placed.origin:
            case Fixed(value=value, checked=True):
                if not isinstance(placed.field.source, NextHeader):
                    check = Check(differs(layout, placed, read, value), comment)
                    found["LENGTH" if placed.derived else "CONSTANT"].append(check)
            case FrameLength():
                wanted = length_of(placed.origin, "len")
                found["LENGTH"].append(Check(f"{read} != {wanted}", comment))
            case Fixed() | Argument() | Swept() if numbers:
                condition = " && ".join(f"{read} != {c_literal(each)}" for each in numbers)
                found["UNKNOWN"].append(Check(condition, comment))
    length, guards = match_length(layout)
    return ParsePlan(
        guards=guards,
        length=length,
        next_headers=tuple(next_headers),
        reads=tuple(read_argument(placed) for placed in layout.arguments),
        checks=tuple((result, each) for result, checks in found.items() for each in checks),
        checksums=tuple(match_checksum(layout, placed) for placed in layout.checksums),
        compared=tuple(
            _compared(placed) for placed in layout.arguments if placed.argument.default is not None
        ),
    )


def _decision(layout: Layout, placed: Placed, wanted: Fixed) -> str:
    """Return the condition under which something else follows a header than in the format."""
    if wanted.decides == (1 << placed.bits) - 1:
        return differs(layout, placed, load_of(placed), wanted.value)
    return f"({load_of(placed)} & 0x{wanted.decides:x}) != 0x{wanted.value & wanted.decides:x}"


def differs(layout: Layout, placed: Placed, read: str, value: int) -> str:
    """Return the condition under which a field is not the constant that it should be."""
    if is_octets(placed.field):
        template = f"{layout.name}_template + {placed.start.octet}"
        if placed.start.from_end:
            at = layout.trailer_length + placed.start.octet
            template = f"{layout.name}_trailer + {at}"
        return f"memcmp({read}, {template}, {placed.field.octets}) != 0"
    return f"{read} != 0x{value:0{-(-placed.bits // 4)}x}"


def read_argument(placed: Placed) -> Store:
    """Return the statement that puts a field of a frame into the arguments."""
    member = f"args->{placed.argument.name}"
    octets = kind_of(placed.field).octets
    if octets is not None and placed.start.bit == 0:
        into = octets.format(member)
        statement = f"memcpy({into}, {address_of(placed.start)}, {placed.field.octets});"
    elif octets is not None:
        statement = f"put_be48({octets.format(member)}, {load_of(placed)});"
    else:
        statement = f"{member} = (uint{c_width(placed.bits)}_t){bracketed(load_of(placed))};"
    return Store((describe.declaration(placed),), (statement,))


def match_length(layout: Layout) -> tuple[Check | None, tuple[Check, ...]]:
    """Return where the frame says that it ends, and what speaks against believing it."""
    ending = layout.length_field
    if ending is None or not isinstance(ending.origin, FrameLength):
        return None, ()
    guards = [
        Check(_decision(layout, each, wanted), each.path)
        for each, wanted in layout.deciding()
        if each.start < ending.start
    ]
    of, unit, plus = ending.origin.of, ending.origin.unit, ending.origin.plus
    # Signed: what a frame declares may be less than what is not counted.
    read = f"(int64_t)({load_of(ending)})"
    if ending.bits > 32:
        # Far more than a frame has, and no overflow in what follows.
        read = f"(int64_t)MIN({load_of(ending)}, {c_literal(0xFFFFFFFF + max(plus, 0))})"
    start = of.start.octet - of.end.octet
    if unit == 1:
        start -= plus
    else:
        read = f"({added(read, -plus, '')})" if plus else read
        read += f" * {unit.numerator}" if unit.numerator > 1 else ""
        read += f" / {unit.denominator}" if unit.denominator > 1 else ""
    return Check(added(read, start, ""), describe.declaration(ending)), tuple(guards)


def match_checksum(layout: Layout, placed: Placed) -> Check:
    """Return the sum of a received frame from which its checksum follows.

    It leaves out the checksum itself. Summed up with the rest as receivers
    often do, the two zeros of ones' complement could not be told apart.
    """
    total = placed.origin
    assert isinstance(total, Sum)
    if total.algorithm is not Algorithm.INTERNET:
        return Check(
            call_of(placed, total, "len"),
            describe.declaration(placed),
            call=True,
            bits=placed.bits,
            field=load_of(placed),
            zero_as=zero_literal(placed, total),
            optional=total.optional,
        )
    over = total.over
    covered = _around(over, placed) if over.covers(placed.start, placed.end) else [over]
    sums = [f"csum_add({address_of(each.start)}, {size_of(each, 'len')})" for each in covered]
    terms = []
    at = constant = 0
    for part in total.pseudo:
        shift = to_word_end(at + part.bits)
        match part:
            case PseudoField(path=path):
                source = layout[path]
                terms += addends(load_of(source), source, at)
            case PseudoConst(value=value):
                constant += value << shift
            case PseudoLength():
                terms.append(addend(size_of(over, "len"), shift, f"pseudo header: size of {over}"))
        at += part.bits
    if constant:
        terms.append(Term(f"0x{constant:04x}", "pseudo header: what never varies"))
    return Check(
        sums[0] if sums else "0",
        describe.declaration(placed),
        tuple([Term(each, "behind the checksum") for each in sums[1:]] + terms),
        field=load_of(placed),
        zero_as=zero_literal(placed, total),
        optional=total.optional,
    )


def _compared(placed: Placed) -> Check:
    """Return the condition under which a frame has another value than was asked for."""
    name = placed.argument.name
    octets = kind_of(placed.field).octets
    if octets is None:
        return Check(f"found.{name} != args->{name}", placed.path)
    found, wanted = octets.format(f"found.{name}"), octets.format(f"args->{name}")
    return Check(f"memcmp({found}, {wanted}, sizeof({found})) != 0", placed.path)


def _around(over: Extent, placed: Placed) -> list[Extent]:
    """Return what a checksum of two bytes covers besides itself."""
    covered = (Extent(over.start, placed.start), Extent(placed.end, over.end))
    return [each for each in covered if each.start != each.end]
