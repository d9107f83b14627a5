"""Lower a layout to typed C: the packet layer, as the templates print it.

All that can be computed before the program runs is computed here: the constant
bytes form one template, and the ones' complement sum over constant words is
folded, so that the emitted function stores and adds only what varies.
"""

from __future__ import annotations

from codegen import describe
from codegen.c import tree
from codegen.c.tree import Call, Function, Struct
from codegen.c.types import U8
from codegen.errors import plain
from codegen.layout import Layout, Patterns, Sum
from codegen.lower import tables
from codegen.lower.arguments import argument
from codegen.lower.crcs import CrcPlan, crc_of
from codegen.lower.parsing import Parsing, fields_struct
from codegen.lower.plan import ArgumentPlan, FormatPlan, Plan
from codegen.lower.strategies import check_strategy
from codegen.lower.sweeping import Sweeping
from codegen.lower.writing import Writing, frame_len_function
from codegen.model import WIRE_OVERHEAD, Algorithm, OwnAlgorithm, Strategy

__all__ = ["FormatPlan", "Plan", "check_strategy", "lower", "lower_format"]


def lower(layout: Layout, strategy: Strategy) -> Plan:
    """Return the plan of an application.

    Raises UsageError for a strategy that is unsound, or unsound for this packet.
    """
    check_strategy(layout, strategy)
    return Plan(lower_format(layout), strategy)


def lower_format(layout: Layout) -> FormatPlan:
    """Return the packet layer of one format."""
    writing = Writing(layout)
    sweeping = Sweeping(writing) if layout.is_swept else None
    arguments = tuple(argument(layout, placed) for placed in layout.arguments)
    structs = [_args_struct(layout, arguments), fields_struct(layout)]
    clocks = sweeping.clocks() if sweeping else []
    inline = (*tables.functions(layout), *(sweeping.inline() if sweeping else ()))
    if layout.padding is not None:
        inline = (frame_len_function(layout), *inline)
    functions = (
        *([sweeping.init()] if sweeping else []),
        writing.function(),
        *Parsing(layout).functions(),
    )
    algorithms = [
        each.origin.algorithm for each in layout.checksums if isinstance(each.origin, Sum)
    ]
    own = tuple({each.name: each for each in algorithms if isinstance(each, OwnAlgorithm)}.values())
    in_steps = {each.identifier: each for each in map(crc_of, layout.checksums) if each}
    crcs = tuple(CrcPlan(each) for each in in_steps.values())
    content = layout.payload.content if layout.payload else None
    patterns = b"".join(content.patterns) if isinstance(content, Patterns) else b""
    return FormatPlan(
        name=layout.name,
        summary=plain(layout.format.summary),
        is_preset=layout.is_preset,
        arguments=arguments,
        header_length=layout.header_length,
        trailer_length=layout.trailer_length,
        min_length=layout.min_length,
        max_length=layout.max_length,
        length_step=layout.length_step,
        lengths=describe.lengths(layout) if layout.length_list else "",
        template=writing.template(in_trailer=False),
        trailer=writing.template(in_trailer=True),
        patterns=patterns if len(patterns) > 1 else b"",
        padding=_padding(layout),
        is_padded=layout.padding is not None,
        padded_max=layout.frame_length(layout.max_length),
        structs=(*structs, *([sweeping.struct()] if sweeping else [])),
        inline=inline,
        functions=functions,
        headers=_headers(inline + functions, own, crcs),
        own_checksums=own,
        crcs=crcs,
        is_swept=layout.is_swept,
        is_timed="now" in clocks,
        has_wall_time="wall" in clocks,
        sweeps_length=layout.length_sweep is not None,
        length=layout.length,
        mean_bits=round(8 * (layout.mean_length + WIRE_OVERHEAD)),
        diagram=tuple(describe.diagram(layout).splitlines()),
    )


def _padding(layout: Layout) -> bytes:
    """Return what the padding repeats, where that is more than one byte."""
    pattern = layout.padding.pattern if layout.padding else b""
    return pattern if len(pattern) > 1 else b""


#: The headers of functions that only some formats call.
_HEADERS = (
    {"random_at": "random.h", "random_octets": "random.h", "triangle_at": "triangle.h"}
    | {"sign_extended": "sign.h", "permuted_at": "permute.h"}
    | dict.fromkeys(
        (f"{name}_{way}" for name in ("quic", "leb128") for way in ("encoded", "decoded")),
        "varint.h",
    )
    | dict.fromkeys(("csum_fold", "csum_add", "csum_repeat"), "csum.h")
    | {f"csum_{each.name.lower()}": f"checksum_{each.name.lower()}.h" for each in Algorithm}
)


def _headers(
    functions: tuple[Function, ...], own: tuple[OwnAlgorithm, ...], crcs: tuple[CrcPlan, ...]
) -> tuple[str, ...]:
    """Return the headers of what the functions call."""
    known = _HEADERS | {each.name: f"checksum_{each.name}.h" for each in own}
    known |= {f"csum_{each.name}_end": f"checksum_{each.name}.h" for each in crcs}
    bodies = [each.body for each in functions]
    called = {each.name for each in tree.walk(bodies) if isinstance(each, Call)}
    wanted = {known[name] for name in called & known.keys()}
    return tuple(sorted({"bytes.h", "frame.h", *wanted}))


def _args_struct(layout: Layout, arguments: tuple[ArgumentPlan, ...]) -> Struct:
    """Return ``struct <format>_args``."""
    members = tuple((each.type, each.name, each.summary) for each in arguments)
    return Struct(
        f"{layout.name}_args",
        f"The values of a {layout.name} packet; numbers are in host byte order",
        members or ((U8, "none", "a packet without parameters"),),
    )
