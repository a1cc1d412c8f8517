from __future__ import annotations

import json
from typing import Any

import pytest

from vmident.arm.errors.body import retry_after_seconds
from vmident.arm.errors.translation import error_from, operation_error
from vmident.core.rbac.scope import Scope
from vmident.core.shell import command_line
from vmident.errors import (
    AzureErrorResponse,
    AzureUnavailable,
    BeingDeleted,
    Conflict,
    ExitCode,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperationFailed,
    PreconditionFailed,
    Throttled,
    VmidentError,
)

_GROUP = "/subscriptions/sub/resourceGroups/myGroup/providers"
VM = f"{_GROUP}/Microsoft.Compute/virtualMachines/myVM"
ONE = f"{_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/one"
TWO = f"{_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/two"


def _nested(inner_code: str, inner_message: str) -> str:
    inner = json.dumps({"error": {"code": inner_code, "message": inner_message}}, separators=(",", ":"))
    return (
        f"Identity operation for resource '{VM}' failed with error 'Failed to perform resource identity operation. "
        f"Status: '{inner_code}'. Response: '{inner}'.'."
    )


GONE = f"Resource '{ONE}' was not found."
PENDING = (
    f"Request specified that resource '{ONE}' is new, but resource already exists. "
    "This may be due to a pending delete operation, try again later."
)
LINKED = (
    "The client 'me@example.org' with object id '1' has permission to perform action "
    f"'Microsoft.Compute/virtualMachines/write' on scope '{VM}'; however, it does not have permission to perform "
    f"action 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '{ONE},{TWO}' or "
    "the linked scope(s) are invalid."
)


