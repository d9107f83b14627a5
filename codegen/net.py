"""The network of the 2021 tutorial: a bridge with two taps.

What comes in through one tap leaves through the other, untouched: no spanning
tree, no delay, no firewall, and nothing that the machine itself would send. Each
step first checks whether it is done already, so that a repetition changes nothing
and an interrupted setup can be completed.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.errors import CodegenError, UsageError, missing

#: Interfaces have names of up to 15 characters (IFNAMSIZ), the taps' included.
BRIDGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}")

#: The settings in which the tutorial's bridge differs from a new one. Without snooping,
#: multicast frames are flooded at once and the bridge sends no membership queries.
BRIDGE_SETTINGS = {"stp_state": 0, "forward_delay": 0, "mcast_snooping": 0}

#: While these are on, the firewall sees what crosses any bridge, and drops frames with
#: an invalid checksum.
FIREWALL_SETTINGS = tuple(
    f"bridge-nf-call-{kind}" for kind in ("iptables", "ip6tables", "arptables")
)

PROC = Path("/proc/sys/net")


class NetError(CodegenError):
    """The network cannot be made or removed; the message has the reason and the remedy."""


def taps(bridge: str) -> tuple[str, str]:
    """Return the names of a bridge's taps; raises UsageError when it cannot have any."""
    if not BRIDGE_NAME.fullmatch(bridge):
        raise UsageError(
            f"a bridge cannot be called {bridge!r}: 1 to 10 letters, digits and _ . - are "
            "allowed, as its taps' names add 5 to them"
        )
    return (f"{bridge}-tap0", f"{bridge}-tap1")


def up(bridge: str) -> Iterator[str]:
    """Make the bridge and its taps, as far as they are not there; yield a line for each step.

    Raises NetError, and UsageError for a name that does not work.
    """
    names = taps(bridge)
    yield from _make_bridge(bridge)
    yield from _silence(bridge)
    yield from _bring_up(bridge)
    for tap in names:
        yield from _make_tap(tap)
        yield from _silence(tap)
        yield from _join(tap, bridge)
        yield from _bring_up(tap)
    for setting in FIREWALL_SETTINGS:
        yield from _set(PROC / "bridge" / setting, "0", f"net.bridge.{setting}")


def down(bridge: str) -> Iterator[str]:
    """Remove the taps and the bridge, as far as they are there; yield a line for each.

    The firewall's settings hold for all bridges, and stay. Raises as :func:`up` does.
    """
    for name in (*taps(bridge), bridge):
        kind = "bridge" if name == bridge else "tap"
        if _find(name, kind) is None:
            yield f"{kind} {name}: was not there"
        else:
            _ip(f"remove {kind} {name}", "link", "delete", "dev", name)
            yield f"{kind} {name}: removed"


#: Of <linux/if_tun.h>: Ethernet frames, without a header of the kernel's in front.
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000


@dataclass(frozen=True)
class Tap:
    """A tap that exists as long as a file is open on it: ``fd`` here, or a virtual machine's."""

    name: str
    fd: int
    bridge: str

    @property
    def number(self) -> int:
        """The number at the end of its name, which no other tap of the bridge has meanwhile."""
        return int(self.name.removeprefix(_guest_tap(self.bridge, "")))

    def check(self) -> None:
        """Raise NetError when the tap is not in its bridge any more."""
        found = _link(self.name)
        if found is None or found.get("master") != self.bridge:
            raise NetError(
                f"tap {self.name} is not in bridge {self.bridge} any more: what was sent since "
                "then went nowhere; run it again, and leave its tap where it is"
            )

    def dropped(self) -> int:
        """Return the frames that were dropped on it, on their way in or out."""
        found = _link(self.name, "-statistics")
        counts = (found or {}).get("stats64", {})
        return sum(counts.get(way, {}).get("dropped", 0) for way in ("rx", "tx"))


def check_bridge(bridge: str, when: str = "") -> None:
    """Raise NetError when there is no such bridge; ``when`` says since when, for the message."""
    if _find(bridge, "bridge") is None:
        raise NetError(f"there is no bridge {bridge}{when}; make it with: codegen net up {bridge}")


def _guest_tap(bridge: str, number: str) -> str:
    return f"{bridge}-vm{number}"


@contextmanager
def tap_of(bridge: str) -> Iterator[Tap]:
    """Make a tap in a bridge; it goes away with the block and the machines that use it.

    Raises NetError when there is no such bridge, or no right to make a tap.
    """
    check_bridge(bridge)
    try:
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        reason = f"open: {error.strerror}"
        raise NetError(f"cannot make a tap: {reason}{_remedy(reason)}") from None
    try:
        # The kernel puts the first free number in place of %d.
        wanted = struct.pack("16sH22x", _guest_tap(bridge, "%d").encode(), _IFF_TAP | _IFF_NO_PI)
        try:
            made = fcntl.ioctl(fd, _TUNSETIFF, wanted)
        except OSError as error:
            reason = os.strerror(error.errno or errno.EIO)
            raise NetError(f"cannot make a tap: {reason}{_remedy(reason)}") from None
        name = made[:16].rstrip(b"\0").decode()
        for step in (_silence(name), _join(name, bridge), _bring_up(name)):
            for _ in step:
                pass
        yield Tap(name, fd, bridge)
    finally:
        os.close(fd)


