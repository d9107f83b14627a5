"""What the templates print: the result of lowering, as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codegen.lower.spelling import END
from codegen.model import Strategy


@dataclass(frozen=True)
class ArgumentPlan:
    """An argument: a ``member`` of the struct, a ``declaration`` in the functions.

    ``assign`` is the statement that copies the function's argument into the
    struct; a ``pointer`` must not be NULL there. ``initializer`` is None when the
    program asks its device, and ``zero`` what it is then. ``checks`` are conditions on
    the member that are true when it is out of range. ``parser`` is the kind of the
    program's argument; that of an enumeration takes one of the ``names``, or its number.
    """

    name: str
    summary: str
    member: str
    declaration: str
    assign: str
    pointer: bool
    initializer: str | None
    zero: str
    checks: tuple[str, ...]
    parser: str
    names: tuple[tuple[int, str], ...]
    minimum: int
    maximum: int
    bound: bool


@dataclass(frozen=True)
class TemplateRow:
    """Bytes of the constant template that belong together, as C literals."""

    octets: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """Statements that put one field, or fields that share bytes, into the frame."""

    comments: tuple[str, ...]
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Term:
    """An addend of a checksum that is known only when the packet is built."""

    expression: str
    comment: str


@dataclass(frozen=True)
class ChecksumPlan:
    """A checksum: ``fold(constant + terms + swept)``, or what a ``call`` over the frame gives.

    ``swept`` are the addends that differ from packet to packet; the sum of all
    others is kept between packets. A checksum that another one with swept addends
    covers is ``kept`` too, so that the other finds its value.
    """

    variable: str
    type: str
    comments: tuple[str, ...]
    constant: str
    terms: tuple[Term, ...]
    swept: tuple[Term, ...]
    call: str | None
    kept: bool
    store: str
    zero_as: str | None


@dataclass(frozen=True)
class AlgorithmPlan:
    """A C function that checksums call: from the template of that ``name``, or the user's own."""

    name: str
    source: str | None


@dataclass(frozen=True)
class SweepPlan:
    """A field that differs from packet to packet, or the length of the frame.

    ``value`` follows from the packet's number ``n``, the time ``now`` and the ``table``
    of values, the rows of a C array, if there is one. A length field has no
    ``declaration`` of a variable: it is computed where it is stored.
    """

    declaration: str | None
    value: str
    table: TablePlan | None
    is_timed: bool
    is_drawn: bool
    store: Store | None


@dataclass(frozen=True)
class TablePlan:
    """The values of a list as a C array, in lines."""

    declaration: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class TrailerPlan:
    """The fields behind the payload: their constant bytes, and what is stored among them.

    A trailer ``moves`` where the length is swept: it is kept beside the sweep then, and
    written into each packet together with the payload before it.
    """

    length: int
    template: tuple[TemplateRow, ...]
    stores: tuple[Store, ...]
    moves: bool


@dataclass(frozen=True)
class LengthPlan:
    """The length of the program's frames; ``mean_bits`` are those of a frame, on average."""

    length: int
    sweep: SweepPlan | None
    mean_bits: int


@dataclass(frozen=True)
class Check:
    """A condition on a received frame.

    Of a checksum it is a sum that ``terms`` go on with, or what a ``call`` gives,
    and ``field`` the checksum that came with the frame: none where it is ``optional`` and zero.
    """

    condition: str
    comment: str
    terms: tuple[Term, ...] = ()
    call: bool = False
    bits: int = 16
    field: str = ""
    zero_as: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class ParsePlan:
    """How a received frame is read, and held against the format.

    ``length`` is the expression of the length that the frame declares, to be
    believed when no condition of ``guards`` holds. A condition of the ``checks``
    tells what is wrong, by the name of the result, in the order of looking.
    ``reads`` put values into the arguments. ``compared`` are conditions that hold
    when a frame carries other values than were asked for.
    """

    guards: tuple[Check, ...]
    length: Check | None
    next_headers: tuple[Check, ...]
    reads: tuple[Store, ...]
    checks: tuple[tuple[str, Check], ...]
    checksums: tuple[Check, ...]
    compared: tuple[Check, ...]

    @property
    def checksum_bits(self) -> int:
        """The width of a variable that holds any of the checksums."""
        return max((each.bits for each in self.checksums), default=16)

    @property
    def looks(self) -> bool:
        """Whether anything of the frame is looked at."""
        return bool(self.next_headers or self.reads or self.checks or self.checksums)

    @property
    def looks_at_end(self) -> bool:
        """Whether anything is found from the end of the frame on."""
        checks = [*self.next_headers, *(check for _, check in self.checks), *self.checksums]
        texts = [statement for each in self.reads for statement in each.statements]
        for each in checks:
            texts += [each.condition, each.field, *(term.expression for term in each.terms)]
        return any(_names(END, text) for text in texts)


