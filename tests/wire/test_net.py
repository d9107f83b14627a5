"""``codegen net``: makes and removes the same network however often it is called."""

from __future__ import annotations

import pytest

from tests.tools import need

from .namespace import POWERLESS, Namespace

LINKS = {"usocbr0", "usocbr0-tap0", "usocbr0-tap1"}


@pytest.fixture(autouse=True)
def _taps(namespace: Namespace) -> None:
    """Skip where no taps can be made."""
    namespace.tap("other")


def test_up_twice_and_down_twice(namespace: Namespace) -> None:
    first = namespace.codegen("net", "up")
    assert (first.returncode, first.stderr) == (0, "")
    assert namespace.links() >= LINKS
    assert not [line for line in first.stdout.splitlines() if "already" in line]

    second = namespace.codegen("net", "up")
    assert (second.returncode, second.stderr) == (0, "")
    assert [line for line in second.stdout.splitlines() if "already" not in line] == []

    third = namespace.codegen("net", "down")
    assert (third.returncode, third.stderr) == (0, "")
    assert third.stdout.count("removed") == len(LINKS)
    assert not namespace.links() & LINKS

    fourth = namespace.codegen("net", "down")
    assert (fourth.returncode, fourth.stderr) == (0, "")
    assert fourth.stdout.count("was not there") == len(LINKS)


def test_what_it_sets(namespace: Namespace) -> None:
    assert namespace.codegen("net", "up", "lab").returncode == 0
    bridge = namespace.link("lab")
    assert "UP" in bridge["flags"]
    settings = bridge["linkinfo"]["info_data"]
    names = ("stp_state", "forward_delay", "mcast_snooping")
    assert [settings[name] for name in names] == [0, 0, 0]
    for tap in ("lab-tap0", "lab-tap1"):
        link = namespace.link(tap)
        assert link["master"] == "lab"
        assert "UP" in link["flags"]
        assert link["linkinfo"]["info_data"]["persist"]
    parameters = namespace.do(
        *("sh", "-c", 'cat /proc/sys/net/bridge/bridge-nf-call-* 2>"$0" || true', "/dev/null")
    )
    assert set(parameters.split()) <= {"0"}


def test_what_was_interrupted_is_completed(namespace: Namespace) -> None:
    namespace.do("ip", "link", "add", "usocbr0", "type", "bridge", "stp_state", "1")
    assert namespace.codegen("net", "up").returncode == 0
    assert namespace.link("usocbr0")["linkinfo"]["info_data"]["stp_state"] == 0
    namespace.do("ip", "link", "delete", "usocbr0-tap0")
    assert namespace.codegen("net", "up").returncode == 0
    assert namespace.links() >= LINKS
    namespace.do("ip", "link", "delete", "usocbr0")
    assert namespace.codegen("net", "down").returncode == 0
    assert not namespace.links() & LINKS


@pytest.mark.parametrize("action", ["up", "down"])
def test_no_permission(namespace: Namespace, action: str) -> None:
    need("setpriv")
    if action == "down":
        assert namespace.codegen("net", "up").returncode == 0
    done = namespace.codegen("net", action, before=POWERLESS)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "not permitted" in line
    assert "sudo" in line
    assert "unshare -Urn" in line


@pytest.mark.parametrize("action", ["up", "down"])
def test_an_interface_of_another_kind_is_left_alone(namespace: Namespace, action: str) -> None:
    namespace.cable("lab", "far")
    done = namespace.codegen("net", action, "lab")
    assert done.returncode == 1
    assert "there is an interface lab already, which is no bridge but a veth" in done.stderr
    assert namespace.links() >= {"lab", "far"}


def test_a_name_that_is_too_long(namespace: Namespace) -> None:
    done = namespace.codegen("net", "up", "elevenchars")
    assert done.returncode == 2
    assert "1 to 10 letters" in done.stderr


def test_without_iproute2(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    import codegen.net

    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(codegen.net.NetError, match="apt install iproute2"):
        list(codegen.net.up("lab"))
