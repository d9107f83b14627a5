"""The arguments of the emitted program, read by the emitted C and compared with exact fractions."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from codegen import emit
from codegen.host.library import HostLibrary
from codegen.model import (
    STRATEGIES,
    Bytes,
    Fill,
    Header,
    IPv6Address,
    Packet,
    Parameter,
    UInt,
)
from codegen.resolve import resolve

WIRE_OVERHEAD = 24


@pytest.fixture(scope="module")
def program(emitted: Callable[[str, str], Path]) -> HostLibrary:
    return HostLibrary(emitted("usoc21", "pool-dup"))


def parse(program: HostLibrary, *arguments: str) -> tuple[int, Any]:
    """Return the result of options_parse(), and the options that it filled in."""
    words = [program.ffi.new("char[]", word.encode()) for word in ("pktgen", *arguments)]
    opt = program.ffi.new("struct options *")
    return program.lib.options_parse(opt, len(words), program.ffi.new("char *[]", words)), opt


PREFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
numbers = st.decimals("0.001", 999, places=3).map(lambda value: f"{value.normalize():f}")


@given(value=numbers, prefix=st.sampled_from(["", "k", "M"]), length=st.integers(60, 1514))
@settings(max_examples=300, deadline=None)
def test_a_rate_in_packets(program: HostLibrary, value: str, prefix: str, length: int) -> None:
    rc, opt = parse(program, f"rate={value}{prefix}pps", f"length={length}")
    assert rc == 0
    wanted = Fraction(10**12) / (Fraction(value) * PREFIXES[prefix])
    assert abs(opt.rate_ps - wanted) <= 1


@given(value=numbers, prefix=st.sampled_from(["k", "M", "G"]), length=st.integers(60, 1514))
@settings(max_examples=300, deadline=None)
def test_a_rate_in_bits_on_the_wire(
    program: HostLibrary, value: str, prefix: str, length: int
) -> None:
    rc, opt = parse(program, f"rate={value}{prefix}bit", f"length={length}")
    assert rc == 0
    bits = 8 * (length + WIRE_OVERHEAD)
    wanted = Fraction(10**12) * bits / (Fraction(value) * PREFIXES[prefix])
    assert abs(opt.rate_ps - wanted) <= 1


@pytest.mark.parametrize("percent", ["0.5", "1", "80", "100"])
@pytest.mark.parametrize("speed", ["10M", "1G", "10G", "100G"])
def test_a_part_of_a_links_speed(program: HostLibrary, percent: str, speed: str) -> None:
    rc, opt = parse(program, f"rate={percent}%{speed}", "length=60")
    assert rc == 0
    bits = Fraction(percent) / 100 * int(speed[:-1]) * PREFIXES[speed[-1]]
    assert abs(opt.rate_ps - Fraction(10**12) * 8 * 84 / bits) <= 1


@pytest.mark.parametrize(
    "rate", ["", "x", "5x", "1Mpp", "-1pps", "101%10G", "50%", "1.pps", "1Kpps", "9999999999Gbit"]
)
def test_no_rate(program: HostLibrary, rate: str, capfd: pytest.CaptureFixture[str]) -> None:
    rc, _ = parse(program, f"rate={rate}")
    assert rc < 0
    assert "rate takes: rate, such as 1Mpps" in capfd.readouterr().err


def test_no_limit(program: HostLibrary) -> None:
    assert parse(program)[1].rate_ps == 0
    assert parse(program, "rate=0")[1].rate_ps == 0


@given(st.decimals(0, 999999, places=9))
@settings(max_examples=300, deadline=None)
def test_seconds_are_exact(program: HostLibrary, value: Any) -> None:
    rc, opt = parse(program, f"duration={value:f}")
    assert rc == 0
    assert opt.duration == Fraction(value) * 10**9


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_addresses(program: HostLibrary, mac: bytes, ipv4: bytes) -> None:
    dotted = ".".join(str(byte) for byte in ipv4)
    rc, opt = parse(program, f"mac_dst={mac.hex(':')}", f"ipv4_dst={dotted}")
    assert rc == 0
    assert bytes(opt.packet.mac_dst) == mac
    assert opt.packet.ipv4_dst == int.from_bytes(ipv4, "big")


@pytest.mark.parametrize(
    "argument",
    ["match=yes", "mode=send", "count=1.5", "count=18446744073709551616", "duration=1.0000000001"],
)
def test_what_is_no_value(
    program: HostLibrary, argument: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert parse(program, argument)[0] < 0
    assert f"bad value in '{argument}'" in capfd.readouterr().err


# --- Addresses of IPv6, and bytes ------------------------------------------------------


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> HostLibrary:
    header = Header(
        "h",
        (IPv6Address("a", Parameter("to", "::1")), Bytes("b", Parameter("key", b"\x01\x02\x03"))),
    )
    app = tmp_path_factory.mktemp("wide") / "app"
    format = Packet("wide", header / Fill(), "an address and bytes")
    emit.write(emit.render(resolve(format), STRATEGIES[0]), app)
    return HostLibrary(app)


def known(text: str) -> bytes | None:
    """Return the address that Python's own reader finds in a text."""
    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


