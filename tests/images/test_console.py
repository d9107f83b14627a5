"""The verdict over a guest is read from its console, whatever the process says at the end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time

import pytest

from codegen.unikernel.console import (
    Console,
    Crash,
    GuestError,
    Hang,
    NoDevice,
    Panic,
    Refused,
)

RESULT = '{"format":"udp4","sent":3,"exit_code":0}'


def console(script: str, monitor: str = "") -> Console:
    """Return the console of a shell script in place of a guest."""
    process = subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    return Console(process, os.dup(process.stdout.fileno()), monitor)


def follow(
    script: str, silence: float = 20, monitor: str = ""
) -> tuple[dict[str, object], list[str]]:
    lines: list[str] = []
    found = console(script, monitor)
    try:
        return found.follow(lines.append, silence), lines
    finally:
        assert found.process.poll() is not None, "the guest was left running"


def test_a_result_is_the_line_of_json() -> None:
    found, lines = follow(f"printf 'one\\r\\n\\033[2Jtwo\\n'; echo '{RESULT}'; echo behind")
    assert found == {"format": "udp4", "sent": 3, "clock_ratio": None}
    assert lines == ["one", "two"]


def test_a_last_line_needs_no_end() -> None:
    assert follow(f"printf '{RESULT.replace('%', '%%')}'")[0]["sent"] == 3


def test_what_only_looks_like_a_result_is_passed_on() -> None:
    _, lines = follow(f"echo '{{\"half'; echo '{RESULT}'")
    assert lines == ['{"half']


@pytest.mark.parametrize(
    ("printed", "kind", "said"),
    [
        ("CRIT: Unhandled Trap 13 (general protection), error code=0x0", Crash, "crashed"),
        ("CRIT:     ESR_EL1  : 0x0000000096000045", Crash, "crashed"),
        ("CRIT: [libukalloc] <x.c @ 1> Assertion failure: p", Panic, "panic"),
        ("CRIT: out of everything", Panic, "panic"),
        ("lines that nobody knows", Crash, "without a result"),
    ],
)
def test_each_way_to_fail_is_an_error_of_its_own(
    printed: str, kind: type[GuestError], said: str
) -> None:
    # As QEMU does, the script ends with exit code 0.
    with pytest.raises(GuestError, match=said.replace("(", r"\(")) as caught:
        follow(f'echo booting; echo "{printed}"; exit 0')
    assert type(caught.value) is kind
    assert printed in str(caught.value)
    assert caught.value.exit_code == (2 if kind is Refused else 1)


@pytest.mark.parametrize("name", ["SEGV", "KILL", "TERM"])
def test_the_signal_that_ended_a_guest_is_named(name: str) -> None:
    with pytest.raises(Crash, match=f"the guest was ended by SIG{name}; the last lines") as caught:
        follow(f"echo booting; kill -{name} $$")
    assert "booting" in str(caught.value)


def error(kind: str, message: str) -> str:
    """Return a command that prints what a program does: an event, and its message for people."""
    event = json.dumps({"event": "error", "kind": kind, "message": message})
    return f"echo {shlex.quote(event)}; echo {shlex.quote(message)}"


@pytest.mark.parametrize(
    ("kind", "raised", "code"),
    [("misuse", Refused, 2), ("no-device", NoDevice, 1), ("device", GuestError, 1)],
)
def test_an_error_is_told_by_its_kind_whatever_its_words(
    kind: str, raised: type[GuestError], code: int
) -> None:
    lines: list[str] = []
    reported = error(kind, 'all is "well"')
    with pytest.raises(GuestError, match=r'^(.*: )?all is "well"') as caught:
        console(f"echo booting; {reported}").follow(lines.append, 20)
    assert type(caught.value) is raised
    assert caught.value.exit_code == code
    assert str(caught.value).count('all is "well"') == 1
    # Nor is it passed on besides.
    assert lines == ["booting"]


def test_an_error_counts_without_its_words() -> None:
    event = json.dumps({"event": "error", "kind": "misuse", "message": "unknown argument 'x'"})
    with pytest.raises(Refused, match=r"^unknown argument 'x'$"):
        follow(f"echo {shlex.quote(event)}")


def test_words_alone_are_no_error() -> None:
    with pytest.raises(Crash, match="without a result"):
        follow("echo 'no network device; attach one'; echo \"unknown argument 'x'\"")


def test_a_crash_goes_before_an_error() -> None:
    with pytest.raises(Panic, match="gave up") as caught:
        follow(f"{error('memory', 'no memory')}; echo 'Assertion failure: x'; echo behind")
    assert "behind" in str(caught.value)


def test_events_are_passed_on_by_name_and_in_words() -> None:
    lines: list[str] = []
    names: list[str] = []
    script = (
        """echo '{"event":"device","count":1,"address":"02:00:00:00:00:01"}'; """
        """echo '{"event":"device","count":1,"address":null}'; """
        """echo '{"event":"started","mode":"rx"}'; echo '{"event":"later"}'; """
    )
    found = console(f"{script} echo '{RESULT}'").follow(lines.append, 20, names.append)
    assert found["sent"] == 3
    assert names == ["device", "device", "started", "later"]
    assert lines == [
        "device 02:00:00:00:00:01",
        "device without an address",
        "started in mode rx",
    ]


def test_a_guest_that_says_nothing_hangs_and_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(Hang, match="printed nothing for 1 s"):
        follow("echo booting; exec sleep 60", silence=1)
    assert time.monotonic() - start < 30


def test_a_trap_is_told_though_the_guest_goes_on() -> None:
    with pytest.raises(Crash, match="RIP: 42"):
        follow("echo 'Unhandled Trap 6'; echo 'RIP: 42'; exec sleep 60")


def test_a_guest_that_stays_after_its_result_is_ended() -> None:
    assert follow(f"echo '{RESULT}'; exec sleep 60")[0]["sent"] == 3


def test_a_program_that_failed_is_no_success_for_its_result() -> None:
    failed = json.dumps({"sent": 3, "exit_code": 1})
    with pytest.raises(GuestError, match="program failed") as caught:
        follow(f"echo 'so it goes'; echo '{failed}'")
    assert "so it goes" in str(caught.value)
    with pytest.raises(GuestError, match=r"^the guest's program failed: no buffer is left; the"):
        follow(f"echo first; {error('exhausted', 'no buffer is left')}; echo '{failed}'")


def test_the_monitors_own_complaint_is_passed_on() -> None:
    with pytest.raises(GuestError, match="cannot be started: qemu: no such file"):
        follow("echo 'qemu: no such file'; exit 1", monitor="qemu")


def test_the_monitors_warnings_hide_nothing() -> None:
    with pytest.raises(Panic):
        follow("echo 'qemu: warning: no hub'; echo 'Assertion failure: x'", monitor="qemu")


def test_misuse_comes_with_what_there_is() -> None:
    lines: list[str] = []
    reported = error("misuse", "unknown argument 'x'")
    with pytest.raises(Refused, match=r"^unknown argument 'x'\nkeys:\n  ttl$"):
        console(f"echo first; {reported}; echo keys:; echo '  ttl'").follow(lines.append, 20)
    assert lines == ["first"]
