"""Frames of the kernel and of ordinary programs: decoded, encoded again, read by tshark.

Each is sent over a cable between two network namespaces and captured at the sender. What
a format of the catalogue accepts has to come out byte for byte when it is encoded again from
the values that were decoded, and tshark has to read the same values.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codegen import decode
from codegen.decode import Match
from codegen.formats.ethernet import ETHERNET
from codegen.formats.ipv4 import IPV4
from codegen.formats.tcp import NO_OPERATION, TCP, TIMESTAMPS
from codegen.model import Const, Fill, Packet
from codegen.oracle import Result
from codegen.resolve import resolve
from codegen.verify import corpus, outside
from tests.tools import need

from .namespace import PATIENCE, Namespace, Process, wait_until

#: Turns off what leaves checksums to the network card: captures would have incomplete ones.
NO_OFFLOAD = """
import ctypes, fcntl, socket, struct, sys
SIOCETHTOOL, STXCSUM = 0x8946, 0x17
value = ctypes.create_string_buffer(struct.pack("=2I", STXCSUM, 0))
request = struct.pack("16sP", sys.argv[1].encode(), ctypes.addressof(value)).ljust(40, b"\\0")
with socket.socket() as sock:
    fcntl.ioctl(sock, SIOCETHTOOL, request)
"""

SEND = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as sock:
    for size in (22, 23, 500):
        sock.sendto(bytes(range(1, 256))[:size] * 2, (sys.argv[1], 5001))
"""

SERVE = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], 5001), family=family) as server:
    print("listening", flush=True)
    connection = server.accept()[0]
    connection.sendall(connection.recv(100).upper())
    connection.close()
"""

CONNECT = """
import socket, sys
with socket.create_connection((sys.argv[1], 5001)) as connection:
    connection.sendall(b"data")
    assert connection.recv(100) == b"DATA"
"""


#: What Linux sends on a connection that is open: two fillers and a time stamp.
SEGMENT = Packet(
    "segment4",
    ETHERNET
    / IPV4
    / TCP.bind(ack=Const(1), options=(NO_OPERATION, replace(NO_OPERATION, name="nop2"), TIMESTAMPS))
    / Fill(),
)


class Cable:
    """Two namespaces with a cable: ``near`` is this side, 192.0.2.1, and ``far`` the other."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        namespace.do("ip", "link", "set", "lo", "up")
        self._other = namespace.start("unshare", "-n", "sh", "-c", "echo ready; cat")
        assert self._other.stdout is not None
        assert self._other.stdout.readline() == "ready\n"
        namespace.do(*"ip link add near type veth peer name far".split())
        namespace.do("ip", "link", "set", "far", "netns", str(self._other.pid))
        self.far_mac = self._up("far", 2, self.on_far)
        self.near_mac = self._up("near", 1, namespace.do)

    def _up(self, name: str, number: int, do: Callable[..., str]) -> str:
        do("ip", "addr", "add", f"192.0.2.{number}/24", "dev", name)
        do("ip", "addr", "add", f"2001:db8::{number}/64", "dev", name, "nodad")
        mac = f"02:00:00:00:00:0{number}"
        do("ip", "link", "set", name, "address", mac, "up")
        do(sys.executable, "-c", NO_OFFLOAD, name)
        return mac

    def on_far(self, *command: str) -> str:
        return self.namespace.do(*self._enter(), *command)

    def start_on_far(self, *command: str) -> Process:
        return self.namespace.start(*self._enter(), *command)

    def _enter(self) -> tuple[str, ...]:
        return "nsenter", f"--net=/proc/{self._other.pid}/ns/net", "--"

    def device(self, *words: str) -> None:
        """Make a network device on this side; skip where the kernel has none of its kind."""
        done = self.namespace.run("ip", "link", "add", *words)
        if done.returncode:
            pytest.skip(f"this kernel has no such device: ip link add {' '.join(words)}")

    def tunnel(self, name: str) -> None:
        """Give a device an address, and a neighbour to which frames can be sent at once."""
        do = self.namespace.do
        do("ip", "addr", "add", "198.51.100.1/24", "dev", name)
        do("ip", "link", "set", name, "up")
        self.namespace.run(sys.executable, "-c", NO_OFFLOAD, name)
        # A device without addresses of its own needs no neighbour.
        neighbour = ["ip", "neigh", "replace", "198.51.100.2", "lladdr", "02:00:00:00:00:03"]
        self.namespace.run(*neighbour, "dev", name)

    def captured(self, file: Path, act: Callable[[], None]) -> None:
        """Capture what passes the near end while something is done."""
        process = self.namespace.start("tshark", "-q", "-n", "-i", "near", "-w", file)
        # Its file gets a header when the capture has begun, and frames after a while.
        wait_until(lambda: file.exists() and file.stat().st_size, "tshark captures", process)
        time.sleep(1)
        act()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


