"""Build the Unikraft image of an emitted application, as a person with make would.

The application's own Makefile does the work, so that a user who calls it by hand builds
the same image. This module provides a folder, a configuration and a time limit, and
reports the progress. The build is never interactive: Unikraft's make opens a menu only
where there is no configuration, so there always is one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codegen import emit, sink
from codegen.errors import CodegenError, missing
from codegen.host import cache
from codegen.layout import Layout
from codegen.model import Strategy
from codegen.unikraft import Target, Tree, TreeError, has_blank

#: Compiler options by the name that ``--build`` has for them, as Kconfig symbols:
#: dead code elimination and link time optimisation.
BUILDS = {
    "default": (),
    "dce": ("OPTIMIZE_DEADELIM",),
    "lto": ("OPTIMIZE_LTO",),
    "dce+lto": ("OPTIMIZE_DEADELIM", "OPTIMIZE_LTO"),
}

#: What Unikraft itself prints on the console, as Kconfig symbols.
LOG_LEVELS = {
    "crit": ("LIBUKDEBUG_PRINTK_CRIT",),
    "err": ("LIBUKDEBUG_PRINTK_ERR",),
    "warn": ("LIBUKDEBUG_PRINTK_WARN",),
    "info": ("LIBUKDEBUG_PRINTK_INFO",),
    "debug": ("LIBUKDEBUG_PRINTK_INFO", "LIBUKDEBUG_PRINTD"),
}

#: Prefixes of the cross compilers, as Debian names them, by Kraft's architecture.
_CROSS = {"arm64": "aarch64-linux-gnu-", "x86_64": "x86_64-linux-gnu-"}
_MACHINES = {"aarch64": "arm64", "x86_64": "x86_64"}

#: Seconds after which a step has failed.
CONFIGURE_LIMIT = 120
BUILD_LIMIT = 1800

#: Lines of the log that a failure shows.
_LAST_LINES = 15

#: A step of the build that makes an object, as Unikraft prints it.
_OBJECT = re.compile(r"^  (?:CC|CXX|AS)\s+(\S.*)$")


class ImageError(CodegenError):
    """The image could not be built; the message has the path of the log."""


@dataclass(frozen=True)
class Options:
    """How an image is configured; the names are those of the command's options."""

    target: Target
    build: str = "default"
    sink: str = sink.DEVICE
    log_level: str = "crit"

    def __post_init__(self) -> None:
        """Raise UsageError for a sink that does not exist, before any tree or tool is needed."""
        sink.symbols(self.sink)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The symbols that must be on in the configuration for the image that was asked for."""
        return (*BUILDS[self.build], *LOG_LEVELS[self.log_level])

    def configuration(self, app_defconfig: str) -> str:
        """Return the configuration: that of the application for its target, and the options."""
        lines = [f"CONFIG_{each}=y" for each in self.wanted]
        for name, value in sink.symbols(self.sink).items():
            lines.append(f"{name}={value if name.endswith('_WINDOW') else 'y'}")
        quiet = {line for each in LOG_LEVELS.values() for line in (f"CONFIG_{each[0]}=y",)}
        kept = [line for line in app_defconfig.splitlines() if line not in quiet]
        return "\n".join([*kept, *lines]) + "\n"


@dataclass(frozen=True)
class Image:
    """A built image, and what it was built from."""

    path: Path
    options: Options
    tree: Tree

    @property
    def size(self) -> int:
        """Bytes of the image file."""
        return self.path.stat().st_size

    @property
    def symbols(self) -> Path:
        """The same with symbols and types, for a debugger."""
        return self.path.with_name(f"{self.path.name}.dbg")


def file_name(layout: Layout, strategy: Strategy, options: Options) -> str:
    """Return an image's file name: what it is built from, with the ending of Unikraft's names."""
    parts = [layout.name, strategy.name]
    if options.sink != sink.DEVICE:
        parts.append(options.sink.replace(":", ""))
    if options.build != "default":
        parts.append(options.build)
    return f"{'_'.join(parts)}_{options.target.name}"


#: Called at each step: objects that are built, objects in all, and the step in words.
OnStep = Callable[[int, int, str], None]


def build(
    files: Mapping[str, str],
    tree: Tree,
    options: Options,
    target: Path,
    on_step: OnStep = lambda *_: None,
) -> Image:
    """Build an application's files to the image ``target``, which is replaced atomically.

    ``files`` are those of :func:`codegen.emit.render`; the runtime is added where they
    lack it. Objects stay in the cache, so that the next image of the same tree and
    options compiles the application alone. Raises TreeError when the tree cannot build
    it, ImageError when a tool is missing, or when a step fails or takes too long.
    """
    tree.check(options.target)
    files = emit.with_runtime(files)
    with _work_folder(tree, options) as work:
        app = work / "app"
        if emit.check(files, app):
            emit.write(files, app)
        maker = _Maker(tree, options, work)
        maker.configure(options.configuration(files[f"{options.target.name}.defconfig"]))
        maker.make(on_step)
        built = work / "build" / tree.image_name(options.target, "pktgen")
        if not built.is_file():
            raise maker.failed("the build left no image")
        made = Image(target, options, tree)
        _copy(built.with_name(f"{built.name}.dbg"), made.symbols)
        _copy(built, target)
    return made


@contextmanager
def _work_folder(tree: Tree, options: Options) -> Iterator[Path]:
    """Return the folder in the cache for this tree and these options, and keep it locked."""
    parts = (str(tree.root), tree.version, options.target.name)
    key = "\n".join((*parts, options.build, options.sink, options.log_level))
    work = cache.folder() / f"image-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if has_blank(work):
        raise ImageError(
            f"the cache {str(work.parent)!r} has a blank in its path, which Unikraft's Makefiles "
            "cannot handle; set XDG_CACHE_HOME to a folder without one"
        )
    try:
        work.mkdir(parents=True, exist_ok=True)
        os.utime(work)
        with (work / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield work
    except OSError as error:
        raise ImageError(
            f"{work} cannot be written: {error.strerror}; "
            "set XDG_CACHE_HOME to a folder that can be written and has room"
        ) from None


class _Maker:
    """Calls the application's Makefile, with a log and a bound on the time."""

    def __init__(self, tree: Tree, options: Options, work: Path) -> None:
        self._tree = tree
        self._options = options
        self._work = work
        self._log = work / "log"
        self._make = _tool("make", "make")
        for name in ("bison", "flex", "m4"):
            _tool(name, name)
        self._environment = _environment(options.target)

    def configure(self, configuration: str) -> None:
        """Have Kconfig complete the configuration, unless it did so for this very one."""
        config = self._work / "build" / ".config"
        stamp = self._work / "configured"
        app_config = (self._work / "app" / "Config.uk").read_text(encoding="utf-8")
        wanted = f"{configuration}\n{app_config}"
        if config.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            self._log.write_text("", encoding="utf-8")
            return
        stamp.unlink(missing_ok=True)
        config.unlink(missing_ok=True)
        (self._work / "defconfig").write_text(configuration, encoding="utf-8")
        self._log.write_text("", encoding="utf-8")
        self._run("the configuration", CONFIGURE_LIMIT, ("defconfig",), lambda _: None)
        self._check(config)
        stamp.write_text(wanted, encoding="utf-8")

    def _check(self, config: Path) -> None:
        """Raise TreeError if Kconfig, which gives no warning, dropped a wanted symbol."""
        text = config.read_text(encoding="utf-8") if config.is_file() else ""
        on = set(re.findall(r"^CONFIG_(\w+)=y$", text, re.M))
        dropped = [each for each in self._options.wanted if each not in on]
        if dropped:
            raise TreeError(
                f"Unikraft {self._tree.version} in {self._tree.root} has no "
                f"{' and no '.join(dropped)} for {self._options.target.name}; "
                "choose another --build or --log-level, or another release"
            )

    def make(self, on_step: OnStep) -> None:
        """Build the image."""
        objects = self._count_objects()
        done = 0

        def watch(line: str) -> None:
            nonlocal done
            if step := _OBJECT.match(line):
                done += 1
                on_step(min(done, objects), objects, step[1])

        jobs = len(os.sched_getaffinity(0))
        self._run("the build", BUILD_LIMIT, (f"-j{jobs}",), watch)

    def _count_objects(self) -> int:
        """Return how many objects are to be made: of a build that is there, the application's."""
        if (self._work / "build" / self._tree.image_name(self._options.target, "pktgen")).is_file():
            return (self._work / "app" / "Makefile.uk").read_text(encoding="utf-8").count("_SRCS-y")
        found: set[str] = set()

        def collect(line: str) -> None:
            found.update(each for each in line.split() if each.endswith(".o"))

        self._run("the configuration", CONFIGURE_LIMIT, ("print-objs",), collect)
        return len(found)

    def failed(self, what: str) -> ImageError:
        """Return an error with the end of the log, errors of the compiler before all else."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = deque(lines, _LAST_LINES)
        errors = [line for line in lines if re.search(r"\berror\b:?|undefined reference", line)]
        shown = [*errors[:3], *(["…"] if errors else []), *last]
        if any("No space left on device" in line for line in lines):
            what += "; there is no space left for it: set XDG_CACHE_HOME to a folder that has room"
        return ImageError(
            f"{what}; the last lines of {self._log}:\n" + "\n".join(f"  {line}" for line in shown)
        )

    def _run(
        self, what: str, limit: float, arguments: Sequence[str], on_line: Callable[[str], None]
    ) -> None:
        command = [
            self._make,
            "-C",
            str(self._work / "app"),
            f"UK_ROOT={self._tree.root}",
            f"UK_BUILD={self._work / 'build'}",
            f"UK_CONFIG={self._work / 'build' / '.config'}",
            f"UK_DEFCONFIG={self._work / 'defconfig'}",
            *arguments,
        ]
        (self._work / "build").mkdir(exist_ok=True)
        # A group of its own, so that the compilers end with make.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment,
            start_new_session=True,
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limit, stop)
        timer.start()
        try:
            assert process.stdout is not None
            with self._log.open("a", encoding="utf-8") as log:
                for line in process.stdout:
                    log.write(line)
                    on_line(line.rstrip("\n"))
            process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()
        if late.is_set():
            raise self.failed(f"{what} did not end within {limit:.0f} s")
        if process.returncode:
            raise self.failed(f"{what} failed")


def _environment(target: Target) -> dict[str, str]:
    """Return the environment of make: without an outer make's variables, with the compiler."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEFILES", "C", "O", "A")
    }
    if _MACHINES.get(platform.machine()) != target.arch:
        prefix = kept.setdefault("CROSS_COMPILE", _CROSS[target.arch])
        _tool(f"{prefix}gcc", f"gcc-{prefix.rstrip('-')}".replace("_", "-"))
    else:
        _tool(f"{kept.get('CROSS_COMPILE', '')}gcc", "gcc")
    return kept


def _tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ImageError(f"Unikraft cannot be built: {missing(name, package)}")
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy a file and move it into place atomically."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, temporary)
        temporary.replace(target)
    except OSError as error:
        raise ImageError(
            f"the image cannot be written to {target}: {error.strerror}; "
            "give a folder that can be written with --output"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
