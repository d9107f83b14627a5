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
from codegen.layout import Layout, Sum, TimestampSweep
from codegen.lower.arguments import argument
from codegen.lower.crcs import CrcPlan, crc_of
from codegen.lower.parsing import Parsing, fields_struct
from codegen.lower.plan import ArgumentPlan, FormatPlan, Plan
from codegen.lower.strategies import check_strategy
from codegen.lower.sweeping import Sweeping
from codegen.lower.writing import Writing
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
    sweeps = [each.origin for each in layout.sweeps] + [layout.length_sweep]
    inline = sweeping.inline() if sweeping else ()
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
    pattern = layout.payload.pattern if layout.payload else b""
    return FormatPlan(
        name=layout.name,
        summary=layout.format.summary,
        is_preset=layout.is_preset,
        arguments=arguments,
        header_length=layout.header_length,
        trailer_length=layout.trailer_length,
        min_length=layout.min_length,
        max_length=layout.max_length,
        length_step=layout.length_step,
        template=writing.template(in_trailer=False),
        trailer=writing.template(in_trailer=True),
        pattern=pattern if len(pattern) > 1 else b"",
        structs=(*structs, *([sweeping.struct()] if sweeping else [])),
        inline=inline,
        functions=functions,
        headers=_headers(inline + functions, own, crcs),
        own_checksums=own,
        crcs=crcs,
        is_swept=layout.is_swept,
        is_timed=any(isinstance(each, TimestampSweep) for each in sweeps),
        sweeps_length=layout.length_sweep is not None,
        length=layout.length,
        mean_bits=round(8 * (layout.mean_length + WIRE_OVERHEAD)),
        diagram=tuple(describe.diagram(layout).splitlines()),
    )


#: The headers of functions that only some formats call.
_HEADERS = (
    {"random_at": "random.h", "triangle_at": "triangle.h", "permuted_at": "permute.h"}
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
