"""Lengths that the frame does not have."""

from codegen.model import Cycle, Default, Fill, Header, Packet, UInt

FORMAT = Packet("p", Header("h", (UInt("a", 8, Default(0)),)) / Fill(), min_length=64).preset(
    "q", "too short for it", {"length": Cycle((60, 64))}
)
