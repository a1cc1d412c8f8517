"""What a new sandbox holds: the group of the tutorials, and a group that has been in use for a while.

The second group has what goes wrong over time: VMs whose extensions or disks depend on an identity, one whose
identity was deleted, two whose identity was deleted and created again (long ago, and an hour ago), one that is stopped,
and one without an agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.authorization import directory, signed_in_user
from vmident.sandbox.compute.instance_view import DEALLOCATED
from vmident.sandbox.compute.scale_sets.views import FLEXIBLE
from vmident.sandbox.compute.vm_record import profile_of
from vmident.sandbox.established import (
    LONG_AGO,
    NETWORK_GROUP,
    put_extension,
    put_group,
    put_identity,
    put_scale_set,
    put_vm,
)
from vmident.sandbox.seeded_access import plant_access
from vmident.sandbox.seeded_changes import plant_changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from vmident.sandbox.rows import Rows

GROUP = "myResourceGroup"
IDENTITY = "myUserAssignedIdentity"
OTHER_IDENTITY = "otherIdentity"
OTHER_GROUP = NETWORK_GROUP
OTHER_LOCATION = "eastus"
_DELETED, _RECREATED, _ROTATED = "deletedIdentity", "recreatedIdentity", "rotatedIdentity"
_DISK, _MONITORING = "diskKeys", "monitoring"
_HOUR_SECONDS = 3600.0
_TAGS = {"environment": "production"}
_MONITOR = {"publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
_SIGN_IN = {"publisher": "Microsoft.Azure.ActiveDirectory", "type": "AADSSHLoginForLinux"}
_CONFIGURATION = {"publisher": "Microsoft.GuestConfiguration", "type": "ConfigurationforLinux"}


def plant(rows: Rows, new_uuid: Callable[[], str], *, now: float = 0.0, with_examples: bool = True) -> None:
    """Write the seed into empty rows; the second group, and what changed in it before `now`, only `with_examples`."""
    signed_in_user.introduce(rows)
    put_group(rows, GROUP, DEFAULT_LOCATION)
    if with_examples:
        put_group(rows, OTHER_GROUP, OTHER_LOCATION, _TAGS)
    for name in (IDENTITY, OTHER_IDENTITY):
        put_identity(rows, GROUP, name, new_uuid)
    put_vm(rows, GROUP, "myVM", new_uuid)
    put_vm(rows, GROUP, "webVM", new_uuid, system=True)
    put_vm(rows, GROUP, "dbVM", new_uuid, identities=(IDENTITY,))
    put_vm(rows, GROUP, "appVM", new_uuid, system=True, identities=(IDENTITY,))
    if with_examples:
        _plant_examples(rows, new_uuid, now)
        plant_changes(rows, new_uuid, OTHER_GROUP, now)


def _plant_examples(rows: Rows, new_uuid: Callable[[], str], now: float) -> None:
    def put(name: str, team: str, **identities: Any) -> None:
        tags = {**_TAGS, "team": team}
        put_vm(rows, OTHER_GROUP, name, new_uuid, location=OTHER_LOCATION, tags=tags, **identities)

    def change(name: str, **members: Any) -> None:
        rows.replace("vm", OTHER_GROUP, name, rows.held("vm", OTHER_GROUP, name) | members)

    put("monitoredVM", "web", system=True)
    put_extension(rows, OTHER_GROUP, "monitoredVM", "AzureMonitorLinuxAgent", _MONITOR)
    put("stoppedVM", "batch", system=True)
    change("stoppedVM", power=DEALLOCATED)
    put("legacyVM", "batch", identities=(_DELETED,))
    ids = {
        name: put_identity(rows, OTHER_GROUP, name, new_uuid, location=OTHER_LOCATION, tags=_TAGS)
        for name in (_RECREATED, _ROTATED, _DISK, _MONITORING)
    }
    put("signInVM", "web", system=True)
    put_extension(rows, OTHER_GROUP, "signInVM", "AADSSHLoginForLinux", _SIGN_IN)
    put_extension(rows, OTHER_GROUP, "signInVM", "AzurePolicyforLinux", _CONFIGURATION)
    put("encryptedVM", "data", identities=(_DISK, _MONITORING))
    named = {"identifier-name": "mi_res_id", "identifier-value": ids[_MONITORING]}
    settings = {"authentication": {"managedIdentity": named}}
    put_extension(rows, OTHER_GROUP, "encryptedVM", "AzureMonitorLinuxAgent", {**_MONITOR, "settings": settings})
    encryption = {"encryptionIdentity": {"userAssignedIdentityResourceId": ids[_DISK]}}
    profile = profile_of(rows.held("vm", OTHER_GROUP, "encryptedVM"))
    change("encryptedVM", profile={**profile, "securityProfile": encryption})
    put("staleVM", "batch", identities=(_RECREATED,))
    _create_again(rows, _RECREATED, new_uuid, LONG_AGO)
    put("cachedVM", "batch", identities=(_ROTATED,))
    _create_again(rows, _ROTATED, new_uuid, now - _HOUR_SECONDS)
    put("agentlessVM", "batch", system=True)
    change("agentlessVM", agent="unavailable")
    plant_access(rows, OTHER_GROUP, _MONITORING)
    where: Any = {"location": OTHER_LOCATION, "tags": {**_TAGS, "team": "web"}}
    monitored = [("AzureMonitorLinuxAgent", _MONITOR)]
    put_scale_set(rows, OTHER_GROUP, "webScaleSet", new_uuid, capacity=2, system=True, extensions=monitored, **where)
    put_scale_set(rows, OTHER_GROUP, "flexibleScaleSet", new_uuid, mode=FLEXIBLE, identities=(_MONITORING,), **where)


def _create_again(rows: Rows, name: str, new_uuid: Callable[[], str], deleted: float) -> None:
    """Delete an identity and create it anew: what it is attached to keeps the principal that is gone."""
    found = rows.held("identity", OTHER_GROUP, name)
    directory.leave(rows, found["principalId"], deleted=deleted)
    rows.soft_delete("identity", OTHER_GROUP, name, deleted=deleted)
    put_identity(rows, OTHER_GROUP, name, new_uuid, location=OTHER_LOCATION, tags=_TAGS)
