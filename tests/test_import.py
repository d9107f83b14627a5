"""``codegen import``: formats from what others have declared, against compilers and other tools."""

from __future__ import annotations

import functools
import importlib
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codegen import formats, loader, oracle
from codegen.cli.import_ import command
from codegen.errors import UsageError
from codegen.layout import Layout
from codegen.model import Bytes, Fill, Packet, UInt
from codegen.resolve import resolve
from codegen.verify import values
from tests.test_project import run
from tests.tools import find_tool, missing

invoke = functools.partial(CliRunner().invoke, command)

ROOT = Path(__file__).parent.parent


def imported(source: str, folder: Path, *options: str) -> Layout:
    """Import a source, and return the layout of the one format that was written."""
    target = folder / "imported.py"
    done = invoke([source, "-o", str(target), "--force", *options])
    assert done.exception is None, done.exception
    return resolve(formats.load(str(target)))


def notes(done: Result) -> list[str]:
    return [line.removeprefix("codegen: ") for line in done.stderr.splitlines()]


# --------------------------------------------------------------- the kernel's headers


def linux(header: str) -> str:
    path = Path("/usr/include/linux") / header
    if not path.is_file():
        missing("the headers of Linux are not installed: apt install linux-libc-dev")
    return str(path)


def header_bytes(layout: Layout, header: str, frame: bytes) -> bytes:
    fields = [each for each in layout.fields if each.header.name == header]
    start = min(each.start for each in fields).octet
    return frame[start : start + sum(each.bits for each in fields) // 8]


#: The names of the catalogue's fields in the kernel's headers; ``a+b`` is one field there.
IPV4 = {
    "version": "version",
    "ihl": "ihl",
    "dscp+ecn": "tos",
    "total_length": "tot_len",
    "id": "id",
    "flags+fragment_offset": "frag_off",
    "ttl": "ttl",
    "protocol": "protocol",
    "checksum": "check",
    "src": "saddr",
    "dst": "daddr",
}
TCP = {
    "src": "source",
    "dst": "dest",
    "seq": "seq",
    "ack_number": "ack_seq",
    "data_offset": "doff",
    "reserved": "res1",
    **{flag: flag for flag in "cwr ece urg ack psh rst syn fin".split()},
    "window": "window",
    "checksum": "check",
    "urgent": "urg_ptr",
}


@pytest.mark.parametrize(
    ("header", "struct", "ours", "names"),
    [("ip.h", "iphdr", "ipv4", IPV4), ("tcp.h", "tcphdr", "tcp", TCP)],
)
def test_headers_of_the_kernel_equal_the_catalogue(
    header: str, struct: str, ours: str, names: dict[str, str], tmp_path: Path
) -> None:
    from codegen.formats.ethernet import ETHERNET
    from codegen.formats.ipv4 import IPV4
    from codegen.formats.tcp import TCP

    theirs = imported(f"{linux(header)}:{struct}", tmp_path)
    catalogue = resolve(Packet("whole", ETHERNET / IPV4 / TCP / Fill(7)))
    assert theirs.header_length == 20
    chosen = random.Random(1)
    for _ in range(50):
        length = chosen.choice(catalogue.lengths)
        frame = oracle.encode(catalogue, values.some(catalogue, chosen), length)
        found = oracle.decode(catalogue, frame).values
        given = {}
        for our_names, name in names.items():
            value = 0
            for each in our_names.split("+"):
                path = f"{ours}.{each}"
                value = value << catalogue[path].bits | found[path]
            given[f"{struct}_{name}"] = value
        assert given.keys() == {each.argument.name for each in theirs.arguments}
        wanted = header_bytes(catalogue, ours, frame)
        assert oracle.encode(theirs, given, 60)[:20] == wanted
        assert any(wanted)


def test_a_header_of_the_kernel_verifies_as_it_is_written(tmp_path: Path) -> None:
    done = run(tmp_path, "import", f"{linux('tcp.h')}:tcphdr", "--output", "tcphdr.py")
    assert (done.returncode, done.stdout) == (0, "")
    assert "codegen: check: a checksum by its type (__sum16), and a parameter here\n" in done.stderr
    done = run(tmp_path, "verify", "tcphdr.py", "--examples", "20")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("tcphdr_frame: 20 examples, seed 0\n")


# ------------------------------------------------------- against what compilers lay out

SHAPES = """
#include <stdint.h>
#include <linux/types.h>
#include <asm/byteorder.h>

enum colour { RED = 3, GREEN, BLUE = 9 };
typedef uint16_t port_t;

struct __attribute__((packed)) entry {
	uint8_t kind;
	__be16 value;
};

struct shapes {
	uint8_t first;
	uint32_t aligned;
	port_t port;
	__be16 be16;
	__le32 le32;
	__be64 be64;
#if defined(__LITTLE_ENDIAN_BITFIELD)
	uint16_t low:3, high:13;
#else
	uint16_t high:13, low:3;
#endif
	uint32_t crossing_a:7, :4, crossing_b:20;
	uint32_t next_unit:9;
	enum colour colour;
	uint8_t octets[5];
	struct entry entries[3];
	struct {
		uint8_t inner;
		uint16_t behind;
	} nested;
	union {
		uint16_t chosen;
		uint8_t left_out[6];
	} choice;
	struct {
		uint8_t without_a_name;
	};
	uint16_t table[2][2];
	int8_t negative;
} __attribute__((aligned(4)));
"""

#: How C reaches each parameter of the import: its access, and the order of its type.
MEMBERS = {
    "first": ("first", "host"),
    "aligned": ("aligned", "host"),
    "port": ("port", "host"),
    "be16": ("be16", "be"),
    "le32": ("le32", "le"),
    "be64": ("be64", "be"),
    "high": ("high", "bits"),
    "low": ("low", "bits"),
    "crossing_a": ("crossing_a", "bits"),
    "crossing_b": ("crossing_b", "bits"),
    "next_unit": ("next_unit", "bits"),
    "colour": ("colour", "bits"),
    "octets": ("octets", "octets"),
    **{f"entries_kind{n + 1}": (f"entries[{n}].kind", "host") for n in range(3)},
    **{f"entries_value{n + 1}": (f"entries[{n}].value", "be") for n in range(3)},
    "nested_inner": ("nested.inner", "host"),
    "nested_behind": ("nested.behind", "host"),
    "choice_chosen": ("choice.chosen", "host"),
    "without_a_name": ("without_a_name", "host"),
    "negative": ("negative", "host"),
}


def written_by_c(
    header: Path, given: dict[str, int], compiler: str, runner: list[str], *flags: str
) -> bytes:
    """Return the bytes of the struct, as a program has them on a machine of some byte order."""
    lines = []
    for name, value in given.items():
        access, order = MEMBERS[name.removeprefix("shapes_")]
        if order == "octets":
            octets = ", ".join(str(each) for each in value.to_bytes(5, "big"))
            lines.append(f"memcpy(s.{access}, (uint8_t[]){{ {octets} }}, 5);")
        elif order in ("be", "le"):
            lines.append(f"s.{access} = SWAPPED_{order.upper()}(s.{access}, {value}ull);")
        else:
            lines.append(f"s.{access} = {value}ull;")
    source = header.with_name("main.c")
    source.write_text(
        f'#include "{header.name}"\n#include <string.h>\n#include <stdio.h>\n'
        "#define SWAPPED(m, v) (sizeof(m) == 2 ? __builtin_bswap16((uint16_t)(v)) : "
        "sizeof(m) == 4 ? __builtin_bswap32((uint32_t)(v)) : __builtin_bswap64(v))\n"
        "#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__\n"
        "#define SWAPPED_BE(m, v) (v)\n#define SWAPPED_LE SWAPPED\n#else\n"
        "#define SWAPPED_LE(m, v) (v)\n#define SWAPPED_BE SWAPPED\n#endif\n"
        "int main(void)\n{\nstatic struct shapes s;\n"
        + "\n".join(lines)
        + "\nfwrite(&s, sizeof(s), 1, stdout);\nreturn 0;\n}\n"
    )
    program = header.with_name("main")
    subprocess.run([compiler, "-static", *flags, "-o", program, source], check=True)
    return subprocess.run([*runner, str(program)], capture_output=True, check=True).stdout


@pytest.mark.parametrize("order", ["big", "little"])
def test_fields_are_where_machines_have_them(order: str, tmp_path: Path) -> None:
    """Of both byte orders: programs for such a machine write the same bytes."""
    if order == "big":
        compiler, runner = find_tool("s390x-linux-gnu-gcc"), [find_tool("qemu-s390x")]
    elif sys.byteorder == "little":
        compiler, runner = find_tool("gcc"), []
    else:
        pytest.skip("this machine is big-endian")
    linux("types.h")
    header = tmp_path / "shapes.h"
    header.write_text(SHAPES)
    layout = imported(f"{header}:shapes", tmp_path, "--byteorder", order)
    chosen = random.Random(2)
    for _ in range(8):
        given = values.some(layout, chosen)
        assert given.keys() == {f"shapes_{each}" for each in MEMBERS}
        frame = oracle.encode(layout, given, layout.max_length)
        wanted = written_by_c(header, given, compiler, runner)
        assert frame[: layout.header_length] == wanted


def test_what_could_not_be_carried_over_is_listed(tmp_path: Path) -> None:
    linux("types.h")
    header = tmp_path / "shapes.h"
    header.write_text(SHAPES)
    target = tmp_path / "shapes.py"
    done = invoke([f"{header}:struct shapes", "-o", str(target)])
    assert done.exit_code == 0
    listed = "\n".join(notes(done))
    for each in (
        "shapes.padding: no member is at bytes 1 to 3 ",
        "choice: a union has one meaning here, that of its first member, chosen; "
        "left out: left_out",
        "bit fields are in the order of their declaration, the most significant bits first",
        "aligned, port, colour, nested.behind, choice.chosen, table.value.value",
        "shapes.table.value: an array in an array; its elements are no parameters",
        "signed in C, and here a number in two's complement: negative",
    ):
        assert each in listed
    written = " ".join(line.lstrip("# ") for line in target.read_text().splitlines())
    assert all(each in written for each in notes(done))


def test_a_flexible_array_and_addresses(tmp_path: Path) -> None:
    header = tmp_path / "own.h"
    header.write_text(
        "#include <netinet/in.h>\n#include <net/ethernet.h>\n"
        "typedef struct { struct ether_addr mac; struct in_addr four; struct in6_addr six; "
        "in_port_t port; unsigned long wide; unsigned char rest[]; } own_t;"
    )
    layout = imported(f"{header}:own_t", tmp_path)
    shown = {each.path: each.field.kind for each in layout.fields if "wide" not in each.path}
    assert shown == {
        "own_t.mac": "MAC address",
        "own_t.padding": "16 bits, reserved",
        "own_t.four": "IPv4 address",
        "own_t.six": "IPv6 address",
        "own_t.port": "16 bits",
        "own_t.padding_2": "16 bits, reserved",
    }
    listed = notes(invoke([f"{header}:own_t"]))
    assert "rest[]: what follows the header is its payload" in listed
    assert "as wide as on this machine, and not on every other: wide (unsigned long)" in listed


def test_macros_and_folders(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "base.h").write_text("typedef unsigned char octet_t;\n")
    header = tmp_path / "own.h"
    header.write_text("#include <base.h>\nstruct own { octet_t some[COUNT]; };\n")
    source = f"{header}:own"
    options = ("-I", str(tmp_path / "inside"), "-D", "COUNT=7")
    assert imported(source, tmp_path, *options)["own.some"].bits == 56
    refused = invoke([source, *options[:2]])
    assert "COUNT" in str(refused.exception)


# -------------------------------------------------------------------- hostile headers

MANY = "typedef unsigned char u8;\nstruct a {\n"

HOSTILE = {
    "it does not compile": ("struct a { int x; nonsense y; };", "does not compile"),
    "it includes itself": ('#include "own.h"\nstruct a { int x; };', "does not compile"),
    "a struct in itself": ("struct a { struct a x; };", "does not compile"),
    "an error of its own": ("#error no\nstruct a { int x; };", "#error no"),
    "a giant array": (
        "struct a { unsigned char x[1ul << 40]; };",
        "has 1099511627776 bytes; a header has 1 to 65535",
    ),
    "a long array": ("struct a { int x[1000]; };", "x is an array of 1000 elements"),
    "arrays of arrays": ("struct a { int x[30][30]; };", "has 900 fields"),
    "many fields": (
        MANY + "".join(f"u8 f{n};\n" for n in range(100_000)) + "};",
        "1000000 at most are parsed",
    ),
    "fields": (
        MANY + "".join(f"u8 f{n};\n" for n in range(5_000)) + "};",
        "more than 500 members",
    ),
    "deep nesting": (
        "struct a {" + "struct {" * 3000 + "unsigned char x;" + "};" * 3001,
        "nested too deeply",
    ),
    "deep parentheses": (
        f"struct a {{ unsigned char x[{'(' * 50_000}1{')' * 50_000}]; }};",
        "does not compile",
    ),
    "a large object": (
        "char x[1ul << 32] = { 1 }; struct a { unsigned char y; };",
        "does not compile",
    ),
    "an endless file": ('#include "/dev/zero"\nstruct a { unsigned char x; };', "own.h"),
    "a long text of macros": (
        "#define A0 x\n"
        + "".join(f"#define A{n + 1} A{n} A{n} A{n} A{n}\n" for n in range(40))
        + "struct a { int A40; };",
        "own.h",
    ),
    "no struct": ("int x;", "has no struct 'a'; it has: none"),
    "another struct": ("struct aa { int x; };", "has no struct 'a'; it has: aa"),
    "nothing in it": ("struct a { };", "has 0 bytes"),
    "no meaning": (
        "struct a { struct a *next; void (*f)(int); double d; float e[2]; long double g; "
        "__int128 h; unsigned char ok; };",
        "next (a pointer), f (a pointer to a function), d (a double), e[0] (a float), "
        "g (a long double), h (a __int128)",
    ),
    "binary": ("\x01\x02struct a { unsigned char x; };", "does not compile"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_header_gets_a_diagnostic_in_seconds(what: str, tmp_path: Path) -> None:
    find_tool("gcc")
    text, message = HOSTILE[what]
    (tmp_path / "own.h").write_text(text)
    begun = time.monotonic()
    done = run(tmp_path, "import", "own.h:a", "-o", "out.py")
    assert time.monotonic() - begun < 30
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr) < 2000
    assert [each.name for each in tmp_path.iterdir()] == ["own.h"]


def test_nothing_of_a_header_is_executed(tmp_path: Path) -> None:
    """A constructor, and a name and a path that would be code if they were pasted somewhere."""
    folder = tmp_path / '"""; import os; os.mkdir("made"); """'
    folder.mkdir()
    header = folder / 'a b\n#".h'
    header.write_text(
        "__attribute__((constructor)) static void f(void) { __builtin_trap(); }\n"
        "struct own { unsigned char x; };\n"
    )
    done = run(tmp_path, "import", f"{header}:own", "-o", "own.py")
    assert done.returncode == 0, done.stderr
    assert run(tmp_path, "show", "own.py").returncode == 0
    assert sorted(each.name for each in tmp_path.iterdir() if each != folder) == ["own.py"]


def test_names_of_any_characters(tmp_path: Path) -> None:
    header = tmp_path / "own.h"
    header.write_text(
        "struct größe { unsigned char ä, _x, __x, 日本; unsigned char class, int_, length; };"
        "struct Header { unsigned char UInt, HEADER; }; struct packet { unsigned char PACKET; };"
    )
    layout = imported(f"{header}:größe", tmp_path)
    names = "ue4 x x_2 u65e5_u672c class int_ length".split()
    assert [each.path for each in layout.fields] == [f"gr_uf6_udfe.{each}" for each in names]
    for each in ("Header", "packet"):
        assert imported(f"{header}:{each}", tmp_path).header_length


def test_without_a_compiler_or_pycparser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.h").write_text("struct own { unsigned char x; };")
    done = run(tmp_path, "import", "own.h:own", PATH="/nonexistent", CC="")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no C compiler (gcc, cc, clang) was found: install one (apt install gcc)" in done.stderr
    monkeypatch.setattr("codegen.extras.find_spec", lambda name: None)
    refused = invoke([str(tmp_path / "own.h:own")])
    assert isinstance(refused.exception, UsageError)
    assert "not installed: pycparser; they come with the extra 'import'" in str(refused.exception)


# ------------------------------------------------------------------------ the command


def test_a_file_is_replaced_by_force_alone(tmp_path: Path) -> None:
    (tmp_path / "own.h").write_text("struct own { unsigned char x; };")
    target = tmp_path / "own.py"
    target.write_text("mine\n")
    arguments = [str(tmp_path / "own.h:own"), "-o", str(target)]
    refused = invoke(arguments)
    assert "own.py is there already; --force replaces it" in str(refused.exception)
    assert target.read_text() == "mine\n"
    assert invoke([*arguments, "--force"]).exit_code == 0
    assert target.read_text() == invoke(arguments[:1]).stdout
    assert sorted(each.name for each in tmp_path.iterdir()) == ["own.h", "own.py"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--force"], "--force goes with --output"),
        (["--byteorder", "big"], "--byteorder, --include and --define go with a header"),
        (["-I", "."], "--byteorder, --include and --define go with a header"),
        (["-D", "A"], "--byteorder, --include and --define go with a header"),
    ],
)
def test_options_go_with_what_they_are_for(options: list[str], message: str) -> None:
    refused = invoke(["scapy:scapy.layers.inet.UDP", *options])
    assert isinstance(refused.exception, UsageError)
    assert message in str(refused.exception)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.h").write_text("struct own { unsigned char x; };")
    done = run(tmp_path, "import", "own.h:own", "-o", "absent/own.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "codegen: absent/own.py: No such file or directory\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("absent.h:own", "there is no file absent.h"),
        ("own.h", "own.h is a header: name one of its structs, as in own.h:own; it has: own"),
        ("own.txt:own", "'own.txt:own' cannot be imported"),
        ("", "'' cannot be imported"),
    ],
)
def test_misuse(source: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.h").write_text("struct own { unsigned char x; };")
    done = run(tmp_path, "import", source)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "name what is imported" in run(tmp_path, "import").stderr


def test_the_file_is_formatted(tmp_path: Path) -> None:
    linux("types.h")
    (tmp_path / "shapes.h").write_text(SHAPES)
    imported(f"{tmp_path / 'shapes.h'}:shapes", tmp_path)
    ruff = Path(sys.executable).with_name("ruff")
    settings = ["--config", str(ROOT / "ruff.toml"), str(tmp_path / "imported.py")]
    for each in (["format", "--check"], ["check"]):
        done = subprocess.run([ruff, *each, *settings], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


# ------------------------------------------------------------------- classes of scapy

#: Of these, scapy's default packet is compared, ...
DEFAULTS = [
    "scapy.layers.inet.TCPerror",
    "scapy.layers.dns.DNSRRDLV",
    "scapy.layers.l2.STP",
    "scapy.layers.inet.ICMP",
    "scapy.layers.l2.ARP",
    "scapy.layers.l2.GRE",
    "scapy.layers.vxlan.VXLAN",
    "scapy.layers.l2tp.L2TP",
    "scapy.layers.radius.Radius",
    "scapy.layers.dns.DNS",
    "scapy.contrib.gtp.GTPHeader",
    "scapy.contrib.nsh.NSH",
    "scapy.layers.dot11.Dot11",
]
#: ... and of these packets with other values as well.
VALUES = [
    "scapy.layers.inet.IP",
    "scapy.layers.inet.TCP",
    "scapy.layers.inet.UDP",
    "scapy.layers.inet6.IPv6",
    "scapy.layers.l2.Ether",
    "scapy.layers.l2.Dot1Q",
    "scapy.layers.dhcp.BOOTP",
    "scapy.layers.hsrp.HSRP",
    "scapy.layers.sctp.SCTP",
    "scapy.layers.rip.RIPEntry",
    "scapy.layers.netflow.NetflowHeaderV5",
    "scapy.layers.usb.USBpcap",
    "scapy.contrib.bfd.BFD",
    "scapy.contrib.mpls.MPLS",
]


def scapy_class(name: str) -> Any:
    pytest.importorskip("scapy")
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


@pytest.mark.parametrize("name", DEFAULTS + VALUES)
def test_the_defaults_of_a_class_of_scapy(name: str, tmp_path: Path) -> None:
    made = scapy_class(name)
    layout = imported(f"scapy:{name}", tmp_path)
    given = {each.argument.name: each.argument.default or 0 for each in layout.arguments}
    frame = oracle.encode(layout, given, layout.max_length)
    assert frame[: layout.header_length] == bytes(made())


@pytest.mark.parametrize("name", VALUES)
def test_values_of_a_class_of_scapy(name: str, tmp_path: Path) -> None:
    made = scapy_class(name)
    layout = imported(f"scapy:{name}", tmp_path)
    assert layout.arguments
    chosen = random.Random(3)
    for _ in range(20):
        given = values.some(layout, chosen)
        frame = oracle.encode(layout, given, layout.max_length)
        found = oracle.decode(layout, frame).values
        shown = {}
        for each in layout.fields:
            value = found[each.path]
            octets = isinstance(each.field, Bytes)
            text = value.to_bytes(each.bits // 8, "big") if octets else each.field.show(value)
            shown[each.field.name] = value if isinstance(each.field, UInt) else text
        assert frame[: layout.header_length] == bytes(made(**shown))


def test_a_condition_that_is_a_switch_is_carried_over(tmp_path: Path) -> None:
    gre = scapy_class("scapy.layers.l2.GRE")
    target = tmp_path / "gre.py"
    done = invoke(["scapy:scapy.layers.l2.GRE", "-o", str(target)])
    assert "chksum: its condition cannot be read; the field is left out" in notes(done)
    header = vars(loader.run(target))["GRE"]
    layout = resolve(Packet("with_key", header.bind(key_present=1, key=0x01020304) / Fill()))
    wanted = bytes(gre(key_present=1, key=0x01020304))
    assert oracle.encode(layout, {"gre_proto": 0}, 60)[:8] == wanted[:2] + bytes(2) + wanted[4:]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("scapy:", "'' is no class of scapy; name MODULE.CLASS"),
        ("scapy:UDP", "'UDP' is no class of scapy"),
        ("scapy:scapy.layers.inet.UPD", "scapy.layers.inet has no packet class 'UPD'; it has: UDP"),
        ("scapy:scapy.layers.absent.UDP", "there is no module 'scapy.layers.absent'"),
        ("scapy:scapy.layers.inet.conf", "has no packet class 'conf'"),
        ("scapy:scapy.packet.NoPayload", "has no fields"),
        ("scapy:own.Bits", "Bits.low is a bit field whose length varies, or that counts from the"),
        ("scapy:own.Raises", "scapy cannot build Raises with its defaults: ValueError: no"),
        ("scapy:scapy.layers.snmp.SNMP", "SNMP.version is a ASN1F_enum_INTEGER, whose layout"),
        ("scapy:own.Half", "scapy cannot build Half with its defaults: TypeError"),
    ],
)
def test_classes_that_cannot_be_imported(source: str, message: str, tmp_path: Path) -> None:
    pytest.importorskip("scapy")
    (tmp_path / "own.py").write_text(
        "from scapy.fields import BitField, ByteField\nfrom scapy.packet import Packet\n"
        "class Bits(Packet):\n"
        "    fields_desc = [BitField('low', 0, -4), BitField('high', 0, -4)]\n"
        "class Half(Packet):\n    fields_desc = [BitField('one', 0, 4)]\n"
        "class Raises(Packet):\n    fields_desc = [ByteField('x', 0)]\n"
        "    def post_build(self, pkt, pay):\n        raise ValueError('no')\n"
    )
    done = run(tmp_path, "import", source, "-o", "out.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (tmp_path / "out.py").exists()


def test_without_scapy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codegen.importing.scapy_class.find_spec", lambda name: None)
    refused = invoke(["scapy:scapy.layers.inet.UDP"])
    assert isinstance(refused.exception, UsageError)
    assert str(refused.exception) == "scapy is not installed: pip install scapy"


# ------------------------------------------------------------------------ packets in pdl

#: Our own file; what pdl's canonical vectors call the same packets, and their bytes, is below.
PDL = """
ORDER_endian_packets
// A comment.
checksum Checksum : 8 "Checksum"
custom_field Custom "custom"
enum Enum7 : 7 { A = 1, B = 2, }
enum Enum16 : 16 { A = 0xaabb, B = 0xccdd, }
enum Open : 8 { A = 0, Some = 1..9 { One = 1 }, Other = .. }
struct Sized { a: 8 }
struct Bits { a: 7, _reserved_: 2, c: 55 }
group ScalarGroup { a: 16 }
packet ScalarParent { a: 8, _size_(_payload_): 8, _payload_ }
packet EmptyParent : ScalarParent { _payload_ }
packet AliasedChildB : EmptyParent (a = 3) { c: 16 }
packet EnumParent { a: Enum16, _size_(_payload_): 8, _payload_ }
packet EnumChild_B : EnumParent (a = B) { c: 16 }
packet Packet_Scalar_Field { a: 7, c: 57 }
packet Packet_Reserved_Field { a: 7, _reserved_: 2, c: 55 }
packet Packet_Enum_Field { a: Enum7, c: 57 }
packet Packet_FixedScalar_Field { _fixed_ = 7 : 7, b: 57 }
packet SizeModifier { _size_(_payload_): 3, _reserved_: 5, _payload_ : [+2] }
packet Scalars { array: 16[4] }
packet Structs { array: Sized[4] }
packet ScalarGroupField { ScalarGroup { a = 42 } }
packet Optional { c0: 1, c1: 1, _reserved_: 6, a: 24 if c0 = 0, b: 32 if c1 = 1 }
packet ChecksumField { _checksum_start_(crc), a: 16, b: 16, crc: Checksum }
packet Struct_Reserved_Field { s: Bits }
packet Trailing { a: 8, _size_(_payload_): 8, _payload_, b: 16 }
packet Varying { _count_(list): 8, rest: Open, list: 8[] }
packet Padded { _size_(few): 8, few: 8[3], _padding_[5] }
packet Refused { a: Custom }
/* The bytes of a packet: */
test Scalars { "\\x00", }
"""

#: The packet, the values of its parameters, and its bytes in either order (None: not canonical).
VECTORS: list[tuple[str, dict[str, int | bytes], str | None, str | None]] = [
    ("packet_scalar_field", {"a": 0, "c": 283686952306183}, "8003830282018100", "0081018202830380"),
    (
        "packet_reserved_field",
        {"a": 7, "c": 2261184477268630},
        "072c151413121110",
        "1011121314152c07",
    ),
    ("packet_enum_field", {"a": 2, "c": 4523477106694685}, "820e0d0c0b0a0908", None),
    ("packet_fixed_scalar_field", {"b": 29507425461658859}, "877572706e6c6a34", None),
    ("size_modifier", {"payload": bytes(range(74, 79))}, "074a4b4c4d4e", "074a4b4c4d4e"),
    (
        "scalars",
        {f"array_value{n}": v for n, v in enumerate((42305, 44371, 44389, 44407), 1)},
        "41a553ad65ad77ad",
        "a541ad53ad65ad77",
    ),
    (
        "structs",
        {f"array_a{n}": v for n, v in enumerate((0, 255, 226, 0), 1)},
        "00ffe200",
        "00ffe200",
    ),
    ("scalar_group_field", {}, "2a00", "002a"),
    ("optional", {"a": 8125441, "b": 2215910437}, "0201fc7b251c1484", "027bfc0184141c25"),
    ("checksum_field", {"a": 29587, "b": 29605, "crc": 30}, "9373a5731e", "739373a51e"),
    ("struct_reserved_field", {"s_a": 75, "s_c": 21278408744606877}, "4b3a393735333197", None),
    ("aliased_child_b", {"c": 33847}, "03023784", "03028437"),
    ("enum_child_b", {"c": 33820}, "ddcc021c84", "ccdd02841c"),
]


@pytest.fixture(params=["little", "big"])
def pdl(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """Return a byte order, and a file of packets in it."""
    path = tmp_path / "own.pdl"
    path.write_text(PDL.replace("ORDER", request.param))
    return request.param, path


def test_packets_have_the_bytes_of_pdls_vectors(pdl: tuple[str, Path], tmp_path: Path) -> None:
    order, path = pdl
    target = tmp_path / "own.py"
    assert invoke([str(path), "-o", str(target)]).exit_code == 0
    packets = formats.load_all(str(target))
    for name, given, little, big in VECTORS:
        wanted = little if order == "little" else big
        if wanted is None:
            continue
        layout = resolve(packets[f"PACKET_{name.upper()}"])
        payload = given.get("payload")
        arguments = {f"{name}_{key}": value for key, value in given.items() if key != "payload"}
        assert arguments.keys() == {each.argument.name for each in layout.arguments}
        found = oracle.encode(
            layout,
            arguments,
            len(wanted) // 2,
            fill=payload if isinstance(payload, bytes) else None,
        )
        assert found.hex() == wanted, name


def test_a_file_of_packets_verifies(tmp_path: Path) -> None:
    (tmp_path / "own.pdl").write_text(PDL.replace("ORDER", "big"))
    done = run(tmp_path, "import", "own.pdl:Trailing", "-o", "trailing.py")
    assert (done.returncode, done.stderr) == (0, "")
    done = run(tmp_path, "verify", "trailing.py", "--examples", "10")
    assert done.returncode == 0, done.stderr


def test_sizes_padding_and_trailers(pdl: tuple[str, Path], tmp_path: Path) -> None:
    _, path = pdl
    layout = imported(f"{path}:Trailing", tmp_path)
    assert layout.max_length == 2 + 255 + 2
    frame = oracle.encode(layout, {"trailing_a": 1, "trailing_b": 0x0202}, 9, fill=b"\7")
    assert frame == bytes.fromhex("0105070707070702") + b"\2"
    layout = imported(f"{path}:Padded", tmp_path)
    assert oracle.encode(layout, {"padded_few": b"abc"}, 6) == b"\3abc\0\0"
    layout = imported(f"{path}:SizeModifier", tmp_path)
    assert layout.max_length == 1 + 7 - 2


def test_what_of_pdl_could_not_be_carried_over_is_listed(pdl: tuple[str, Path]) -> None:
    listed = notes(invoke([str(pdl[1])]))
    assert "Refused: left out: a is a custom field of a size that varies" in listed
    assert "Varying: list: left out; an array of a length that varies" in listed
    assert "Varying: _count_(list): 0, as its array is left out" in listed
    assert "Varying: rest: the names of Open, which has ranges or other numbers" in listed
    assert "ChecksumField: crc: a checksum, and a parameter here" in listed


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "", "little_endian_packets or big_endian_packets' is wanted, not 'the end of the"),
        ("big_endian_packets packet A { a 8 }", "", "own.pdl:1: '}' is wanted, not '8'"),
        ("big_endian_packets\npacket A { a: 8 ", "", "own.pdl:2: '}' is wanted, not 'the end"),
        ("big_endian_packets\n\n$", "", "own.pdl:3: '$' is no pdl"),
        ("big_endian_packets öse", "", "'öse' is no pdl"),
        ("big_endian_packets what", "", "'what' is no declaration; there are enum, packet"),
        ("big_endian_packets packet A { a: 8 }", "B", "has no packet 'B'; it has: A"),
        ("big_endian_packets", "", "has no packet ''; it has: none"),
        ("big_endian_packets packet A { a: 7 }", "A", "own.pdl:1: A: its fields end inside"),
        ("big_endian_packets packet A { }", "A", "A: it has no fields"),
        ("big_endian_packets packet A { a: B }", "A", "A: there is no type 'B'"),
        ("big_endian_packets packet A { B }", "A", "A: there is no group 'B'"),
        ("big_endian_packets packet A : A { a: 8 }", "A", "A inherits from 'A', which is none"),
        ("big_endian_packets struct S { s: S } packet A { s: S }", "A", "in more than 16 structs"),
        ("big_endian_packets packet A { a: 8[99999999999] }", "A", "too many for a frame"),
        ("big_endian_packets packet A { a: 16[99999] }", "A", "it has 99999 fields"),
        ("big_endian_packets packet A { a: 72 }", "A", "72 bits are not possible"),
        ("big_endian_packets packet A { a: " + "9" * 9999 + " }", "A", "a number of 9999 digits"),
        (
            "big_endian_packets packet A {" + "".join(f"a{n}: 8," for n in range(30_000)) + "}",
            "A",
            "it has more than 500 fields",
        ),
        ("big_endian_packets enum E: 8 {" + "a=1..2 {" * 20_000, "", "nested too deeply"),
        (
            "big_endian_packets struct S0 { a: 8 }"
            + "".join(f"struct S{n + 1} {{ a: S{n}, b: S{n}, c: S{n} }}" for n in range(14))
            + "packet A { a: S14 }",
            "A",
            "it has more than 500 fields",
        ),
        ("/*" * 600_000, "", "1200000 bytes; 1000000 at most are read"),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else None,
)
def test_files_that_are_no_pdl(text: str, name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "own.pdl").write_text(text)
    begun = time.monotonic()
    done = run(tmp_path, "import", f"own.pdl:{name}" if name else "own.pdl", "-o", "out.py")
    assert time.monotonic() - begun < 30
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr) < 3000
    assert not (tmp_path / "out.py").exists()
