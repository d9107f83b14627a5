"""Emit an application: fill the templates from a plan, and write the folder all or nothing.

What is emitted depends on the format, the strategy and this version of codegen
alone: no date, host name or path, so that the committed folders can be compared
byte for byte.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import codegen
from codegen import canonical, runtime
from codegen.c import printer
from codegen.errors import CodegenError
from codegen.layout import Layout
from codegen.lower import FormatPlan, Plan, genpkt, lower
from codegen.model import Strategy

if TYPE_CHECKING:
    import jinja2

#: Every file of an application but those of its format and the manifest; each has a
#: template of its name.
FILES = (
    "genpkt.c",
    "genpkt.h",
    "packet.c",
    "packet.h",
    "strategy.h",
    "Makefile",
    "Makefile.uk",
    "Config.uk",
    "Kraftfile",
    "qemu-x86_64.defconfig",
    "qemu-arm64.defconfig",
    "linuxu-x86_64.defconfig",
    "README.md",
    ".gitignore",
)

#: Those of them that many folders have which are no application.
_COMMON_NAMES = ("README.md", ".gitignore", "Makefile")
MANIFEST = "manifest.json"

#: The applications that are committed in ``generated/``, as format and strategy:
#: few enough that a change of a template can be reviewed by its effect.
COMMITTED = (
    ("usoc21", "heap-gen"),
    ("usoc21", "pool-dup"),
    ("usoc21", "zero-copy"),
    ("udp4", "pool-gen-retry"),
    ("udp4_seq", "ring-patch"),
)


@dataclass(frozen=True)
class Stale:
    """A file on disk that is not what codegen emits, with the difference or a message."""

    path: Path
    diff: str


def render(layout: Layout, strategy: Strategy) -> dict[str, str]:
    """Return the files of an application by name, the manifest included.

    The files that it shares with other applications are not among them, only named in
    the manifest: see :func:`render_runtime` and :func:`with_runtime`.
    """
    plan = lower(layout, strategy)
    files = render_plan(plan)
    common = runtime.texts()
    return files | manifest(
        files,
        format=layout.name,
        format_sha256=canonical.digest(layout.format),
        strategy=strategy.name,
        runtime={name: _digest(common[name]) for name in runtime.files(plan)},
    )


def render_plan(plan: Plan) -> dict[str, str]:
    """Return the files of an application by name, without the manifest."""
    return render_packet(plan.format) | {name: _render_file(name, plan) for name in FILES}


def render_packet(format: FormatPlan) -> dict[str, str]:
    """Return the files of a format's packet layer that are its own, by name."""
    files = {
        f"{format.name}.{ending}": render_template(f"format.{ending}", format=format)
        for ending in ("c", "h")
    }
    for own in format.own_checksums:
        name = f"checksum_{own.name}.h"
        files[name] = render_template("checksum.h", format=format, own=own)
    for crc in format.crcs:
        files[f"checksum_{crc.name}.h"] = render_template("checksum_crc.h", crc=crc)
    return files


def render_runtime() -> dict[str, str]:
    """Return the files that all applications share, by name, with a manifest."""
    files = runtime.texts()
    return files | manifest(files)


