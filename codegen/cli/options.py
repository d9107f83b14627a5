"""What several verbs take: formats, strategies, and their defaults."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from codegen import formats, loader, sink
from codegen.errors import UsageError
from codegen.model import STRATEGIES, Format, Strategy
from codegen.unikernel.machine import Machine

if TYPE_CHECKING:
    from codegen.layout import Layout
    from codegen.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])

DEFAULT_STRATEGY = "pool-dup"


class Verb(click.Command):
    """A command that refuses an option given twice, where click would take the last silently."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does; raises UsageError for an option that has more than one value."""
        once = [each for each in self.params if isinstance(each, click.Option) and _is_single(each)]
        collecting = copy.copy(self)
        collecting.params = [_collecting(each) if each in once else each for each in self.params]
        given, _, _ = collecting.make_parser(ctx).parse_args(list(args))
        rest = super().parse_args(ctx, args)
        for option in once:
            values = given.get(str(option.name))
            if isinstance(values, list) and len(values) > 1:
                shown = " and ".join(map(repr, values))
                listed = str(option.metavar).endswith(",...")
                raise UsageError(
                    f"{option.opts[0]} is given {len(values)} times, as {shown}, and takes one "
                    + ("list: put commas between its values" if listed else "value: choose one")
                )
        return rest


def _is_single(option: click.Option) -> bool:
    """Tell whether an option takes one value, so that a second one would replace it."""
    return not (option.multiple or option.is_flag or option.count)


def _collecting(option: click.Option) -> click.Option:
    """Return the option as one that keeps every value that it is given."""
    made = copy.copy(option)
    made.multiple = True
    return made


def strategy(spec: str, folder: Path = Path()) -> Strategy:
    """Return the strategy of that name, ``file.py:NAME`` or ``package.module:NAME``.

    Files and modules are looked for from ``folder`` on. Raises UsageError when there is none.
    """
    for each in STRATEGIES:
        if each.name == spec:
            return each
    found: Strategy = loader.load(
        spec,
        (Strategy,),
        what="strategy",
        known=[each.name for each in STRATEGIES],
        kinds="Strategy",
        folder=folder,
    )
    return found


def layout(spec: str) -> Layout:
    """Return the layout of the format that is named so: the one time that it is resolved.

    Raises UsageError when there is none, and FormatError.
    """
    return _resolved(formats.load(spec))


def layouts(spec: str) -> list[Layout]:
    """Return the layout of the format that is named so, or of each that a file has.

    Errors are otherwise those of :func:`layout`.
    """
    return [_resolved(each) for each in formats.load_all(spec).values()]


def own_layouts(own: Project) -> list[Layout]:
    """Return the layouts of a project's formats, each once.

    Raises UsageError when two have one name, as both would be emitted to one folder; errors
    are otherwise those of :func:`layouts`.
    """
    found: dict[str, tuple[str, Format]] = {}
    for spec in own.formats:
        for each in formats.load_all(spec, own.folder).values():
            before, same = found.setdefault(each.name, (spec, each))
            if same != each:
                raise UsageError(
                    f"{own.file}: the formats {before!r} and {spec!r} are both named "
                    f"{each.name!r}; give each a name of its own"
                )
    return [_resolved(each) for _, each in found.values()]


def _resolved(format: Format) -> Layout:
    """Return the layout of a format, and report what is otherwise than it was declared."""
    from codegen import describe
    from codegen.resolve import resolve

    found = resolve(format)
    note = describe.clipping(found)
    if note is not None:
        click.echo(f"codegen: {note}", err=True)
    return found


def strategies(specs: str) -> list[Strategy]:
    """Return the strategies of a list with commas, or all; UsageError when there is none."""
    if specs == "all":
        return list(STRATEGIES)
    return [strategy(spec) for spec in specs.split(",")]


#: The names of :data:`codegen.unikernel.image.BUILDS`.
BUILDS = ("default", "dce", "lto", "dce+lto")


def builds(names: str) -> list[str]:
    """Return the builds of a list with commas, or all; UsageError when there is none."""
    chosen = list(BUILDS) if names == "all" else names.split(",")
    for name in chosen:
        if name not in BUILDS:
            raise UsageError(f"there is no build {name!r}; there are: {', '.join(BUILDS)}, and all")
    return chosen


def format_option(function: _Function) -> _Function:
    """Add ``--format``."""
    return click.option(
        "--format",
        "format_spec",
        default=formats.DEFAULT,
        show_default=True,
        metavar="FORMAT",
        help="A name that 'codegen list' shows, path/to/file.py:NAME or package.module:NAME.",
    )(function)


