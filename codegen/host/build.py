"""Compile an emitted application for Linux, together with the host platform.

Tests and benchmarks ask for the same programs again and again, so each result
is stored in the cache under the hash of everything it was made from: sources,
headers, flags and compiler.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from codegen import cheader, runtime, temporary
from codegen.errors import CodegenError
from codegen.host import cache
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf

STANDARD = "-std=gnu11"

#: Language and warnings of emitted C. The headers of the host are system headers to it.
WARNINGS = (
    STANDARD,
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wcast-align",
    "-Werror",
)

#: The host platform: ``include`` with Unikraft's headers, and ``src``.
HOST = Path(__file__).parent

_CANDIDATES = ("gcc", "cc", "clang")


class BuildError(CodegenError):
    """Something could not be compiled, or there is nothing to compile it with."""


# ------------------------------------------------------------------ compiler


@dataclass(frozen=True)
class Compiler:
    """A C compiler: its command line, and a text that identifies it."""

    command: tuple[str, ...]
    identity: str

    @classmethod
    def find(cls, cc: str | None = None) -> Compiler:
        """Return the compiler of the argument, of ``$CC``, or gcc, cc or clang.

        ``cc`` may carry options (``"ccache gcc -m32"``). Raises
        :class:`BuildError` when there is none, or it does not work.
        """
        asked = cc or os.environ.get("CC")
        for command in [shlex.split(asked)] if asked else [[each] for each in _CANDIDATES]:
            path = shutil.which(command[0]) if command else None
            if path:
                return cls(tuple(command), _identity(tuple(command), path))
        wanted = f"C compiler {asked!r}" if asked else f"C compiler ({', '.join(_CANDIDATES)})"
        raise BuildError(
            f"no {wanted} was found: install one (apt install gcc) or name another in CC"
        )

    def run(self, arguments: Iterable[str]) -> str:
        """Run the compiler and return what it prints.

        Raises :class:`BuildError` with the command line and the compiler's message.
        """
        argv = [*self.command, *arguments]
        try:
            # A compiler that is killed leaves its intermediate files behind.
            with temporary.folder() as folder:
                done = subprocess.run(
                    argv,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    env=os.environ | {"TMPDIR": str(folder)},
                )
        except OSError as error:
            raise BuildError(f"the compiler cannot be run: {error}") from error
        if done.returncode != 0:
            message = done.stderr.strip() or f"exit status {done.returncode}"
            if "No space left on device" in message:
                raise cache.unwritable(OSError(message))
            raise BuildError(f"the compiler failed:\n{shlex.join(argv)}\n{message}")
        return done.stdout


@lru_cache
def _identity(command: tuple[str, ...], path: str) -> str:
    """Return path, version and target; cached, as it takes two processes to find out."""
    compiler = Compiler(command, "")
    return f"{path}\n{compiler.run(['--version'])}\n{compiler.run(['-dumpmachine'])}"


# --------------------------------------------------------------------- cache


def cached(kind: str, key: Callable[[], str], fill: Callable[[Path], None]) -> Path:
    """Return the folder of a cached result; ``fill`` makes it, if there is none yet.

    ``key`` hashes what it is made from. Raises BuildError when that changes meanwhile.
    """
    before = key()

    def fill_unchanged(folder: Path) -> None:
        fill(folder)
        if key() != before:
            # A file was changed meanwhile: it is unknown which version was compiled.
            raise BuildError("a source changed while it was being compiled: build again")

    return cache.entry(f"{kind}-{before}", fill_unchanged)


def key_of(parts: Sequence[str], *groups: Sequence[Path]) -> str:
    """Hash strings, and files by name and content, so that no two inputs look alike."""
    pieces = [each.encode() for each in (str(len(parts)), *parts)]
    for group in groups:
        pieces.append(str(len(group)).encode())
        for each in group:
            # The host's headers are found by their folder, an app's by their name alone.
            name = each.relative_to(HOST) if each.is_relative_to(HOST) else each.name
            pieces += [os.fsencode(name), each.read_bytes()]
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()


# --------------------------------------------------------------------- build


@dataclass(frozen=True)
class _Recipe:
    """What a build is made from and with.

    The folder of the app is in no key: what is built from equal files is equal.
    """

    app: Path
    compiler: Compiler
    options: tuple[str, ...]  # code generation: equal for app and host
    netbuf: Netbuf
    extra_sources: tuple[Path, ...] = ()
    extra_headers: tuple[Path, ...] = ()

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Flags of every compilation, after those of its kind."""
        return (*include_flags(self.netbuf), *self.options)

    @cached_property
    def runtime(self) -> list[Path]:
        """The files that the app has in common with others."""
        return runtime.of_application(self.app)

    @property
    def app_folders(self) -> list[Path]:
        return [self.app, *{each.parent: None for each in self.runtime}]

    @property
    def app_include(self) -> tuple[str, ...]:
        return tuple(part for each in self.app_folders for part in ("-iquote", str(each)))

    @property
    def app_flags(self) -> tuple[str, ...]:
        """Flags of the app's own sources."""
        # The path of a folder would get into __FILE__, and so into assertions.
        maps = (f"-fmacro-prefix-map={each}/=" for each in self.app_folders)
        return (*WARNINGS, *maps, *self.app_include)

    @property
    def declaring_headers(self) -> list[Path]:
        """The headers whose declarations Python gets."""
        host = {
            str(each.relative_to(HOST / "include")): each for each in _host_files("include/**/*.h")
        }
        stand_in = {name: path for name, path in self.netbuf.headers.items() if name in host}
        return [*self.app_headers, *self.extra_headers, *(host | stand_in).values()]

    @property
    def app_headers(self) -> list[Path]:
        return sorted(self.app.glob("*.h")) + [each for each in self.runtime if each.suffix == ".h"]

    def app_sources(self) -> list[Path]:
        """Return the sources whose objects are this app's alone."""
        own = sorted(self.app.glob("*.c"))
        if not own:
            raise BuildError(f"{self.app} has no C sources: is it the folder of an application?")
        sources = (each for each in self.runtime if each.suffix == ".c")
        return own + [each for each in sources if not runtime.is_common(each.name)]

    def key(self, *groups: Sequence[Path]) -> str:
        """Hash these files and what every build takes in: compiler, options, host."""
        # These two modules are an input as well: they generate the flags and the probes.
        own = (Path(__file__), Path(cheader.__file__))
        parts = (self.compiler.identity, *self.compiler.command, *self.options)
        host = (_host_files("include/**/*.h"), _host_files("src/*.[ch]"))
        return key_of(parts, own, *host, self.netbuf.files, *groups)

    def key_with(self, sources: Sequence[Path]) -> str:
        """Hash these sources as well, every header that they may include, and the runtime."""
        headers = (self.app_headers, self.extra_headers, self._headers_beside())
        return self.key(*headers, self.runtime, sources)

    def _headers_beside(self) -> list[Path]:
        """Return what the sources and headers of the caller may include in quotes."""
        folders = sorted({each.parent for each in (*self.extra_sources, *self.extra_headers)})
        return [header for folder in folders for header in sorted(folder.glob("*.h"))]

    def compile(self, source: Path, flags: Sequence[str], folder: Path) -> Path:
        name = hashlib.sha256(os.fsencode(source)).hexdigest()[:8]
        target = folder / f"{source.stem}-{name}.o"
        self.compiler.run([*flags, *self.flags, "-c", str(source), "-o", str(target)])
        return target

    def host_objects(self) -> Path:
        """Return the folder with the host platform's objects, which few changes touch."""

        def fill(folder: Path) -> None:
            with _Pool(self) as pool:
                for each in _host_files("src/*.c"):
                    source = self.netbuf.sources.get(each.name, each)
                    pool.compile(source, (STANDARD,), folder)

        return cached("host", self.key, fill)

    def runtime_objects(self) -> list[Path]:
        """Return the objects that the app has in common with others; apart as the host's are."""
        sources = [each for each in self.runtime if runtime.is_common(each.name)]
        if not sources:
            return []
        folder = sources[0].parent
        # Without the app's folder: what would need it is not in common.
        flags = (*WARNINGS, f"-fmacro-prefix-map={folder}/=", "-iquote", str(folder))

        def fill(target: Path) -> None:
            with _Pool(self) as pool:
                for each in sources:
                    pool.compile(each, flags, target)

        found = cached("runtime", lambda: self.key(sorted(folder.glob("*.h")), sources), fill)
        return sorted(found.glob("*.o"))


