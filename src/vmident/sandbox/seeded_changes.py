"""The changes of the last days in a new sandbox, with their authors: rows that `vmident history` finds.

A deployment pipeline wrote some identities with Terraform; a colleague attached one in the portal, and deleted one that
a VM still has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.sandbox.authorization.token import PORTAL
from vmident.sandbox.compute.identity_patch import SYSTEM, USER
from vmident.sandbox.resource_graph.change_log import CORRELATION_ID, add_change, request_headers
from vmident.sandbox.tenant import COLLEAGUE_NAME, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.rows import Rows

PIPELINE = "d9e30000-0e5a-4d5b-8f2b-1b7a5c0ffeeb"
_HOUR = 3_600.0
_MINUTE = 60.0
_DAY = 24 * _HOUR


def plant_changes(rows: Rows, new_uuid: Callable[[], str], group: str, now: float) -> None:
    """Write the changes of resources in `group`, as seen from `now`."""

    def write(ago: float, target: ResourceId, what: str, changes: Mapping[str, Any], **caller: str) -> None:
        holder = rows.held("group", group, "")
        change = {
            "targetResourceId": str(target),
            "targetResourceType": target.kind,
            "group": group,
            "location": holder["location"],
            "changeType": what,
            "changes": dict(changes),
        }
        add_change(rows, change, {**request_headers(**caller), CORRELATION_ID: new_uuid()}, now - ago)

    def machine(name: str) -> ResourceId:
        return vm_id(SUBSCRIPTION, group, name)

    def identity(name: str) -> ResourceId:
        return user_identity_id(SUBSCRIPTION, group, name)

    def attached(vm: str, name: str, *, is_first: bool) -> dict[str, Any]:
        entries = {entry["id"]: entry for entry in rows.held("vm", group, vm)["user"]}
        entry = entries[str(identity(name))]
        path = f"identity.userAssignedIdentities.{entry['id']}"
        filled = {f"{path}.{member}": _change(None, entry[member]) for member in ("clientId", "principalId")}
        return ({"identity.type": _change(None, USER)} if is_first else {}) | filled

    system = {
        "identity.type": _change(None, SYSTEM),
        "identity.principalId": _change(None, rows.held("vm", group, "signInVM")["system"]),
    }
    pipeline = {"application": PIPELINE, "agent": "HashiCorp Terraform/1.9.5 terraform-provider-azurerm/4.1.0"}
    colleague = {"user": COLLEAGUE_NAME, "application": PORTAL}
    legacy = attached("legacyVM", "deletedIdentity", is_first=True)
    write(6 * _DAY + _MINUTE, machine("legacyVM"), "Update", legacy, **pipeline)
    write(3 * _DAY + _MINUTE, machine("signInVM"), "Update", system, **pipeline)
    write(2 * _DAY + _MINUTE, identity("deletedIdentity"), "Delete", {}, **colleague)
    monitoring = attached("encryptedVM", "monitoring", is_first=False)
    write(5 * _HOUR + _MINUTE, machine("encryptedVM"), "Update", monitoring, **colleague)


def _change(before: str | None, after: str | None) -> dict[str, str | None]:
    return {"previousValue": before, "newValue": after}
