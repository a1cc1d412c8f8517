"""`--verify` of `enable-system` and `add-user`: the change, and then its proof from inside the VM."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.cli.verify.printing import APPID, OID, printing
from tests.cli.verify.test_verify import scripts_in, stop
from tests.program import GROUP, WIDE_TERMINAL, Program, identity_id

USER = "myUserAssignedIdentity"


@pytest.mark.parametrize(
    ("words", "identity"),
    [("enable-system myVM", "system"), (f"add-user myVM --identity {USER}", identity_id(USER))],
)
def test_the_identity_is_verified_after_the_change(program: Program, words: str, identity: str) -> None:
    outcome = program(f"{words} --verify --yes")
    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    verification = outcome.json["verification"]
    assert (verification["status"], [one["identity"] for one in verification["checks"]]) == ("verified", [identity])
    methods = [one.method for one in program.sent]
    assert methods.index("PATCH") < methods.index("POST")


def test_a_change_that_was_made_before_is_verified_too(program: Program) -> None:
    outcome = program("enable-system webVM --verify --yes")
    assert (outcome.json["status"], outcome.json["verification"]["status"], program.patches) == (
        "unchanged",
        "verified",
        [],
    )


def test_it_waits_until_the_change_is_seen_inside(program: Program) -> None:
    gone = printing(program, "@ tool curl", "@ 0 410 Gone")

    def at_first(request: Any, onward: Any) -> Any:
        return gone(request, onward) if 0 < len(scripts_in(program)) < 3 else onward()

    program.when("GET", "/operations/", at_first, times=99)
    outcome = program("enable-system myVM --verify --yes")
    assert (outcome.code, outcome.json["verification"]["status"]) == (0, "verified")
    assert len(scripts_in(program)) >= 3


def test_a_change_that_is_not_seen_inside_is_made_and_fails(program: Program) -> None:
    wrong = printing(program, "@ tool curl", f"@ 0 200 {OID} {APPID} =")
    outcome = program("enable-system myVM -g nope --verify --yes")
    assert (outcome.code, "verification" in outcome.json) == (3, False)
    assert program("enable-system myVM").code == 0
    program.when("GET", "/operations/", wrong, times=99)
    outcome = program("enable-system myVM --verify --yes")
    assert (outcome.code, outcome.json["status"], outcome.json["verification"]["status"]) == (1, "unchanged", "failed")


def test_a_vm_that_is_stopped_is_changed_and_not_verified(program: Program) -> None:
    stop(program, "myVM")
    outcome = program("enable-system myVM --verify --yes")
    assert (outcome.code, outcome.json["status"]) == (5, "changed")
    assert outcome.json["verification"]["error"]["code"] == "vm-not-running"


def test_many_are_verified_side_by_side_and_told_by_what_is_amiss(program: Program, typing: Typing) -> None:
    for number in range(20):
        program.sandbox.add_vm(GROUP, f"vm{number:02}")
    stop(program, "myVM")
    program.terminal = WIDE_TERMINAL
    typing("y\ny\n")
    outcome = program("enable-system --all --verify")
    assert outcome.code == 5
    assert outcome.out.splitlines()[-1] == "24 VMs: 23 verified, 1 skipped"
    assert "myVM (myResourceGroup): skipped" in outcome.out


def test_it_asks_before_the_change(program: Program, typing: Typing) -> None:
    assert program("enable-system myVM --verify").code == 2
    program.terminal = WIDE_TERMINAL
    typing("n\n")
    outcome = program("enable-system myVM --verify")
    assert (outcome.code, program.patches, scripts_in(program)) == (1, [], [])
    typing("y\n")
    outcome = program("enable-system myVM --verify")
    assert outcome.out.splitlines()[-2] == "myVM (myResourceGroup): verified"


def test_a_change_that_is_only_shown_or_not_waited_for_is_not_verified(program: Program) -> None:
    outcome = program("enable-system myVM --verify --dry-run")
    assert (outcome.code, "verification" in outcome.json, scripts_in(program)) == (0, False, [])
    assert program("enable-system myVM --verify --no-wait --yes").code == 2
