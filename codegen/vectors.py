"""Vectors: frames in hexadecimal digits beside the values that they are made from.

Written by hand from a specification, or taken from another implementation, they are the
cross-check of a format that no other tool knows. In a file they are JSON: an object with
``format``, the name of the format, ``linktype``, where it is not that of Ethernet, and
``vectors``, a list of objects with ``name``, ``hex`` and ``values``, a value per parameter. The
vectors of pdl, the packet description language, are read as well: a list of packets, each with
``tests`` that have ``packed`` and ``unpacked``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codegen import oracle
from codegen.errors import UsageError, shown
from codegen.layout import Layout
from codegen.model import Int, LinkType, UInt, Value, VarInt


@dataclass(frozen=True)
class Vector:
    """A frame, and the values of the parameters that it has; others have their defaults.

    In a packet with sweeps, it is the packet number 0, sent at the time 0. The payload is
    ``payload``, where that is not None, or else the format's own. ``decoded`` are values of
    fields that have no parameter, such as a checksum, by the last name of their path.
    """

    name: str
    frame: bytes
    values: Mapping[str, Value]
    payload: bytes | None = None
    decoded: Mapping[str, int] = field(default_factory=dict)


def of_examples(layout: Layout) -> list[Vector]:
    """Return the examples that the packet declares."""
    if layout.is_preset:
        return []
    return [
        Vector(each.name or f"example {number}", bytes.fromhex(each.hex), each.values)
        for number, each in enumerate(layout.format.packet.examples, 1)
    ]


def generated(layout: Layout, count: int, seed: int) -> list[Vector]:
    """Return frames of the least values, of the largest, and of ``count`` sets between."""
    chosen = random.Random(seed)
    arguments = {placed.argument.name: placed.argument for placed in layout.arguments}
    sets = [
        ("least values", {name: each.ends[0] for name, each in arguments.items()}),
        ("largest values", {name: each.ends[1] for name, each in arguments.items()}),
    ]
    for number in range(1, count + 1):
        between = {
            name: chosen.choice(each.numbers)
            if each.numbers
            else chosen.randint(each.minimum, each.maximum)
            for name, each in arguments.items()
        }
        sets.append((f"random values {number}", between))
    return [
        Vector(name, oracle.encode(layout, given, layout.length), given) for name, given in sets
    ]


def mismatch(layout: Layout, vector: Vector) -> str | None:
    """Return how a vector differs from what the oracle makes of it, None where it does not.

    Raises UsageError for values or a length that the format does not have.
    """
    length = oracle.unpadded(layout, vector.frame)
    wanted = oracle.encode(layout, vector.values, length, fill=vector.payload)
    if wanted != vector.frame:
        return (
            f"{layout.name}: {vector.name}: the vector's bytes on the left, those of the format "
            "on the right; " + oracle.explain(layout, vector.frame, wanted)
        )
    decoded = oracle.decode(layout, vector.frame)
    problems = list(decoded.problems)
    for name, value in vector.decoded.items():
        found = {path: each for path, each in decoded.values.items() if path.endswith(f".{name}")}
        if not found:
            raise UsageError(f"{layout.name!r} has no field {name!r}")
        problems += [
            f"{path} is {each}, and should be {value}"
            for path, each in found.items()
            if each != value
        ]
    return f"{layout.name}: {vector.name}: {problems[0]}" if problems else None


def as_json(layout: Layout, vectors: Sequence[Vector]) -> str:
    """Return a file's text, with numbers as they are and addresses as people write them."""
    rows = [
        {"name": each.name, "hex": each.frame.hex(), "values": _notation(layout, each.values)}
        for each in vectors
    ]
    head: dict[str, object] = {"format": layout.name}
    if layout.link != LinkType.ETHERNET:
        head["linktype"] = int(layout.link)
    return json.dumps(head | {"vectors": rows}, indent=2)


