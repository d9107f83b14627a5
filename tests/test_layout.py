"""Layouts: places and origins of a packet of one's own, and the presets."""

from itertools import pairwise

import pytest

from codegen import formats
from codegen.diagnostics import FormatError
from codegen.formats.udp import UDP4
from codegen.layout import END, START, Argument, Extent, Fixed, FrameLength, Position, Sum
from codegen.model import (
    HEADER_AND_PAYLOAD,
    Const,
    Default,
    Fill,
    Header,
    Length,
    Packet,
    Parameter,
    UInt,
)
from codegen.resolve import resolve


def test_offsets_follow_the_declared_order() -> None:
    layout = resolve(UDP4)
    places = {placed.path: (placed.start.bits, placed.bits) for placed in layout.fields}
    assert places["ethernet.src"] == (48, 48)
    assert places["ipv4.ihl"] == (14 * 8 + 4, 4)
    assert places["ipv4.fragment_offset"] == (20 * 8 + 3, 13)
    assert places["udp.checksum"] == (40 * 8, 16)
    assert layout.header_length == 42
    assert (layout.min_length, layout.max_length) == (60, 1514)


def test_origins() -> None:
    layout = resolve(UDP4)
    assert layout["ethernet.type"].origin == Fixed(0x0800, checked=True)
    assert layout["ipv4.ihl"].origin == Fixed(5, checked=True)
    assert layout["ipv4.protocol"].origin == Fixed(17, checked=True)
    assert isinstance(layout["ipv4.total_length"].origin, FrameLength)
    assert isinstance(layout["udp.checksum"].origin, Sum)


def test_a_preset_binds_parameters_fields_and_payload() -> None:
    layout = resolve(formats.load("usoc21"))
    source = layout["ipv4.src"].origin
    assert isinstance(source, Argument)
    assert source.bound
    assert source.default == 0xC0A88001
    assert not layout["ethernet.src"].argument.bound
    assert layout["udp.checksum"].origin == Fixed(0, checked=False)
    assert layout.payload is not None
    assert layout.payload.pattern == b"U"


def test_a_length_that_never_varies_is_fixed() -> None:
    header = Header(
        "h",
        (UInt("length", 8, Length(HEADER_AND_PAYLOAD, plus=-1)), UInt("x", 24, Default(0))),
    )
    layout = resolve(Packet("p", header, min_length=4))
    assert layout["h.length"].origin == Fixed(3, checked=True)
    assert (layout.min_length, layout.max_length) == (4, 4)


def test_a_header_may_stand_twice_under_two_names() -> None:
    tag = Header("tag", (UInt("id", 16, Parameter("tag_id", 1)),))
    layout = resolve(Packet("p", tag / tag.named("inner") / Fill(), min_length=4))
    assert [placed.path for placed in layout.fields] == ["tag.id", "inner.id"]
    assert [placed.argument.name for placed in layout.arguments] == ["tag_id", "inner_id"]


def test_all_findings_of_a_format_are_reported_at_once() -> None:
    header = Header("h", (UInt("a", 8, Const(256)), UInt("b", 8, Const("x"))))
    with pytest.raises(FormatError) as caught:
        resolve(Packet("p", header / Fill()))
    assert [each.code.name for each in caught.value.diagnostics] == ["F107", "F108"]


def test_positions_are_in_the_order_of_the_frame() -> None:
    in_order = [START, START + 3, START + 8 * 1500, END - 8 * 4, END - 1, END]
    assert all(first < second for first, second in pairwise(in_order))
    assert START + 12 - 4 == START + 8 == Position(from_end=False, bits=8)
    assert [(each.octet, each.bit) for each in (START + 19, END - 19, END)] == [
        (2, 3),
        (-3, 5),
        (0, 0),
    ]
    assert [each.in_frame(100) for each in (START + 19, END - 8, END)] == [19, 792, 800]


def test_a_distance_that_depends_on_the_length_is_refused() -> None:
    assert (START + 20).since(START + 4) == 16
    assert END.since(END - 7) == 7
    with pytest.raises(ValueError, match="depend on the frame's length"):
        END.since(START)
    with pytest.raises(ValueError, match="depend on the frame's length"):
        START.since(END)


def test_extents_of_either_side() -> None:
    whole, header, trailer = (
        Extent(START + 16, END),
        Extent(START, START + 16),
        Extent(END - 32, END),
    )
    assert [each.varies for each in (whole, header, trailer)] == [True, False, False]
    assert [each.size(60) for each in (whole, header, trailer)] == [58, 2, 4]
    assert [str(each) for each in (whole, header, trailer, Extent(START + 8, END - 16))] == [
        "bytes 2..end",
        "bytes 0..1",
        "bytes -4..end",
        "bytes 1..-3",
    ]
    assert whole.covers(END - 8, END)
    assert not header.covers(START + 16, START + 17)
    assert not header.covers(END - 8, END)
    assert not trailer.covers(START + 8, START + 16)
