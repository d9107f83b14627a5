"""The tutorial's functions, which return a packet in a netbuf: ``genpkt_<format>()``."""

from __future__ import annotations

from codegen.c.tree import Function, Parameter
from codegen.c.types import SIZE, U16, Pointer, Tagged
from codegen.lower.plan import FormatPlan

_ERRORS = (
    "NULL when there is no packet: errno is EINVAL when an argument is out of range, ENOMEM "
    "when there is no memory. The packet is owned by the caller"
)


def functions(plan: FormatPlan) -> tuple[Function, Function]:
    """Return the function that takes a struct of values, and the one that takes each value."""
    name, macro = plan.name, plan.macro
    steps = f" in steps of {macro}_LEN_STEP" if plan.length_step > 1 else ""
    steps = f": {plan.lengths}" if plan.lengths else steps
    buffer = (
        Parameter(Pointer(Tagged("struct uk_alloc")), "a", "Allocator of the packet"),
        Parameter(
            SIZE,
            "bufalign",
            "Alignment of the buffer: a power of two, or 0 for any (see ioalign of "
            "uk_netdev_info_get())",
        ),
        Parameter(
            U16,
            "headroom",
            "Bytes in front of the frame (see nb_encap_tx of uk_netdev_info_get())",
        ),
        Parameter(U16, "pktlen", f"Bytes of the frame, {macro}_MIN_LEN to {macro}_MAX_LEN{steps}"),
    )
    args = Pointer(Tagged(f"struct {name}_args"), const=True)
    summary = f"The same as genpkt_{name}_args(), each value an argument of its own"
    if plan.is_preset:
        summary = f"Shorthand of genpkt_{name}_args() with the values of {macro}_ARGS"
    netbuf = Pointer(Tagged("struct uk_netbuf"))
    return (
        Function(
            f"genpkt_{name}_args",
            netbuf,
            (*buffer, Parameter(args, "args", "Values of the packet")),
            f"Generate a packet of the format {name}",
            returns=_ERRORS,
        ),
        Function(
            f"genpkt_{name}",
            netbuf,
            (
                *buffer,
                *(Parameter(each.passed, each.name, each.summary) for each in plan.shorthand),
            ),
            summary,
            returns=_ERRORS,
        ),
    )