def _host_files(pattern: str) -> list[Path]:
    return sorted(HOST.glob(pattern))


def include_flags(netbuf: Netbuf = netbufs.HOST) -> tuple[str, ...]:
    """Return the flags with which Unikraft's headers are found."""
    host = ("-isystem", str(HOST / "include"))
    if not netbuf.headers:
        return host

    # Only these of a tree's folders may be seen, and before the host's: each is
    # reached through a header that includes it by its path.
    def fill(folder: Path) -> None:
        for name, path in netbuf.headers.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f'#include "{path}"\n')

    names = [part for name, path in netbuf.headers.items() for part in (name, str(path))]
    return ("-isystem", str(cached("netbuf", lambda: key_of(names), fill)), *host)


class _Pool:
    """Runs several compilers in parallel; the first failure ends all of them."""

    def __init__(self, recipe: _Recipe) -> None:
        self._recipe = recipe
        self._threads = ThreadPoolExecutor(os.cpu_count())
        self._jobs: list[Future[Path]] = []

    def __enter__(self) -> _Pool:
        return self

    def compile(self, source: Path, flags: Sequence[str], folder: Path) -> None:
        self._jobs.append(self._threads.submit(self._recipe.compile, source, flags, folder))

    def results(self) -> list[Path]:
        return [each.result() for each in self._jobs]

    def __exit__(self, failure: object, *_: object) -> None:
        try:
            if failure is None:
                self.results()
        finally:
            # A compiler that still runs would write into a folder that goes away.
            self._threads.shutdown(cancel_futures=True)


