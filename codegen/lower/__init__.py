"""Lower a layout to a plan: what the templates print.

All that can be computed before the program runs is computed here: the constant
bytes form one template, and the ones' complement sum over constant words is
folded, so that the emitted function stores and adds only what varies.
"""

from __future__ import annotations

from codegen.errors import UsageError
from codegen.layout import Layout
from codegen.lower.plan import FormatPlan, Plan
from codegen.lower.writing import Lowering
from codegen.model import Fetch, Strategy
from codegen.model.strategy import COMBINATIONS

__all__ = ["FormatPlan", "Plan", "check_strategy", "lower", "lower_format"]


def lower(layout: Layout, strategy: Strategy) -> Plan:
    """Return the plan of an application.

    Raises UsageError for a strategy that is unsound, or unsound for this packet.
    """
    check_strategy(layout, strategy)
    return Plan(tuple(lower_format(each) for each in layout.application), strategy)


def check_strategy(layout: Layout, strategy: Strategy) -> None:
    """Raise UsageError for a point of the strategies' space where packets would be wrong."""
    if strategy.fetch not in COMBINATIONS[strategy.buffers]:
        allowed = ", ".join(each.value for each in COMBINATIONS[strategy.buffers])
        raise UsageError(
            f"strategy {strategy.name!r}: buffers {strategy.buffers.value!r} do not go with "
            f"packets by {strategy.fetch.value!r}; they go with: {allowed}"
        )
    if strategy.objects is not None and strategy.objects < 1:
        raise UsageError(f"strategy {strategy.name!r}: objects={strategy.objects}; use 1 or more")
    if strategy.fetch is Fetch.SHARE and layout.is_swept:
        swept = ", ".join(
            [each.path for each in layout.sweeps]
            + (["the length"] if layout.length_sweep is not None else [])
        )
        raise UsageError(
            f"strategy {strategy.name!r} sends one netbuf for all packets, and {layout.name!r} "
            f"sweeps {swept}: packets that are still on their way would change; "
            "use ring-patch, which writes only what differs"
        )


def lower_format(layout: Layout) -> FormatPlan:
    """Return the plan of one format."""
    return Lowering(layout).plan()
