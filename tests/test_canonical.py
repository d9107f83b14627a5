"""The canonical form of a format: what it is, what it leaves out, that it has all of a format."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from codegen import canonical, formats
from codegen.formats.udp import UDP4
from codegen.model import (
    HEADER,
    Bytes,
    Checksum,
    Const,
    Cycle,
    Default,
    Fill,
    Format,
    Header,
    Length,
    OwnAlgorithm,
    Packet,
    UInt,
)

OWN = OwnAlgorithm("zero", 16, lambda data: 0, "/* C */")
PACKET = Packet(
    "p",
    Header(
        "h",
        (
            UInt("kind", 8, Const(1), names={2: "two", 1: "one"}),
            UInt("size", 8, Length(HEADER, Fraction(1, 8), plus=3)),
            UInt("sum", 16, Checksum(HEADER, OWN), "little"),
            Bytes("magic", Default(b"\xc0\xff")),
        ),
        numbers={"kinds": 7},
        extends=True,
    )
    / Fill("é"),
    max_length=100,
)
#: Written by hand from the docstring of the module, not copied from what it returned.
SPAN = '{"$type":"Span","end":{"$enum":"Edge.HEADER_END"},"start":{"$enum":"Edge.HEADER_START"}}'
WANTED = (
    '{"$type":"Packet","max_length":100,"name":"p","stack":{"$type":"Stack","layers":['
    '{"$type":"Header","extends":true,"fields":['
    '{"$type":"UInt","bits":8,"name":"kind","names":[[2,"two"],[1,"one"]],'
    '"source":{"$type":"Const","value":1}},'
    '{"$type":"UInt","bits":8,"name":"size","source":{"$type":"Length",'
    f'"of":{SPAN},"plus":3,"unit":{{"$fraction":"1/8"}}}}}},'
    '{"$type":"UInt","bits":16,"byteorder":"little","name":"sum","source":{"$type":"Checksum",'
    '"algorithm":{"$type":"OwnAlgorithm","bits":16,"c":"/* C */","name":"zero"},'
    f'"over":{SPAN}}}}},'
    '{"$type":"Bytes","name":"magic","source":{"$type":"Default","value":{"$bytes":"c0ff"}}}'
    '],"name":"h","numbers":[["kinds",7]]},'
    '{"$type":"Fill","value":"\\u00e9"}]}}'
)


def test_the_form_is_that_of_the_documentation() -> None:
    assert canonical.text(PACKET) == WANTED
    assert canonical.digest(PACKET) == hashlib.sha256(WANTED.encode()).hexdigest()


@pytest.mark.parametrize("format", formats.catalogue().values(), ids=formats.catalogue())
def test_every_format_of_the_catalogue_has_one(format: Format) -> None:
    text = canonical.text(format)
    assert text.isascii()
    assert json.loads(text)["name"] == format.name
    assert " at 0x" not in text


def test_formats_that_differ_have_different_forms() -> None:
    texts = {canonical.text(each) for each in formats.catalogue().values()}
    assert len(texts) == len(formats.catalogue())
    values: tuple[str | int | bytes, ...] = (b"1", "1", 1, 0)
    bound = [UDP4.preset("p", "", {"udp_dst": Cycle((each,))}) for each in values]
    assert len({canonical.text(each) for each in bound}) == len(bound)


def test_what_emission_does_not_use_is_left_out() -> None:
    header = PACKET.layers[0]
    assert isinstance(header, Header)
    other = replace(OWN, compute=lambda data: 1)
    fields = tuple(
        replace(each, source=replace(each.source, algorithm=other))
        if isinstance(each, UInt) and isinstance(each.source, Checksum)
        else each
        for each in header.fields
    )
    changed = replace(PACKET, stack=replace(header, fields=fields) / Fill("é"))
    assert changed != PACKET
    assert canonical.text(changed) == WANTED