def strategy_option(function: _Function) -> _Function:
    """Add ``--strategy``."""
    return click.option(
        "--strategy",
        "strategy_name",
        default=DEFAULT_STRATEGY,
        show_default=True,
        metavar="STRATEGY",
        help="How packet buffers are allocated, filled and released; a name, path/to/file.py:NAME "
        "or package.module:NAME.",
    )(function)


def sink_option(function: _Function) -> _Function:
    """Add ``--sink``."""
    return click.option(
        "--sink",
        default=sink.DEVICE,
        show_default=True,
        metavar="SINK",
        help="Where packets go. netdev: to the device; free: each is released at once; "
        "window:N: the last N are held.",
    )(function)


def uk_root_option(function: _Function) -> _Function:
    """Add ``--uk-root``."""
    return click.option(
        "--uk-root",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The folder of Unikraft's sources.  "
        "[default: $UK_ROOT, $UK_WORKDIR/unikraft, .unikraft/unikraft, ~/.unikraft/unikraft]",
    )(function)


def netbuf_option(function: _Function) -> _Function:
    """Add ``--netbuf``, which :func:`codegen.host.netbuf.load` takes with ``--uk-root``."""
    return click.option(
        "--netbuf",
        "netbuf_name",
        type=click.Choice(["host", "unikraft"]),
        default="host",
        show_default=True,
        help="Link codegen's own netbuf.c and pool.c (host), or those of a Unikraft tree.",
    )(function)


def image_options(function: _Function) -> _Function:
    """Add what a Unikraft image is configured with."""
    for option in (
        click.option(
            "--log-level",
            type=click.Choice(["crit", "err", "warn", "info", "debug"]),
            default="crit",
            show_default=True,
            help="What Unikraft itself prints on the console: this level, and more severe ones.",
        ),
        uk_root_option,
        click.option(
            "--arch",
            type=click.Choice(["x86_64", "arm64"]),
            default="x86_64",
            show_default=True,
            help="The machine's architecture.",
        ),
    ):
        function = option(function)
    return function


def machine_options(function: _Function) -> _Function:
    """Add what a unikernel runs on, which the function gets as one argument, ``machine``."""

    @functools.wraps(function)
    def with_machine(**given: Any) -> Any:
        machine = Machine(**{each.name: given.pop(each.name) for each in fields(Machine)})
        return function(machine=machine, **given)

    # The options that are below this one are the function's, and stay so.
    collected = cast(_Function, with_machine)
    for option in (
        click.option(
            "--queues",
            type=click.IntRange(1, 256),
            default=1,
            show_default=True,
            help="Pairs of queues of the network device, if the release's driver supports several.",
        ),
        click.option(
            "--smp",
            "processors",
            type=click.IntRange(1, 256),
            default=1,
            show_default=True,
            help="Processors of the machine; the program runs on the first one.",
        ),
        click.option(
            "--backend",
            default="tap",
            show_default=True,
            metavar="BACKEND",
            help="What serves the network device: tap, vhost (the kernel, on a tap) or "
            "vhost-user:SOCKET (another program, without a bridge).",
        ),
        click.option(
            "--gdb",
            type=click.IntRange(1, 65535),
            metavar="PORT",
            help="Wait for a debugger on this port before the first instruction.",
        ),
        click.option(
            "--mac",
            "macs",
            multiple=True,
            metavar="MAC",
            help="The machine's MAC address; with --pair, the sender's, then the receiver's.  "
            "[default: a different one for each machine of a bridge]",
        ),
        click.option(
            "--memory",
            type=click.IntRange(8, 65536),
            metavar="MB",
            help="The machine's memory in megabytes.  [default: 64, or what the strategy needs]",
        ),
        click.option(
            "--notify",
            type=click.Choice(["timer", "bh"]),
            help="How QEMU takes sent packets: in batches (timer) or one by one (bh).  "
            "[default: the faster one]",
        ),
        click.option(
            "--virtio",
            "bus",
            type=click.Choice(["pci", "mmio"]),
            help="How the network device is attached.  [default: mmio on arm64, else pci]",
        ),
        click.option(
            "--kvm",
            type=click.Choice(["auto", "on", "off"]),
            default="auto",
            show_default=True,
            help="Use KVM; auto: if a trial guest boots on it.",
        ),
        click.option(
            "--bridge",
            default="usocbr0",
            show_default=True,
            help="The bridge that the network device is on.",
        ),
    ):
        collected = option(collected)
    return collected
