"""An emitted application as functions that Python calls.

Property tests call them a hundred thousand times, so this is cffi's ABI mode without
wrappers: all checks are made once, when the library is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codegen import cheader
from codegen.host import build
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf


class HostLibrary:
    """An app's functions, and the host platform's, compiled and loaded.

    ``lib`` has the functions (``lib.genpkt_udp4(...)``), ``ffi`` makes their
    arguments (``ffi.new("struct ether_addr *")``), ``path`` is the shared object.
    Libraries built from equal files share one copy in memory, with its state.
    """

    path: Path
    ffi: Any
    lib: Any

    def __init__(
        self,
        app: Path,
        *,
        cc: str | None = None,
        optimize: str = "-O2",
        extra_sources: Sequence[Path] = (),
        extra_headers: Sequence[Path] = (),
        extra_flags: Sequence[str] = (),
        netbuf: Netbuf = netbufs.HOST,
    ) -> None:
        """Build (or find in the cache), load, and check the layout of every type.

        Arguments and errors are those of :func:`codegen.host.build.build_library`;
        also :class:`~codegen.cheader.ContractError` when a type has another layout than
        cffi assumes.
        """
        self.path = build.build_library(
            app,
            cc=cc,
            optimize=optimize,
            extra_sources=extra_sources,
            extra_headers=extra_headers,
            extra_flags=extra_flags,
            netbuf=netbuf,
        )
        self.ffi = build.library_cdef(
            app,
            cc=cc,
            optimize=optimize,
            extra_sources=extra_sources,
            extra_headers=extra_headers,
            extra_flags=extra_flags,
            netbuf=netbuf,
        ).ffi()
        try:
            self.lib = self.ffi.dlopen(str(self.path))
        except OSError as error:
            raise build.BuildError(f"the shared object cannot be loaded: {error}") from error
        cheader.check_probes(self.ffi, self.lib)
