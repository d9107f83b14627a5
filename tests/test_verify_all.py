"""``codegen verify --all``: a row per packet, a column per check; exit code 1 on a mismatch."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codegen.cli.verify import command
from codegen.diagnostics import FormatError
from codegen.errors import UsageError
from codegen.formats.arp import ARP
from codegen.formats.ethernet import ETHERNET, PADDED_ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.udp import UDP
from codegen.model import (
    PAYLOAD,
    STRATEGIES,
    Const,
    Dissectors,
    Fill,
    Header,
    Length,
    Packet,
    Parameter,
    Stack,
    UInt,
)
from codegen.resolve import resolve
from codegen.verify import outside
from codegen.verify.subject import Mismatch, Subject
from codegen.verify.table import CROSS_CHECKS, cross_check

ARGUMENTS = ["--all", "--examples", "10"]


def run(*formats: str) -> Result:
    return CliRunner().invoke(command, [*ARGUMENTS, *formats])


def test_a_row_a_packet(require: Callable[[str], str]) -> None:
    require("tshark")
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "verify", *ARGUMENTS, "arp-request", "udp4_seq"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, arp, sequence = (line.split() for line in done.stdout.splitlines())
    assert done.stdout.endswith("\n")
    assert head == ["packet", *CROSS_CHECKS]
    assert arp == ["arp-request", "11", "10", "10", "60"]
    assert sequence[0] == "udp4-seq"
    # Both know a header of ours by what is exported for it.
    assert sequence[2] == sequence[3]
    assert int(sequence[3]) > 10
    assert int(sequence[1]) > 1455 + 600
    assert done.stderr == ""


def wrong_scapy(layout: Any, given: Any, length: int) -> bytes:
    return bytes(length)


def wrong_parser(self: Subject, received: bytes) -> tuple[str, dict[str, int]]:
    return "valid", {each.path: 0 for each in self.layout.arguments}


def wrong_frame(*_: Any, **__: Any) -> bytes:
    raise Mismatch("planted")


def wrong_reading(self: outside.Dissection, capture: Any, expected: Any) -> list[str]:
    return ["frame 1: planted", "frame 1: twice", "frame 3: planted"]


@pytest.mark.parametrize(
    ("target", "name", "wrong", "check"),
    [
        (outside, "built_by_scapy", wrong_scapy, "scapy"),
        (outside.Dissection, "faults", wrong_reading, "tshark"),
        (Subject, "parse", wrong_parser, "parser"),
        (Subject, "refusal", wrong_frame, "oracle"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_disagreement_is_reported(
    monkeypatch: pytest.MonkeyPatch, target: Any, name: str, wrong: Any, check: str
) -> None:
    monkeypatch.setattr(target, name, wrong)
    absent = {"tshark"} if outside.find_tshark() is None else set()
    if check in absent:
        # What it reads is planted: it need not be installed to be heard.
        monkeypatch.setattr(outside, "find_tshark", lambda: "tshark")
        absent.clear()
    done = run("arp-request")
    assert done.exit_code == 1
    cells = dict(zip(CROSS_CHECKS, done.stdout.splitlines()[1].split()[1:], strict=True))
    assert cells[check] == "FAILED"
    assert re.search(r"counterexample: .*arp_request", done.output)
    # The other checks are made all the same.
    assert {other for other, cell in cells.items() if cell == "-"} == absent


def test_without_frames_the_reason_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "generate", wrong_frame)
    done = run("arp-request")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1].split() == ["arp-request", "FAILED", "-", "-", "-"]
    said = (
        "no cross-check of arp-request with scapy, tshark, parser: there are no frames to check\n"
    )
    assert said in done.output
    assert "counterexample: arp_request: " in done.output


def test_a_missing_tool_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "find_tshark", lambda: None)
    monkeypatch.setattr(outside, "has_scapy", lambda: False)
    done = run("arp-request", "usoc21", "udp4_seq", "udp4_seq")
    assert done.exit_code == 0
    assert [line.split()[2:4] for line in done.stdout.splitlines()[1:5]] == [["-", "-"]] * 4
    assert [line for line in done.output.splitlines() if "no cross-check" in line] == [
        "codegen: no cross-check with scapy: it is not installed: pip install scapy",
        "codegen: no cross-check with tshark: it is not installed: apt install tshark",
    ]


def test_what_scapys_layers_lack_is_reported() -> None:
    trailer = Header("own", (UInt("one", 8, Const(1)),), trailer=(UInt("two", 8, Const(2)),))
    row = cross_check(resolve(Packet("own", trailer / Fill())), STRATEGIES[0], 3, 0)
    assert row.inapplicable == {"scapy": "it has a trailer, which scapy's layers do not have"}
    assert row.faults == {}


@pytest.mark.parametrize("above", [IPV4 / UDP / Fill(), ARP])
def test_padding_that_scapys_layers_lack_is_reported(above: Stack | Header) -> None:
    row = cross_check(resolve(Packet("own", PADDED_ETHERNET / above)), STRATEGIES[0], 20, 0)
    wanted = "it has padding behind its payload, which scapy's layers do not have"
    assert row.inapplicable == {"scapy": wanted}
    assert row.faults == {}


# --- A header of one's own, and what dissectors call it --------------------------

#: Scapy's layer of it, in a module of the user's, which names no layer below it.
LAYER = """
from scapy.fields import LenField, ShortField
from scapy.packet import Packet

