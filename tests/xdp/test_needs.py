"""What the platform needs is named before anything is built, and misuse before that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codegen.xdp import needs
from tests.tools import need

RUN = (sys.executable, "-m", "codegen", "run", "--platform", "xdp")
SEND = (*RUN, "--device", "lo")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=environment or None, check=False
    )


@pytest.mark.parametrize(
    ("release", "lacks"),
    [
        ("6.1.0-18-amd64", False),
        ("5.18.0", False),
        ("5.17.99", True),
        ("5.4.0-generic", True),
        ("unknown", True),
    ],
)
def test_the_kernel(release: str, lacks: bool) -> None:
    found = needs.kernel(release)
    assert (found is not None) is lacks
    if found:
        assert found == f"Linux 5.18 or newer: this is Linux {release}"


def test_root_of_a_user_namespace_is_none() -> None:
    need("unshare")
    inside = ("unshare", "-Ur", sys.executable, "-c")
    if run(*inside, "").returncode:
        pytest.skip("no right to make user namespaces")
    done = run(*inside, "from codegen.xdp import needs; print(needs.rights())")
    assert "those of a user namespace do not do" in done.stdout


def test_each_thing_that_is_lacking_has_a_line(tmp_path: Path) -> None:
    """Without any program on the PATH, and without rights where they can be given away."""
    done = run(*SEND, PATH=str(tmp_path), HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1
    first, *lines = done.stderr.splitlines()
    assert first == "codegen: the platform xdp lacks here:"
    assert "  clang is not here; install it (apt install clang)" in lines
    assert any(line.startswith("  libbpf, with its headers, is not here") for line in lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "--device null is no interface of this machine"),
        (("--device", "xdp:eth0"), "--device xdp:eth0 is no interface of this machine"),
        (("--device", "lo", "--length", "10"), "--length 10: frames of format 'usoc21' have"),
        (("--device", "lo", "--sink", "free"), "--sink free: the platform xdp sends"),
        (("--device", "lo", "--mode", "both"), "does not run in mode both"),
        (("--device", "lo", "--mode", "rx", "--cores", "2"), "--cores 2 is for sending"),
        (("--device", "lo", "--cores", "1000"), "--cores 1000: this process may use"),
        (("--device", "lo", "--strategy", "pool-dup"), "has no choice of a --strategy"),
        (("--device", "lo", "--netbuf", "unikraft"), "--netbuf is for the platform host"),
        (("--device", "lo", "--pair"), "--pair is for unikernels"),
        (("--device", "lo", "--kvm", "on"), "--kvm is for unikernels"),
        (("--device", "lo", "--set", "ttl"), "--set ttl: key=value is wanted"),
    ],
)
def test_misuse_is_named_first(tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    done = run(*RUN, *options, PATH=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 2
    assert expected in done.stderr


def test_cores_are_of_this_platform() -> None:
    done = run(sys.executable, "-m", "codegen", "run", "--cores", "2")
    assert done.returncode == 2
    assert "--cores is for the platform xdp" in done.stderr


def test_verification_needs_the_same(tmp_path: Path) -> None:
    verify = (sys.executable, "-m", "codegen", "verify", "--platform", "xdp", "arp-request")
    done = run(*verify, PATH=str(tmp_path), HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "codegen: the platform xdp lacks here:" in done.stderr
    done = run(*verify, "--netbuf", "unikraft", PATH=str(tmp_path), HOME=str(tmp_path))
    assert done.returncode == 2
