"""What many tests share: emitted applications, the programs built from them, and outside tools."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import pytest

from codegen import emit, formats
from codegen.errors import CodegenError
from codegen.host import netbuf as netbufs
from codegen.host.netbuf import Netbuf
from codegen.model.strategy import STRATEGIES, Strategy
from codegen.resolve import resolve
from codegen.unikraft import TreeError
from tests.tools import NO_TREE, find_tool, summary

#: The format and the strategies that run with Unikraft's netbufs in the ordinary suite.
SAMPLE = {"usoc21", "heap-gen", "pool-dup", "ring-patch", "zero-copy"}


def interruptible() -> None:
    """Have a process that is about to start take CTRL+C, though the tests may ignore it.

    They do when nohup, cron or a CI system has started them: a child inherits that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    return find_tool


@pytest.fixture(
    scope="session", params=["host", pytest.param("unikraft", marks=pytest.mark.unikraft)]
)
def netbuf(request: pytest.FixtureRequest) -> Netbuf:
    """Return whose netbufs a program is built with: what asks for them runs with both."""
    try:
        return netbufs.load(request.param)
    except TreeError:
        pytest.skip(NO_TREE)
    except CodegenError as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """End with what was skipped, and what would run it: below the list of all reasons."""
    yield
    skipped = terminalreporter.getreports("skipped")
    if skipped:
        terminalreporter.write_line(summary(each.longrepr[2] for each in skipped))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what is a repetition with Unikraft's netbufs, but for a sample of it."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call and call.params.get("netbuf") == "unikraft" and not _in_sample(item, call.params):
            item.add_marker(pytest.mark.long)


def _in_sample(item: pytest.Item, params: Mapping[str, object]) -> bool:
    """Tell whether an item is about one format and a strategy of each kind of buffers."""
    if "mutants" in getattr(item, "fixturenames", ()):
        return False  # what tests the tests need not do so twice
    names = {
        each.name if isinstance(each, Strategy) else each
        for value in params.values()
        for each in (value if isinstance(value, tuple) else (value,))
    }
    others = {each.name for each in STRATEGIES} | set(formats.catalogue())
    return not names & (others - SAMPLE)


@pytest.fixture(scope="session")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Return a function: format and strategy by name to the folder of that application.

    The folder is shared by all tests and must not be changed.
    """
    output = tmp_path_factory.mktemp("emitted")

    def application(format_name: str, strategy_name: str) -> Path:
        layout = resolve(formats.load(format_name))
        strategy = next(each for each in STRATEGIES if each.name == strategy_name)
        app = emit.folder(output, layout, strategy)
        if not app.exists():
            emit.write(emit.render(layout, strategy), app)
        return app

    return application
