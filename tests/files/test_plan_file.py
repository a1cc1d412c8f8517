"""A plan that was saved by the first version is read by this one."""

from __future__ import annotations

import json

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.files.plan_file import plan_in

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v"
IDENTITY = VM.replace("Compute/virtualMachines/v", "ManagedIdentity/userAssignedIdentities/i")
ENDPOINT = "https://management.azure.com"
VERSION_1 = {
    "format": "vmident-plan",
    "version": 1,
    "endpoint": ENDPOINT,
    "made": "2026-01-02T03:04:05Z",
    "vms": [
        {
            "id": VM,
            "name": "v",
            "resourceGroup": "g",
            "before": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t", "userAssignedIdentities": {}},
            "after": {
                "type": "SystemAssigned, UserAssigned",
                "principalId": "p",
                "tenantId": "t",
                "userAssignedIdentities": {IDENTITY: {}},
            },
            "request": {"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}},
            "warnings": [],
        }
    ],
}


def test_a_plan_of_the_first_version_is_read() -> None:
    (planned,) = plan_in(json.dumps(VERSION_1), "friday.plan", ENDPOINT).vms

    assert planned.vm == vm_id(SUBSCRIPTION, "g", "v")
    assert planned.before == IdentityState(SystemIdentity("p", "t"))
    users = {user_identity_id(SUBSCRIPTION, "g", "i"): UserIdentity()}
    assert planned.after == IdentityState(SystemIdentity("p", "t"), users)
