"""The declarations that Python believes, against what two compilers make of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codegen.cheader import (
    CDef,
    ContractError,
    HeaderError,
    Headers,
    Signature,
    check_contract,
    check_probes,
    parse_headers,
    probe_source,
)

HEADER = """
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "other.h"

struct opaque;
enum speed { SLOW, FAST = 7 };
struct ether_addr { uint8_t bytes[6]; } __attribute__((packed));
struct __attribute__((__packed__)) mixed { uint8_t kind; uint32_t value; };
typedef struct { uint8_t a; struct ether_addr mac; uint64_t b; } __attribute__((packed)) frame_t;
_Static_assert(sizeof(struct ether_addr) == __builtin_offsetof(struct ether_addr, bytes) + 6, "");

struct args {
	uint8_t ttl;
	struct ether_addr mac;
	union {
		uint32_t word;
		uint8_t bytes[8];
	};
	struct { uint8_t low; uint64_t high; } pair;
	struct mixed mixed;
	unsigned int flag : 3;
	enum speed speed;
	int (*call)(struct opaque *self, size_t len);
	uint16_t tail[];
};

static inline uint16_t twice(uint16_t value)
{
	__typeof__(value) copy = ({ value; });

	__asm__ volatile("" : "+r"(copy));
	return (uint16_t)(copy * 2);
}

struct far *udp(struct opaque *a, size_t align, const struct ether_addr *mac, uint16_t port,
		const struct args *args) __attribute__((nonnull(3)));
