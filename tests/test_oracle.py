"""The oracle against numbers and tools that are not ours: known checksums and scapy."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from codegen import formats
from codegen.errors import UsageError
from codegen.oracle import decode, encode, explain
from codegen.resolve import resolve

USOC21 = resolve(formats.load("usoc21"))
UDP4 = resolve(formats.load("udp4"))
MAC = "02:00:00:00:00:01"


@pytest.mark.parametrize(
    ("length", "checksum"), [(60, "f86e"), (64, "f86a"), (512, "f6aa"), (1514, "f2c0")]
)
def test_ip_checksum_of_the_tutorials_frame(length: int, checksum: str) -> None:
    frame = encode(USOC21, {"mac_src": MAC}, length)
    assert frame[24:26].hex() == checksum


def test_usoc21_sends_no_udp_checksum() -> None:
    assert encode(USOC21, {"mac_src": MAC}, 60)[40:42] == b"\0\0"


@pytest.mark.parametrize("length", [60, 61, 255, 256, 257, 1513, 1514])
def test_udp4_is_what_scapy_builds(length: int) -> None:
    arguments: dict[str, int | str] = {
        "mac_src": MAC,
        "mac_dst": "02:00:00:00:00:02",
        "ipv4_src": "10.1.2.3",
        "ipv4_dst": "10.9.8.7",
        "port_src": 1,
        "port_dst": 65535,
        "ttl": 255,
    }
    scapy = (
        Ether(src=MAC, dst="02:00:00:00:00:02")
        / IP(src="10.1.2.3", dst="10.9.8.7", id=0, ttl=255)
        / UDP(sport=1, dport=65535)
        / bytes(length - 42)
    )
    frame = encode(UDP4, arguments, length)
    assert explain(UDP4, bytes(scapy), frame).count("\n") == -(-length // 16)
    assert frame == bytes(scapy)


def test_a_udp_checksum_of_zero_is_sent_as_ffff() -> None:
    # With all other words fixed, this source port brings the sum to 0xffff.
    base = encode(UDP4, {"mac_src": MAC, "port_src": 0}, 60)
    port = int.from_bytes(base[40:42], "big")
    frame = encode(UDP4, {"mac_src": MAC, "port_src": port}, 60)
    assert frame[40:42] == b"\xff\xff"
    rebuilt = Ether(frame)
    del rebuilt[UDP].chksum
    assert bytes(rebuilt) == frame


def test_decode_returns_what_was_encoded() -> None:
    frame = encode(UDP4, {"mac_src": MAC, "ttl": 7}, 100)
    decoded = decode(UDP4, frame)
    assert decoded.problems == ()
    assert decoded.values["ipv4.ttl"] == 7
    assert decoded.values["ethernet.src"] == 0x020000000001
    assert decoded.values["udp.length"] == 66


@pytest.mark.parametrize(
    ("at", "value", "path"),
    [
        (12, 0x86, "ethernet.type"),
        (14, 0x65, "ipv4.version"),
        (17, 0x00, "ipv4.total_length"),
        (22, 0x01, "ipv4.checksum"),
        (50, 0x01, "udp.checksum"),
    ],
)
def test_decode_names_what_is_wrong(at: int, value: int, path: str) -> None:
    frame = bytearray(encode(UDP4, {"mac_src": MAC}, 60))
    frame[at] = value
    assert any(problem.startswith(path) for problem in decode(UDP4, bytes(frame)).problems)


def test_decode_of_a_truncated_frame() -> None:
    decoded = decode(UDP4, encode(UDP4, {"mac_src": MAC}, 60)[:41])
    assert decoded.values == {}
    assert decoded.problems == ("truncated: 41 of 42 header bytes",)


@pytest.mark.parametrize(
    ("arguments", "length", "message"),
    [
        ({"mac_src": MAC}, 59, "60 to 1514 bytes, not 59"),
        ({"mac_src": MAC}, 1515, "60 to 1514 bytes, not 1515"),
        ({}, 60, "'mac_src' of 'udp4' has no default"),
        ({"mac_src": "02:00"}, 60, "a MAC address such as"),
        ({"mac_src": MAC, "ttl": 256}, 60, "ttl=256 is out of range; 0 to 255"),
        ({"mac_src": MAC, "tos": 1}, 60, "no parameter 'tos'; it has: mac_src,"),
    ],
)
def test_encode_refuses(arguments: dict[str, str | int], length: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        encode(UDP4, arguments, length)


def test_explain_marks_lines_and_names_fields() -> None:
    wanted = encode(UDP4, {"mac_src": MAC}, 60)
    found = bytearray(wanted)
    found[22] += 1
    found[59] = 0xEE
    text = explain(UDP4, wanted, bytes(found))
    assert "* 0010" in text
    assert "  0020" in text
    assert "ipv4.ttl: 64 (0x40) wanted, 65 (0x41) found" in text
    assert "fill: byte 17 is 0xee, 0x00 wanted" in text
