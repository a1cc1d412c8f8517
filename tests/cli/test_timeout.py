"""`--timeout` is an option of every command and ends each; numbers that are none are wrong usage."""

from __future__ import annotations

import pytest

from tests.guards.help_texts import command_words, help_of
from tests.program import GROUP, Program, answering

COMMANDS = [words for words in command_words() if " COMMAND " not in help_of(words).splitlines()[0]]
READS = [
    "list",
    "show myVM",
    f"list -g {GROUP}",
    "doctor",
    "group list",
    "account list",
    "identity list",
    "export-state",
    "export terraform -f - --to never",
    "export bicep -f - --to never",
    "verify webVM --yes",
    "history webVM",
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_a_timeout(words: tuple[str, ...]) -> None:
    assert "--timeout SECONDS" in help_of(words)


@pytest.mark.parametrize("command", READS)
def test_a_command_that_azure_keeps_waiting_ends_when_its_time_has_run_out(program: Program, command: str) -> None:
    for method in ("GET", "POST"):
        program.when(method, "", answering(429, "TooManyRequests", headers={"Retry-After": "20"}), times=99)
    program.standard_input = "version: 1\nrules:\n- vms: {names: [myVM]}\n  identities: {include: [otherIdentity]}\n"
    before = program.time.now
    outcome = program(f"{command} --timeout 30")
    assert outcome.code == 7 or (command == "doctor" and "timed-out" in outcome.out + outcome.err)
    assert program.time.now - before <= 30


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-5", "0", "0.05", "1e300", "1e309", "2592001", "''"])
@pytest.mark.parametrize("command", ["list", "enable-system myVM", "sandbox status"])
def test_a_timeout_that_is_no_number_of_seconds_is_wrong_usage(program: Program, command: str, number: str) -> None:
    outcome = program(f"{command} --timeout={number}")
    assert (outcome.code, outcome.out, program.sent) == (2, "", [])
    assert "from 0.1 to 2592000" in outcome.err


@pytest.mark.parametrize("option", ["--operation-seconds", "--time-scale", "--port", "--vms"])
@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e300", "x"])
def test_the_served_sandbox_refuses_numbers_out_of_range(program: Program, option: str, number: str) -> None:
    outcome = program(f"sandbox serve {option}={number}")
    assert (outcome.code, outcome.out) == (2, "")
    assert option in outcome.err


@pytest.mark.parametrize("option", ["--canary", "--max-failures"])
@pytest.mark.parametrize("number", ["nan", "-1", "1e3", "1.5", "inf", "101%"])
def test_a_run_refuses_counts_that_are_none(program: Program, option: str, number: str) -> None:
    outcome = program(f"enable-system --all --yes {option}={number}")
    assert (outcome.code, outcome.out, program.patches) == (2, "", [])


@pytest.mark.parametrize("scale", ["nan", "inf", "-1", "0", "1e300", "x"])
def test_a_time_scale_in_the_environment_is_checked_too(program: Program, scale: str) -> None:
    program.environ["VMIDENT_TIME_SCALE"] = scale
    outcome = program("list")
    assert (outcome.code, program.sent) == (2, [])
    assert "VMIDENT_TIME_SCALE" in outcome.error["message"]