bool none(void);
int log_it(FILE *to, const char *format, ...);
int log_list(const char *format, va_list list);
void hook(void (*done)(int status), uint8_t key[4], frame_t *frame);
extern unsigned int counter;
"""
OTHER = """
struct far { struct deep *next; uint8_t hops; };
struct deep { uint16_t level; };
struct unneeded { int x; };
void far_away(void);
"""
UDP = Signature(
    "udp",
    "struct far *",
    (
        ("a", "struct opaque *"),
        ("align", "size_t"),
        ("mac", "const struct ether_addr *"),
        ("port", "uint16_t"),
        ("args", "const struct args *"),
    ),
)


@pytest.fixture(params=["gcc", "clang"])
def compiler(request: pytest.FixtureRequest, require: Callable[[str], str]) -> str:
    require(request.param)
    return str(request.param)


@pytest.fixture
def parse(tmp_path: Path, compiler: str) -> Callable[..., Headers]:
    def parsed(text: str = HEADER, other: str = OTHER) -> Headers:
        (tmp_path / "sample.h").write_text(text)
        (tmp_path / "other.h").write_text(other)
        return parse_headers([tmp_path / "sample.h"], [compiler, "-std=gnu11"])

    return parsed


@pytest.fixture
def load(tmp_path: Path, compiler: str) -> Callable[..., Any]:
    """Compile the probes that ``ffi`` asks for, and load them with ``reader``."""

    def loaded(ffi: Any, reader: Any) -> Any:
        header = tmp_path / "sample.h"
        source, library = tmp_path / "probes.c", tmp_path / "probes.so"
        source.write_text(probe_source(ffi, [header]))
        flags = ["-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
        subprocess.run([compiler, *flags, "-fPIC", "-shared", source, "-o", library], check=True)
        return reader.dlopen(str(library))

    return loaded


def test_signatures_are_spelled_as_in_c(parse: Callable[..., Headers]) -> None:
    signatures = parse().signatures
    assert signatures["udp"] == UDP
    assert signatures["none"] == Signature("none", "bool")
    assert signatures["twice"] == Signature("twice", "uint16_t", (("value", "uint16_t"),))
    assert signatures["log_it"].arguments[1:] == (("format", "const char *"), ("", "..."))
    assert signatures["hook"].arguments == (
        ("done", "void (*)(int status)"),
        ("key", "uint8_t [4]"),
        ("frame", "frame_t *"),
    )
    assert str(signatures["none"]) == "bool none(void)"
    assert str(UDP).startswith("struct far *udp(struct opaque *a, size_t align, const struct")


def test_contract_that_is_kept(parse: Callable[..., Headers]) -> None:
    blanks = Signature("none", " _Bool ")
    check_contract(parse(), [UDP, blanks, Signature("twice", "uint16_t", (("value", "uint16_t"),))])


@pytest.mark.parametrize(
    "broken",
    [
        Signature("udp6", UDP.result, UDP.arguments),
        Signature("udp", "struct far", UDP.arguments),
        Signature("udp", UDP.result, UDP.arguments[::-1]),
        Signature("udp", UDP.result, UDP.arguments[:-1]),
        Signature("udp", UDP.result, (("b", "struct opaque *"), *UDP.arguments[1:])),
        Signature("udp", UDP.result, (*UDP.arguments[:-1], ("args", "struct args *"))),
    ],
    ids=["name", "result", "order", "count", "argument", "const"],
)
def test_contract_that_is_broken(parse: Callable[..., Headers], broken: Signature) -> None:
    with pytest.raises(ContractError) as caught:
        check_contract(parse(), [Signature("none", "bool"), broken])
    message = str(caught.value)
    assert f"expected: {broken}" in message
    assert (f"declared: {UDP}" if broken.name == "udp" else "nowhere in the headers") in message
    assert "none" not in message


def test_cdef_has_what_the_headers_declare_and_what_that_needs(
    parse: Callable[..., Headers],
) -> None:
    cdef = parse().cdef()
    ffi = cdef.ffi()
    assert ffi.typeof("frame_t").kind == "struct"
    assert [name for name, _ in ffi.typeof("struct deep").fields] == ["level"]
    assert ffi.typeof("struct opaque").fields is None
    names = json.dumps(cdef.chunks)
    for declared in ("udp(", "none(", "hook(", "log_it(", "counter"):
        assert declared in names
    # static, not callable by cffi, or declared elsewhere and not needed
    for absent in ("twice", "log_list", "far_away", "unneeded", "max_align_t"):
        assert absent not in names


def test_probes_agree(parse: Callable[..., Headers], load: Callable[..., Any]) -> None:
    ffi = parse().cdef().ffi()
    check_probes(ffi, load(ffi, ffi))
    source = probe_source(ffi, [])
    for probed in ("struct args.pair.high", "struct args.word", "frame_t.b", "struct deep"):
        assert f'"{probed}"' in source
    assert "struct args.flag" not in source  # a bit-field has no address


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("uint8_t ttl;", "uint32_t ttl;", "struct args.ttl: the declarations say offset 0 and size"
         " 4, the compiler offset 0 and size 1"),
        ("uint8_t ttl;", "", "struct args.mac: the declarations say offset 0 and size 6, "
         "the compiler offset 1 and size 6"),
        ("uint8_t ttl;", "uint8_t ttl, hop;", "struct args.hop: not in the shared object"),
        ("uint64_t b; } __attribute__((packed))", "uint64_t b; }", "frame_t.b: the declarations "
         "say offset 8 and size 8, the compiler offset 7 and size 8"),
        ("struct opaque;", "struct opaque { int x; };", "struct opaque: not in the shared object"),
        ("uint64_t high", "uint16_t high", "struct args.pair.high: the declarations say"),
    ],
    ids=["type", "removed", "added", "unpacked", "struct", "inner"],
)  # fmt: skip
def test_a_header_changed_after_the_build_is_caught(
    parse: Callable[..., Headers],
    load: Callable[..., Any],
    tmp_path: Path,
    before: str,
    after: str,
    message: str,
) -> None:
    built = parse().cdef().ffi()
    assert HEADER.count(before) == 1
    believed = parse(HEADER.replace(before, after)).cdef().ffi()
    (tmp_path / "sample.h").write_text(HEADER)  # what the compiler sees
    with pytest.raises(ContractError) as caught:
        check_probes(believed, load(built, believed))
    assert message in str(caught.value)


def test_declarations_that_cffi_lays_out_wrongly_are_caught(
    parse: Callable[..., Headers], load: Callable[..., Any]
) -> None:
    aligned = HEADER + "struct wide { char c; int x __attribute__((aligned(16))); };\n"
    ffi = parse(aligned).cdef().ffi()
    with pytest.raises(ContractError) as caught:
        check_probes(ffi, load(ffi, ffi))
    assert (
        "struct wide.x: the declarations say offset 4 and size 4, the compiler offset 16 and size 4"
        in str(caught.value)
    )
    assert "struct args" not in str(caught.value)

    unpacked = CDef(tuple((text, False) for text, _ in parse().cdef().chunks)).ffi()
    with pytest.raises(ContractError, match=r"struct mixed\.value: .* offset 4 .* offset 1 "):
        check_probes(unpacked, load(unpacked, unpacked))


def test_headers_of_the_system_are_understood(parse: Callable[..., Headers]) -> None:
    names = "errno inttypes limits math pthread signal stdatomic stdlib string sys/socket time"
    text = "".join(f"#include <{each}.h>\n" for each in names.split())
    signatures = parse(text + "int last(void);").signatures
    assert signatures["memcpy"].result == "void *"
    assert "last" in signatures


def test_errors_name_the_place(parse: Callable[..., Headers]) -> None:
    body = "static inline int f(int x)\n{\n\n\n\n\n\n\n\n\n\n\n\treturn x;\n}\n"
    with pytest.raises(HeaderError, match=r"sample\.h:17:"):
        parse(body + "\n\nint g(* 5);\n")
    with pytest.raises(HeaderError, match=r"missing\.h"):
        parse('#include "missing.h"\n')


def test_import_is_cheap() -> None:
    code = "import codegen.cheader, sys; print({'pycparser', 'cffi'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
