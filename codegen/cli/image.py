"""``codegen image``: build the Unikraft image of an emitted application."""

from __future__ import annotations

from pathlib import Path

import click

from codegen.cli import options


@click.command("image", cls=options.Verb)
@options.format_option
@options.strategy_option
@click.option(
    "--platform",
    type=click.Choice(["qemu", "linuxu"]),
    default="qemu",
    show_default=True,
    help="qemu: a virtual machine; linuxu: a process on Linux.",
)
@click.option(
    "--build",
    type=click.Choice(options.BUILDS),
    default="default",
    show_default=True,
    help="Compiler options of the image; dce: dead code elimination, lto: link time optimisation.",
)
@options.image_options
@options.sink_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default="build/images",
    show_default=True,
    help="Folder of the image.",
)
def command(
    format_spec: str,
    strategy_name: str,
    platform: str,
    arch: str,
    uk_root: Path | None,
    build: str,
    log_level: str,
    sink: str,
    output: Path,
) -> None:
    """Emit an application, configure and build its Unikraft image, and print its path and size.

    Nothing is written into the Unikraft tree; objects are kept in the cache. A second file,
    with the ending .dbg, has the symbols.
    """
    from codegen import emit, unikraft
    from codegen.cli.progress import image_steps
    from codegen.unikernel import image

    layout, strategy = options.layout(format_spec), options.strategy(strategy_name)
    chosen = image.Options(unikraft.target(platform, arch), build, sink, log_level)
    tree = unikraft.find_tree(uk_root)
    name = image.file_name(layout, strategy, chosen)
    with image_steps(name) as on_step:
        made = image.build(emit.render(layout, strategy), tree, chosen, output / name, on_step)
    click.echo(f"{made.path}: {made.size} bytes, Unikraft {tree.version}")
