"""Conditions that people write for `--where`, through the whole program and the sandbox's Resource Graph."""

from __future__ import annotations

import pytest

from tests.program import GROUP, Program, answering, vm_id
from vmident.sandbox.sandbox import SUBSCRIPTION

GRAPH = "/providers/Microsoft.ResourceGraph/resources"


@pytest.fixture
def seeded(program: Program) -> Program:
    """The four VMs of the sandbox, one of them tagged, and a fifth in another region."""
    program.colleague("PATCH", vm_id("webVM"), {"tags": {"team": "Web", "cost center": "42"}})
    program.sandbox.add_vm(GROUP, "eastVM", location="eastus")
    program.time.sleep(60)
    return program


ALL = ["appVM", "dbVM", "eastVM", "myVM", "webVM"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        # By type of identity.
        ("identity.type == 'SystemAssigned'", ["webVM"]),
        ("identity.type =~ 'systemassigned, userassigned'", ["appVM"]),
        ("identity.type has 'UserAssigned'", ["appVM", "dbVM"]),
        ("identity.type in~ ('SystemAssigned', 'UserAssigned')", ["dbVM", "webVM"]),
        ("identity.type !contains 'System'", ["dbVM", "eastVM", "myVM"]),
        # Without identities, and with.
        ("isnull(identity)", ["eastVM", "myVM"]),
        ("isempty(identity.type)", ["eastVM", "myVM"]),
        ("isnotempty(identity.principalId)", ["appVM", "webVM"]),
        ("isnotnull(identity.userAssignedIdentities)", ["appVM", "dbVM"]),
        ("tostring(identity.userAssignedIdentities) contains '/myuserassignedidentity'", ["appVM", "dbVM"]),
        # By number of identities.
        ("array_length(bag_keys(identity.userAssignedIdentities)) > 0", ["appVM", "dbVM"]),
        ("coalesce(array_length(bag_keys(identity.userAssignedIdentities)), 0) == 0", ["eastVM", "myVM", "webVM"]),
        # By size, image and region.
        ("properties.hardwareProfile.vmSize == 'Standard_DS1_v2'", ALL),
        ("tostring(properties.hardwareProfile.vmSize) startswith 'Standard_E'", []),
        ("properties.storageProfile.osDisk.osType =~ 'linux' and location in ('eastus', 'eastus2')", ["eastVM"]),
        ("location != 'westus' or name matches regex '^(db|app)'", ["appVM", "dbVM", "eastVM"]),
        # By tag.
        ("tags.team =~ 'web'", ["webVM"]),
        ("tags['cost center'] == '42'", ["webVM"]),
        ("isempty(tags['team'])", ["appVM", "dbVM", "eastVM", "myVM"]),
        ("tags has 'team' and not(tags.team has_cs 'web')", ["webVM"]),
        # By power state.
        ("properties.extended.instanceView.powerState.code == 'PowerState/running'", ALL),
        ("properties.extended.instanceView.powerState.displayStatus !has 'running'", []),
        ("iff(name startswith 'web', 1, 2) == 1", ["webVM"]),
    ],
)
def test_a_condition_finds_the_vms_it_describes(seeded: Program, condition: str, found: list[str]) -> None:
    outcome = seeded(f'list --where "{condition}"')
    assert (outcome.code, [one["name"] for one in outcome.json]) == (0, found)


@pytest.mark.parametrize(
    ("condition", "code", "reason"),
    [
        ("format_datetime(now(), 'yyyy') == '2026'", "NotSupportedBySandbox", "the function 'format_datetime'"),
        ("nmae == 'x'", "SemanticError", "Failed to resolve column or scalar expression named 'nmae'"),
        ("identitytype() == 'x'", "UnknownFunction", "Unknown function: 'identitytype'."),
        ("name = 'x'", "ParserFailure", "Syntax error at '='."),
        ("name == 'x' and", "ParserFailure", "Syntax error at '|'."),
        ("identity.type == location and size == 3", "SemanticError", "named 'size'"),
    ],
)
def test_a_condition_that_cannot_be_answered_is_refused_with_the_reason(
    seeded: Program, condition: str, code: str, reason: str
) -> None:
    outcome = seeded(f'list --where "{condition}"')
    assert outcome.code == 1
    assert outcome.error["code"] == code
    assert reason in outcome.error["message"]
    assert "asking for support" not in outcome.err


@pytest.mark.parametrize(
    ("command", "query"),
    [
        ("show webVM", "name =~ 'webVM'"),
        ("identity show otherIdentity", "microsoft.managedidentity/userassignedidentities"),
        ("identity delete otherIdentity --dry-run", "tostring(identity.userAssignedIdentities) contains"),
        ("list --where \"name == 'webVM'\"", "| where name == 'webVM' |"),
        (f"list -g {GROUP} --where true", f"resourceGroup =~ '{GROUP}'"),
    ],
)
def test_every_query_of_vmident_is_answered(seeded: Program, command: str, query: str) -> None:
    if command.startswith(("show", "identity show")):
        # A name is looked up in the graph where the first page of the list is not all of it, or may not be read.
        seeded.when("GET", f"{SUBSCRIPTION}/providers/", answering(403, "AuthorizationFailed"))
    outcome = seeded(command)
    asked = [one for one in seeded.sent if "ResourceGraph" in one.path]
    assert outcome.code == 0
    assert any(query in one.body["query"] for one in asked)
    answers = [seeded.colleague("POST", GRAPH, one.body, "2022-10-01") for one in asked]
    assert [one.status for one in answers] == [200] * len(asked)
