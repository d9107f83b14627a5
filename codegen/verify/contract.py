"""The functions that the emitted headers must declare, derived from the layout.

The templates print prototypes from the plan; here they are derived from the
layout, so that a template that forgets, renames or reorders an argument is found.
"""

from __future__ import annotations

from codegen.cheader import Signature
from codegen.layout import Layout, Placed
from codegen.model import MAC, Bytes, Int, IPv4Address, IPv6Address, UInt, VarInt

_BUFFER = (
    ("a", "struct uk_alloc *"),
    ("bufalign", "size_t"),
    ("headroom", "uint16_t"),
    ("pktlen", "uint16_t"),
)
_NETBUF = "struct uk_netbuf *"

#: What every application has, whatever its format; the tutorial's interface.
COMMON = (
    Signature(
        "uk_netbuf_dup_single",
        _NETBUF,
        (
            ("a", "struct uk_alloc *"),
            ("buflen", "size_t"),
            ("bufalign", "size_t"),
            ("headroom", "uint16_t"),
            ("privlen", "size_t"),
            ("dtor", "uk_netbuf_dtor_t"),
            ("src", "const struct uk_netbuf *"),
        ),
    ),
    Signature("print_pps", "int", (("total_nb_pkts", "uint64_t"),)),
    Signature("print_bps", "int", (("total_nb_bytes", "uint64_t"),)),
    Signature(
        "print_netspeed", "int", (("total_nb_pkts", "uint64_t"), ("total_nb_bytes", "uint64_t"))
    ),
)


def expected(layout: Layout) -> list[Signature]:
    """Return the functions that the application of a format must declare."""
    name = layout.name
    args = ("args", f"const struct {name}_args *")
    received = (("frame", "const uint8_t *"), ("len", "uint16_t"))
    arguments = tuple(
        (placed.argument.name, _type(layout, placed))
        for placed in layout.arguments
        if not placed.argument.bound
    )
    return [
        *COMMON,
        Signature(f"genpkt_{name}", _NETBUF, _BUFFER + arguments),
        Signature(f"genpkt_{name}_args", _NETBUF, (*_BUFFER, args)),
        Signature(f"{name}_accepts", "int", (("pktlen", "uint16_t"), args)),
        Signature(f"{name}_write", "void", (("frame", "uint8_t *"), ("pktlen", "uint16_t"), args)),
        Signature(f"{name}_length", "uint16_t", received),
        Signature(
            f"{name}_parse",
            "enum frame_result",
            (*received, ("fields", f"struct {name}_fields *")),
        ),
        Signature(f"{name}_match", "enum frame_verdict", (*received, args)),
    ]


def _type(layout: Layout, placed: Placed) -> str:
    """Return the C type of an argument: numbers in the smallest integer that holds them."""
    match placed.field:
        case MAC():
            own = layout.is_preset and placed.argument.default is None
            return f"const struct {'uk_hwaddr' if own else 'ether_addr'} *"
        case IPv4Address():
            return "uint32_t"
        case IPv6Address():
            return "const struct ipv6_addr *"
        case Bytes():
            return "const uint8_t *"
        case UInt(bits=bits) | VarInt(bits=bits):
            return f"uint{max(8, 1 << (bits - 1).bit_length())}_t"
        case Int(bits=bits):
            return f"int{max(8, 1 << (bits - 1).bit_length())}_t"
    raise TypeError(f"no C type for an argument of the shape {placed.field!r}")
