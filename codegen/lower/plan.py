"""What the templates print: the result of lowering."""

from __future__ import annotations

from dataclasses import dataclass

from codegen.c.tree import Call, Function, Statement, Struct
from codegen.c.types import Pointer, Type
from codegen.lower.crcs import CrcPlan
from codegen.model import OwnAlgorithm, Strategy


@dataclass(frozen=True)
class ArgumentPlan:
    """An argument of the packet: a member of its struct, a parameter of functions.

    ``type`` is that of the member and ``passed`` that of the parameter of
    ``genpkt_<format>()``; bytes are passed by pointer. ``assign`` copies the parameter into
    a struct ``args``. ``initializer`` is None when the program asks its device; the initial
    value is ``zero`` then. ``entry`` is its row in the program's table of arguments, where
    ``parser`` is the kind; an enumeration takes one of the ``names``, or its number.
    """

    name: str
    summary: str
    type: Type
    passed: Type
    assign: Statement
    initializer: str | None
    zero: str
    parser: str
    entry: Call
    names: tuple[tuple[int, str], ...]
    bound: bool

    @property
    def is_pointer(self) -> bool:
        """Whether functions take a pointer, which must not be NULL."""
        return isinstance(self.passed, Pointer)


@dataclass(frozen=True)
class TemplateRow:
    """Constant bytes that belong together, and the declarations of their fields."""

    octets: bytes
    comments: tuple[str, ...]


@dataclass(frozen=True)
class FormatPlan:
    """The packet layer of one format, and what the files above it ask of it.

    The constant bytes are the ``template`` of the headers and that of the ``trailer``, and
    the ``patterns`` of the payload, one behind the other, where they have more than one byte,
    and that of its ``padding``. A padded frame takes ``padded_max`` bytes at most.
    The functions call those that ``headers`` declare, which are the runtime's or the format's
    own. ``inline`` functions are defined in the header. ``lengths`` are those of a frame in
    words, where they are at no even distance. ``shorthand`` are the arguments of the function
    with the tutorial's signature: all those of a packet, or those that a preset leaves open.
    """

    name: str
    summary: str
    is_preset: bool
    arguments: tuple[ArgumentPlan, ...]
    header_length: int
    trailer_length: int
    min_length: int
    max_length: int
    length_step: int
    lengths: str
    template: tuple[TemplateRow, ...]
    trailer: tuple[TemplateRow, ...]
    patterns: bytes
    padding: bytes
    is_padded: bool
    padded_max: int
    structs: tuple[Struct, ...]
    inline: tuple[Function, ...]
    functions: tuple[Function, ...]
    headers: tuple[str, ...]
    own_checksums: tuple[OwnAlgorithm, ...]
    crcs: tuple[CrcPlan, ...]
    is_swept: bool
    is_timed: bool
    has_wall_time: bool
    sweeps_length: bool
    length: int
    mean_bits: int
    diagram: tuple[str, ...]

    @property
    def macro(self) -> str:
        """The prefix of the format's macros."""
        return self.name.upper()

    @property
    def shorthand(self) -> tuple[ArgumentPlan, ...]:
        """The arguments of ``genpkt_<name>()``."""
        return tuple(each for each in self.arguments if not each.bound)


@dataclass(frozen=True)
class Plan:
    """An application: the format that it sends, and by which strategy."""

    format: FormatPlan
    strategy: Strategy
