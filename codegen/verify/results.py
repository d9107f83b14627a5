"""The results of a verification for other programs: JSON, and JUnit's XML for CI systems."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What the verification of one format came to.

    ``counts`` are how often each comparison was made, or how many examples each cross-check
    agreed on. ``faults`` are counterexamples, and ``left_out`` the reasons why a cross-check
    was not made, by the name of the check.
    """

    format: str
    seconds: float
    counts: Mapping[str, int]
    faults: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)


def as_json(outcomes: Sequence[Outcome], examples: int, seed: int) -> str:
    """Return one object: whether all agree, and an object per format, as a line of JSON."""
    return json.dumps(
        {
            "agrees": not any(each.faults for each in outcomes),
            "examples": examples,
            "seed": seed,
            "formats": [
                {
                    "format": each.format,
                    "agrees": not each.faults,
                    "seconds": round(each.seconds, 3),
                    "counts": dict(each.counts),
                    "counterexamples": dict(each.faults),
                    "left_out": dict(each.left_out),
                }
                for each in outcomes
            ],
        }
    )


def as_junit(outcomes: Sequence[Outcome], checks: Sequence[str]) -> str:
    """Return a test suite with a case per format and check: failed, skipped, or passed."""
    from xml.etree import ElementTree

    suite = ElementTree.Element(
        "testsuite",
        name="codegen verify",
        tests=str(len(outcomes) * len(checks)),
        failures=str(sum(len(each.faults) for each in outcomes)),
        errors="0",
        skipped=str(sum(len(each.left_out) for each in outcomes)),
        time=f"{sum(each.seconds for each in outcomes):.3f}",
    )
    for each in outcomes:
        for check in checks:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=each.format,
                name=check,
                time=f"{each.seconds / len(checks):.3f}",
            )
            if check in each.faults:
                fault = _printable(each.faults[check])
                first = fault.splitlines()[0]
                ElementTree.SubElement(case, "failure", message=first).text = fault
            elif check in each.left_out:
                ElementTree.SubElement(case, "skipped", message=each.left_out[check])
    ElementTree.indent(suite)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """Return a text without the characters that XML 1.0 does not have."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
