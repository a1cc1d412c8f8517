"""azure-mgmt-compute serializes the patch that vmident sends, and its client changes a VM of the sandbox."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute._utils.model_base import SdkJSONEncoder
from azure.mgmt.compute.models import (
    EncryptionIdentity,
    UserAssignedIdentitiesValue,
    VirtualMachineIdentity,
    VirtualMachineUpdate,
)

from tests.core.worlds import STATES, small_changes, state_name
from tests.program import GROUP
from tests.requests_adapter import SenderAdapter
from vmident.core.identity import IdentityState
from vmident.core.patch import patch_for
from vmident.core.transition import Transition, transition
from vmident.sandbox.sandbox import SUBSCRIPTION, TOKEN, Sandbox
from vmident.sandbox.transport.in_process import SandboxNetwork


def update_of(change: Transition) -> VirtualMachineUpdate:
    """Return the SDK's model of a transition, by the rules that stand above `patch_for`."""
    users: dict[str, Any] | None = None
    if change.after.type.has_users and (change.added or change.removed):
        users = {str(user): UserAssignedIdentitiesValue() for user in change.added}
        users |= {str(user): None for user in change.removed}
    identity = VirtualMachineIdentity(type=change.after.type.value, user_assigned_identities=users)
    return VirtualMachineUpdate(identity=identity)


def test_only_a_user_assigned_identity_can_encrypt_disks() -> None:
    """`dependents_in` warns of no encryption when the system-assigned identity is disabled, as there is no such."""
    assert [*EncryptionIdentity.__annotations__] == ["user_assigned_identity_resource_id"]


@pytest.mark.parametrize("before", STATES, ids=state_name)
def test_the_patch_is_what_the_sdk_serializes(before: IdentityState) -> None:
    for change in small_changes():
        planned = transition(before, change)
        if not planned.is_nothing:
            sent = json.loads(json.dumps(update_of(planned), cls=SdkJSONEncoder, exclude_readonly=True))
            assert patch_for(planned) == sent, change


class Token:
    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(TOKEN, 4_000_000_000)


def test_the_sdks_begin_update_changes_a_vm_of_the_sandbox(tmp_path: Path) -> None:
    now = iter(range(1_700_000_000, 1_800_000_000, 60))
    sandbox = Sandbox(tmp_path, now=lambda: float(next(now)), new_uuid=lambda: str(uuid.uuid4()))
    with requests.Session() as session:
        session.mount("https://", SenderAdapter(SandboxNetwork(sandbox)))
        client = ComputeManagementClient(
            Token(),
            SUBSCRIPTION,
            base_url=sandbox.endpoint,
            credential_scopes=[f"{sandbox.endpoint}/.default"],
            transport=RequestsTransport(session=session, session_owner=False),
            polling_interval=0,
        )
        update = VirtualMachineUpdate(identity=VirtualMachineIdentity(type="SystemAssigned"))
        changed = client.virtual_machines.begin_update(GROUP, "myVM", update).result()
    sandbox.close()

    assert changed.identity is not None
    assert (changed.identity.type, bool(changed.identity.principal_id)) == ("SystemAssigned", True)