@pytest.fixture
def cable(namespace: Namespace) -> Iterator[Cable]:
    need("tshark")
    yield Cable(namespace)


def _udp(cable: Cable, to: str) -> None:
    cable.namespace.do(sys.executable, "-c", SEND, to)


def _tcp(cable: Cable, to: str) -> None:
    server = cable.start_on_far(sys.executable, "-c", SERVE, to)
    assert server.stdout is not None
    assert server.stdout.readline() == "listening\n"
    cable.namespace.do(sys.executable, "-c", CONNECT, to)


def _ping(cable: Cable, *arguments: str) -> None:
    need("ping")
    cable.namespace.do("ping", "-c", "2", "-i", "0.2", *arguments)


def _arping(cable: Cable) -> None:
    need("arping")
    cable.namespace.do("arping", "-c", "2", "-I", "near", "192.0.2.2")


def _vxlan(cable: Cable) -> None:
    ends = "local 192.0.2.1 remote 192.0.2.2 dstport 4789 dev near".split()
    cable.device("vx0", "type", "vxlan", "id", "5", *ends)
    cable.tunnel("vx0")
    _udp(cable, "198.51.100.2")


def _gre(cable: Cable) -> None:
    ends = "local 192.0.2.1 remote 192.0.2.2 key 7 csum seq".split()
    cable.device("gre9", "type", "gre", *ends)
    cable.tunnel("gre9")
    _udp(cable, "198.51.100.2")


def _vlan(cable: Cable) -> None:
    cable.device(*"link near name vlan5 type vlan id 5".split())
    cable.tunnel("vlan5")
    _udp(cable, "198.51.100.2")


def _qinq(cable: Cable) -> None:
    cable.device(*"link near name service type vlan proto 802.1ad id 6".split())
    cable.namespace.do("ip", "link", "set", "service", "up")
    cable.device(*"link service name customer type vlan id 7".split())
    cable.tunnel("customer")
    _udp(cable, "198.51.100.2")


def _mausezahn(cable: Cable, *arguments: str) -> None:
    need("mausezahn")
    ends = "-c 2 -A 192.0.2.1 -B 192.0.2.2 -a 02:00:00:00:00:01 -b 02:00:00:00:00:02".split()
    cable.namespace.do(
        *("mausezahn", "near", *ends, *arguments, "-t", "udp", "sp=5001,dp=5001", "-P", "text" * 9)
    )


def _nping(cable: Cable) -> None:
    need("nping")
    cable.namespace.do(*"nping -c 2 --rate 10 --udp -p 5001 --data-length 40 192.0.2.2".split())


def _hping(cable: Cable) -> None:
    need("hping3")
    # Its exit code is 1 where nobody answers.
    cable.namespace.run(*"hping3 -c 2 -i u100000 --udp -p 5001 -d 40 192.0.2.2".split())


