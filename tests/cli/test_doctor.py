"""`vmident doctor`: each thing that a change of identities needs, found well or found wanting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Typing
from tests.program import (
    GROUP,
    TERMINAL,
    Outcome,
    Program,
    answering,
    answering_about_it,
    answering_with,
    identity_id,
    losing_the_request,
    vm_id,
)
from vmident.sandbox.sandbox import PERSON_ID, SUBSCRIPTION, TOKEN

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"


def amiss(outcome: Outcome) -> list[tuple[str, str]]:
    return [
        (one["check"], one["verdict"]) for one in outcome.json["checks"] if one["verdict"] in ("warning", "problem")
    ]


def hint_of(outcome: Outcome, check: str) -> str:
    return str(next(one["hint"] for one in outcome.json["checks"] if one["check"] == check and one["hint"]))


def delete_identity(program: Program, name: str) -> None:
    assert program.colleague("DELETE", identity_id(name)).status == 200


def test_where_all_is_well_it_says_so_and_writes_nothing(program: Program) -> None:
    outcome = program("doctor appVM --identity otherIdentity")

    assert (outcome.code, amiss(outcome), outcome.json["ok"], outcome.err) == (0, [], True, "")
    checks = {one["check"] for one in outcome.json["checks"]}
    assert checks == {
        "sign-in", "subscription", "clock", "network", "provider", "vm", "agent", "permission", "attachment",
        "token service",
    }  # fmt: skip
    assert {one.method for one in program.sent} <= {"GET", "POST"}


def test_without_a_vm_it_looks_at_the_account_alone(program: Program) -> None:
    outcome = program("doctor")
    assert outcome.code == 0
    assert not [one for one in program.sent if "virtualMachines" in one.url]


def test_on_a_terminal_each_check_is_a_line_and_the_sum_stands_below(program: Program) -> None:
    program.terminal = TERMINAL
    outcome = program("doctor myVM")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("ok       sign-in")
    assert lines[-1] == "All checks passed."


def test_a_deleted_identity_is_found_and_fix_removes_it_and_leaves_the_others(program: Program) -> None:
    program.sandbox.add_vm(GROUP, "oldVM", system=True, identities=["gone", "otherIdentity"])
    found = program("doctor oldVM")
    assert (found.code, amiss(found), program.patches) == (1, [("attachment", "problem")], [])
    assert f"vmident doctor {vm_id('oldVM')} --fix" in hint_of(found, "attachment")

    fixed = program("doctor oldVM --fix --yes")
    assert (fixed.code, fixed.json["ok"]) == (0, True)
    assert [one["status"] for one in fixed.json["fixed"]] == ["changed"]
    assert program.patches == [
        {"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity_id("gone"): None}}}
    ]
    identity = program.identity_of("oldVM")
    assert (identity["type"], list(identity["userAssignedIdentities"])) == (
        "SystemAssigned, UserAssigned",
        [identity_id("otherIdentity")],
    )


def test_fix_asks_first_and_no_changes_nothing(program: Program, typing: Typing) -> None:
    delete_identity(program, "myUserAssignedIdentity")
    program.terminal = TERMINAL
    typing("n\n")
    outcome = program("doctor appVM --fix")
    assert (outcome.code, program.patches) == (1, [])
    assert "appVM (myResourceGroup) will lose:" in outcome.err
    assert "problem  attachment" in outcome.out


def test_fix_needs_yes_off_a_terminal(program: Program) -> None:
    delete_identity(program, "myUserAssignedIdentity")
    outcome = program("doctor appVM --fix")
    assert (outcome.code, program.patches) == (2, [])
    assert outcome.error["hint"] == "Use --yes to confirm."
    assert (amiss(outcome), outcome.json["fixed"]) == ([("attachment", "problem")], [])


def test_fix_with_nothing_to_fix_writes_nothing(program: Program) -> None:
    outcome = program("doctor appVM --fix --yes")
    assert (outcome.code, outcome.json["fixed"], program.patches) == (0, [], [])


@pytest.mark.parametrize("words", ["doctor --fix", "doctor --identity otherIdentity", "doctor [system]"])
def test_wrong_usage_sends_nothing(program: Program, words: str) -> None:
    outcome = program(words)
    assert (outcome.code, program.sent) == (2, [])


def test_what_one_may_not_do_is_named_with_the_role_and_the_command(program: Program) -> None:
    program.sandbox.limit_person([("Reader", IN_SUBSCRIPTION)])
    outcome = program("doctor myVM --identity otherIdentity")

    assert (outcome.code, amiss(outcome)) == (1, [("permission", "problem"), ("permission", "problem")])
    hints = [one["hint"] for one in outcome.json["checks"] if one["check"] == "permission"]
    assert '--role "Virtual Machine Contributor"' in hints[0]
    assert hints[0].endswith(vm_id("myVM"))
    assert '--role "Managed Identity Operator"' in hints[1]
    assert hints[1].endswith(identity_id("otherIdentity"))


def test_a_role_that_would_do_is_enough(program: Program) -> None:
    program.sandbox.limit_person(
        [
            ("Reader", IN_SUBSCRIPTION),
            ("Virtual Machine Contributor", vm_id("myVM")),
            ("Managed Identity Operator", identity_id("otherIdentity")),
        ]
    )
    assert program("doctor myVM --identity otherIdentity").code == 0


def test_several_user_assigned_identities_without_a_default_are_a_warning(program: Program) -> None:
    program.sandbox.add_vm(GROUP, "twoVM", identities=["myUserAssignedIdentity", "otherIdentity"])
    assert amiss(program("doctor twoVM")) == [("token service", "warning")]


def test_an_identity_that_was_deleted_and_made_again_is_found_and_not_fixed(program: Program) -> None:
    delete_identity(program, "myUserAssignedIdentity")
    assert program.colleague("PUT", identity_id("myUserAssignedIdentity"), {"location": "westus"}).status == 201
    outcome = program("doctor dbVM --fix --yes")
    expected = [("attachment", "problem"), ("token service", "warning")]
    assert (outcome.code, amiss(outcome), program.patches) == (1, expected, [])
    assert hint_of(outcome, "token service") == f"To check: vmident verify {vm_id('dbVM')}"
    assert "created again" in next(one["message"] for one in outcome.json["checks"] if one["check"] == "attachment")


def test_the_command_that_grants_names_who_is_signed_in(program: Program) -> None:
    program.sandbox.limit_person([("Reader", IN_SUBSCRIPTION)])
    assert f"--assignee {PERSON_ID} " in hint_of(program("doctor myVM"), "permission")
    refused = program(f"enable-system myVM -g {GROUP} --role Reader --scope group")
    assert f"--assignee {PERSON_ID} " in refused.json["error"]["hint"]


def test_a_stopped_vm_is_a_warning(program: Program) -> None:
    view = {"properties": {"instanceView": {"statuses": [{"code": "PowerState/deallocated"}]}}}
    program.when("GET", "$expand=instanceView", answering_about_it(view))
    outcome = program("doctor webVM")
    assert amiss(outcome) == [("vm", "warning")]
    assert outcome.json["checks"][-1]["message"].startswith("When the VM runs, programs that")
    assert "az vm start" in hint_of(outcome, "vm")


def test_a_provider_that_is_not_registered_is_a_problem(program: Program) -> None:
    program.sandbox.unregister("Microsoft.ManagedIdentity")
    outcome = program("doctor")
    assert amiss(outcome) == [("provider", "problem")]
    assert hint_of(outcome, "provider") == "Register it: az provider register --namespace Microsoft.ManagedIdentity"


def test_a_clock_that_is_off_is_a_problem(program: Program) -> None:
    seen = {"displayName": "mine", "state": "Enabled"}
    date = {"Date": "Tue, 01 Jan 2019 00:00:00 GMT"}
    program.when("GET", f"{IN_SUBSCRIPTION}?", answering_about_it(seen, date))
    assert amiss(program("doctor")) == [("clock", "problem")]


def test_a_subscription_that_is_not_enabled_is_a_problem(program: Program) -> None:
    program.when("GET", f"{IN_SUBSCRIPTION}?", answering_about_it({"displayName": "mine", "state": "Disabled"}))
    assert amiss(program("doctor")) == [("subscription", "problem")]


@pytest.mark.parametrize(
    ("trouble", "check"),
    [
        (answering(401, "ExpiredAuthenticationToken"), "sign-in"),
        (answering(404, "SubscriptionNotFound"), "subscription"),
        (losing_the_request, "subscription"),
    ],
)
def test_without_a_way_to_azure_nothing_further_is_asked(program: Program, trouble: Any, check: str) -> None:
    program.when("GET", f"{IN_SUBSCRIPTION}?", trouble, times=100)
    outcome = program("doctor myVM")
    assert (outcome.code, amiss(outcome)) == (1, [(check, "problem")])
    assert outcome.json["checks"][-1]["verdict"] in ("problem", "skipped")
    assert not [one for one in program.sent if "virtualMachines" in one.url]


def test_without_a_subscription_it_says_how_to_name_one(program: Program) -> None:
    program.environ = {"VMIDENT_ACCESS_TOKEN": TOKEN}
    two = [{"subscriptionId": f"{one}-id", "displayName": one, "state": "Enabled"} for one in ("Prod", "Test")]
    program.when("GET", "/subscriptions?", answering_with(200, {"value": two}))
    outcome = program("doctor myVM")
    assert (outcome.code, len(program.sent)) == (1, 1)
    assert "--subscription" in hint_of(outcome, "subscription")


def test_a_vm_that_is_not_there_is_a_problem_with_near_names(program: Program) -> None:
    outcome = program("doctor myVN -g myResourceGroup")
    assert amiss(outcome) == [("vm", "problem")]
    assert "'myVM'" in next(one["message"] for one in outcome.json["checks"] if one["check"] == "vm")


def test_a_look_that_fails_is_a_finding_and_the_others_are_made(program: Program) -> None:
    program.when("GET", "/permissions?", answering(403, "AuthorizationFailed", "No."))
    outcome = program("doctor myVM")
    assert amiss(outcome) == [("permission", "problem")]
    assert outcome.json["checks"][-1]["check"] == "token service"


def test_missing_certificates_and_a_proxy_are_told_without_its_password(program: Program) -> None:
    program.environ |= {"VMIDENT_SANDBOX": "", "VMIDENT_ACCESS_TOKEN": TOKEN, "VMIDENT_SUBSCRIPTION": SUBSCRIPTION}
    program.environ |= {"HTTPS_PROXY": "http://me:secret@proxy:8080"}
    program.when(
        "GET",
        "",
        answering_about_it({"displayName": "m", "state": "Enabled", "registrationState": "Registered"}),
        times=9,
    )
    outcome = program("doctor")
    assert "through the proxy http://proxy:8080." in outcome.out
    assert "secret" not in outcome.out + outcome.err

    program.environ["REQUESTS_CA_BUNDLE"] = "/no/such/file"
    program.when(
        "GET",
        "",
        answering_about_it({"displayName": "m", "state": "Enabled", "registrationState": "Registered"}),
        times=9,
    )
    assert ("network", "warning") in amiss(program("doctor"))


def checks_of(outcome: Outcome, vm: str | None) -> list[str]:
    return [one["check"] for one in outcome.json["checks"] if one["vm"] == vm]


PER_VM = ["vm", "agent", "permission", "attachment", "token service"]


@pytest.mark.parametrize("words", ["myVM dbVM", "--where \"name =~ 'dbVM' or name =~ 'myVM'\"", "--tag team=web"])
def test_several_vms_are_looked_at_one_after_the_other_and_the_account_once(program: Program, words: str) -> None:
    for name in ("myVM", "dbVM"):
        program.colleague("PATCH", vm_id(name), {"tags": {"team": "web"}})
    program.time.sleep(60)
    outcome = program(f"doctor {words}")

    assert (outcome.code, outcome.json["ok"], outcome.err) == (0, True, "")
    assert {one["vm"] for one in outcome.json["checks"]} == {None, vm_id("myVM"), vm_id("dbVM")}
    assert checks_of(outcome, vm_id("myVM")) == checks_of(outcome, vm_id("dbVM")) == PER_VM
    alone = program("doctor").json["checks"]
    assert [one for one in outcome.json["checks"] if one["vm"] is None] == [{"vm": None, **one} for one in alone]


def test_a_group_alone_and_ids_from_standard_input_take_their_vms(program: Program) -> None:
    assert len({one["vm"] for one in program(f"doctor -g {GROUP}").json["checks"]}) == 5
    program.standard_input = vm_id("myVM")
    assert {one["vm"] for one in program("doctor --ids -").json["checks"]} == {None, vm_id("myVM")}
    assert "vm" not in program(f"doctor myVM -g {GROUP}").json["checks"][0]


def test_one_that_is_not_there_is_named_as_typed_and_does_not_stop_the_others(program: Program) -> None:
    outcome = program(f"doctor myVN myVM {vm_id('myVM')} -g {GROUP}")
    assert (outcome.code, amiss(outcome)) == (1, [("vm", "problem")])
    assert (checks_of(outcome, "myVN"), checks_of(outcome, vm_id("myVM"))) == (["vm"], PER_VM)


def test_a_selection_that_cannot_be_made_is_a_finding_and_one_of_nothing_is_said(program: Program) -> None:
    outcome = program("doctor -g lostGroup")
    assert (outcome.code, amiss(outcome)) == (1, [("vm", "problem")])
    none = program("doctor --tag lost")
    assert (none.code, none.err, {one["vm"] for one in none.json["checks"]}) == (
        0,
        "No VMs found with tag lost.\n",
        {None},
    )


def test_many_vms_share_lists_and_what_is_read_of_their_identities(program: Program) -> None:
    names = [f"many{number}" for number in range(12)]
    for name in names:
        program.sandbox.add_vm(GROUP, name, identities=["otherIdentity", "gone"])
    outcome = program(f"doctor {' '.join(names)} -g {GROUP}")
    assert amiss(outcome) == [("attachment", "problem"), ("token service", "warning")] * 12
    assert len([one for one in program.sent if "userAssignedIdentities" in one.path and "Auth" not in one.path]) == 2
    reads = [one for one in program.sent if "virtualMachines" in one.path and "Authorization" not in one.path]
    assert len([one for one in reads if "$expand" not in one.url]) == 1


def test_fix_asks_once_for_all_and_detaches_from_each(program: Program, typing: Typing) -> None:
    for name in ("oldVM", "agedVM"):
        program.sandbox.add_vm(GROUP, name, system=True, identities=["gone"])
    program.terminal = TERMINAL
    typing("y\n")
    outcome = program(f"doctor -g {GROUP} --fix")

    assert (outcome.code, outcome.err.count("Continue?")) == (0, 1)
    lines = outcome.out.splitlines()
    assert [line for line in lines if line.endswith(f"({GROUP})")] == [
        f"{name} ({GROUP})" for name in ("agedVM", "appVM", "dbVM", "myVM", "oldVM", "webVM")
    ]
    assert (lines[0], lines[-1]) == (f"agedVM ({GROUP}): changed", "All checks passed.")
    assert [program.identity_of(name)["type"] for name in ("oldVM", "agedVM")] == ["SystemAssigned"] * 2


def test_fix_off_a_terminal_takes_yes_for_all(program: Program) -> None:
    for name in ("oldVM", "agedVM"):
        program.sandbox.add_vm(GROUP, name, identities=["gone"])
    refused = program("doctor oldVM agedVM --fix")
    assert (refused.code, program.patches, len(amiss(refused))) == (2, [], 4)
    fixed = program("doctor oldVM agedVM myVM --fix --yes")
    assert [(one["name"], one["status"]) for one in fixed.json["fixed"]] == [
        ("oldVM", "changed"),
        ("agedVM", "changed"),
    ]


def test_what_cannot_be_fixed_is_said(program: Program) -> None:
    program.sandbox.add_vm(GROUP, "oldVM", identities=["gone"])
    program.when("PATCH", "oldVM", answering(403, "AuthorizationFailed", "No."))
    outcome = program("doctor oldVM --fix --yes")
    assert (outcome.code, [one["status"] for one in outcome.json["fixed"]]) == (1, ["failed"])
    assert outcome.err.startswith("error: oldVM: ")


ELSEWHERE = "00000000-0000-0000-0000-000000000001"


def test_of_several_subscriptions_each_is_checked(program: Program) -> None:
    outcome = program(f"doctor -g {GROUP} --subscription {SUBSCRIPTION} --subscription {ELSEWHERE}")
    general = [one["check"] for one in outcome.json["checks"] if one["vm"] is None]
    assert general == ["sign-in", "network", "subscription", "clock", *["provider"] * 3, "subscription", "vm"]
    assert amiss(outcome) == [("subscription", "problem"), ("vm", "problem")]
    program.sandbox.unregister("Microsoft.Network")
    assert hint_of(program("doctor --all --subscription all"), "provider").endswith("--namespace Microsoft.Network")


def test_a_provider_of_one_of_several_subscriptions_is_told_with_it(program: Program) -> None:
    seen = {"displayName": "other", "state": "Enabled", "registrationState": "NotRegistered", "value": []}
    program.when("GET", ELSEWHERE, answering_about_it(seen, {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}), times=9)
    outcome = program(f"doctor --all --subscription {SUBSCRIPTION} --subscription {ELSEWHERE}")
    assert amiss(outcome) == [("provider", "problem")] * 3
    assert hint_of(outcome, "provider").endswith(f"--namespace Microsoft.Compute --subscription {ELSEWHERE}")
    assert [one["check"] for one in outcome.json["checks"]].count("clock") == 1


def test_it_is_told_which_vm_is_being_looked_at(program: Program) -> None:
    assert program("doctor myVM dbVM --verbose").err.splitlines() == ["Checking VM 1 of 2", "Checking VM 2 of 2"]


def test_a_sign_in_that_ends_on_the_way_is_the_finding(program: Program) -> None:
    program.when("GET", "virtualMachines/dbVM", answering(401, "ExpiredAuthenticationToken"))
    outcome = program(f"doctor myVM dbVM -g {GROUP}")
    assert (outcome.code, amiss(outcome)) == (1, [("sign-in", "problem")])


@pytest.mark.parametrize("part", ["/subscriptions?", "/virtualMachines?"])
def test_a_token_that_is_refused_where_vms_are_looked_for_is_the_finding(program: Program, part: str) -> None:
    program.when("GET", part, answering(401, "ExpiredAuthenticationToken"))
    outcome = program("doctor --all --subscription all")
    assert (outcome.code, amiss(outcome)) == (1, [("sign-in", "problem")])
