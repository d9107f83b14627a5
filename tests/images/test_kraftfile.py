"""The Kraftfile is one of specification v0.6, as far as KraftKit looks at it.

KraftKit's published schema wants: an attribute ``spec``; strings or numbers for names
and versions; ``kconfig`` a list of strings or a mapping to scalars; targets as
``platform/architecture``.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from codegen import emit, formats
from codegen.model import STRATEGIES
from codegen.resolve import resolve
from codegen.unikraft import TARGETS

FILES = emit.render(resolve(formats.load("usoc21")), STRATEGIES[0])


@pytest.fixture
def kraftfile() -> dict[str, Any]:
    return dict(yaml.safe_load(FILES["Kraftfile"]))


def test_its_attributes_are_those_of_the_specification(kraftfile: dict[str, Any]) -> None:
    assert kraftfile["spec"] == "v0.6"
    assert kraftfile.keys() <= {
        *("spec", "name", "cmd", "template", "runtime", "rootfs", "volumes", "env"),
        *("unikraft", "targets", "libraries", "labels"),
    }
    assert isinstance(kraftfile["name"], str)
    assert kraftfile["unikraft"].keys() <= {"source", "version", "kconfig"}
    assert isinstance(kraftfile["unikraft"]["version"], str)


def test_its_targets_are_those_that_are_promised(kraftfile: dict[str, Any]) -> None:
    """Those that the images of this project are booted on."""
    own = {f"{each.platform}/{each.arch}" for each in TARGETS if each.platform == "qemu"}
    assert set(kraftfile["targets"]) == own


def test_its_configuration_agrees_with_that_for_make(kraftfile: dict[str, Any]) -> None:
    made = FILES["qemu-x86_64.defconfig"]
    own = "CONFIG_APPPKTGEN"  # in the defconfig it is on by itself
    for name, value in kraftfile["unikraft"]["kconfig"].items():
        assert re.fullmatch(r"CONFIG_[A-Z0-9_]+", name)
        assert value in ("y", "n"), "YAML must not make a boolean of it"
        line = f"{name}=y" if value == "y" else f"# {name} is not set"
        assert name == own or line in made.splitlines()