#: What is sent, and which formats of the catalogue it is of, with the least number of frames.
SOURCES: dict[str, tuple[Callable[[Cable], None], dict[str, int]]] = {
    "udp": (lambda cable: _udp(cable, "192.0.2.2"), {"udp4": 3}),
    "udp over IPv6": (lambda cable: _udp(cable, "2001:db8::2"), {"udp6": 3}),
    # The segment that opens a connection, and its answer.
    "tcp": (lambda cable: _tcp(cable, "192.0.2.2"), {"tcp4_syn": 2, "segment4": 5}),
    "tcp over IPv6": (lambda cable: _tcp(cable, "2001:db8::2"), {"tcp6_syn": 2}),
    "ping": (lambda cable: _ping(cable, "192.0.2.2"), {"icmp4_echo": 2}),
    "ping -6": (lambda cable: _ping(cable, "-6", "2001:db8::2"), {"icmp6_echo": 2}),
    "arping": (_arping, {"arp_request": 2}),
    "vxlan device": (_vxlan, {"vxlan_udp4": 3}),
    "gre device": (_gre, {"gre_udp4": 3}),
    "vlan device": (_vlan, {"vlan_udp4": 3}),
    "qinq devices": (_qinq, {"qinq_udp4": 3}),
    "mausezahn": (_mausezahn, {"udp4": 2}),
    "mausezahn vlan": (lambda cable: _mausezahn(cable, "-Q", "3:5"), {"vlan_udp4": 2}),
    "mausezahn mpls": (lambda cable: _mausezahn(cable, "-M", "100,200"), {"mpls_udp4": 2}),
    "nping": (_nping, {"udp4": 2}),
    "hping3": (_hping, {"udp4": 2}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_frames_are_encoded_again(name: str, cable: Cable, tmp_path: Path) -> None:
    act, wanted = SOURCES[name]
    cable.captured(tmp_path / "frames.pcapng", lambda: act(cable))
    layouts = [*decode.known_layouts(), resolve(SEGMENT)]
    found: dict[str, list[tuple[Match, bytes]]] = {}
    for each in decode.frames(tmp_path / "frames.pcapng"):
        frame = corpus.filled_up(each)
        match = decode.match(layouts, frame, guess=True)
        if match is not None:
            assert match.decoded.result is Result.VALID, match.decoded.problems
            again = corpus.rebuilt(match.layout, match.decoded, frame.octets)
            assert again == frame.octets
            found.setdefault(match.layout.name, []).append((match, frame.octets))
    counts = Counter({each: len(frames) for each, frames in found.items()})
    assert counts >= Counter(wanted)
    tshark = outside.find_tshark()
    assert tshark is not None
    for matches in found.values():
        layout = matches[0][0].layout
        outside.write_pcap(tmp_path / "one.pcap", [octets for _, octets in matches])
        expected = [match.decoded.values for match, _ in matches]
        assert not outside.Dissection(layout, tshark).faults(tmp_path / "one.pcap", expected)


def test_a_corpus_of_them(cable: Cable, tmp_path: Path) -> None:
    """Kernel-made frames, the same with bytes changed, and random ones: everybody agrees."""
    need("editcap", "randpkt")
    folder = tmp_path / "captures"
    folder.mkdir()
    plain = folder / "plain.pcapng"

    def act() -> None:
        for to in ("192.0.2.2", "2001:db8::2"):
            _udp(cable, to)
            _tcp(cable, to)

    cable.captured(plain, act)
    (folder / "below").mkdir()
    mangled = folder / "below" / "mangled.pcap"
    for command in (
        ["editcap", "--seed", "7", "-E", "0.01", "-F", "pcap", str(plain), str(mangled)],
        ["randpkt", "-t", "udp", "-c", "50", str(folder / "random.pcap")],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    done = subprocess.run(
        [sys.executable, "-m", "codegen.verify.corpus", folder],
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    total = rows["total"]
    assert int(total[1]) == sum(1 for each in folder.rglob("*.pcap*") for _ in decode.frames(each))
    assert int(rows["plain.pcapng"][2]) >= 10
    assert int(rows["below/mangled.pcap"][3]) > 0
    assert total[5] == "0"
