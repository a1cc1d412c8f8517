"""`runs undo`: what a run did is taken back, shown and asked first; what somebody changed since is left and named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.program import (
    GROUP,
    TERMINAL,
    Program,
    answering,
    answering_with,
    identity_id,
    interrupting,
    losing_the_answer,
    vm_id,
)
from vmident.sandbox.sandbox import SUBSCRIPTION

USER, OTHER = "myUserAssignedIdentity", "otherIdentity"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
GROUP_SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"


def identities(program: Program, names: list[str]) -> dict[str, Any]:
    """What each VM has, principals of system-assigned identities left out: they do not come back."""
    found = {}
    for name in names:
        identity = program.identity_of(name) or {"type": "None"}
        found[name] = (identity["type"], sorted(identity.get("userAssignedIdentities") or {}))
    return found


def roles_of(program: Program, name: str) -> set[str]:
    """The last segments of the roles that a VM's system-assigned principal holds in the group."""
    principal = (program.identity_of(name) or {}).get("principalId")
    return roles_held_by(program, principal)


def roles_held_by(program: Program, principal: str | None) -> set[str]:
    path = f"{GROUP_SCOPE}/providers/Microsoft.Authorization/roleAssignments"
    listed = program.colleague("GET", path, version="2022-04-01").json()["value"]
    held = [one["properties"] for one in listed if one["properties"]["principalId"] == principal]
    return {one["roleDefinitionId"].rsplit("/", 1)[-1] for one in held}


def test_a_mixed_set_of_runs_on_fifty_vms_is_taken_back_and_made_again(program: Program) -> None:
    program.operation_seconds = 0.0
    vms = [f"vm{number:02}" for number in range(50)]
    for name in vms:
        program.sandbox.add_vm(GROUP, name)
    tens = [" ".join(vms[start : start + 10]) for start in range(0, 50, 10)]
    prepared = (
        f"enable-system {tens[1]} {tens[4]} --role Reader --scope group",
        f"add-user {tens[3]} {tens[4]} --identity {USER}",
    )
    runs = (
        f"enable-system {tens[0]} {tens[3]} --role Reader --scope group",
        f"disable-system {tens[1]} --yes",
        f"add-user {tens[1]} {tens[2]} --identity {OTHER}",
        f"remove-user {tens[3]} --identity {USER} --yes",
        f"set {tens[4]} --type user --identity {OTHER} --yes --remove-roles",
    )

    def do(words: str) -> None:
        program.time.sleep(3600)
        assert program(f"{words} -g {GROUP}").code == 0, words

    def undo(run: str) -> str:
        program.time.sleep(3600)
        assert program(f"runs undo {run} --yes").code == 0
        return str(program("runs list").json[0]["run"])

    for words in prepared:
        do(words)
    program.time.sleep(3600)
    before, roles_before = identities(program, vms), [roles_of(program, name) for name in vms]
    for words in runs:
        do(words)
    program.time.sleep(3600)
    after = identities(program, vms)
    assert sum(before[name] != after[name] for name in vms) == 50
    done = [str(one["run"]) for one in program("runs list").json[: len(runs)]]

    undone = [undo(run) for run in done]

    program.time.sleep(3600)
    assert identities(program, vms) == before
    assert [roles_of(program, name) for name in vms] == roles_before

    for run in reversed(undone):
        undo(run)

    program.time.sleep(3600)
    assert identities(program, vms) == after
    assert [bool(roles_of(program, name)) for name in vms] == [name in f"{tens[0]} {tens[3]}" for name in vms]


def test_undo_says_that_the_principal_is_a_new_one_and_gives_it_the_roles_of_the_old(program: Program) -> None:
    program(f"enable-system myVM -g {GROUP} --role Reader --scope group")
    old = program.identity_of("myVM")["principalId"]
    program(f"disable-system myVM -g {GROUP} --yes")

    outcome = program("runs undo")

    assert outcome.code == 0
    (one,) = outcome.json
    assert one["after"]["principalId"] not in {None, old}
    assert [(role["role"], role["status"]) for role in one["roleAssignments"]] == [("Reader", "granted")]
    assert "new-principal" in [warning["code"] for warning in one["warnings"]]
    assert "has a new principal" in outcome.err
    assert roles_of(program, "myVM") != set()


