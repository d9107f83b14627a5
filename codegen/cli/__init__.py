"""The command line: one verb a file, each imported only when it is called.

Verbs stay independent of one another, so that what only one of them needs is
neither imported by the others nor able to break them.
"""

from __future__ import annotations

import importlib
import keyword
import os
import signal
import sys
from typing import NoReturn

import click

import codegen
from codegen.errors import CodegenError, Terminated, UsageError

#: The verbs, in the order of the help, with the line that the help has for each.
VERBS = {
    "list": "formats, presets, strategies and devices, a line each",
    "show": "a format's bit diagram and its fields",
    "emit": "write an application, or the packet layer alone",
    "verify": "compare the emitted C with the oracle, over generated values",
    "run": "build and run the emitted program",
    "image": "build the Unikraft image of an application",
    "bench": "what a packet costs with each strategy, against the baselines",
    "net": "make and remove a bridge with two taps, to send and receive for real",
    "new": "write a format to start from, with its test and a CI snippet",
    "explain": "why a format gets a diagnostic, with an example before and after",
    "vectors": "frames beside their values, as JSON, or a check of such a file",
    "export": "a format as other tools read it, such as a dissector for Wireshark",
    "import": "a format file to edit, from a C header, a class of scapy or a file in pdl",
    "decode": "the frames of a capture, field by field",
}


class _Verbs(click.Group):
    """Finds a verb by importing its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        if cmd_name not in VERBS:
            raise UsageError(f"there is no verb {cmd_name!r}; there are: {', '.join(VERBS)}")
        # A word of Python cannot be the name of a module.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"codegen.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The help of the group needs no verb's module.
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.command(
    cls=_Verbs,
    subcommand_metavar="VERB [ARGUMENTS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="'codegen VERB --help' explains a verb.",
)
@click.version_option(codegen.__version__, prog_name="codegen")
def cli() -> None:
    """Derive a packet generator for Unikraft from a packet written in Python."""


def main() -> None:
    """Run the command line; the exit code is 2 for misuse and 1 for a failed check."""
    _set_up_signals()
    try:
        # Without standalone mode click returns the code of its Exit, and raises all else.
        code = cli(prog_name="codegen", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("codegen: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the output has closed its pipe.
        _drop_output()
        sys.exit(1)
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        # The operating system names a file unless it is one that was open: the output.
        what = error.filename or "the output cannot be written"
        print(f"codegen: {what}: {error.strerror or error}", file=sys.stderr)
        _drop_output()
        sys.exit(1)


def _set_up_signals() -> None:
    """Have whoever ends the command end the program that it runs, and its temporary folders.

    SIGINT is left to Python, which raises KeyboardInterrupt; but where it is ignored when the
    command starts, as for what a shell runs in the background and what nohup, cron or a CI
    system start, it stays ignored: a CTRL+C that is meant for the program in the foreground
    does not end this one. The emitted program does the same. SIGTERM is never ignored.
    """
    signal.signal(signal.SIGTERM, _terminate)
    # With nohup the command goes on when its terminal is closed.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _terminate)
    sys.unraisablehook = _raise_again


def _raise_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Raise an interruption a moment later that came where nothing can be raised.

    Python drops an exception of a destructor, or of what is called by the garbage
    collector (hypothesis has such a function), and CTRL+C would be lost with it.
    """
    lost = unraisable.exc_value
    if not isinstance(lost, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(unraisable)
        return

    def again(*_: object) -> NoReturn:
        raise lost

    signal.signal(signal.SIGALRM, again)
    signal.setitimer(signal.ITIMER_REAL, 0.01)


def _terminate(number: int, _: object) -> None:
    """End the command in order; a second signal, to its group perhaps, does not disturb that."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Terminated(128 + number)


def _drop_output() -> None:
    """Have what is still buffered for standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