class Mine(Packet):
    name = "Mine"
    fields_desc = [ShortField("alpha", 0), LenField("beta", None)]
"""


def own(known: Dissectors) -> Packet:
    """Return a packet with a header whose number is no one's, and what dissectors call it."""
    header = Header(
        "mine",
        (UInt("alpha", 16, Parameter("alpha", 7)), UInt("beta", 16, Length(PAYLOAD))),
        numbers={"ethertype": 0x88B5},
        known_as=known,
    )
    return Packet("mine", ETHERNET / header / Fill(1))


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a scapy layer of one's own that can be imported."""
    (tmp_path / "my_layers.py").write_text(LAYER)
    monkeypatch.syspath_prepend(tmp_path)
    return "my_layers.Mine"


def test_a_layer_of_ones_own_need_not_be_bound(layer: str) -> None:
    """Scapy does not know that 0x88b5 announces it, and would send a number of its own."""
    names = {"alpha": ("alpha", ""), "beta": ("beta", "")}
    row = cross_check(resolve(own(Dissectors(layer, "data", names))), STRATEGIES[0], 10, 0)
    assert row.faults == {}
    assert row.agreed["scapy"] == 10


def test_a_number_that_scapy_knows_is_still_scapys() -> None:
    header = replace(IPV4, numbers={"ethertype": 0x0801})
    layout = resolve(Packet("other", ETHERNET / header / UDP / Fill()))
    built = outside.built_by_scapy(layout, {each.argument.name: 1 for each in layout.arguments}, 60)
    assert built[12:14] == bytes.fromhex("0800")


@pytest.mark.parametrize(
    ("scapy", "fields", "message"),
    [
        ("Mine", {}, "names the scapy layer 'Mine', which cannot be had (Empty module name); "),
        ("", {}, "names the scapy layer '', which cannot be had"),
        ("no_module.Mine", {}, "which cannot be had (No module named 'no_module'); write module."),
        ("scapy.packet.Mine", {}, "has no attribute 'Mine'"),
        ("scapy.packet.ls", {}, "has no attribute 'fields_desc'"),
        (
            "scapy.packet.Raw",
            {"alpha": ("nothing@2", "")},
            "names scapy's field 'nothing', which scapy.packet.Raw does not have; it has: load",
        ),
        (
            "scapy.packet.Raw",
            {"gamma": ("load", "")},
            "names the field 'gamma', which the header does not have; it has: alpha, beta",
        ),
    ],
)
def test_names_that_scapy_does_not_have_are_refused(
    scapy: str, fields: dict[str, tuple[str, str]], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as refused:
        cross_check(resolve(own(Dissectors(scapy, "data", fields))), STRATEGIES[0], 1, 0)
    assert str(refused.value).startswith("header 'mine': its Dissectors names ")


@pytest.mark.parametrize(
    ("tshark", "field", "message"),
    [
        ("no_protocol", "", "the tshark protocol 'no_protocol', which tshark does not have"),
        ("data", "no.field/4", "tshark's field 'no.field', which tshark does not have"),
    ],
)
def test_names_that_tshark_does_not_have_are_refused(
    require: Callable[[str], str], layer: str, tshark: str, field: str, message: str
) -> None:
    require("tshark")
    known = Dissectors(layer, tshark, {"alpha": ("alpha", field)})
    with pytest.raises(UsageError, match=f"^header 'mine': its Dissectors names {message}"):
        cross_check(resolve(own(known)), STRATEGIES[0], 1, 0)


def test_a_layer_that_cannot_be_built_is_a_fault(layer: str) -> None:
    known = Dissectors(layer, "data", {"alpha": ("beta@16", "")})
    row = cross_check(resolve(own(known)), STRATEGIES[0], 5, 0)
    assert row.faults["scapy"].startswith("mine: scapy cannot build the frame: ")
    assert "parser" in row.agreed


def test_names_that_no_dissector_has_are_refused() -> None:
    with pytest.raises(FormatError, match=r"F127 Dissectors: fields is \{'alpha': 'sport'\}"):
        resolve(own(Dissectors("scapy.packet.Raw", "data", {"alpha": "sport"})))  # type: ignore[dict-item]