def _unauthorized(action: str, scope: str) -> str:
    return (
        f"The client 'me' with object id '1' does not have authorization to perform action '{action}' over scope "
        f"'{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


RBAC = "Role Based Access Control Administrator"
ASSIGNMENT = "/providers/Microsoft.Authorization/roleAssignments/0e0e0e0e"


def _to_ask_for(role: str, scope: str, alternative: str = "") -> str:
    command = command_line(*["az", "role", "assignment", "create", "--assignee", "1", "--role"], role, "--scope", scope)
    title = Scope.parse(scope).title
    return f"Ask for the role '{role}'{alternative} on {title}.\nTo grant it, an administrator runs: {command}"


NOT_A_VM_WRITER = _unauthorized("Microsoft.Compute/virtualMachines/write", VM)
BUSY = (
    "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
    "https://aka.ms/activitylog to get more details on the conflicting requests."
)
IN_PROGRESS = "Operation 'Update VM' is not allowed on VM 'myVM' since another operation is in progress."
DELETED = "Operation 'Update VM' is not allowed on VM 'myVM' since the VM is marked for deletion."
GENERALIZED = "Operation 'Update VM' is not allowed on VM 'myVM' since the VM is generalized."
CORES = "Operation could not be completed as it results in exceeding approved Total Regional Cores quota."
DEPROVISIONING = "The resource group 'myGroup' is in deprovisioning state and cannot perform this operation."
RUN_COMMAND = (
    "Run command extension execution is in progress. Please wait for completion before invoking a run command."
)
NO_VM = "The Resource 'Microsoft.Compute/virtualMachines/myVM' under resource group 'myGroup' was not found."
DUPLICATED = f"ResourceIdentity identityId '{ONE}' cannot be duplicated in the provided identityIds list."
BESIDE_SYSTEM = 'ResourceIdentity identityIds should not be provided if the type is "SystemAssigned".'
NO_PRINCIPAL = "Principal 0123456789abcdef0123456789abcdef does not exist in the directory tenant."

# Status, code, message, then the class, its exit code, and what the hint names.
ROWS: list[tuple[int, str, str, type[VmidentError], ExitCode, str | None]] = [
    (401, "InvalidAuthenticationToken", "The access token is invalid.", NotSignedIn, ExitCode.NOT_ALLOWED, "az login"),
    (401, "ExpiredAuthenticationToken", "The token has expired.", NotSignedIn, ExitCode.NOT_ALLOWED, "az login"),
    (
        403,
        "AuthorizationFailed",
        NOT_A_VM_WRITER,
        NotAllowed,
        ExitCode.NOT_ALLOWED,
        f"'Virtual Machine Contributor' on {Scope.parse(VM).title}",
    ),
    (
        403,
        "LinkedAuthorizationFailed",
        LINKED,
        NotAllowed,
        ExitCode.NOT_ALLOWED,
        f"'Managed Identity Operator' on {Scope.parse(TWO).title}",
    ),
    (404, "ResourceNotFound", NO_VM, NotFound, ExitCode.NOT_FOUND, "vmident list"),
    (404, "ResourceGroupNotFound", "No group 'g'.", NotFound, ExitCode.NOT_FOUND, "vmident group list"),
    (404, "SubscriptionNotFound", "No subscription 's'.", NotFound, ExitCode.NOT_FOUND, "--subscription"),
    (400, "FailedIdentityOperation", _nested("BadRequest", GONE), NotFound, ExitCode.NOT_FOUND, "vmident remove-user"),
    (
        400,
        "FailedIdentityOperation",
        _nested("Conflict", PENDING),
        Conflict,
        ExitCode.CONFLICT,
        "ry again later.",
    ),
    (400, "InvalidParameter", BESIDE_SYSTEM, AzureErrorResponse, ExitCode.FAILED, None),
    (400, "InvalidParameter", DUPLICATED, AzureErrorResponse, ExitCode.FAILED, None),
    (400, "PrincipalNotFound", NO_PRINCIPAL, AzureErrorResponse, ExitCode.FAILED, None),
    (400, "InvalidSubscriptionId", "Malformed.", AzureErrorResponse, ExitCode.FAILED, "--subscription"),
    (409, "Conflict", BUSY, Conflict, ExitCode.CONFLICT, "ry again later."),
    (409, "Conflict", RUN_COMMAND, Conflict, ExitCode.CONFLICT, "ry again later."),
    (409, "OperationNotAllowed", IN_PROGRESS, Conflict, ExitCode.CONFLICT, "ry again later."),
    (409, "OperationNotAllowed", DELETED, BeingDeleted, ExitCode.CONFLICT, "VM 'myVM' is being deleted."),
    (409, "OperationNotAllowed", GENERALIZED, AzureErrorResponse, ExitCode.FAILED, "generalized"),
    (409, "OperationNotAllowed", CORES, AzureErrorResponse, ExitCode.FAILED, "quota"),
    (409, "OperationNotAllowed", "The VM must be running.", AzureErrorResponse, ExitCode.FAILED, None),
    (409, "ResourceGroupBeingDeleted", DEPROVISIONING, BeingDeleted, ExitCode.CONFLICT, "'myGroup' is being deleted."),
    (
        409,
        "ReadOnlyDisabledSubscription",
        "Read only.",
        AzureErrorResponse,
        ExitCode.FAILED,
        "subscription is disabled",
    ),
    (409, "PropertyChangeNotAllowed", "Not allowed.", AzureErrorResponse, ExitCode.FAILED, None),
    (409, "CodeOfTomorrow", "Something new.", AzureErrorResponse, ExitCode.FAILED, None),
    (
        409,
        "ConflictingConcurrentWriteNotAllowed",
        BUSY,
        Conflict,
        ExitCode.CONFLICT,
        "ry again later.",
    ),
    (409, "AnotherOperationInProgress", BUSY, Conflict, ExitCode.CONFLICT, "ry again later."),
    (409, "ScopeLocked", "The scope is locked.", AzureErrorResponse, ExitCode.FAILED, "az lock list"),
    (
        412,
        "PreconditionFailed",
        "The etag differs.",
        PreconditionFailed,
        ExitCode.CONFLICT,
        "ry again later.",
    ),
    (429, "TooManyRequests", "Slow down.", Throttled, ExitCode.FAILED, "Try again in a minute"),
    (429, "OperationNotAllowed", "Slow down.", Throttled, ExitCode.FAILED, "Try again in a minute"),
    (429, "SubscriptionRequestsThrottled", "Slow down.", Throttled, ExitCode.FAILED, "Try again in a minute"),
    (408, "RequestTimeout", "Too slow.", AzureUnavailable, ExitCode.FAILED, "ry again later."),
    (
        500,
        "InternalServerError",
        "Trouble.",
        AzureUnavailable,
        ExitCode.FAILED,
        "ry again later.",
    ),
    (502, "BadGateway", "Trouble.", AzureUnavailable, ExitCode.FAILED, "ry again later."),
    (
        503,
        "ServiceUnavailable",
        "Trouble.",
        AzureUnavailable,
        ExitCode.FAILED,
        "ry again later.",
    ),
    (504, "GatewayTimeout", "Trouble.", AzureUnavailable, ExitCode.FAILED, "ry again later."),
]


def _body(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(("status", "code", "message", "kind", "exit_code", "remediation"), ROWS)
def test_a_refusal_keeps_azures_code_and_names_the_way_out(
    status: int, code: str, message: str, kind: type[VmidentError], exit_code: ExitCode, remediation: str | None
) -> None:
    failure = error_from(status, {"x-ms-request-id": "the-request"}, _body(code, message))
    assert type(failure) is kind
    assert failure.exit_code is exit_code
    assert (failure.code, failure.status, failure.request_id) == (code, status, "the-request")
    assert remediation in failure.hint if remediation and failure.hint else failure.hint is remediation


@pytest.mark.parametrize(
    ("status", "code", "message"), [(row[0], row[1], row[2]) for row in ROWS if row[1] != "FailedIdentityOperation"]
)
def test_a_message_that_nests_nothing_is_azures_own_to_the_letter(status: int, code: str, message: str) -> None:
    assert error_from(status, {}, _body(code, message)).message == message


@pytest.mark.parametrize(("inner_code", "inner"), [("BadRequest", GONE), ("Conflict", PENDING)])
def test_a_message_of_json_in_a_string_is_unwrapped(inner_code: str, inner: str) -> None:
    body = _body("FailedIdentityOperation", _nested(inner_code, inner))
    assert error_from(400, {}, body).message == inner
    assert operation_error(body["error"], "Failed").message == inner


def test_a_flat_refusal_of_an_identity_operation_is_an_identity_not_found() -> None:
    assert isinstance(error_from(400, {}, {"code": "FailedIdentityOperation", "message": "It is gone."}), NotFound)
    assert isinstance(error_from(400, {}, _body("FailedIdentityOperation", "")), NotFound)


def test_a_refusal_that_no_table_knows_keeps_azures_words() -> None:
    failure = error_from(400, {}, _body("NewCode", "Something new."))
    assert type(failure) is AzureErrorResponse
    assert (failure.code, failure.message) == ("NewCode", "Something new.")
    assert error_from(404, {}, _body("NewCode", "Something new.")).exit_code is ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("action", "scope", "remediation"),
    [
        ("Microsoft.Compute/virtualMachines/read", VM, _to_ask_for("Reader", VM)),
        ("microsoft.compute/VIRTUALMACHINES/write", VM, _to_ask_for("Virtual Machine Contributor", VM)),
        (
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
            ONE,
            _to_ask_for("Managed Identity Operator", ONE),
        ),
        (
            "Microsoft.Authorization/roleAssignments/write",
            f"{VM}{ASSIGNMENT}",
            _to_ask_for(RBAC, VM, " or 'User Access Administrator'"),
        ),
        (
            "Microsoft.Authorization/roleAssignments/delete",
            f"/subscriptions/sub{ASSIGNMENT}",
            _to_ask_for(RBAC, "/subscriptions/sub", " or 'User Access Administrator'"),
        ),
        (
            "Microsoft.New/things/write",
            VM,
            f"Ask for a role with 'Microsoft.New/things/write' on {Scope.parse(VM).title}.",
        ),
    ],
)
def test_a_missing_permission_names_the_role_that_has_it(action: str, scope: str, remediation: str) -> None:
    assert error_from(403, {}, _body("AuthorizationFailed", _unauthorized(action, scope))).hint == remediation


def test_what_a_template_may_not_make_is_asked_for_on_its_group() -> None:
    message = (
        "Deployment failed with error: 'Authorization failed for template resource 'myVM' of type "
        "'Microsoft.Compute/virtualMachines'. The client 'me' with object id '1' does not have permission to perform "
        f"action 'Microsoft.Compute/virtualMachines/write' at scope '{VM}'.'"
    )
    hint = error_from(403, {}, _body("InvalidTemplateDeployment", message)).hint
    assert hint == _to_ask_for("Virtual Machine Contributor", "/subscriptions/sub/resourceGroups/myGroup")


@pytest.mark.parametrize("code", ["AuthorizationFailed", "LinkedAuthorizationFailed"])
def test_a_missing_permission_that_azure_does_not_name_is_somebody_elses_to_give(code: str) -> None:
    hint = error_from(403, {}, _body(code, "Forbidden.")).hint
    assert hint == "Ask an administrator of the subscription for access."


def test_a_linked_permission_names_the_role_for_each_identity_and_says_that_one_may_be_gone() -> None:
    hint = error_from(403, {}, _body("LinkedAuthorizationFailed", LINKED)).hint or ""
    assert [_to_ask_for("Managed Identity Operator", one) in hint for one in (ONE, TWO)] == [True, True]
    assert "deleted" in hint


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-3", 0.0),
        (" 17 ", 17.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
        ("soon", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_left_alone_where_it_is_a_date(said: str, seconds: float | None) -> None:
    assert retry_after_seconds({"Retry-After": said}) == seconds
    throttled = error_from(429, {"Retry-After": said}, _body("TooManyRequests", "Slow down."))
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after_seconds == seconds


def test_an_answer_without_retry_after_asks_for_no_pause() -> None:
    assert retry_after_seconds({}) is None


IDENTITY = "FailedIdentityOperation"
FAILED_GONE = _body(IDENTITY, _nested("BadRequest", GONE))["error"]
FAILED_PENDING = _body(IDENTITY, _nested("Conflict", PENDING))["error"]


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (
            FAILED_GONE,
            "Failed",
            NotFound,
            "FailedIdentityOperation",
        ),
        (
            FAILED_PENDING,
            "Failed",
            Conflict,
            "FailedIdentityOperation",
        ),
        (_body("OperationPreempted", "Preempted.")["error"], "Canceled", Conflict, "OperationPreempted"),
        (_body("Conflict", BUSY)["error"], "Failed", Conflict, "Conflict"),
        (_body("OperationNotAllowed", IN_PROGRESS)["error"], "Failed", Conflict, "OperationNotAllowed"),
        (_body("OperationNotAllowed", DELETED)["error"], "Failed", OperationFailed, "OperationNotAllowed"),
        (_body("VMExtensionError", "Broken.")["error"], "Failed", OperationFailed, "VMExtensionError"),
        (None, "Canceled", OperationFailed, "Canceled"),
        ("in words", "Failed", OperationFailed, "Failed"),
        ({}, "Failed", OperationFailed, "Failed"),
    ],
)
def test_an_operation_that_failed_says_why(error: Any, status: str, kind: type[VmidentError], code: str) -> None:
    failure = operation_error(error, status)
    assert type(failure) is kind
    assert failure.code == code
    assert failure.hint
    assert failure.status is None


def test_an_operation_that_failed_without_a_reason_says_how_it_ended() -> None:
    assert (
        operation_error(None, "Canceled").message
        == "The operation ended with status 'Canceled', and Azure gave no reason."
    )


@pytest.mark.parametrize("said", ["inf", "nan", "1e999"])
def test_a_retry_after_that_no_clock_can_wait_is_not_obeyed(said: str) -> None:
    assert retry_after_seconds({"Retry-After": said}) is None
