"""The files that ``codegen new`` writes: a format to start from, its test, and a CI snippet."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from codegen import formats
from codegen.errors import UsageError

#: The headers of the catalogue that the new one is above.
BELOW = ("ethernet", "ipv4", "udp")

_FORMAT = '''"""NAME: a format to start from. Replace the fields by your own."""

from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import PAYLOAD, Const, Fill, Header, Length, Packet, Parameter, UInt

HEADER = Header(
    "NAME",
    (
        UInt("version", 4, Const(1)),
        UInt("kind", 4, Parameter("kind", 0)),
        UInt("channel", 8, Parameter("channel", 7, maximum=15)),
        UInt("body_length", 16, Length(PAYLOAD)),
        UInt("reading", 32, Parameter("reading", 0)),
    ),
)
PACKET = Packet("NAME_udp4", ETHERNET / IPV4 / UDP / HEADER / Fill(0xEE), "NAME over UDP")
'''

_TEST = '''"""The format is valid, and its C does what it declares."""

from hypothesis import given

from codegen.testing import Result, check, decode, encode, frames, packets
from NAME import PACKET


def test_the_emitted_c() -> None:
    check(PACKET)


@given(packets(PACKET))
def test_what_is_encoded_is_decoded(sample) -> None:
    frame = encode(PACKET, sample.values, sample.length)
    assert decode(PACKET, frame).values["NAME.reading"] == sample.values["reading"]


@given(frames(PACKET))
def test_every_frame_is_valid(frame) -> None:
    assert decode(PACKET, frame).result is Result.VALID
'''

_PYPROJECT = """[tool.codegen]
formats = ["NAME.py"]
targets = ["unikraft"]
strategies = ["pool-dup"]
output = "generated"
"""

_CI = """name: formats
on: [push, pull_request]
jobs:
  verify:
    runs-on: ubuntu-latest
    env:
      # Where pip finds codegen: git+https://..., or the address of a wheel. Set it as a
      # variable of the repository.
      CODEGEN: ${{ vars.CODEGEN }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "codegen[verify] @ $CODEGEN" pytest
      - run: codegen verify --junit formats.xml
      - run: pytest
"""


def files(name: str, folder: Path) -> dict[Path, str]:
    """Return what a new format needs in a folder, by path: what must not be there yet.

    Raises UsageError for a name that Python or C does not allow, or that Python has a module
    of already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UsageError(
            f"{name!r} cannot be the name of a format; give it lower-case letters, digits and _, "
            "a letter first, and no word that Python reserves"
        )
    if name in BELOW:
        raise UsageError(f"the packet has a header {name!r} already; choose another name")
    own = folder / f"{name}.py"
    if name in sys.stdlib_module_names or (not own.exists() and find_spec(name) is not None):
        raise UsageError(
            f"Python has a module {name!r} already, which a test would import in place of "
            f"{own.name}; choose another name, such as my_{name}"
        )
    return {own: _filled(_FORMAT, name), folder / f"test_{name}.py": _filled(_TEST, name)}


def project_files(name: str, folder: Path) -> dict[Path, str]:
    """Return what a project of formats has once, whatever the number of its formats."""
    return {
        folder / "pyproject.toml": _filled(_PYPROJECT, name),
        folder / ".github" / "workflows" / "formats.yml": _CI,
    }


def check(path: Path) -> None:
    """Raise FormatError when the format in a file cannot work, as with a name that C reserves."""
    from codegen.resolve import resolve

    resolve(formats.load(str(path)))


def _filled(text: str, name: str) -> str:
    return text.replace("NAME", name)
