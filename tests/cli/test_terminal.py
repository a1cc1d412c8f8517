"""At a terminal: the question before a removal, the words for people, colour, and text that means harm."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.program import (
    GROUP,
    TERMINAL,
    Program,
    answering,
    letting_in,
)

pytestmark = pytest.mark.usefixtures("at_a_terminal")
USER = "myUserAssignedIdentity"
OTHER = "otherIdentity"

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PRINCIPAL_LOST = (
    "Disabling the system-assigned identity permanently deletes its principal GUID and orphans the role "
    "assignments that are not deleted with it. If you enable the identity again, it gets a new principal without them."
)
DEFAULT_LOST = (
    "Programs in the VM that do not specify an identity get tokens for {} until cached tokens expire (up to about "
    "24 hours), and then none."
)
SYSTEM_DEFAULT_LOST = DEFAULT_LOST.format("the system-assigned identity")
USER_DEFAULT_LOST = DEFAULT_LOST.format(f"'{USER}'")
SYSTEM = "system-assigned identity  principal GUID"
USER_LINES = f"{USER} ({GROUP})  client GUID"
OTHER_LINES = f"{OTHER} ({GROUP})  client GUID"


class CtrlC(io.StringIO):
    """Standard input at which somebody presses Ctrl-C."""

    def readline(self, _size: int = -1, /) -> str:  # type: ignore[override]
        raise KeyboardInterrupt


def plain(text: str) -> str:
    return GUID.sub("GUID", text)


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (
            "disable-system webVM",
            f"  - {SYSTEM}\n  ! {PRINCIPAL_LOST}\n  ! {SYSTEM_DEFAULT_LOST}\n",
        ),
        (f"remove-user dbVM --identity {USER}", f"  - {USER_LINES}\n  ! {USER_DEFAULT_LOST}\n"),
        ("remove-user appVM --all-identities", f"  - {USER_LINES}\n"),
        (
            "set appVM --type none",
            (f"  - {SYSTEM}\n  - {USER_LINES}\n  ! {PRINCIPAL_LOST}\n  ! {SYSTEM_DEFAULT_LOST}\n"),
        ),
    ],
)
def test_a_removal_is_asked_about_and_what_is_lost_is_named(
    program: Program, typing: Typing, words: str, question: str
) -> None:
    typing("y\n")

    outcome = program(words)

    vm = words.split()[1]
    assert outcome.code == 0
    assert plain(outcome.err).startswith(f"{vm} ({GROUP}) will lose:\n{question}Continue? [y/N]:")
    assert f"{vm} ({GROUP}): changed\n" in outcome.out
    assert "warning:" not in outcome.err
    assert len(program.patches) == 1


def test_what_the_question_has_not_said_is_a_warning_all_the_same(program: Program, typing: Typing) -> None:
    typing("y\n")

    outcome = program(f"set webVM myVM --type user --identity {USER} --identity {USER.upper()}")

    assert outcome.code == 0
    assert re.findall(r"warning: (\w+): .* is listed more than once", outcome.err) == ["webVM", "myVM"]
    assert outcome.err.count("Programs in the VM") == outcome.err.count("permanently deletes its principal") == 1


@pytest.mark.parametrize("answer", ["n\n", "N\n", "no\n", "\n", ""], ids=["n", "N", "no", "enter", "end of input"])
def test_anything_but_yes_changes_nothing(program: Program, typing: Typing, answer: str) -> None:
    held = program.identity_of("appVM")
    typing(answer)

    outcome = program("disable-system appVM")

    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.endswith("Nothing was changed.\n")
    assert "error:" not in outcome.err
    assert {"PATCH", "PUT", "DELETE"}.isdisjoint(program.shape)
    assert program.identity_of("appVM") == held


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n"])
def test_yes_goes_on(program: Program, typing: Typing, answer: str) -> None:
    typing(answer)

    assert program("disable-system appVM").code == 0
    assert program.identity_of("appVM")["type"] == "UserAssigned"


def test_ctrl_c_at_the_question_ends_with_130_and_sends_nothing(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", CtrlC())

    outcome = program("disable-system appVM")

    assert (outcome.code, program.patches) == (130, [])
    assert "Nothing was sent" in outcome.err


def test_several_vms_are_named_and_asked_about_once(program: Program, typing: Typing) -> None:
    typing("y\n")

    outcome = program("disable-system appVM webVM myVM")

    assert outcome.code == 0
    assert [vm for vm in ("appVM", "webVM", "myVM") if f"{vm} ({GROUP}) will lose:" in outcome.err] == [
        "appVM",
        "webVM",
    ]
    assert outcome.err.count("Continue?") == 1
    assert outcome.out.endswith("3 VMs: 2 changed, 1 unchanged\n")


@pytest.mark.parametrize(
    "words", ["disable-system webVM", "set appVM --type none", "remove-user dbVM --all-identities"]
)
def test_with_yes_nobody_is_asked_and_what_it_breaks_is_a_warning(program: Program, words: str) -> None:
    outcome = program(f"{words} --yes")

    assert outcome.code == 0
    assert outcome.err.startswith("warning: ")
    assert len(program.patches) == 1


@pytest.mark.parametrize(
    "words", ["disable-system webVM", "set appVM --type none", f"remove-user dbVM --identity {USER}"]
)
def test_a_dry_run_never_asks(program: Program, words: str) -> None:
    outcome = program(f"{words} --dry-run")

    assert (outcome.code, program.patches) == (0, [])
    assert "would change" in outcome.out


@pytest.mark.parametrize(
    "words", ["enable-system myVM", f"add-user webVM --identity {OTHER}", "disable-system myVM", "set myVM --type none"]
)
def test_what_loses_nothing_is_not_asked_about(program: Program, words: str) -> None:
    assert program(words).code == 0


@pytest.mark.parametrize("deaf", [{"input": False}, {"error": False}])
def test_without_somebody_to_ask_a_removal_needs_yes(program: Program, deaf: dict[str, Any]) -> None:
    program.terminal = replace(TERMINAL, **deaf)

    outcome = program("disable-system webVM")

    assert (outcome.code, program.patches) == (2, [])
    assert "--yes" in outcome.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            "enable-system myVM",
            f"myVM ({GROUP}): changed\n  before  None\n  after   SystemAssigned\n  + {SYSTEM}\n",
        ),
        (
            f"set dbVM --type both --identity {OTHER} --yes",
            (
                f"dbVM ({GROUP}): changed\n  before  UserAssigned\n  after   SystemAssigned, UserAssigned\n"
                f"  - {USER_LINES}\n  + {SYSTEM}\n  + {OTHER_LINES}\n"
            ),
        ),
        (
            "enable-system appVM",
            f"appVM ({GROUP}): no changes\n  now     SystemAssigned, UserAssigned\n  = {SYSTEM}\n  = {USER_LINES}\n",
        ),
        (
            "set appVM --type none --dry-run",
            (
                f"appVM ({GROUP}): would change\n  before  SystemAssigned, UserAssigned\n  after   None\n"
                f'  - {SYSTEM}\n  - {USER_LINES}\n  request {{"identity": {{"type": "None"}}}}\n'
            ),
        ),
        (
            f"remove-user dbVM --identity {USER} --yes --no-wait",
            (f"dbVM ({GROUP}): accepted, still running\n  before  UserAssigned\n  after   None\n  - {USER_LINES}\n"),
        ),
        ("enable-system nosuchVM", "nosuchVM: failed\n"),
        (f"enable-system nosuchVM -g {GROUP}", f"nosuchVM ({GROUP}): failed\n"),
        ("show webVM", f"webVM ({GROUP}, westus)\n  type  SystemAssigned\n  * {SYSTEM}\n"),
        ("show myVM", f"myVM ({GROUP}, westus)\n  type  None\n"),
        ("show dbVM", f"dbVM ({GROUP}, westus)\n  type  UserAssigned\n  * {USER_LINES}\n"),
    ],
)
def test_the_answer_for_people(program: Program, words: str, text: str) -> None:
    assert plain(program(words).out) == text


def test_several_changes_for_people_end_with_a_summary(program: Program) -> None:
    outcome = program("enable-system myVM nosuchVM webVM")

    assert plain(outcome.out) == (
        f"myVM ({GROUP}): changed\n  before  None\n  after   SystemAssigned\n  + {SYSTEM}\n"
        "nosuchVM: failed\n"
        f"webVM ({GROUP}): no changes\n  now     SystemAssigned\n  = {SYSTEM}\n"
        "3 VMs: 1 changed, 1 unchanged, 1 failed\n"
    )


def test_what_a_stopped_run_never_came_to_is_skipped(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", letting_in(lambda: program.time.sleep(6)))

    outcome = program("enable-system myVM dbVM --timeout 5")

    assert outcome.code == 7
    assert outcome.out.splitlines() == [
        f"myVM ({GROUP}): sent, outcome unknown",
        f"dbVM ({GROUP}): skipped",
        "2 VMs: 1 unknown, 1 skipped",
    ]


def test_the_error_of_a_change_is_what_failed_why_and_what_to_do(program: Program) -> None:
    outcome = program("enable-system myVN")

    what, what_to_do = outcome.err.splitlines()
    assert what.startswith("error: VM 'myVN' not found in subscription ")
    assert what.endswith(" Did you mean 'myVM'?")
    assert what_to_do == "  To see all VMs: vmident list"


@pytest.mark.parametrize("output", ["json", "human", "yaml"])
def test_an_error_of_azure_has_its_code_and_request_id_whatever_the_output(program: Program, output: str) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(403, "AuthorizationFailed", "You may not."))

    outcome = program(f"enable-system myVM -o {output}")

    what, request_id, what_to_do = outcome.err.splitlines()
    assert what == "error: myVM: You may not. [AuthorizationFailed]"
    assert request_id == "  Request ID: 11111111-2222"
    assert what_to_do == "  Ask an administrator of the subscription for access."


def test_json_is_printed_at_a_terminal_where_it_is_asked_for(program: Program) -> None:
    assert program("enable-system myVM -o json").json["status"] == "changed"
    assert program("list --query '[].name'").json == ["appVM", "dbVM", "myVM", "webVM"]


def test_a_table_keeps_to_the_width_of_the_terminal(program: Program) -> None:
    program.terminal = TERMINAL
    assert max(map(len, program("list -o table").out.splitlines())) <= 100
