"""A struct of a C header: its syntax by pycparser, its layout by the compiler.

Bit fields are in the order of the wire where their most significant bits come first, as a
big-endian machine has them. Headers of Linux and of the C library declare them for either
order, so they are preprocessed for a big-endian one. Positions are the same on both: a
compiler places bit fields by their widths alone, from the lowest bit on here, from the highest
there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from codegen import cheader, temporary
from codegen.errors import UsageError
from codegen.importing import compiler
from codegen.importing.c_fields import Fields
from codegen.importing.c_types import Reader
from codegen.importing.found import Found, FoundHeader, FoundPacket, identifier
from codegen.importing.placed import Placed
from codegen.model.field import ByteOrder

#: The most characters of a header after preprocessing, with all that it includes. The parser
#: takes about 3 s for them.
_MAX_TEXT = 1_000_000

#: A text, or a character of a name that is not ASCII.
_NAME_CHARACTER = re.compile(r'"(?:\\.|[^"\\\n])*"|\\[uU]([0-9a-f]{4,8})')

#: Makes the headers that follow believe in a big-endian machine.
_BIG_ENDIAN = """
#if __has_include(<endian.h>)
#include <endian.h>
#undef __BYTE_ORDER
#define __BYTE_ORDER __BIG_ENDIAN
#endif
#if __has_include(<asm/byteorder.h>)
#include <asm/byteorder.h>
#undef __LITTLE_ENDIAN_BITFIELD
#undef __BIG_ENDIAN_BITFIELD
#endif
#define __BIG_ENDIAN_BITFIELD 4321
#undef __BYTE_ORDER__
#define __BYTE_ORDER__ __ORDER_BIG_ENDIAN__
"""


def read(
    header: Path,
    struct: str,
    *,
    order: ByteOrder = "big",
    folders: Sequence[Path] = (),
    macros: Sequence[str] = (),
) -> Found:
    """Return a struct of a header as fields.

    ``order`` is the byte order of integers whose types name none, and of bit fields.
    ``folders`` are searched for what the header includes, ``macros`` are defined before it
    (``NAME`` or ``NAME=VALUE``). Raises UsageError when the header cannot be read or the struct
    has what has no meaning on the wire.
    """
    command = compiler.find()
    if not header.is_file():
        raise UsageError(f"there is no file {header}")
    with temporary.folder() as folder:
        text = _preprocess(command, header, folder, order, folders, macros)
        table = compiler.Table(command, folder / "header.i", str(header))
        try:
            reader = Reader(cheader.parse_preprocessed(str(header), text))
            spelled, node = reader.find(_ascii(_escaped(struct)), header)
            members = reader.members(node)
        except cheader.HeaderError as error:
            raise UsageError(f"{error}; it is more than a header with a struct needs") from None
        except RecursionError:
            raise UsageError(f"{header} is nested too deeply to be parsed") from None
        if reader.refused:
            raise UsageError(
                f"{spelled} has members without a meaning on the wire: "
                f"{', '.join(reader.refused[:20])}{', ...' if len(reader.refused) > 20 else ''}; "
                "import a struct that does not have them"
            )
        placed = Placed.by(table, spelled, members)
    name = identifier(spelled.removeprefix("struct "))
    fields = Fields(name, order, placed)
    found = fields.of(members)
    return Found(
        f"{spelled} of {header}",
        (FoundHeader(name, found),),
        (FoundPacket(f"{name}_frame", (name,)),),
        placed.sizes[""],
        tuple(fields.notes),
        fields.comments,
    )


def _preprocess(
    command: Sequence[str],
    header: Path,
    folder: Path,
    order: ByteOrder,
    folders: Sequence[Path],
    macros: Sequence[str],
) -> str:
    """Preprocess a header into ``header.i`` of a folder, and return the text."""
    prelude = folder / "prelude.h"
    prelude.write_text(_BIG_ENDIAN if order == "big" else "")
    target = folder / "header.i"
    arguments = [*command, "-w", "-E", "-std=gnu11", "-x", "c"]
    arguments += [f"-I{each.resolve()}" for each in folders] + [f"-D{each}" for each in macros]
    arguments += ["-include", str(prelude), "-include", str(header.resolve())]
    compiler.run([*arguments, os.devnull, "-o", str(target)], folder, str(header))
    if target.stat().st_size > _MAX_TEXT:
        raise UsageError(
            f"{header} has {target.stat().st_size} characters after preprocessing, with all that "
            f"it includes, and {_MAX_TEXT} at most are parsed; put the struct into a header of its "
            "own"
        )
    text = _ascii(target.read_text(encoding="utf-8", errors="surrogateescape"))
    target.write_text(text, encoding="utf-8", errors="surrogateescape")
    return text


def _escaped(name: str) -> str:
    """Return a name as the preprocessor writes it."""
    return "".join(each if each.isascii() else f"\\U{ord(each):08x}" for each in name)


def _ascii(text: str) -> str:
    r"""Return C with names in ASCII: the preprocessor writes other characters as ``\u00e4``."""
    return _NAME_CHARACTER.sub(
        lambda found: found[0] if found[1] is None else f"_u{found[1].lstrip('0')}", text
    )
