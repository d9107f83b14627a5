"""Numbered diagnostics: why a format cannot work, and how to fix it.

The number is stable, so that a message can be looked up and a test can ask for
it. Each names the place, the problem there and the remedy.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from codegen.errors import UsageError, shortened, shown
from codegen.model.declared import Place


class Code(Enum):
    """Every diagnostic of formats, with its meaning."""

    F101 = "a name is not a C identifier, or is reserved by C"
    F102 = "a name is taken twice"
    F103 = "a field has an impossible width"
    F104 = "a header does not end on a whole byte"
    F105 = "a field overlaps the one before it"
    F106 = "a field leaves a gap before it"
    F107 = "a value does not fit its field"
    F108 = "a value has the wrong type or form"
    F109 = "a range is empty or exceeds the field"
    F110 = "a reference names a field that does not exist"
    F111 = "a span is not a run of whole bytes"
    F112 = "checksums cover each other"
    F113 = "a checksum field cannot hold or align its checksum"
    F114 = "no number is known for the header that follows"
    F115 = "no header below lends a pseudo header"
    F116 = "a length does not fit its field, or is not a whole number of units"
    F117 = "the payload is not the last layer"
    F118 = "the frame length is out of bounds"
    F119 = "a preset binds something that the packet does not have"
    F120 = "the order of arguments does not name each parameter once"
    F121 = "whether a field is there is not known when the C is emitted"
    F122 = "bytes or an IPv6 address do not start on a whole byte"
    F123 = "a sweep does not go with what it sweeps"
    F124 = "fields of both byte orders share a byte"
    F125 = "the names of an enumeration are ambiguous, or cannot be printed"
    F126 = "a value of that kind does not go with a field of that shape"
    F127 = "a declaration has something of the wrong type"
    F128 = "an optional field is bound, and is not there"
    F129 = "an example is no frame that the packet can have"
    F130 = "the condition of an optional field always holds, or never"
    F131 = "a size has no code in the table of its length, or several"
    F132 = "a packet has more headers, fields or levels of groups than codegen handles"
    F133 = "the lowest header does not begin frames of the link type"
    F134 = "padding behind a payload is not possible, or cannot be found"
    F135 = "the parameters of a CRC do not fit its width"
    F136 = "the spans of a checksum overlap"
    F137 = "a field that counts as zero is not covered"
    F138 = "a sweep follows what does not go round"


#: How many diagnostics of a format a message shows.
_SHOWN = 100
#: The characters that each of its parts has at most.
_LONGEST = 1000


@dataclass(frozen=True)
class Diagnostic:
    """One finding: its number, where it is, what is wrong, how to fix it.

    ``place`` is where the user declared what it is about, if that is known.
    """

    code: Code
    where: str
    problem: str
    remedy: str
    place: Place | None = field(default=None, compare=False)

    @property
    def source(self) -> str | None:
        """The place as compilers print it, ``file.py:12:`` and the line; None without one."""
        if self.place is None:
            return None
        path = Path(self.place.file)
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        line = linecache.getline(self.place.file, self.place.line).strip()
        return (
            f"{path}:{self.place.line}: {line if len(line) <= 160 else f'{line[:157]}...'}".rstrip(
                ": "
            )
        )

    def __str__(self) -> str:
        """Return the finding in one paragraph."""
        where, problem, remedy = (
            shortened(each, _LONGEST) for each in (self.where, self.problem, self.remedy)
        )
        return f"{self.code.name} {where}: {problem}; {remedy}"


class FormatError(UsageError):
    """A format that cannot work, with everything that was found in it."""

    def __init__(self, format_name: str, diagnostics: list[Diagnostic]) -> None:
        """Keep the findings, in the order in which they were found."""
        self.diagnostics = tuple(diagnostics)
        lines = "\n".join(
            f"  {each}" + (f"\n    {each.source}" if each.source else "")
            for each in diagnostics[:_SHOWN]
        )
        more = len(diagnostics) - _SHOWN
        lines += f"\n  and {more} more" if more > 0 else ""
        super().__init__(f"format {shown(format_name)} cannot work:\n{lines}")