def _recipe(
    app: Path,
    cc: str | None,
    options: Iterable[str],
    netbuf: Netbuf = netbufs.HOST,
    extra_sources: Iterable[Path] = (),
    extra_headers: Iterable[Path] = (),
) -> _Recipe:
    return _Recipe(
        app.resolve(),
        Compiler.find(cc),
        tuple(options),
        netbuf,
        tuple(each.resolve() for each in extra_sources),
        tuple(each.resolve() for each in extra_headers),
    )


def build_program(
    app: Path,
    *,
    cc: str | None = None,
    optimize: str = "-O2",
    extra_flags: Sequence[str] = (),
    netbuf: Netbuf = netbufs.HOST,
) -> Path:
    """Compile an app's folder and the host platform to an executable; return its path.

    ``extra_flags`` go to every compilation and to the link (``-DCONFIG_X=1``,
    ``-fsanitize=address``); ``netbuf`` chooses the netbufs it has. Raises
    :class:`BuildError` when the compiler is missing or fails, and
    :class:`~codegen.host.cache.CacheError` when the result cannot be stored.
    """
    recipe = _recipe(app, cc, (optimize, *extra_flags), netbuf)
    sources = recipe.app_sources()

    def fill(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, _Pool(recipe) as pool:
            for each in sources:
                # The process's own main() belongs to the platform, as on Unikraft.
                rename = ("-Dmain=app_main",) if each.name == "main.c" else ()
                pool.compile(each, (*recipe.app_flags, *rename), Path(scratch))
            host = sorted(recipe.host_objects().glob("*.o"))
            shared = [*recipe.runtime_objects(), *host]
            _link(recipe, (), [*pool.results(), *shared], folder / "program")

    return cached("program", lambda: recipe.key_with(sources), fill) / "program"


def build_with(
    app: Path, sources: Sequence[Path], libraries: Sequence[str], *, cc: str | None = None
) -> Path:
    """Compile a program of another platform than this one; return its path.

    It has ``sources``, which are compiled like the app's own, with its packet layer, its
    arguments and its report, but without its loop and netbufs and the host's devices;
    ``libraries`` are the linker's flags. Errors as for :func:`build_program`.
    """
    recipe = _recipe(app, cc, ("-O2",), extra_sources=sources)
    folders = tuple({each.parent: None for each in recipe.extra_sources})
    include = tuple(part for each in folders for part in ("-iquote", str(each)))
    own = [each for each in recipe.app_sources() if each.name in ("options.c", "report.c")]
    own += [each for each in sorted(app.resolve().glob("*.c")) if each.name != "genpkt.c"]
    clock = HOST / "src" / "time.c"

    def fill(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, _Pool(recipe) as pool:
            for each in (*own, *recipe.extra_sources):
                pool.compile(each, (*recipe.app_flags, *include), Path(scratch))
            pool.compile(clock, (STANDARD,), Path(scratch))
            common = [
                each for each in recipe.runtime_objects() if not each.name.startswith("netbuf-")
            ]
            objects = [*pool.results(), *common]
            _link(recipe, (), objects, folder / "program", libraries)

    def key() -> str:
        return key_of([*libraries, recipe.key_with([*own, *recipe.extra_sources])])

    return cached("with", key, fill) / "program"


def build_library(
    app: Path,
    *,
    cc: str | None = None,
    optimize: str = "-O2",
    extra_sources: Sequence[Path] = (),
    extra_headers: Sequence[Path] = (),
    extra_flags: Sequence[str] = (),
    netbuf: Netbuf = netbufs.HOST,
) -> Path:
    """Compile an app and the host platform, without either's main, to a shared object.

    It contains the probes of :mod:`codegen.cheader`. ``extra_sources`` are compiled
    like the app's own and may include its headers; ``extra_headers`` declare what of
    them Python may call. Flags and errors as for :func:`build_program`, and
    :class:`~codegen.cheader.HeaderError`.
    """
    recipe = _library_recipe(app, cc, optimize, extra_sources, extra_headers, extra_flags, netbuf)
    sources = [each for each in recipe.app_sources() if each.name not in runtime.PROGRAM]
    sources += recipe.extra_sources

    def fill(folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, _Pool(recipe) as pool:
            objects = Path(scratch)
            for each in sources:
                pool.compile(each, recipe.app_flags, objects)
            probes = objects / "probes.c"
            probes.write_text(
                cheader.probe_source(_cdef(recipe).ffi(), recipe.declaring_headers),
                encoding="utf-8",
            )
            # They include the host's headers by path, so not as system headers.
            pool.compile(probes, (STANDARD, "-w", *recipe.app_include), objects)
            host = [
                each
                for each in sorted(recipe.host_objects().glob("*.o"))
                if not each.name.startswith("main-")
            ]
            flags = ("-shared", "-Wl,-z,defs")
            shared = [*recipe.runtime_objects(), *host]
            _link(recipe, flags, [*pool.results(), *shared], folder / "library.so")

    return cached("library", lambda: recipe.key_with(sources), fill) / "library.so"


def library_cdef(
    app: Path,
    *,
    cc: str | None = None,
    optimize: str = "-O2",
    extra_sources: Sequence[Path] = (),
    extra_headers: Sequence[Path] = (),
    extra_flags: Sequence[str] = (),
    netbuf: Netbuf = netbufs.HOST,
) -> cheader.CDef:
    """Return the declarations of :func:`build_library`'s result, for the same arguments.

    They cover the headers of the app and of the host platform and ``extra_headers``.
    """
    return _cdef(
        _library_recipe(app, cc, optimize, extra_sources, extra_headers, extra_flags, netbuf)
    )


def app_declarations(app: Path, *, cc: str | None = None) -> cheader.Headers:
    """Return what an app's headers declare, as the compiler's preprocessor leaves them."""
    recipe = _recipe(app, cc, ())
    return cheader.parse_headers(
        recipe.app_headers,
        (*recipe.compiler.command, STANDARD, *recipe.app_include, *recipe.flags),
    )


def _library_recipe(
    app: Path,
    cc: str | None,
    optimize: str,
    extra_sources: Sequence[Path],
    extra_headers: Sequence[Path],
    extra_flags: Sequence[str],
    netbuf: Netbuf,
) -> _Recipe:
    options = (optimize, "-fPIC", *extra_flags)
    return _recipe(app, cc, options, netbuf, extra_sources, extra_headers)


def _cdef(recipe: _Recipe) -> cheader.CDef:
    """Return the declarations; parsed once per content, as that takes far longer than reading."""

    def fill(folder: Path) -> None:
        command = (*recipe.compiler.command, STANDARD, *recipe.app_include, *recipe.flags)
        headers = cheader.parse_headers(recipe.declaring_headers, command)
        (folder / "cdef.json").write_text(json.dumps(headers.cdef().chunks), encoding="utf-8")

    entry = cached("cdef", lambda: recipe.key_with(()), fill)
    chunks = json.loads((entry / "cdef.json").read_text(encoding="utf-8"))
    return cheader.CDef(tuple((text, packed) for text, packed in chunks))


def _link(
    recipe: _Recipe,
    flags: Sequence[str],
    objects: Sequence[Path],
    target: Path,
    libraries: Sequence[str] = (),
) -> None:
    names = map(str, objects)
    recipe.compiler.run([*recipe.options, *flags, *names, "-o", str(target), *libraries])