# --------------------------------------------------------------------- steps


def _make_bridge(bridge: str) -> Iterator[str]:
    settings = [word for item in BRIDGE_SETTINGS.items() for word in map(str, item)]
    words = "no spanning tree, forward delay 0, no multicast snooping"
    found = _find(bridge, "bridge")
    if found is None:
        _ip(f"make bridge {bridge}", "link", "add", "name", bridge, "type", "bridge", *settings)
        yield f"bridge {bridge}: made ({words})"
        return
    data = found["linkinfo"]["info_data"]
    if any(data.get(key) != value for key, value in BRIDGE_SETTINGS.items()):
        # With a spanning tree there is no forward delay of 0: one setting after the other.
        for key, value in BRIDGE_SETTINGS.items():
            setting = ("type", "bridge", key, str(value))
            _ip(f"set bridge {bridge}", "link", "set", "dev", bridge, *setting)
        yield f"bridge {bridge}: was there; now {words}"
    else:
        yield f"bridge {bridge}: was there already ({words})"


def _make_tap(tap: str) -> Iterator[str]:
    owner = _caller()
    found = _find(tap, "tap")
    if found is None:
        _ip(f"make tap {tap}", "tuntap", "add", "dev", tap, "mode", "tap", "user", str(owner))
        yield f"tap {tap}: made, for user {_user_name(owner)}"
        return
    data = found["linkinfo"]["info_data"]
    if not data.get("persist"):
        raise NetError(
            f"tap {tap} belongs to a running program and ends with it; end that program first"
        )
    user = str(data.get("user", "root"))
    if user in (str(owner), _user_name(owner)):
        yield f"tap {tap}: was there already, for user {user}"
    else:
        yield (
            f"tap {tap}: was there already, but for user {user}; to have it for user "
            f"{_user_name(owner)}, remove it first (codegen net down)"
        )


def _join(tap: str, bridge: str) -> Iterator[str]:
    found = _find(tap, "tap")
    if found is not None and found.get("master") == bridge:
        yield f"tap {tap}: was in bridge {bridge} already"
        return
    _ip(f"put tap {tap} into bridge {bridge}", "link", "set", "dev", tap, "master", bridge)
    yield f"tap {tap}: put into bridge {bridge}"


def _bring_up(name: str) -> Iterator[str]:
    found = _link(name)
    if found is not None and "UP" in found["flags"]:
        yield f"{name}: was up already"
        return
    _ip(f"bring up {name}", "link", "set", "dev", name, "up")
    yield f"{name}: brought up"


def _silence(name: str) -> Iterator[str]:
    """Keep the machine from sending on an interface what IPv6 sends unasked."""
    yield from _set(
        PROC / "ipv6" / "conf" / name / "disable_ipv6", "1", f"net.ipv6.conf.{name}.disable_ipv6"
    )


def _set(path: Path, value: str, name: str) -> Iterator[str]:
    """Set a kernel parameter, where the kernel has it."""
    try:
        before = path.read_text(encoding="ascii").strip()
        if before == value:
            yield f"{name}: was {value} already"
            return
        path.write_text(value, encoding="ascii")
    except FileNotFoundError:
        return
    except OSError as error:
        raise NetError(
            f"cannot set {name} to {value}: {error.strerror}{_remedy(str(error))}"
        ) from error
    yield f"{name}: now {value}, was {before}"


# ------------------------------------------------------------------- helpers


def _caller() -> int:
    """Return the user that the taps are for; under sudo, the one who called it."""
    called_by = os.environ.get("SUDO_UID", "")
    return int(called_by) if os.geteuid() == 0 and called_by.isdecimal() else os.getuid()


def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _find(name: str, kind: str) -> dict[str, Any] | None:
    """Return a link, None when there is none; raises NetError when it is of another kind."""
    found = _link(name)
    if found is None:
        return None
    info = found.get("linkinfo", {})
    actual = info.get("info_kind", "interface")
    if actual == "tun":
        actual = info.get("info_data", {}).get("type", actual)
    if actual != kind:
        raise NetError(
            f"there is an interface {name} already, which is no {kind} but a {actual}; "
            "name another bridge"
        )
    return found


def _link(name: str, *options: str) -> dict[str, Any] | None:
    # Not from /sys: in a namespace of its own, that may show another namespace's.
    shown = _ip("list the interfaces", "-details", *options, "-json", "link", "show")
    links = json.loads(shown or "[]")
    return next((each for each in links if each.get("ifname") == name), None)


def _ip(what: str, *arguments: str) -> str:
    """Run iproute2's ip and return what it prints; ``what`` completes "cannot"."""
    command = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if command is None:
        raise NetError(f"cannot {what}: {missing('ip', 'iproute2')}")
    done = subprocess.run(
        [command, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise NetError(f"cannot {what}: {reason}{_remedy(reason)}")
    return done.stdout


def _remedy(reason: str) -> str:
    if reason.startswith("open: ") and "denied" in reason:  # /dev/net/tun, by 'ip tuntap'
        return "; run this with sudo, or have root permit it: chmod 666 /dev/net/tun"
    if "not permitted" in reason or "ermission denied" in reason:
        return "; run this with sudo, or in a namespace of your own: unshare -Urn"
    if reason.startswith("open: ") and "No such" in reason:
        return "; load the kernel's tun module: modprobe tun"
    return ""