def with_runtime(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a self-contained application: with a folder ``runtime/``.

    The folder has the files that the application's manifest names; those that ``files``
    has already are not replaced.
    """
    common = runtime.texts()
    names = json.loads(files[MANIFEST])["runtime"]
    return {f"{runtime.NAME}/{name}": common[name] for name in names} | dict(files)


def manifest(files: Mapping[str, str], **particular: object) -> dict[str, str]:
    """Return the manifest of a folder's files, which names them, as a file by name."""
    found = {
        "generator": f"codegen {codegen.__version__}",
        **particular,
        "files": {name: _digest(text) for name, text in sorted(files.items())},
    }
    return {MANIFEST: json.dumps(found, indent=2) + "\n"}


def runtime_folder(output: Path) -> Path:
    """Return the folder below ``output`` with the files that its applications share."""
    return output / runtime.NAME


def folder(output: Path, layout: Layout, strategy: Strategy) -> Path:
    """Return the folder of an application below ``output``."""
    return output / layout.name / strategy.name


def present(output: Path) -> list[tuple[str, str]]:
    """Return format and strategy, by name, of each application that is below ``output``."""
    return sorted(
        (app.parent.name, app.name)
        for app in output.glob("*/*")
        if any((app / name).is_file() for name in (*FILES, MANIFEST) if name not in _COMMON_NAMES)
    )


def write(files: Mapping[str, str], target: Path) -> None:
    """Write one folder all or nothing, as :func:`write_all` does."""
    write_all({target: files})


def write_all(folders: Mapping[Path, Mapping[str, str]]) -> None:
    """Write the folders of applications or of the runtime, all or nothing.

    Each is first written to a temporary folder beside its target; then they are moved
    into place in the order given. Files that codegen did not emit (a build, a
    configuration) stay, and a folder in which nothing would change is not touched. Raises
    CodegenError when one cannot be written; then none has changed, unless a move failed.
    """
    with ExitStack() as stack:
        staged = {
            target: stack.enter_context(_staged(files, target))
            for target, files in folders.items()
            if not _is_current(files, target)
        }
        for target, staging in staged.items():
            _move(folders[target], staging, target)


@contextmanager
def _staged(files: Mapping[str, str], target: Path) -> Iterator[Path]:
    """Write files into a temporary folder beside their target."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        for name, text in files.items():
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_bytes(text.encode())
        yield staging
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move(files: Mapping[str, str], staging: Path, target: Path) -> None:
    try:
        for name in files:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
        for name in _emitted_before(target) - files.keys():
            (target / name).unlink(missing_ok=True)
        # The manifest last: an interrupted write leaves one that does not match.
        for name in sorted(files, key=lambda name: name == MANIFEST):
            (staging / name).replace(target / name)
    except OSError as error:
        raise _unwritable(target, error) from None


def _is_current(files: Mapping[str, str], target: Path) -> bool:
    try:
        return all((target / name).read_bytes() == text.encode() for name, text in files.items())
    except OSError:
        return False


def _emitted_before(target: Path) -> set[str]:
    """Return the files that the folder's manifest names: a build would take all of them."""
    try:
        manifest = json.loads((target / MANIFEST).read_text())
        return {name for name in manifest["files"] if Path(name).name == name}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def check(files: Mapping[str, str], target: Path) -> list[Stale]:
    """Return each file of the folder that differs from what codegen emits."""
    stale = []
    for name, text in files.items():
        path = target / name
        try:
            found = path.read_bytes().decode()
        except FileNotFoundError:
            found = ""
        except (OSError, UnicodeDecodeError) as error:
            raise CodegenError(f"cannot read {path}: {error}") from None
        if found != text:
            stale.append(Stale(path, _diff(path, found, text)))
    return stale


def check_runtime(target: Path) -> list[Stale]:
    """Return each file of a runtime's folder that differs, and C files that are not its own."""
    files = render_runtime()
    others = sorted(path for path in target.glob("*.[ch]") if path.name not in files)
    return check(files, target) + [
        Stale(path, f"{path}: codegen has no such file; move it elsewhere\n") for path in others
    ]


def _diff(path: Path, found: str, text: str) -> str:
    lines = difflib.unified_diff(
        list(io.StringIO(found, newline="\n")),
        list(io.StringIO(text, newline="\n")),
        fromfile=str(path),
        tofile=str(path),
        fromfiledate="on disk",
        tofiledate="emitted",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _unwritable(target: Path, error: OSError) -> CodegenError:
    return CodegenError(
        f"cannot write {target}: {error.strerror or error}; "
        "give a folder that can be written with --output"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _render_file(name: str, plan: Plan) -> str:
    return render_template(
        name,
        plan=plan,
        format=plan.format,
        genpkt=genpkt.functions(plan.format),
        sources=[f"{plan.format.name}.c", *(each for each in FILES if each.endswith(".c"))],
        runtime_files=runtime.files,
    )


def render_template(name: str, **context: object) -> str:
    """Return the file that the template of that name gives for these values."""
    environment = _environment()
    context |= {"version": codegen.__version__}
    banner = environment.get_template("banner.j2").make_module(context)
    text = environment.get_template(f"{name.removeprefix('.')}.j2").render(context, banner=banner)
    return text.strip("\n") + "\n"


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("codegen.c_templates", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= printer.FILTERS
    return environment
