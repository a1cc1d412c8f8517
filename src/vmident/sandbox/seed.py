"""What a new sandbox holds (design, section 7), and how tests put more into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.authorization import directory, signed_in_user
from vmident.sandbox.compute.disks.views import add_os_disk
from vmident.sandbox.compute.extensions.views import new_extension
from vmident.sandbox.compute.instance_view import DEALLOCATED
from vmident.sandbox.compute.vm_record import new_vm, profile_of
from vmident.sandbox.managed_identity.handlers import new_identity
from vmident.sandbox.network.seeded import put_interface
from vmident.sandbox.protocol import operations
from vmident.sandbox.resource_manager.groups import new_group
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vmident.sandbox.store import Record, Rows

GROUP = "myResourceGroup"
IDENTITY = "myUserAssignedIdentity"
OTHER_IDENTITY = "otherIdentity"
OTHER_GROUP = "otherResourceGroup"
OTHER_LOCATION = "eastus"
# Attached to `legacyVM`, and not there any more.
DELETED_IDENTITY = "deletedIdentity"
EXAMPLE_TAGS = {"environment": "production"}
# Made long ago: whatever lags behind has seen it by now.
LONG_AGO = 0.0


def plant(rows: Rows, new_uuid: Callable[[], str], *, with_examples: bool = True) -> None:
    """Write the seed into empty rows: the group that tutorials use, and with `with_examples` another one.

    The other group has what people meet in an estate of some age: tags, a VM with an extension that uses its identity,
    one that is stopped, and one with an identity attached that was deleted.
    """
    signed_in_user.introduce(rows)
    put_group(rows, GROUP, DEFAULT_LOCATION)
    if with_examples:
        put_group(rows, OTHER_GROUP, OTHER_LOCATION, EXAMPLE_TAGS)
    for name in (IDENTITY, OTHER_IDENTITY):
        put_identity(rows, GROUP, name, new_uuid)
    put_vm(rows, GROUP, "myVM", new_uuid)
    put_vm(rows, GROUP, "webVM", new_uuid, system=True)
    put_vm(rows, GROUP, "dbVM", new_uuid, identities=(IDENTITY,))
    put_vm(rows, GROUP, "appVM", new_uuid, system=True, identities=(IDENTITY,))
    if with_examples:
        _plant_examples(rows, new_uuid)


def _plant_examples(rows: Rows, new_uuid: Callable[[], str]) -> None:
    def put(name: str, more: Mapping[str, str], **identities: Any) -> Record:
        put_vm(rows, OTHER_GROUP, name, new_uuid, location=OTHER_LOCATION, tags={**EXAMPLE_TAGS, **more}, **identities)
        return rows.held("vm", OTHER_GROUP, name)

    monitored = put("monitoredVM", {"team": "web"}, system=True)
    properties = {
        "publisher": "Microsoft.Azure.Monitor",
        "type": "AzureMonitorLinuxAgent",
        "typeHandlerVersion": "1.0",
        "autoUpgradeMinorVersion": True,
    }
    agent = new_extension(monitored, "AzureMonitorLinuxAgent", properties, {})
    rows.add("extension", OTHER_GROUP, agent["name"], agent, made=LONG_AGO)
    stopped = put("stoppedVM", {"team": "batch"})
    rows.replace("vm", OTHER_GROUP, "stoppedVM", {**stopped, "power": DEALLOCATED})
    put("legacyVM", {"team": "batch"}, identities=(DELETED_IDENTITY,))


def put_group(rows: Rows, name: str, location: str, tags: Mapping[str, str] | None = None) -> None:
    """Write a group that is not there yet."""
    rows.add("group", name, "", new_group(name, location, dict(tags or {})), made=LONG_AGO)


def put_identity(
    rows: Rows,
    group: str,
    name: str,
    new_uuid: Callable[[], str],
    *,
    location: str = DEFAULT_LOCATION,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Write an identity that is not there yet; give its id."""
    record = new_identity(group, name, location, dict(tags or {}), new_uuid)
    rows.add("identity", group, name, record, made=LONG_AGO)
    directory.enter(rows, record["principalId"], made=LONG_AGO)
    return str(record["id"])


def put_vm(
    rows: Rows,
    group: str,
    name: str,
    new_uuid: Callable[[], str],
    *,
    system: bool = False,
    identities: Iterable[str] = (),
    location: str = DEFAULT_LOCATION,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Write a VM that is not there yet, holding identities named by id or, in its own group, by name; give its id.

    An identity that is not there makes a dead attachment.
    """
    vm = new_vm(group, name, location, new_uuid(), tags)
    vm["system"] = new_uuid() if system else None
    if system:
        directory.enter(rows, vm["system"], made=LONG_AGO)
    for text in identities:
        resource_id = ResourceId.parse(text) if "/" in text else user_identity_id(SUBSCRIPTION, group, text)
        found = rows.find("identity", resource_id.group, resource_id.name)
        principal_id, client_id = (found["principalId"], found["clientId"]) if found else (new_uuid(), new_uuid())
        vm["user"].append({"id": str(resource_id), "principalId": principal_id, "clientId": client_id})
    rows.add("vm", group, name, vm, made=LONG_AGO)
    add_os_disk(rows, vm, made=LONG_AGO)
    for nic in profile_of(vm)["networkProfile"]["networkInterfaces"]:
        put_interface(rows, vm, nic["id"].rpartition("/")[2], OTHER_GROUP, new_uuid)
    return str(vm["id"])


def put_operation(
    rows: Rows, group: str, name: str, new_uuid: Callable[[], str], *, now: float, seconds: float
) -> None:
    """Have somebody else's operation run on a VM for so many seconds; raises `KeyError` where there is no such VM."""
    vm = rows.held("vm", group, name)
    vm["state"] = "Updating"
    vm["etag"] += 1
    rows.replace("vm", vm["group"], vm["name"], vm)
    operations.start(rows, vm, new_uuid(), now=now, seconds=seconds, effects=operations.Effects())