def test_undo_shows_what_it_would_do_and_does_nothing_under_dry_run(program: Program) -> None:
    program(f"enable-system myVM -g {GROUP} --role Reader --scope group")

    (one,) = program("runs undo --dry-run").json

    assert (one["status"], one["after"]["type"], one["request"]) == ("planned", "None", {"identity": {"type": "None"}})
    assert [role["status"] for role in one["roleAssignments"]] == ["planned-removal"]
    assert [sent.method for sent in program.sent if sent.method != "GET"] == []
    assert len(program("runs list").json) == 1


def test_undo_asks_before_anything_is_lost(program: Program, typing: Typing) -> None:
    program("enable-system myVM")
    assert program("runs undo").error["code"] == "confirmation-needed"

    program.terminal = TERMINAL
    typing("n\n")
    outcome = program("runs undo")

    assert (outcome.code, program.patches) == (1, [])
    assert "myVM (myResourceGroup) will lose:\n  - system-assigned identity" in outcome.err


def test_roles_that_somebody_gave_meanwhile_are_named_and_deleted_only_where_asked(program: Program) -> None:
    program("enable-system myVM")
    run = program("runs list").json[0]["run"]
    program(f"enable-system myVM -g {GROUP} --role Reader --scope group")

    (one,) = program(f"runs undo {run} --dry-run").json
    assert [role["status"] for role in one["roleAssignments"]] == ["orphaned"]
    (one,) = program(f"runs undo {run} --yes --remove-roles").json
    assert [role["status"] for role in one["roleAssignments"]] == ["removed"]


def test_a_vm_that_was_changed_since_is_left_and_named_and_the_others_are_taken_back(program: Program) -> None:
    program(f"add-user myVM webVM -g {GROUP} --identity {USER}")
    run = program("runs list").json[0]["run"]
    program(f"add-user webVM -g {GROUP} --identity {OTHER}")

    outcome = program(f"runs undo {run} --yes")

    assert outcome.code == 5
    assert [(one["name"], one["status"]) for one in outcome.json] == [("myVM", "changed"), ("webVM", "failed")]
    error = outcome.json[1]["error"]
    assert error["code"] == "state-drifted"
    assert "it has the system-assigned identity " in error["message"]
    assert f", '{USER}', and '{OTHER}'; the run left it with" in error["message"]
    assert len(program.patches) == 1
    assert program(f"runs undo {run} --yes").code == 6


def test_a_principal_that_somebody_made_anew_is_a_change_since(program: Program) -> None:
    program("enable-system myVM")
    run = program("runs list").json[0]["run"]
    program("disable-system myVM --yes")
    program("enable-system myVM")

    assert program(f"runs undo {run} --yes").json[0]["error"]["code"] == "state-drifted"


