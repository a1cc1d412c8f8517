"""Refusals that no role of the caller's changes: another tenant, a deny assignment, a policy. Shapes as published."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vmident.arm.errors.translation import error_from, operation_error
from vmident.errors import ExitCode, NotAllowed

GROUP = "/subscriptions/sub/resourceGroups/myGroup"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/myVM"
OTHER = "109a5e88-712a-48ae-9078-9ca8b3c81345"
MAY_WRITE = f"has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope '{VM}'"
ASSIGNMENTS = (
    "/providers/Microsoft.Management/managementGroups/corp/providers/Microsoft.Authorization/policyAssignments"
)


def _refusal(code: str, message: str, status: int = 403, **more: Any) -> NotAllowed:
    failure = error_from(status, {}, {"error": {"code": code, "message": message, **more}})
    assert isinstance(failure, NotAllowed)
    assert (failure.code, failure.exit_code) == (code, ExitCode.NOT_ALLOWED)
    return failure


@pytest.mark.parametrize(
    "reason",
    [
        f"however the linked subscription '{OTHER}' was not found. ",
        f"however the current tenant '72f988bf' is not authorized to access linked subscription '{OTHER}'.",
    ],
)
def test_an_identity_in_a_subscription_out_of_reach_asks_for_no_role(reason: str) -> None:
    hint = _refusal("LinkedAuthorizationFailed", f"The client {MAY_WRITE}, {reason}").hint or ""

    assert f"Subscription {OTHER} does not exist or is in another tenant" in hint
    assert "role" not in hint


@pytest.mark.parametrize("code", ["AuthorizationFailed", "DenyAssignmentAuthorizationFailed"])
@pytest.mark.parametrize(
    ("reason", "named"),
    [
        (
            "with name 'System deny assignment created by managed application /x' and Id '1' at scope '{GROUP}'.",
            f"Deny assignment 'System deny assignment created by managed application /x' on {GROUP}",
        ),
        (
            "with name 'Deny assignment '1' created by Deployment Stack '/x'.' and Id '2' at scope '{GROUP}'.",
            f"Deny assignment 'Deny assignment '1' created by Deployment Stack '/x'.' on {GROUP}",
        ),
        ("with Id '4e1d'.", "Deny assignment '4e1d' blocks"),
    ],
)
def test_a_deny_assignment_is_named_and_no_role_is_suggested(code: str, reason: str, named: str) -> None:
    message = (
        f"The client 'me' with object id '1' {MAY_WRITE}; however, the access is denied because of the deny assignment "
        + reason.replace("{GROUP}", GROUP)
    )

    hint = _refusal(code, message).hint or ""

    assert hint.startswith(named)
    assert "No role overrides a deny assignment" in hint
    assert "az role" not in hint


def test_a_deny_assignment_on_a_linked_scope_is_no_missing_role() -> None:
    message = (
        f"The client 'me' with object id '1' {MAY_WRITE}; however, it does not have permission to perform action "
        "'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the '0' linked scope(s) '' or the linked "
        f"scope(s) are invalid and is blocked by deny assignments on the '1' linked scope(s) '{GROUP}/x'."
    )
    hint = _refusal("LinkedAuthorizationFailed", message).hint or ""

    assert hint.startswith(f"A deny assignment on {GROUP}/x blocks")
    assert "az role" not in hint


def _violation(number: int, **names: str) -> dict[str, Any]:
    return {
        "type": "PolicyViolation",
        "info": {
            "policyDefinitionDisplayName": f"Policy {number}",
            "policyDefinitionName": "83a86a26",
            "policyDefinitionEffect": "Deny",
            "policyAssignmentId": f"{ASSIGNMENTS}/6{number}",
            "policyAssignmentName": f"6{number}",
            "policyAssignmentScope": "/providers/Microsoft.Management/managementGroups/corp",
            **names,
        },
    }


IDENTIFIERS = json.dumps(
    [
        {
            "policyAssignment": {"name": "Corp network", "id": f"{ASSIGNMENTS}/68cb"},
            "policyDefinition": {"name": "No public IPs", "id": "/providers/x", "version": "1.0.0"},
        }
    ],
    separators=(",", ":"),
)
SHOW = "az policy assignment show --name {name} --scope /providers/Microsoft.Management/managementGroups/corp"


@pytest.mark.parametrize(
    ("message", "more", "short", "named"),
    [
        (
            "Resource 'myVM' was disallowed by policy.",
            {"additionalInfo": [_violation(1, policyAssignmentDisplayName="Corp rules"), {"type": "Other"}]},
            "Resource 'myVM' was disallowed by policy.",
            ["policy 'Policy 1', assignment 'Corp rules'", SHOW.format(name="61")],
        ),
        (
            f"Resource 'myVM' was disallowed by policy. Policy identifiers: '{IDENTIFIERS}'.",
            {"additionalInfo": [_violation(1), _violation(2)]},
            "Resource 'myVM' was disallowed by policy.",
            ["policy 'Policy 1', assignment '61'", "policy 'Policy 2', assignment '62'", SHOW.format(name="61")],
        ),
        (
            f"Resource 'myVM' was disallowed by policy. Policy identifiers: '{IDENTIFIERS}'.",
            {},
            "Resource 'myVM' was disallowed by policy.",
            ["policy 'No public IPs', assignment 'Corp network'", SHOW.format(name="68cb")],
        ),
        (
            "Resource 'myVM' was disallowed by policy. Reasons: 'Ask the platform team.'. See error details.",
            {"additionalInfo": "none"},
            "Resource 'myVM' was disallowed by policy. Reasons: 'Ask the platform team.'. See error details.",
            ["Azure does not name the policy"],
        ),
        (
            "Disallowed. Policy identifiers: '[{]'.",
            {"additionalInfo": [{"type": "PolicyViolation", "info": 7}, 8]},
            "Disallowed.",
            ["Azure does not name the policy"],
        ),
    ],
)
def test_a_policy_that_refuses_is_named_with_its_assignment(
    message: str, more: dict[str, Any], short: str, named: list[str]
) -> None:
    failure = _refusal("RequestDisallowedByPolicy", message, **more)

    assert failure.message == short
    assert [one for one in named if one not in (failure.hint or "")] == []
    assert "exemption" in (failure.hint or "")


def test_a_policy_that_refuses_within_a_deployment_is_named_too() -> None:
    inner = {
        "code": "RequestDisallowedByPolicy",
        "message": f"Resource 'myVMNic' was disallowed by policy. Policy identifiers: '{IDENTIFIERS}'.",
    }
    error = {"code": "InvalidTemplateDeployment", "message": "It failed.", "details": [inner]}

    for failure in (error_from(400, {}, {"error": error}), operation_error(error, "Failed")):
        assert isinstance(failure, NotAllowed)
        assert (failure.code, failure.message) == (inner["code"], "Resource 'myVMNic' was disallowed by policy.")
        assert "'No public IPs'" in (failure.hint or "")