@dataclass(frozen=True)
class FormatPlan:
    """All that the templates print of one format.

    A payload is one byte again and again (``fill``), or a ``pattern`` of several.
    ``shorthand`` are the arguments of the function with the tutorial's
    signature; a packet's are all, a preset's those that it leaves open.
    """

    name: str
    summary: str
    is_preset: bool
    arguments: tuple[ArgumentPlan, ...]
    header_length: int
    min_length: int
    max_length: int
    length_step: int
    template: tuple[TemplateRow, ...]
    trailer: TrailerPlan | None
    fill: str | None
    pattern: tuple[str, ...]
    stores: tuple[Store, ...]
    checksums: tuple[ChecksumPlan, ...]
    algorithms: tuple[AlgorithmPlan, ...]
    sweeps: tuple[SweepPlan, ...]
    length: LengthPlan
    parse: ParsePlan
    diagram: tuple[str, ...]

    @property
    def macro(self) -> str:
        """The prefix of the format's macros."""
        return self.name.upper()

    @property
    def is_swept(self) -> bool:
        """Whether anything differs from packet to packet."""
        return bool(self.all_sweeps)

    @property
    def all_sweeps(self) -> tuple[SweepPlan, ...]:
        """The fields that are swept, and the length."""
        return self.sweeps + ((self.length.sweep,) if self.length.sweep else ())

    @property
    def is_timed(self) -> bool:
        """Whether a packet carries the time when it is sent."""
        return any(each.is_timed for each in self.sweeps)

    @property
    def shortest(self) -> str:
        """The C expression of the bytes of all headers and trailers."""
        length = f"{self.macro}_HDR_LEN"
        return f"{length} + {self.macro}_TRAILER_LEN" if self.trailer else length

    @property
    def trailer_moves(self) -> bool:
        """Whether there is a trailer, at another place in each packet."""
        return self.trailer is not None and self.trailer.moves

    @property
    def has_payload(self) -> bool:
        """Whether there is something between headers and trailers, or the end."""
        return self.fill is not None or bool(self.pattern)

    @property
    def keeps_length(self) -> bool:
        """Whether what is written for each packet depends on the length of its frame."""
        return bool(self.length.sweep) or self.sweeps_by_length

    @property
    def sweeps_length_alone(self) -> bool:
        """Whether frames differ in nothing but where they end."""
        return (
            self.is_swept and not self.sweeps and not self.kept_checksums and not self.trailer_moves
        )

    @property
    def sweeps_by_length(self) -> bool:
        """Whether a swept store, or a checksum that follows one, looks at ``pktlen``."""
        return self.sweeps_at_end or any(_names("pktlen", text) for text in self.swept_texts)

    @property
    def sweeps_at_end(self) -> bool:
        """Whether a packet of a sweep is written from its end on."""
        return self.trailer_moves or any(_names(END, text) for text in self.swept_texts)

    @property
    def swept_texts(self) -> list[str]:
        """The C of what is written into each packet of a sweep."""
        texts = [text for each in self.sweeps if each.store for text in each.store.statements]
        for checksum in self.kept_checksums:
            texts += [checksum.call or "", checksum.store]
            texts += [term.expression for term in checksum.swept]
        return texts

    @property
    def sums(self) -> bool:
        """Whether a received frame's words are summed up."""
        return any(not each.call for each in self.parse.checksums)

    @property
    def fixed_checksums(self) -> tuple[ChecksumPlan, ...]:
        """The checksums that are the same in each packet of a sweep."""
        return tuple(each for each in self.checksums if not each.kept)

    @property
    def kept_checksums(self) -> tuple[ChecksumPlan, ...]:
        """The checksums that are computed anew for each packet of a sweep."""
        return tuple(each for each in self.checksums if each.kept)

    @property
    def shorthand(self) -> tuple[ArgumentPlan, ...]:
        """The arguments of ``genpkt_<name>()``."""
        return tuple(each for each in self.arguments if not each.bound)


@dataclass(frozen=True)
class Plan:
    """An application: the formats whose functions it has, and the one that it sends.

    A preset's application also has the function of its packet.
    """

    formats: tuple[FormatPlan, ...]
    strategy: Strategy

    @property
    def format(self) -> FormatPlan:
        """The format that the emitted program sends."""
        return self.formats[-1]

    @property
    def draws(self) -> bool:
        """Whether random numbers are wanted."""
        return any(each.is_drawn for format in self.formats for each in format.all_sweeps)

    @property
    def repeats(self) -> bool:
        """Whether a payload is a pattern of several bytes."""
        return any(format.pattern for format in self.formats)

    @property
    def algorithms(self) -> tuple[AlgorithmPlan, ...]:
        """The functions that checksums call, each once."""
        return tuple(dict.fromkeys(each for format in self.formats for each in format.algorithms))

    @property
    def packet(self) -> FormatPlan:
        """The packet on which the formats rest; its name is that of the argument struct."""
        return self.formats[0]


def _names(variable: str, text: str) -> bool:
    """Tell whether C text has that variable, and not a member of that name."""
    return re.search(rf"(?<![.>])\b{variable}\b", text) is not None