def test_a_colleague_who_comes_between_the_read_and_the_write_is_not_undone(program: Program) -> None:
    program("enable-system myVM")
    body = {"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity_id(OTHER): {}}}}

    def meanwhile(_request: Any, onward: Any) -> Any:
        program.colleague("PATCH", vm_id("myVM"), body)
        program.time.sleep(30)
        return onward()

    program.when("PATCH", "virtualMachines/myVM", meanwhile)

    outcome = program("runs undo --yes")

    assert (outcome.code, outcome.json[0]["error"]["code"]) == (6, "state-drifted")
    assert program.identity_of("myVM")["type"] == "SystemAssigned, UserAssigned"
    assert program("runs show").json["status"] == "failed"


def test_an_undo_whose_answer_is_lost_is_done_once(program: Program) -> None:
    program(f"enable-system myVM -g {GROUP} --role Reader --scope group")
    program(f"disable-system myVM -g {GROUP} --yes")
    program.when("PATCH", "virtualMachines/myVM", losing_the_answer)

    outcome = program("runs undo")

    assert (outcome.code, outcome.json[0]["status"], len(program.patches)) == (0, "changed", 1)
    assert roles_of(program, "myVM") != set()


def test_an_undo_that_was_interrupted_goes_on_as_an_undo(program: Program) -> None:
    program(f"enable-system myVM dbVM -g {GROUP} --role Reader --scope group")
    program.when("PATCH", "virtualMachines/dbVM", interrupting)
    assert program("runs undo --yes").code == 130
    assert program("runs show").json["undoes"]
    assert "  undoes  " in program("runs show -o human").out

    assert program("runs resume").code == 0
    assert identities(program, ["myVM", "dbVM"]) == {
        "myVM": ("None", []),
        "dbVM": ("UserAssigned", [identity_id(USER)]),
    }


def test_what_became_of_a_vm_in_flight_is_read_before_it_is_taken_back(program: Program) -> None:
    program.when("PATCH", "virtualMachines/dbVM", interrupting)
    program(f"enable-system myVM dbVM webVM -g {GROUP}")

    outcome = program("runs undo --yes")

    assert outcome.code == 0
    assert [(one["name"], one["status"]) for one in outcome.json] == [("myVM", "changed"), ("dbVM", "unchanged")]


def test_a_run_that_failed_everywhere_leaves_nothing_to_take_back(program: Program) -> None:
    program.when("PATCH", "virtualMachines/myVM", answering(403, "AuthorizationFailed"))
    program("enable-system myVM")

    assert (program("runs undo").code, program.sent) == (0, [])


def test_a_run_that_changed_roles_alone_is_taken_back_and_made_again(program: Program) -> None:
    program(f"enable-system webVM -g {GROUP} --role Reader --scope group")
    granted = roles_of(program, "webVM")

    (one,) = program("runs undo").json
    assert (one["status"], one["request"], roles_of(program, "webVM")) == ("changed", None, set())
    (one,) = program("runs undo").json
    assert ([role["status"] for role in one["roleAssignments"]], roles_of(program, "webVM")) == (["granted"], granted)
    assert granted != set()


def test_a_granted_role_that_is_gone_already_is_not_taken_away_again(program: Program) -> None:
    granted = program(f"enable-system webVM -g {GROUP} --role Reader --scope group").json["roleAssignments"][0]["id"]
    program.colleague("DELETE", granted, version="2022-04-01")

    (one,) = program("runs undo").json

    assert (one["status"], "roleAssignments" in one) == ("unchanged", False)


@pytest.mark.parametrize("vm", ["myVM", "webVM"])
def test_a_role_that_cannot_be_given_back_is_told_with_the_way_to_do_it(program: Program, vm: str) -> None:
    program(f"enable-system {vm} -g {GROUP} --role Reader --scope group")
    program("runs undo --yes")
    program.when("PUT", "roleAssignments", answering(403, "AuthorizationFailed"))

    outcome = program("runs undo")

    assert (outcome.code, outcome.json[0]["status"]) == (4, "failed")
    error = outcome.json[0]["error"]
    assert "these roles were not granted: 'Reader'" in error["message"]
    assert "az role assignment create --assignee-object-id" in error["hint"]


def test_going_on_with_an_undo_removes_the_roles_of_the_run_and_no_others(program: Program) -> None:
    program(f"enable-system myVM -g {GROUP} --role Reader --scope group")
    principal = program.identity_of("myVM")["principalId"]
    program.when("PATCH", "myVM", interrupting)
    assert program("runs undo --yes").code == 130
    undoing = program("runs list").json[0]["run"]
    program(f"enable-system myVM -g {GROUP} --role Contributor --scope group")

    assert program(f"runs resume {undoing}").code == 0

    assert program.identity_of("myVM") is None
    assert roles_held_by(program, principal) == {CONTRIBUTOR}


def test_undoing_a_change_that_was_not_waited_for_and_failed_leaves_the_vm_as_it_is(program: Program) -> None:
    accepted = {"id": vm_id("webVM"), "location": "westus", "properties": {"provisioningState": "Updating"}}
    program.when("PATCH", "webVM", answering_with(202, accepted))
    assert program(f"disable-system webVM -g {GROUP} --yes --no-wait").json["status"] == "accepted"

    undone = program("runs undo --yes")

    assert (undone.code, undone.json[0]["status"]) == (0, "unchanged")
