"""Results as plain documents: the JSON that scripts rely on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vmident.core.identity import identity_document
from vmident.core.vm_kind import kind_of

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.resource_id import ResourceId
    from vmident.core.verification.checks import Principal
    from vmident.core.verification.verdict import CheckResult
    from vmident.core.virtual_machine import VirtualMachine
    from vmident.errors import VmidentError
    from vmident.results.changes import ChangeResult, RoleResult
    from vmident.results.verification import VmVerification

Document = dict[str, Any]


def vm_document(machine: VirtualMachine) -> Document:
    """Return what `show` and `list` print of a VM."""
    return {
        "id": str(machine.id),
        "name": machine.id.name,
        "resourceGroup": machine.id.group,
        "kind": kind_of(machine.id).value,
        "location": machine.location,
        "subscriptionId": machine.id.subscription,
        "identity": identity_document(machine.identity),
    }


def change_document(result: ChangeResult) -> Document:
    """Return what a change prints of a VM; a VM that was not found has its name as typed, and no id."""
    return {
        "id": str(result.id) if result.id else None,
        "name": result.id.name if result.id else result.vm,
        "resourceGroup": result.id.group if result.id else None,
        "kind": kind_of(result.id).value if result.id else None,
        "status": result.status.value,
        "before": identity_document(result.before) if result.before else None,
        "after": identity_document(result.after) if result.after else None,
        "request": result.request,
        **roles_member(result.roles),
        **_verification_member(result),
        "warnings": [warning_document(warning) for warning in result.warnings],
        "error": error_document(result.error) if result.error else None,
    }


def _verification_member(result: ChangeResult) -> Document:
    """Return `{"verification": {…}}` as `verify` prints it, and nothing where none was asked for."""
    return {"verification": verification_document(result.verification)} if result.verification else {}


def verification_document(result: VmVerification) -> Document:
    """Return `{"id", "name", "status", "checks": [CHECK], "warnings", "error"}`."""
    return {
        "id": str(result.id) if result.id else None,
        "name": result.name,
        **({"instance": result.instance} if result.instance is not None else {}),
        "status": result.status.value,
        "checks": [_check_document(one) for one in result.checks],
        "warnings": [warning_document(one) for one in result.warnings],
        "error": error_document(result.error) if result.error else None,
    }


def _check_document(result: CheckResult) -> Document:
    expected = result.check.expected
    return {
        "identity": result.check.identity,
        "status": result.status.value,
        "expected": {"principalId": expected.principal_id, "clientId": expected.client_id},
        "actual": _principal_document(result.actual) if result.actual else None,
        "message": result.message,
        "hint": result.hint,
    }


def _principal_document(principal: Principal) -> Document:
    return {
        "principalId": principal.principal_id,
        "clientId": principal.client_id,
        "resourceId": principal.resource_id,
    }


def role_document(role: RoleResult) -> Document:
    """Return `{"id", "role", "roleDefinitionId", "scope", "principalId", "status"}`."""
    return {
        "id": role.id,
        "role": role.role.name,
        "roleDefinitionId": role.role.id,
        "scope": str(role.scope),
        "principalId": role.principal_id,
        "status": role.status.value,
    }


def roles_member(roles: Sequence[RoleResult]) -> Document:
    """Return `{"roleAssignments": […]}`, and nothing where there are none."""
    return {"roleAssignments": [role_document(one) for one in roles]} if roles else {}


def warning_document(warning: Notice) -> Document:
    """Return `{"code", "message"}`."""
    return {"code": warning.code, "message": warning.message}


def error_document(error: VmidentError) -> Document:
    """Return `{"code", "message", "hint", "status", "requestId"}`."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "status": error.status,
        "requestId": error.request_id,
    }


def vm_row(machine: VirtualMachine) -> Document:
    """Return a VM as one flat row, for a table or tsv."""
    identity = machine.identity
    return {
        "name": machine.id.name,
        "resourceGroup": machine.id.group,
        "location": machine.location,
        "type": identity.type.value,
        "principalId": identity.system.principal_id if identity.system else None,
        "userAssignedIdentities": _joined(identity.users),
        "kind": kind_of(machine.id).value,
    }


def change_row(result: ChangeResult) -> Document:
    """Return a change as one flat row, for a table or tsv."""
    now = result.after or result.before
    return {
        "name": result.id.name if result.id else result.vm,
        "resourceGroup": result.id.group if result.id else None,
        "status": result.status.value,
        "before": result.before.type.value if result.before else None,
        "after": result.after.type.value if result.after else None,
        "userAssignedIdentities": _joined(now.users) if now else None,
        **({"verification": result.verification.status.value} if result.verification else {}),
        "error": result.error.code if result.error else None,
    }


def _joined(users: Any) -> str | None:
    ids: list[ResourceId] = sorted(users)
    return ",".join(str(user) for user in ids) or None
