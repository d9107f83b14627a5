"""What ``codegen explain`` prints of each diagnostic: why it is one, and a format before and after.

The examples are expressions over ``codegen.model`` and the headers of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

from codegen.diagnostics import Code


@dataclass(frozen=True)
class Explanation:
    """Why something is refused, a format that is, and the same format mended."""

    why: str
    before: str
    after: str


def _packet(header: str) -> str:
    return f'Packet("p", {header} / Fill())'


def _header(*fields: str) -> str:
    return _packet(f'Header("h", ({", ".join(fields)},))')


EXPLANATIONS = {
    Code.F101: Explanation(
        "Names become identifiers and file names of the emitted C. A name is therefore an "
        "identifier, no word that C or C++ reserves, and none that the emitted program uses.",
        _header('UInt("a", 8, Parameter("int", 0))'),
        _header('UInt("a", 8, Parameter("number", 0))'),
    ),
    Code.F102: Explanation(
        "Two fields, headers, parameters or emitted identifiers have the same name. Headers that "
        "are stacked with / are numbered; what is inside a header is not.",
        _header('UInt("a", 8, Default(0))', 'UInt("a", 8, Default(0))'),
        _header('UInt("a", 8, Default(0))', 'UInt("b", 8, Default(0))'),
    ),
    Code.F103: Explanation(
        "A number has 1 to 64 bits. Padding fills up to a multiple of 1 to 256 bytes, starts on a "
        "whole byte, and belongs behind a field.",
        _header('UInt("a", 72, Default(0))'),
        _header('UInt("a", 64, Default(0))', 'UInt("b", 8, Default(0))'),
    ),
    Code.F104: Explanation(
        "The next header starts on a whole byte, so the bits of a header's fields must add up to a "
        "multiple of 8, and those of its trailer too.",
        _header('UInt("a", 12, Default(0))'),
        _header('UInt("a", 12, Default(0))', "Reserved(4)"),
    ),
    Code.F105: Explanation(
        "A field has at=, the bit at which a specification's diagram has it, and the fields before "
        "it take more bits than that. at= moves nothing; it is compared.",
        _header('UInt("a", 16, Default(0))', 'UInt("b", 8, Default(0), at=8)'),
        _header('UInt("a", 8, Default(0))', 'UInt("b", 8, Default(0), at=8)'),
    ),
    Code.F106: Explanation(
        "A field has at=, the bit at which a specification's diagram has it, and the fields before "
        "it end earlier. Bits that are not used are declared with Reserved().",
        _header('UInt("a", 8, Default(0))', 'UInt("b", 8, Default(0), at=16)'),
        _header('UInt("a", 8, Default(0))', "Reserved(8)", 'UInt("b", 8, Default(0), at=16)'),
    ),
    Code.F107: Explanation(
        "A constant, a default, a name's number or a mask needs more bits than its field has, or "
        "is outside the parameter's minimum and maximum. It would be cut off silently in C.",
        _header('UInt("version", 4, Const(16))', "Reserved(4)"),
        _header('UInt("version", 8, Const(16))'),
    ),
    Code.F108: Explanation(
        "A value must be written in the notation of its field: a number for UInt, text for an "
        "address, bytes or hexadecimal digits for Bytes.",
        _header('IPv4Address("a", Default("192.0.2.256"))'),
        _header('IPv4Address("a", Default("192.0.2.255"))'),
    ),
    Code.F109: Explanation(
        "A parameter's minimum and maximum, or the bounds of a sweep, leave no value, or values "
        "that the field cannot hold.",
        _header('UInt("a", 8, Range(9, 8))'),
        _header('UInt("a", 8, Range(8, 9))'),
    ),
    Code.F110: Explanation(
        "A span, a count, a switch (when=) or a pseudo header names a field that its header does "
        "not have. Names are those of the same header, or of the same group.",
        _header('UInt("a", 8, Default(1))', 'UInt("key", 8, Default(0), when="flag")'),
        _header('UInt("flag", 8, Default(1))', 'UInt("key", 8, Default(0), when="flag")'),
    ),
    Code.F111: Explanation(
        "A length or a checksum counts whole bytes, from the start of one field to the end of "
        "another that is not before it.",
        _header('UInt("a", 8, Default(0))', 'UInt("n", 8, Length(Span("n", "a")))'),
        _header('UInt("a", 8, Default(0))', 'UInt("n", 8, Length(Span("a", "n")))'),
    ),
    Code.F112: Explanation(
        "Each of these checksums covers another of them, so none can be computed first. Let one "
        "cover only what the other does not.",
        _header('UInt("a", 16, Checksum(HEADER))', 'UInt("b", 16, Checksum(HEADER))'),
        _header('UInt("a", 16, Checksum(HEADER))', 'UInt("b", 16, Checksum(PAYLOAD))'),
    ),
    Code.F113: Explanation(
        "A checksum's field must be as wide as the checksum, and an internet checksum must start "
        "on an even byte of what it covers, as it adds up words of 16 bits.",
        _header('UInt("sum", 8, Checksum(HEADER))'),
        _header('UInt("sum", 16, Checksum(HEADER))'),
    ),
    Code.F114: Explanation(
        "NextHeader(registry) is the number that the header above has in that registry. That "
        "header must be there, and declare it with numbers=.",
        'Packet("p", ETHERNET / Header("h", (UInt("a", 8, Const(0)),)) / Fill())',
        'Packet("p", ETHERNET\n'
        '    / Header("h", (UInt("a", 8, Const(0)),), numbers={"ethertype": 0x88B5}) / Fill())',
    ),
    Code.F115: Explanation(
        "A checksum with pseudo_header=True includes fields of the header below, such as the "
        "addresses of IP. The header below must declare which, with pseudo_header=.",
        _header('UInt("sum", 16, Checksum(HEADER, pseudo_header=True))'),
        _header('UInt("sum", 16, Checksum(HEADER))'),
    ),
    Code.F116: Explanation(
        "A length must fit its field in every frame that the packet allows, and be a whole number "
        "of its units. Widen the field, or bound the frame with min_length and max_length.",
        _header('UInt("n", 8, Length(PAYLOAD))'),
        _header('UInt("n", 16, Length(PAYLOAD))'),
    ),
    Code.F117: Explanation(
        "The payload takes what the headers leave of the frame, so it is the last layer. What "
        "follows it on the wire is the trailer of a header.",
        'Packet("p", Header("h", (UInt("a", 8, Const(1)),)) / Fill()\n'
        '    / Header("end", (UInt("crc", 32, Const(0)),)))',
        'Packet("p", Header("h", (UInt("a", 8, Const(1)),),\n'
        '    trailer=(UInt("crc", 32, Const(0)),)) / Fill())',
    ),
    Code.F118: Explanation(
        "The headers do not fit a frame of min_length to max_length bytes, or leave it unfilled. "
        "A packet without payload has the length of its headers.",
        'Packet("p", Header("h", (UInt("a", 8, Default(0)),)))',
        'Packet("p", Header("h", (UInt("a", 8, Default(0)),)), min_length=1)',
    ),
    Code.F119: Explanation(
        "A preset binds parameters, fields with a default, fill and length, each by its name. "
        "Constants and computed values are not bound.",
        _header('UInt("a", 8, Default(0))') + '.preset("q", "", {"h.b": 1})',
        _header('UInt("a", 8, Default(0))') + '.preset("q", "", {"h.a": 1})',
    ),
    Code.F120: Explanation(
        "arguments= is the order of the emitted function's arguments. It names each parameter of "
        "the packet once.",
        'Packet("p", Header("h", (UInt("x", 16, Parameter("first", 0)),\n'
        '    UInt("y", 16, Parameter("second", 0)))) / Fill(), arguments=("second",))',
        'Packet("p", Header("h", (UInt("x", 16, Parameter("first", 0)),\n'
        '    UInt("y", 16, Parameter("second", 0)))) / Fill(), arguments=("second", "first"))',
    ),
    Code.F121: Explanation(
        "The layout of a packet is fixed when its C is emitted, so the field that switches another "
        "one (when=) has a constant or a default, and no parameter or sweep.",
        _header('UInt("flag", 8, Parameter("flag", 0))', 'UInt("key", 8, Default(0), when="flag")'),
        _header('UInt("flag", 8, Default(1))', 'UInt("key", 8, Default(0), when="flag")'),
    ),
    Code.F122: Explanation(
        "Bytes, MAC and IPv6 addresses are copied as bytes, and start on a whole byte.",
        _header('UInt("a", 4, Default(0))', 'Bytes("b", Const(b"abc"))', "Reserved(4)"),
        _header('UInt("a", 4, Default(0))', "Reserved(4)", 'Bytes("b", Const(b"abc"))'),
    ),
    Code.F123: Explanation(
        "Counters and timestamps count in numbers; a frame's length and a field with names have "
        "few values, and a wide address is swept over a part of its bits.",
        _header('IPv6Address("a", Counter())'),
        _header('IPv6Address("a", Range("2001:db8::/96"))'),
    ),
    Code.F124: Explanation(
        "In a little-endian field the least significant bit comes first, in a big-endian field the "
        "most significant. Within one byte, all fields have the same order.",
        _header('UInt("a", 4, Default(0), byteorder="little")', 'UInt("b", 4, Default(0))'),
        _header(
            'UInt("a", 4, Default(0), byteorder="little")',
            'UInt("b", 4, Default(0), byteorder="little")',
        ),
    ),
    Code.F125: Explanation(
        "The names of an enumeration stand for its numbers on the command line, so each number has "
        "a name of its own, which does not read as another number, and can be printed.",
        _header('UInt("a", 8, Default(1), names={1: "on", 2: "on"})'),
        _header('UInt("a", 8, Default(1), names={1: "on", 2: "off"})'),
    ),
    Code.F126: Explanation(
        "Lengths, counts, checksums and the numbers of headers are computed; they need a UInt.",
        _header('Bytes("n", Length(PAYLOAD), size=2)'),
        _header('UInt("n", 16, Length(PAYLOAD))'),
    ),
    Code.F127: Explanation(
        "A part of the declaration has another type than its dataclass declares: often a list in "
        "place of a tuple, or a class without its parentheses.",
        _header('UInt("a", 8, Counter)'),
        _header('UInt("a", 8, Counter())'),
    ),
    Code.F128: Explanation(
        "bind() gives a value to a field that is not there, as the field that switches it on has "
        "not the value for that. Bind the switch as well.",
        'Packet("p", ETHERNET / IPV4 / GRE.bind(key=7) / inner(IPV4 / UDP / Fill()))',
        'Packet("p", ETHERNET / IPV4 / GRE.bind(has_key=1, key=7) / inner(IPV4 / UDP / Fill()))',
    ),
    Code.F129: Explanation(
        "An example has the hexadecimal digits of a whole frame, in the lengths that the packet "
        "allows, and values of its parameters; one without a default must be given.",
        'Packet("p", Header("h", (UInt("a", 8, Parameter("x", 0)),)) / Fill(), min_length=2,\n'
        '    examples=(Example("07", {"x": 7}),))',
        'Packet("p", Header("h", (UInt("a", 8, Parameter("x", 0)),)) / Fill(), min_length=2,\n'
        '    examples=(Example("07 00", {"x": 7}),))',
    ),
    Code.F130: Explanation(
        "The condition of an optional field, or one of the comparisons in it, does not depend on "
        "the values that it looks at: they all satisfy it, or none does. No number of 8 bits is "
        "larger than 255, and none is 1 and 2.",
        _header(
            'UInt("version", 8, Const(1))',
            'UInt("key", 8, Default(0), when=Is("version", 1) & Is("version", 2))',
        ),
        _header(
            'UInt("version", 8, Const(1))',
            'UInt("key", 8, Default(0), when=Is("version", 1) | Is("version", 2))',
        ),
    ),
    Code.F131: Explanation(
        "A length with a table is sent as the code of its size. Frames have only lengths that "
        "have a code, so at least one must, and no size may have two.",
        _header('UInt("dlc", 8, Length(HEADER, table={1: 2, 2: 4}))'),
        _header('UInt("dlc", 8, Length(HEADER, table={1: 2, 2: 4}))', 'UInt("key", 8, Default(0))'),
    ),
    Code.F132: Explanation(
        "A packet has at most 256 headers, 1024 fields, and groups in groups to 32 levels. More is "
        "seldom meant: bytes without a meaning of their own are one field, or the payload.",
        'Packet("p", Header("h", tuple(UInt(f"f{i}", 8, Default(0)) for i in range(5000)))\n'
        "    / Fill(), max_length=9000)",
        'Packet("p", Header("h", (Bytes("f", Default(bytes(5000))),)) / Fill(), max_length=9000)',
    ),
    Code.F133: Explanation(
        "Each frame of a capture begins as its link type has it: those of Ethernet with its own "
        "header, those of raw IP with an IP header. Without linktype, the lowest header's is used.",
        'Packet("p", IPV4 / UDP / Fill(), linktype=LinkType.ETHERNET)',
        'Packet("p", IPV4 / UDP / Fill(), linktype=LinkType.RAW_IP)',
    ),
    Code.F134: Explanation(
        "PayloadPad is the first thing behind the payload, once in a packet, up to a multiple or a "
        "least number of bytes. A receiver locates it by a length field that counts the padding, "
        "or ends before it.",
        'Packet("p", Header("h", (UInt("a", 8, Default(0)),), trailer=(PayloadPad(4),)) / Fill())',
        'Packet("p", Header("h", (UInt("a", 8, Length(PAYLOAD)),),\n'
        "    trailer=(PayloadPad(4),)) / Fill(), max_length=200)",
    ),
    Code.F135: Explanation(
        "A CRC has 1 to 64 bits. Its polynomial is written with the most significant bit first and "
        "without its highest term, as published catalogues have it; what the register starts with "
        "and what is added at the end have as many bits.",
        _header('UInt("crc", 8, Checksum(PAYLOAD, CRC("CRC-8", 8, 0x107)))'),
        _header('UInt("crc", 8, Checksum(PAYLOAD, CRC("CRC-8", 8, 0x07)))'),
    ),
    Code.F136: Explanation(
        "A checksum covers its spans one after the other, and each byte once.",
        _header('UInt("sum", 16, Checksum((HEADER, HEADER_AND_PAYLOAD)))'),
        _header('UInt("sum", 16, Checksum((HEADER, PAYLOAD)))'),
    ),
    Code.F137: Explanation(
        "What counts as zero for a checksum is a field that one of its spans covers; any other "
        "field has no influence on it anyway.",
        _header('UInt("a", 16, Default(9))', 'UInt("sum", 16, Checksum(PAYLOAD, zeroed=("a",)))'),
        _header('UInt("a", 16, Default(9))', 'UInt("sum", 16, Checksum(HEADER, zeroed=("a",)))'),
    ),
    Code.F138: Explanation(
        "A sweep with every= moves on each time another field has gone round, so that field has a "
        "Range, a Permutation, a Cycle or a Counter, and does not follow the first in turn. "
        "Counter(per=) counts the packets of each value, which come once in a round.",
        _header('UInt("a", 8, Range(1, 9, every="b"))', 'UInt("b", 8, Random())'),
        _header('UInt("a", 8, Range(1, 9, every="b"))', 'UInt("b", 8, Permutation(1, 9))'),
    ),
}
