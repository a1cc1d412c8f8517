"""Plans that are saved, reviewed and applied later."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cli.desired_state.conftest import LOSING, OTHER, USER, WEB, Description, attach
from tests.program import Program, identity_id, interrupting, letting_in


def test_a_saved_plan_is_carried_out_exactly_and_a_vm_that_has_moved_on_is_refused(
    program: Program, desired_file: Description
) -> None:
    plan = program.folder / "friday.plan"
    assert program(f"plan -f {desired_file(WEB)} --save {plan}").code == 0
    attach(program, "webVM", USER)

    outcome = program(f"apply {plan}")

    assert outcome.code == 5
    mine, web = outcome.json
    assert (mine["status"], web["status"], web["error"]["code"]) == ("changed", "failed", "state-drifted")
    system = f"the system-assigned identity {program.identity_of('webVM')['principalId']}"
    assert f"it had {system}; now it has {system} and 'myUserAssignedIdentity'" in web["error"]["message"]
    assert set(program.identity_of("webVM")["userAssignedIdentities"]) == {identity_id(USER)}

    refused = program(f"apply {plan} -g myResourceGroup")
    assert (refused.code, program.sent) == (2, [])
    assert "Remove -g, or create a plan for the resource group:" in refused.error["hint"]

    alone = program(f"apply {plan}")
    assert [(one["status"]) for one in alone.json] == ["unchanged", "failed"]


def test_where_every_vm_of_a_saved_plan_has_moved_on_the_exit_code_is_that_of_a_conflict(
    program: Program, desired_file: Description
) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired_file(WEB.replace(', my*', ''))} --save {plan}")
    program("disable-system webVM --yes")

    assert program(f"apply {plan}").code == 6


def test_a_system_assigned_identity_that_was_made_anew_is_another(program: Program, desired_file: Description) -> None:
    plan = program.folder / "friday.plan"
    file = desired_file(LOSING.replace("'*'", "webVM"))
    program(f"plan -f {file} --save {plan}")
    program("disable-system webVM --yes")
    program("enable-system webVM")

    assert program(f"apply {plan} --yes").code == 6


def test_a_colleague_who_comes_first_stops_a_saved_plan_for_that_vm(
    program: Program, desired_file: Description
) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired_file(WEB)} --save {plan}")
    program.when("PATCH", "webVM", letting_in(lambda: attach(program, "webVM", USER)))

    outcome = program(f"apply {plan}")

    assert [one["error"] and one["error"]["code"] for one in outcome.json] == [None, "state-drifted"]
    assert set(program.identity_of("webVM")["userAssignedIdentities"]) == {identity_id(USER)}


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda plan: plan | {"version": 2}, "is a plan of version 2"),
        (lambda plan: plan | {"endpoint": "https://management.azure.com"}, "was made for https://management.azure.com"),
        (lambda plan: plan | {"format": "other"}, "is not a saved plan"),
        (lambda plan: [], "is not a saved plan"),
        (lambda plan: {key: plan[key] for key in plan if key != "vms"}, "is not a valid plan"),
        (lambda plan: plan | {"vms": [plan["vms"][0] | {"id": identity_id(OTHER)}]}, "is not a valid plan"),
        (lambda plan: plan | {"vms": [plan["vms"][0], plan["vms"][0]]}, "a VM or scale set is listed twice"),
        (lambda plan: plan | {"vms": [plan["vms"][0] | {"request": None}]}, "is not a valid plan"),
        (lambda plan: plan | {"vms": [plan["vms"][0] | {"before": {"type": "Strange"}}]}, "is not a valid plan"),
    ],
)
def test_what_is_no_plan_for_here_is_refused_before_anything_is_sent(
    program: Program, desired_file: Description, alter: Callable[[object], object], said: str
) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired_file(WEB)} --save {plan}")
    plan.write_text(json.dumps(alter(json.loads(plan.read_text(encoding="utf-8")))), encoding="utf-8")

    outcome = program(f"apply {plan}")

    assert (outcome.code, outcome.error["code"], program.sent) == (2, "bad-plan", [])
    assert said in outcome.error["message"]


def test_a_description_is_no_saved_plan(program: Program, desired_file: Description) -> None:
    assert program(f"apply {desired_file(WEB)}").error["code"] == "bad-plan"


def test_a_saved_plan_says_when_and_for_what_it_was_made_and_holds_no_token(
    program: Program, desired_file: Description
) -> None:
    plan = program.folder / "friday.plan"
    program(f"plan -f {desired_file(WEB)} --save {plan}")

    saved = json.loads(plan.read_text(encoding="utf-8"))
    assert {key: saved[key] for key in ("format", "version", "endpoint", "made")} == {
        "format": "vmident-plan",
        "version": 1,
        "endpoint": "https://management.sandbox.invalid",
        "made": "2027-01-15T08:00:00Z",
    }
    assert "token" not in plan.read_text(encoding="utf-8").lower()


def test_strict_is_refused_with_a_saved_plan(program: Program, desired_file: Description) -> None:
    assert program(f"plan -f {desired_file(WEB)} --save {program.folder}/a.plan").code == 0
    assert program(f"apply {program.folder}/a.plan --strict --yes").code == 2
    assert program.sent == []


def test_saving_a_plan_says_so_and_how_to_apply_it(program: Program, desired_file: Description) -> None:
    file = program.folder / "friday's.plan"

    outcome = program(f'plan -f {desired_file(WEB)} --save "{file}"')

    confused = program(f'apply -f "{file}"').error
    assert confused["message"].endswith("friday's.plan is a saved plan, not a desired-state file.")
    saved, command = outcome.err.splitlines()[-1].split(" To apply it: vmident ")
    assert saved == f"Saved the plan to '{file}'."
    assert program(f"{command} --yes").code == 0


def test_a_saved_plan_that_was_cut_short_goes_on_and_still_refuses_a_vm_that_has_moved_on(
    program: Program, desired_file: Description
) -> None:
    saved = program.folder / "friday.plan"
    program(f"plan -f {desired_file(WEB)} --save {saved}")
    program.when("PATCH", "webVM", interrupting)
    assert program(f"apply {saved}").code == 130
    attach(program, "webVM", USER)

    outcome = program("runs resume")

    assert (outcome.code, outcome.json[0]["error"]["code"]) == (6, "state-drifted")
