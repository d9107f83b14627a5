"""``codegen explain``: why a diagnostic is one, with a format before and after."""

from __future__ import annotations

import textwrap

import click

from codegen.errors import UsageError


@click.command("explain")
@click.argument("number", metavar="[NUMBER]", default="")
def command(number: str) -> None:
    """Explain the diagnostic NUMBER, such as F107; without one, list all of them.

    The explanation shows a format that is refused with this diagnostic, and the same format
    mended.
    """
    from codegen.cli.console import print_table, table
    from codegen.diagnostics import Code
    from codegen.explanations import EXPLANATIONS

    if not number:
        rows = table("", "")
        for each in Code:
            rows.add_row(each.name, each.value)
        print_table(rows)
        return
    code = next((each for each in Code if each.name == number.upper()), None)
    if code is None:
        last = list(Code)[-1].name
        raise UsageError(f"there is no diagnostic {number!r}; there are F101 to {last}")
    explained = EXPLANATIONS[code]
    click.echo(f"{code.name}: {code.value}\n\n{textwrap.fill(explained.why, 88)}")
    for title, example in (("Refused:", explained.before), ("Accepted:", explained.after)):
        click.echo(f"\n{title}\n\n{textwrap.indent(example, '    ')}")
