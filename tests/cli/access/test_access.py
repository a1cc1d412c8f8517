"""`vmident access`: the whole program over the sandbox, whose seed has a story to find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.program import TERMINAL, Outcome, Program, answering_with, identity_id, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION
from vmident.sandbox.seeded_access import WEB_ENGINEER

REFUSED = {"error": {"code": "AuthorizationFailed", "message": "No."}}
OTHER = "otherResourceGroup"
RULE = "privileged-identity-reachable"


def identities(outcome: Outcome) -> dict[str, Any]:
    return {one["name"]: one for one in outcome.json["identities"]}


def ways(identity: Any, principal: str) -> set[tuple[str, str, bool]]:
    return {
        (one["how"], one["role"], one["eligible"]) for one in identity["canBecome"] if one["principalId"] == principal
    }


def test_a_vm_shows_who_can_act_as_its_identities_and_by_which_role(seeded: Program) -> None:
    outcome = seeded("access encryptedVM")
    found = identities(outcome)
    assert (outcome.code, set(found)) == (0, {"monitoring", "diskKeys"})
    assert ways(found["monitoring"], WEB_ENGINEER) == {
        ("run-command", "Script Runner", False),
        ("run-command", "Virtual Machine Contributor", True),
        ("extension", "Virtual Machine Contributor", True),
        ("vm-write", "Virtual Machine Contributor", True),
    }
    assert [(one["role"], one["privileged"]) for one in found["monitoring"]["canDo"]] == [("Contributor", True)]
    assert {one.split("/")[-1] for one in found["monitoring"]["attachedTo"]} == {"encryptedVM", "flexibleScaleSet"}
    assert [one["severity"] for one in outcome.json["findings"] if one["rule"] == RULE] == ["high"]
    assert [one["what"] for one in outcome.json["unread"]] == ["group members"]


def test_it_reads_a_handful_of_queries_and_writes_nothing(seeded: Program) -> None:
    seeded("access encryptedVM")
    assert {one.method for one in seeded.sent} <= {"GET", "POST"}
    assert len([one for one in seeded.sent if "ResourceGraph" in one.url]) <= 6


def test_an_identity_is_asked_about_by_name_and_a_principal_by_its_id(seeded: Program) -> None:
    assert set(identities(seeded("access --identity otherIdentity"))) == {"otherIdentity"}
    by_principal = identities(seeded(f"access --principal {WEB_ENGINEER.upper()}"))
    assert "monitoring" in by_principal
    assert "otherIdentity" not in by_principal


def test_all_of_the_sandbox_has_orphans_and_unused_identities_too(seeded: Program) -> None:
    rules = {one["rule"] for one in seeded("access --all").json["findings"]}
    assert {RULE, "federated-credential-on-vm-identity", "missing-identity", "ambiguous-default-identity"} <= rules


def test_fail_on_exits_with_10_unless_the_findings_are_ignored(seeded: Program, tmp_path: Path) -> None:
    assert seeded("access encryptedVM --fail-on high").code == 10
    assert seeded(f"access encryptedVM --fail-on high --rule {'ambiguous-default-identity'}").code == 0
    assert seeded("access webVM --fail-on medium").code == 0
    ignored = tmp_path / "ignored.txt"
    ignored.write_text(
        "# accepted until the agent moves\nprivileged-at-subscription\n\n"
        f"{RULE}:{vm_id('ENCRYPTEDVM', OTHER)}\nfederated-credential-on-vm-identity  # nightly\n",
        encoding="utf-8",
    )
    assert seeded(f"access encryptedVM --fail-on high --ignore {ignored}").code == 0


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        ("access", 2, "No VM, identity, or principal specified."),
        ("access webVM --rule privileged-identity-reachabel", 2, "Did you mean 'privileged-identity-reachable'"),
        ("access webVM --ignore missing.txt", 2, "cannot be read"),
        ("access webVM --fail-on severe", 2, "is not one of high, medium, or low"),
        ("access noVM", 3, "not found"),
        ("access --principal nope", 2, "'nope' is not an object ID."),
        ("access --principal a@contoso.com", 2, "az ad user show --id a@contoso.com --query id -o tsv"),
        ("access --principal 99999999-0e5a-4d5b-8f2b-1b7a5c0ffee4", 3, "No principal with object ID '99999999-"),
        ("access --identity monitorin", 3, "Did you mean 'monitoring'"),
    ],
)
def test_mistakes_are_answered_before_or_without_a_report(seeded: Program, words: str, code: int, part: str) -> None:
    outcome = seeded(words)
    assert (outcome.code, outcome.out) == (code, "")
    assert part in outcome.err


def test_what_azure_refuses_to_list_is_reported_as_unread(seeded: Program) -> None:
    licence = {"error": {"code": "AadPremiumLicenseRequired", "message": "The tenant needs a license."}}
    seeded.when("GET", "roleEligibilityScheduleInstances", answering_with(400, licence))
    outcome = seeded("access encryptedVM")
    (unread,) = (one for one in outcome.json["unread"] if one["what"].startswith("eligible roles"))
    assert "The tenant needs a license." in unread["why"]
    assert ways(identities(outcome)["monitoring"], WEB_ENGINEER) == {("run-command", "Script Runner", False)}


def test_credentials_that_could_not_be_read_are_not_called_absent(seeded: Program) -> None:
    seeded.when("GET", "federatedIdentityCredentials", answering_with(403, REFUSED), times=99)
    outcome = seeded("report --rule unused-identity")
    (unused,) = outcome.json["findings"]
    assert unused["message"].endswith("uses identity 'otherIdentity'. Its federated credentials were not read.")
    unread = [one["what"] for one in outcome.json["unread"]]
    assert sum(one.startswith("federated credentials of '/subscriptions/") for one in unread) >= 5


def test_without_resource_graph_a_named_vm_is_read_from_lists_with_the_same_edges(seeded: Program) -> None:
    def edges() -> set[tuple[str, str, str, str]]:
        return {
            (name, one["how"], one["source"].lower(), str(one["eligible"]))
            for name, found in identities(seeded("access encryptedVM -g otherResourceGroup")).items()
            for one in found["canBecome"]
        }

    from_graph = edges()
    seeded.when("POST", "ResourceGraph", answering_with(403, REFUSED), times=99)
    assert edges() == from_graph
    outcome = seeded("access encryptedVM -g otherResourceGroup")
    assert {one["what"] for one in outcome.json["unread"]} == {"group members", "other VMs with the same identities"}
    named = seeded("access encryptedVM -g otherResourceGroup --groups")
    assert [one["what"] for one in named.json["unread"]] == ["other VMs with the same identities"]
    people = {one["principalName"] for one in identities(named)["monitoring"]["canBecome"]}
    assert "web.engineer@sandbox.invalid" in people
    missing = seeded("access legacyVM -g otherResourceGroup")
    assert "missing-identity" in {one["rule"] for one in missing.json["findings"]}
    dependent = seeded("access signInVM -g otherResourceGroup")
    assert "system-identity-without-role" not in {one["rule"] for one in dependent.json["findings"]}


@pytest.mark.parametrize("words", ["access --identity monitoring", f"access --principal {WEB_ENGINEER}", "report"])
def test_without_resource_graph_access_cannot_be_decided(seeded: Program, words: str) -> None:
    seeded.when("POST", "ResourceGraph", answering_with(403, REFUSED), times=99)
    outcome = seeded(words)
    assert (outcome.code, outcome.out) == (4, ""), outcome.err


@pytest.mark.parametrize("words", ["access encryptedVM", "report"])
def test_roles_that_the_caller_may_not_read_are_unread_and_do_not_pass_fail_on(seeded: Program, words: str) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}"
    seeded.sandbox.limit_person([("Reader", f"{scope}/resourceGroups/{OTHER}")])
    outcome = seeded(words)
    why = {one["what"]: one["why"] for one in outcome.json["unread"]}[
        f"role assignments of subscription {SUBSCRIPTION}"
    ]
    assert (outcome.code, f"the role 'Reader' on subscription {SUBSCRIPTION}" in why) == (0, True)
    assert "system-identity-without-role" not in {one["rule"] for one in outcome.json["findings"]}
    undecided = seeded(f"{words} --fail-on high -o none")
    assert (undecided.code, undecided.out) == (5, "")
    assert "--fail-on cannot be evaluated" in undecided.err
    # A finding that fails the command does so whatever else was not read.
    assert seeded(f"{words} --fail-on low -o none").code == 10
    seeded.sandbox.limit_person([("Reader", scope)])
    assert seeded(f"{words} --fail-on high -o none").code == 10


def test_an_identity_whose_roles_were_not_read_is_not_said_to_have_none(seeded: Program) -> None:
    seeded.sandbox.limit_person([("Reader", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{OTHER}")])
    seeded.terminal = TERMINAL
    out = " ".join(seeded("access encryptedVM").out.split())
    assert "What it can do: no role assignments found; not all were read" in out
    assert "Role assignments of subscription" in out


def test_federated_credentials_of_other_and_of_deleted_identities_are_not_reported_as_unread(seeded: Program) -> None:
    def unread(words: str) -> list[str]:
        found = (one["what"] for one in seeded(f"access {words}").json["unread"])
        return [one for one in found if one.startswith("federated credentials")]

    deleted = {"error": {"code": "ParentResourceNotFound", "message": "Gone."}}
    seeded.when("GET", "userAssignedIdentities/monitoring/federated", answering_with(404, deleted), times=99)
    seeded.when("GET", "federatedIdentityCredentials", answering_with(403, REFUSED), times=99)
    assert unread("signInVM") == unread("--identity monitoring") == []
    assert unread("--identity otherIdentity") == [f"federated credentials of '{identity_id('otherIdentity')}'"]


def test_a_vm_without_identities_is_said_to_have_none(seeded: Program) -> None:
    seeded.terminal = TERMINAL
    assert seeded("access myVM").out.splitlines()[0] == "'myVM' has no identities."


def test_on_a_terminal_each_assignment_is_a_line_and_findings_have_a_fix(seeded: Program) -> None:
    seeded.terminal = TERMINAL
    out = " ".join(seeded("access encryptedVM").out.split())
    assert "Identity 'monitoring' on 1 VM and 1 scale set" in out
    assert "run commands: role 'Script Runner' on resource group 'otherResourceGroup'" in out
    assert "(eligible until 2035-01-01)" in out
    assert "Fix: az role assignment delete --ids" in out
    assert "Group members not read: use --groups" in out
