"""``codegen net``: a bridge with two taps, to send and receive for real."""

from __future__ import annotations

import click


@click.command("net")
@click.argument("action", type=click.Choice(["up", "down"]))
@click.argument("bridge", default="usocbr0")
def command(action: str, bridge: str) -> None:
    """Make or remove BRIDGE, a bridge with two taps: BRIDGE-tap0 and BRIDGE-tap1.

    What is sent on one tap is received on the other, by virtual machines or by
    'codegen run --device tap:usocbr0-tap0'. This needs root, or a
    namespace of your own (unshare -Urn). It prints what it did and what was there already,
    and can be repeated. By default, BRIDGE is usocbr0.
    """
    from codegen import net

    for line in (net.up if action == "up" else net.down)(bridge):
        click.echo(line)
