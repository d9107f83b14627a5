"""Who owns a packet, followed through every path of the emitted send loop.

A packet buffer that is freed twice, lost, or written while the device reads it
shows rarely and far away from its cause, and some paths (a refused packet, an
empty pool) hardly ever run. So an application's ``loop.c`` is read back, with the
preprocessor and pycparser as for the headers, and ``send_some()``, which sends with
``send_one()``, and ``sender_fini()`` are executed on abstract values along all of
their paths. The result must hold for every strategy, so nothing here knows what a
strategy is: the small functions that they consist of (``buffers_take``,
``fetch_fill``, ``full_keep``, ``sink_put``, destructors) are followed into their bodies.

A packet has exactly one home when a function returns, else there is a finding:

- *owned*: by local variables alone. It must not stay so: nobody would free it.
- *given*: to the device, by ``uk_netdev_tx_one()`` that was successful, or to the
  sink, by ``sink_put()`` that was. From there on it must not be touched, read or written,
  by whoever sent it.
- *kept*: in a member of ``struct sender`` or of a struct in it, or in its ring below ``nb_ready``.
- *freed*: and not touched any more. A netbuf with a destructor goes where its
  destructor puts it.

The one netbuf that zero copy shares is many packets at once; there references are
counted: each packet that is given takes one that ``nb_refs`` had in reserve. The
sender's own reference keeps it alive, so it may restore the netbuf after a send;
each such place is listed in :attr:`Report.exceptions`.

What is assumed:

- The start is any state of ``struct sender`` that a call may leave behind: a packet
  kept or none, the ring empty or not, references in reserve or not, a window empty
  or full. Each end must be such a state again, so all sequences of calls are covered;
  a call that sends :data:`MOST` packets shows what one leaves for the next within it.
- ``uk_netdev_tx_one()`` returns any of :data:`STATUSES`; it takes the packet when
  ``UK_NETDEV_STATUS_SUCCESS`` is set, and otherwise leaves it as it was. Before that
  it may give back one packet that was sent earlier, running its destructor.
- Members are known by name: ``kept``, ``shared`` with ``nb_refs``, ``ready`` with
  ``nb_ready``, ``window`` with ``window_next``; ``netbufs`` is the memory of the ring
  or has, at the number of a pool's object, the netbuf of that object. Any other
  netbuf is the sender's own for as long as it runs, such as ``primordial``.
- A function that is only declared touches the netbufs that it is handed, and keeps
  none. A condition on anything else may be true or false.
- Loops whose condition is unknown run at most :data:`UNKNOWN_ROUNDS` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen import cheader, runtime
from codegen.host import build

from .packets import Choices, Finding, Run
from .source import ENTRIES, Source, UnknownCode

#: Where an analysis that runs away is stopped.
PATHS_MAX = 20_000


@dataclass(frozen=True)
class Report:
    """What was found; ``exceptions`` are the places where zero copy restores its netbuf."""

    findings: tuple[Finding, ...]
    exceptions: tuple[Finding, ...]
    paths: int


def check(app: Path, *, flags: Sequence[str] = (), cc: str | None = None) -> Report:
    """Follow the packets of an emitted application's loop.

    ``flags`` are those that it is compiled with (``-DCONFIG_APPPKTGEN_SINK_FREE=1``).
    Raises HeaderError when the source cannot be read, and UnknownCode when it has
    something in it that cannot be followed.
    """
    loop = next(each for each in runtime.of_application(app) if each.name == "loop.c")
    command = (
        *build.Compiler.find(cc).command,
        build.STANDARD,
        *("-isystem", str(build.HOST / "include")),
        *("-iquote", str(app), "-iquote", str(loop.parent)),
        *flags,
    )
    source = Source(cheader.parse_source(loop, command))
    findings: dict[Finding, Finding] = {}
    exceptions: dict[Finding, Finding] = {}
    paths = 0
    for entry in ENTRIES:
        choices = Choices()
        while choices.go_on():
            paths += 1
            if paths > PATHS_MAX:
                raise UnknownCode(f"{loop}: more than {PATHS_MAX} paths")
            run = Run(source, choices)
            run.enter(entry)
            _keep_shortest(findings, run.findings)
            _keep_shortest(exceptions, run.exceptions)
    return Report(tuple(findings.values()), tuple(exceptions.values()), paths)


def _keep_shortest(known: dict[Finding, Finding], new: Sequence[Finding]) -> None:
    """Add findings; of the paths to one, the shortest is the easiest to understand."""
    for each in new:
        if each not in known or len(each.path) < len(known[each].path):
            known[each] = each