@given(
    st.integers(0, (1 << 128) - 1).map(lambda number: str(ipaddress.IPv6Address(number)))
    | st.lists(
        st.sampled_from(["0", "1", "ab", "FFFF", "12345", "", ":", "1.2.3.4"]), max_size=9
    ).map(":".join)
    | st.text("01f:.", max_size=20)
)
@example("1:2:3:4:5:6:7::")
@example("::1:2:3:4:5:6:7")
@example("1:2:3:4:5:6:7:8::")
@example("::1.2.3.4")
@example("1:2:3:4:5:6:1.2.3.4")
@example("1:2:3:4:5:6:7:1.2.3.4")
@example("::1.2.3.256")
@example("1.2.3.4::")
@settings(max_examples=1000, deadline=None)
def test_addresses_of_ipv6(wide: HostLibrary, text: str) -> None:
    # Leading zeros in a dotted part are octal to some, and refused by Python.
    assume(not re.search(r"\b0\d+\.|\.0\d", text))
    rc, opt = parse(wide, f"to={text}")
    wanted = known(text)
    assert (rc == 0) == (wanted is not None)
    if wanted is not None:
        assert bytes(opt.packet.to) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("c0FFee", b"\xc0\xff\xee"), ("c0ffe", None), ("c0ffee0", None), ("c0ffeg", None), ("", None)],
)
def test_bytes(wide: HostLibrary, text: str, wanted: bytes | None) -> None:
    rc, opt = parse(wide, f"key={text}")
    assert (rc == 0) == (wanted is not None)
    if wanted is not None:
        assert bytes(opt.packet.key) == wanted


ENUMERATED = Packet(
    "own",
    Header(
        "h",
        (
            UInt("kind", 8, Parameter("kind", 2), names={2: "data", 200: 'say "no"\\', 3: "7"}),
            UInt(
                "state", 16, Parameter("state", 1, maximum=1), "little", names={1: "on", 2: "off"}
            ),
        ),
    )
    / Fill(),
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("kind=data", 2),
        ("kind=200", 200),
        ('kind=say "no"\\', 200),
        ("kind=7", 3),  # a name, which goes before the number that it looks like
        ("kind=1", None),
        ("kind=DATA", None),
        ("kind=", None),
        ("state=on", 1),
        ("state=off", None),  # beyond the parameter's range
        ("state=2", None),
    ],
)
def test_an_enumeration_takes_names_and_their_numbers(
    text: str, wanted: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("enumerated") / "app"
    emit.write(emit.render(resolve(ENUMERATED), STRATEGIES[0]), folder)
    rc, opt = parse(HostLibrary(folder), text)
    assert (rc == 0) == (wanted is not None)
    if wanted is not None:
        assert getattr(opt.packet, text.partition("=")[0]) == wanted
