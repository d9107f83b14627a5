"""The examples of a packet: each must be a frame that the packet can have.

Whether its bytes are those that the values give is compared when the format is verified.

This module reports F129.
"""

from __future__ import annotations

from codegen.diagnostics import Code
from codegen.errors import shown
from codegen.layout import Layout
from codegen.model import Example
from codegen.resolve.findings import Findings


def check(found: Findings, layout: Layout) -> None:
    """Check the examples of a packet, whose layout is known."""
    for number, example in enumerate(layout.format.packet.examples, 1):
        problem = _problem(layout, example)
        if problem is not None:
            found.report(Code.F129, example.name or f"example {number}", *problem)


def _problem(layout: Layout, example: Example) -> tuple[str, str] | None:
    """Return what is wrong with an example, and the remedy."""
    try:
        length = len(bytes.fromhex(example.hex))
    except ValueError:
        return f"its hex is {shown(example.hex)}", "write the frame in hexadecimal digits"
    if length not in map(layout.frame_length, layout.lengths):
        step = f" in steps of {layout.length_step}" if layout.length_step > 1 else ""
        bounds = f"{layout.min_length} to {layout.max_length} bytes{step}"
        remedy = "write the whole frame, or change the packet's min_length or max_length"
        return f"its frame has {length} bytes, and the packet's have {bounds}", remedy
    known = {placed.argument.name: placed for placed in layout.arguments}
    for name, value in example.values.items():
        if name not in known:
            return f"the packet has no parameter {name!r}", f"it has: {', '.join(known)}"
        argument = known[name].argument
        try:
            parsed = value if isinstance(value, int) else known[name].field.parse(value)
        except ValueError as error:
            return f"{name}: {error}", "mend the value"
        if not argument.allows(parsed):
            allowed = ", ".join(map(str, argument.numbers))
            allowed = allowed or f"{argument.minimum} to {argument.maximum}"
            return f"{name} is {shown(value)}", f"give it one of {allowed}"
    for name, placed in known.items():
        if placed.argument.default is None and name not in example.values:
            return f"it has no value of {name!r}, which has no default", f"give it {name}"
    return None
