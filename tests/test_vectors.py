"""Vectors: frames beside their values, in a packet and in files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import canonical, formats, vectors
from codegen.formats.ethernet import ETHERNET
from codegen.model import Example, Fill, Header, Packet, Parameter, UInt, Value
from codegen.resolve import resolve
from codegen.testing import Vector, check
from codegen.testing import vectors as of_file
from tests.test_project import run

#: Written by hand: destination, source, type, the number, and the payload.
HEX = "ffffffffffff 020000000001 88b5 0102" + "ee" * 44
PACKET = Packet(
    "number",
    ETHERNET.bind(type=0x88B5)
    / Header("number", (UInt("number", 16, Parameter("number", 7)),))
    / Fill(0xEE),
)
VALUES: dict[str, Value] = {
    "mac_dst": "ff:ff:ff:ff:ff:ff",
    "mac_src": "02:00:00:00:00:01",
    "number": 0x0102,
}


def test_an_example_is_verified() -> None:
    check(replace(PACKET, examples=(Example(HEX, VALUES),)), examples=2)


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (
            Example(HEX, {**VALUES, "number": 0x0103}),
            "number: example 1: the vector's bytes on the left",
        ),
        (Example(HEX.replace("0102", "0107"), VALUES, "from the RFC"), "number: from the RFC: "),
        (Example(HEX[:-2] + "00", VALUES), "fill: byte 43 is 0xee, 0x00 wanted"),
    ],
)
def test_an_example_that_differs(example: Example, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check(replace(PACKET, examples=(example,)), examples=2)
    assert message in str(caught.value)


def test_examples_are_no_part_of_the_hash() -> None:
    with_example = replace(PACKET, examples=(Example(HEX, VALUES),))
    assert canonical.digest(with_example) == canonical.digest(PACKET)


@pytest.mark.parametrize("name", formats.catalogue())
def test_what_is_generated_agrees(name: str) -> None:
    layout = resolve(formats.load(name))
    found = vectors.generated(layout, 3, 0)
    assert [vectors.mismatch(layout, each) for each in found] == [None] * 5
    assert len({each.frame for each in found}) > 1


def test_a_file_that_was_printed_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "number.py").write_text(
        "from tests.test_vectors import HEX, VALUES, PACKET\n"
        "from dataclasses import replace\nfrom codegen.model import Example\n"
        'OWN = replace(PACKET, examples=(Example(HEX, VALUES, "by hand"),))\ndel PACKET\n'
    )
    done = run(tmp_path, "vectors", "number.py", "--count", "2")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["vectors"]
    assert [row["name"] for row in rows] == [
        *("by hand", "least values", "largest values", "random values 1", "random values 2")
    ]
    assert rows[0] == {"name": "by hand", "hex": HEX.replace(" ", ""), "values": VALUES}
    (tmp_path / "v.json").write_text(done.stdout)
    done = run(tmp_path, "vectors", "number.py", "--check", "v.json")
    assert (done.returncode, done.stdout) == (0, "5 of 5 vectors agree with number\n")
    rows[1]["hex"] = rows[1]["hex"][:-2] + "00"
    (tmp_path / "v.json").write_text(json.dumps({"vectors": rows}))
    done = run(tmp_path, "vectors", "number.py", "--check", "v.json")
    assert (done.returncode, done.stdout) == (1, "4 of 5 vectors agree with number\n")
    assert done.stderr.startswith("codegen: number: least values: the vector's bytes on the left")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "v.json is not JSON: "),
        ("[" * 100_000, "v.json is not JSON: "),
        ("[]", 'v.json has no vectors; write {"vectors": [{"name": "", "hex": "", "values": {}}]}'),
        ('{"vectors": [1]}', "v.json: vector 1 is 1; give it hex, values, and a name"),
        ('{"vectors": [{"hex": "0", "a": 1}]}', "v.json: vector 1 is {'hex'"),
        ('{"vectors": [{"hex": "zz"}]}', "v.json: vector 1 has the hex 'zz'; give it the frame"),
        ('{"vectors": [{"hex": "00", "values": {"a": []}}]}', "has the values {'a': []}; give"),
        ('{"vectors": [{"hex": "00"}]}', "v.json: vector 1: a frame of 'usoc21' has 60 to 1514"),
        (
            json.dumps({"vectors": [{"hex": "00" * 60, "values": {"a": 1}}]}),
            "v.json: vector 1: 'usoc21' has no parameter 'a'; it has: ",
        ),
    ],
)
def test_files_of_another_form(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text(text)
    done = run(tmp_path, "vectors", "--check", "v.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_test_has_the_vectors_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text(
        json.dumps({"vectors": [{"hex": HEX, "values": VALUES, "name": "by hand"}]})
    )
    mark = of_file(tmp_path / "v.json").mark
    assert mark.args == ("vector", [Vector("by hand", bytes.fromhex(HEX), VALUES)])
    assert mark.kwargs == {"ids": ["by hand"]}


PDL = """
from codegen.model import HEADER, Checksum, Fill, Header, OwnAlgorithm, Packet, Parameter, UInt

PACKET = Packet("packet_crc_field", Header("own", (
    UInt("a", 16, Parameter("own_a", 0)),
    UInt("crc", 8, Checksum(HEADER, OwnAlgorithm("sum8", 8, lambda data: sum(data) & 255, "x"))),
)) / Fill(), min_length=3)
"""


@pytest.mark.parametrize(
    ("unpacked", "packed", "outcome"),
    [
        ({"a": 0x7393, "crc": 6, "payload": []}, "739306", ""),
        ({"a": 0x7393, "crc": 6, "payload": [1, 2, 3]}, "739306010203", ""),
        ({"a": 0x7393, "crc": 7}, "739306", "own.crc is 6, and should be 7"),
        ({"a": 0x7392, "crc": 6}, "739306", "PacketCrc_Field 1: the vector's bytes on the left"),
        ({"a": 1, "x": 6}, "000101", "'packet_crc_field' has no field 'x'"),
        ({"a": {"b": 1}}, "000101", "PacketCrc_Field 1: a is {'b': 1}, and neither a number"),
        ({"a": [256]}, "000101", "PacketCrc_Field 1: a is [256], and no bytes"),
        ({"a": 1}, 7, "PacketCrc_Field 1: vector 1 has the hex 7; give it"),
    ],
)
def test_vectors_of_pdl(
    unpacked: dict[str, object], packed: object, outcome: str, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(PDL)
    tests = [{"packed": packed, "unpacked": unpacked}]
    packets = [{"packet": "Other", "tests": []}, {"packet": "PacketCrc_Field", "tests": tests}]
    (tmp_path / "v.json").write_text(json.dumps(packets))
    done = run(tmp_path, "vectors", "own.py", "--check", "v.json")
    assert outcome in done.stderr
    assert (done.returncode == 0) == (outcome == ""), done.stderr
    done = run(tmp_path, "vectors", "udp4", "--check", "v.json")
    assert "v.json has no packet 'udp4'; it has: Other, PacketCrc_Field" in done.stderr