def _notation(layout: Layout, values: Mapping[str, Value]) -> dict[str, Value]:
    fields = {placed.argument.name: placed.field for placed in layout.arguments}
    found: dict[str, Value] = {}
    for name, value in values.items():
        if isinstance(value, bytes):
            value = value.hex()
        plain = isinstance(fields[name], UInt | Int | VarInt) or not isinstance(value, int)
        found[name] = value if plain else fields[name].show(int(value))
    return found


def read(path: Path, layout: Layout | None = None) -> list[Vector]:
    """Return the vectors of a file; UsageError when it has another form.

    Of pdl's vectors, those of the packet that has the layout's name are returned; case
    and underscores make no difference.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if isinstance(found, list) and found and layout is not None:
        return _of_pdl(path, found, layout)
    link = found.get("linktype") if isinstance(found, dict) else None
    if layout is not None and link is not None and link != layout.link:
        raise UsageError(
            f"{path}: its frames have link type {shown(link)}, and those of {layout.name!r} "
            f"{layout.link}"
        )
    rows = found.get("vectors") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not rows:
        form = '{"vectors": [{"name": "", "hex": "", "values": {}}]}'
        raise UsageError(f"{path} has no vectors; write {form}")
    return [_vector(path, number, row) for number, row in enumerate(rows, 1)]


def _vector(path: Path, number: int, row: object) -> Vector:
    place = f"{path}: vector {number}"
    if not isinstance(row, dict) or not {"hex"} <= row.keys() <= {"name", "hex", "values"}:
        raise UsageError(f"{place} is {shown(row)}; give it hex, values, and a name if you like")
    values = row.get("values", {})
    if not isinstance(values, dict) or not all(
        isinstance(each, int | str) and not isinstance(each, bool) for each in values.values()
    ):
        raise UsageError(f"{place} has the values {shown(values)}; give each a number or a text")
    try:
        frame = bytes.fromhex(row["hex"])
    except (TypeError, ValueError):
        raise UsageError(
            f"{place} has the hex {shown(row['hex'])}; give it the frame in hexadecimal digits"
        ) from None
    return Vector(str(row.get("name") or f"vector {number}"), frame, values)


def _of_pdl(path: Path, packets: list[object], layout: Layout) -> list[Vector]:
    """Return the tests of one packet in pdl's form."""
    names: list[str] = []
    for each in packets:
        if not isinstance(each, dict) or not isinstance(each.get("tests"), list):
            raise UsageError(f"{path}: {shown(each)} is no packet with tests")
        names.append(str(each.get("packet")))
        if _plain(names[-1]) == _plain(layout.name):
            return [
                _test_of_pdl(f"{path}: {names[-1]} {number}", test, layout)
                for number, test in enumerate(each["tests"], 1)
            ]
    raise UsageError(f"{path} has no packet {layout.name!r}; it has: {', '.join(names)}")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _test_of_pdl(place: str, test: object, layout: Layout) -> Vector:
    unpacked = test.get("unpacked") if isinstance(test, dict) else None
    if not isinstance(test, dict) or not isinstance(unpacked, dict):
        raise UsageError(f"{place} is {shown(test)}; give it packed and unpacked")
    # A name of pdl's is a field's; its parameter may have another, as C reserves some.
    parameters = {
        placed.path.rpartition(".")[2]: placed.argument.name for placed in layout.arguments
    }
    values: dict[str, Value] = {}
    decoded: dict[str, int] = {}
    payload = None
    for key, value in unpacked.items():
        if isinstance(value, list):
            try:
                octets = bytes(value)
            except (TypeError, ValueError):
                raise UsageError(f"{place}: {key} is {shown(value)}, and no bytes") from None
            if key == "payload":
                payload = octets or None
            else:
                values[parameters.get(str(key), str(key))] = octets
        elif not isinstance(value, int) or isinstance(value, bool):
            raise UsageError(f"{place}: {key} is {shown(value)}, and neither a number nor bytes")
        elif key in parameters:
            values[parameters[key]] = value
        else:
            decoded[key] = value
    vector = _vector(Path(place), 1, {"hex": test.get("packed")})
    name = place.rpartition(": ")[2]
    return replace(vector, name=name, values=values, payload=payload, decoded=decoded)
