"""The program as processes of its own: streams, signals, terminals, and two at the same time on one sandbox."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vmident
from tests.loopback import Loopback
from tests.program import GROUP, identity_id
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox

USER = "myUserAssignedIdentity"
PATIENCE_SECONDS = 120
NEEDS_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither SIGINT for one process nor pty")


@pytest.fixture(autouse=True)
def sandbox_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the sandbox that every process of the test shares."""
    monkeypatch.setenv("VMIDENT_SANDBOX_DIR", str(tmp_path / "sandbox"))
    return tmp_path / "sandbox"


def started(*words: str, **streams: Any) -> subprocess.Popen[str]:
    """Start the program as whoever runs the tests has it, in the environment of the test."""
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "vmident", *words], encoding="utf-8", **{**pipes, **streams})


def run(*words: str) -> tuple[int, str, str]:
    """Return the exit code and the two streams."""
    return ended(started(*words))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process to end."""
    with process:
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return process.returncode, out, err


def test_a_change_is_made_once_and_told_each_time() -> None:
    first_code, first_out, first_err = run("enable-system", "myVM", "--sandbox")
    again_code, again_out, again_err = run("enable-system", "myVM", "--sandbox")

    first, again = json.loads(first_out), json.loads(again_out)
    assert (first_code, first["status"], first_err) == (0, "changed", "")
    assert (first["before"]["type"], first["after"]["type"]) == ("None", "SystemAssigned")
    assert (again_code, again["status"], again_err) == (0, "unchanged", "")
    assert again["before"] == again["after"] == first["after"]


def test_the_version_is_the_packages() -> None:
    assert run("--version") == (0, f"vmident {vmident.__version__}\n", "")


@NEEDS_POSIX
@pytest.mark.parametrize(("words", "code", "said"), [(["list"], 0, ""), (["disable-system", "nobody"], 3, "'nobody'")])
def test_a_reader_who_stops_reading_hides_neither_error_nor_exit_code(words: list[str], code: int, said: str) -> None:
    process = started(*words, "--sandbox")
    assert process.stdout
    process.stdout.close()
    with process:
        assert process.stderr
        err = process.stderr.read()

    assert "Traceback" not in err
    assert said in err if said else err == ""
    assert process.returncode == code


@pytest.mark.skipif(sys.platform == "win32", reason="closing a stream beforehand is a POSIX shell's doing")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_no_failure(closed: str) -> None:
    process = subprocess.run(
        ["sh", "-c", f'"$0" -m vmident sandbox status {closed}', sys.executable],
        capture_output=True,
        check=False,
        env=dict(os.environ),
    )

    assert process.returncode == 0
    assert b"Traceback" not in process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
@pytest.mark.parametrize(("words", "has_written"), [("list", False), ("enable-system myVM", True)])
def test_an_answer_that_cannot_be_written_has_a_caution_where_something_was_changed(
    words: str, has_written: bool, tmp_path: Path
) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "vmident", *words.split(), "--sandbox"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "VMIDENT_STATE_DIR": str(tmp_path)},
        )
    assert process.returncode == 1
    assert b"the operating system reported an error: " in process.stderr
    assert (b"Requests already sent may still take effect" in process.stderr) is has_written


@pytest.fixture
def slow_azure(sandbox_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An Azure behind a real socket, whose operations do not end while a test runs; the environment leads there."""
    with Loopback() as server:
        sandbox = Sandbox(
            sandbox_folder,
            now=time.time,
            new_uuid=lambda: str(uuid.uuid4()),
            operation_seconds=600.0,
            endpoint=server.endpoint,
        )
        server.answer = sandbox.answer
        monkeypatch.setenv("VMIDENT_ARM_ENDPOINT", server.endpoint)
        monkeypatch.setenv("VMIDENT_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("VMIDENT_SUBSCRIPTION", SUBSCRIPTION)
        yield sandbox
    sandbox.close()


@NEEDS_POSIX
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_ctrl_c_while_waiting_says_that_azure_may_go_on(slow_azure: Sandbox) -> None:
    with started("enable-system", "myVM", "-g", GROUP, "--verbose", "--timeout", "60") as process:
        assert process.stdout
        assert process.stderr
        waiting = next((line for line in process.stderr if "waiting for the operation" in line), "")
        process.send_signal(signal.SIGINT)
        err, out = process.stderr.read(), process.stdout.read()

    assert waiting
    assert process.returncode == 130
    assert "may still complete" in err
    assert "vmident show myVM -g myResourceGroup" in err
    assert "Traceback" not in err
    record = json.loads(out)
    assert (record["status"], record["error"]["code"], record["after"]) == ("unknown", "interrupted", None)


def test_two_processes_that_add_at_the_same_time_both_get_their_way() -> None:
    both = [started("add-user", "myVM", "--sandbox", "--identity", name) for name in (USER, "otherIdentity")]

    assert [ended(one)[0] for one in both] == [0, 0]

    _, out, _ = run("show", "myVM", "--sandbox")
    attached = json.loads(out)["identity"]["userAssignedIdentities"]
    assert sorted(attached) == [identity_id(USER), identity_id("otherIdentity")]


@pytest.mark.parametrize(("encoding", "shown"), [("cp1252", "\\u03a9mega"), ("ascii", "mega")])
def test_a_name_that_the_streams_cannot_carry_does_not_crash(
    sandbox_folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    """An ASCII stream is taken for misconfigured by click, which may write UTF-8 there instead."""
    sandbox = Sandbox(sandbox_folder, now=time.time, new_uuid=lambda: str(uuid.uuid4()))
    sandbox.add_group("Ωmega")
    sandbox.add_vm("Ωmega", "myVM")
    sandbox.close()
    monkeypatch.setenv("PYTHONIOENCODING", encoding)

    code, out, err = run("show", "myVM", "nobody", "-g", "Ωmega", "-o", "table", "--sandbox")

    assert code == 5
    assert shown in out
    assert shown in err
    assert "Traceback" not in err


def on_terminals(*words: str) -> tuple[int, str, str]:
    """Run with both streams on a terminal of their own, and read what each terminal is told to show."""
    pty = pytest.importorskip("pty")
    (out, programs_out), (err, programs_err) = pty.openpty(), pty.openpty()
    process = started(*words, stdin=programs_err, stdout=programs_out, stderr=programs_err)
    os.close(programs_out)
    os.close(programs_err)
    shown = {out: b"", err: b""}
    still_open = {out, err}
    while still_open:
        ready, _, _ = select.select(list(still_open), [], [], PATIENCE_SECONDS)
        assert ready, "the program went silent"
        for terminal in ready:
            read = _read(terminal)
            shown[terminal] += read
            if not read:
                still_open.remove(terminal)
                os.close(terminal)
    code = process.wait(PATIENCE_SECONDS)
    return code, shown[out].decode(), shown[err].decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody writes there any more
        return b""


@NEEDS_POSIX
@pytest.mark.parametrize("without_colour", [False, True])
def test_a_terminal_is_shown_before_and_after_in_colour_unless_it_is_unwanted(
    monkeypatch: pytest.MonkeyPatch, without_colour: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    if without_colour:
        monkeypatch.setenv("NO_COLOR", "1")

    code, out, err = on_terminals("enable-system", "myVM", "--sandbox")

    assert code == 0
    assert [line.split()[:2] for line in _plain(out)[1:3]] == [["before", "None"], ["after", "SystemAssigned"]]
    assert ("\x1b[" in out) is not without_colour
    assert "waiting for the operation" in err


def _plain(shown: str) -> list[str]:
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m"):
        shown = shown.replace(code, "")
    return shown.splitlines()
