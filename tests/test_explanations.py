"""Every diagnostic has an explanation, whose examples get it, and do not once they are mended."""

from __future__ import annotations

import pytest

from codegen import model
from codegen.diagnostics import Code, FormatError
from codegen.explanations import EXPLANATIONS
from codegen.formats.ethernet import ETHERNET
from codegen.formats.gre import GRE
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import Format
from codegen.resolve import resolve
from tests.test_cli import run

NAMES = {**vars(model), "ETHERNET": ETHERNET, "IPV4": IPV4, "UDP": UDP, "GRE": GRE}


def evaluated(example: str) -> Format:
    found: Format = eval(example, dict(NAMES))
    return found


def test_every_diagnostic_is_explained() -> None:
    assert list(EXPLANATIONS) == list(Code)


@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_the_examples(code: Code) -> None:
    explained = EXPLANATIONS[code]
    with pytest.raises(FormatError) as caught:
        resolve(evaluated(explained.before))
    assert {each.code for each in caught.value.diagnostics} == {code}
    resolve(evaluated(explained.after))


def test_what_is_printed() -> None:
    done = run("explain", "f107")
    assert done.returncode == 0
    assert done.stdout.startswith("F107: a value does not fit its field\n\n")
    assert EXPLANATIONS[Code.F107].before in done.stdout
    assert EXPLANATIONS[Code.F107].after in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 110
    assert [line[:4] for line in run("explain").stdout.splitlines()] == [each.name for each in Code]
    done = run("explain", "F999")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "codegen: there is no diagnostic 'F999'; there are F101 to F143\n"
