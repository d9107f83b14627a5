"""The diagnostics of a format, collected until a pass needs the format to be valid so far."""

from __future__ import annotations

from codegen.diagnostics import Code, Diagnostic, FormatError
from codegen.model import Format
from codegen.resolve.declarations import Declarations


class Findings:
    """The diagnostics of one format: passes report all that they find, not the first alone."""

    def __init__(self, format: Format) -> None:
        """Start without any."""
        self.format = format
        self._declarations = Declarations(format)
        self.diagnostics: list[Diagnostic] = []

    def report(self, code: Code, where: str, problem: str, remedy: str) -> None:
        """Add a diagnostic: which one, where, what is wrong there, and how to mend it."""
        place = self._declarations.place(where)
        diagnostic = Diagnostic(code, where, problem, remedy, place)
        # Both ends of a span may name the same field.
        if diagnostic not in self.diagnostics:
            self.diagnostics.append(diagnostic)

    def stop(self) -> None:
        """Raise FormatError if anything was reported: later passes rest on earlier ones."""
        if self.diagnostics:
            raise FormatError(self.format.name, self.diagnostics)
