"""The diagnostics of a format, collected until a pass needs the format to be valid so far."""

from __future__ import annotations

from codegen.diagnostics import Code, Diagnostic, FormatError
from codegen.model import Format
from codegen.model.declared import Place
from codegen.resolve.declarations import Declarations


class Findings:
    """The diagnostics of one format: passes report all that they find, not the first alone."""

    def __init__(self, format: Format) -> None:
        """Start without any."""
        self.format = format
        self._declarations = Declarations(format)
        # A dictionary, as both ends of a span may name the same field.
        self._found: dict[Diagnostic, None] = {}

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What was reported, in that order, each once."""
        return list(self._found)

    def report(
        self, code: Code, where: str, problem: str, remedy: str, place: Place | None = None
    ) -> None:
        """Add a diagnostic: which one, where, what is wrong there, and how to mend it.

        ``place`` is its declaration, which otherwise is looked up by ``where``.
        """
        if place is None:
            place = self._declarations.place(where)
        self._found.setdefault(Diagnostic(code, where, problem, remedy, place))

    def stop(self) -> None:
        """Raise FormatError if anything was reported: later passes rest on earlier ones."""
        if self._found:
            raise FormatError(self.format.name, self.diagnostics)
