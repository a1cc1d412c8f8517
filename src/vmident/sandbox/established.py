"""Resources written into a sandbox as if they were long established: for the seed, `reset --vms` and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.authorization import directory
from vmident.sandbox.compute.disks.views import add_os_disk
from vmident.sandbox.compute.extensions.views import new_extension
from vmident.sandbox.compute.scale_sets.lookup import INSTANCE, SCALE_SET
from vmident.sandbox.compute.scale_sets.views import UNIFORM, new_instance, new_scale_set
from vmident.sandbox.compute.vm_record import USUAL_MADE, new_vm, profile_of
from vmident.sandbox.managed_identity.handlers import new_identity
from vmident.sandbox.network.seeded import put_interface
from vmident.sandbox.protocol import operations
from vmident.sandbox.resource_manager.groups import new_group
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vmident.sandbox.rows import Record, Rows

# The group of the network that they are in, where it exists.
NETWORK_GROUP = "otherResourceGroup"
# Whatever lags behind has seen them by now.
LONG_AGO = 0.0
_EXTENSION = {"typeHandlerVersion": "1.0", "autoUpgradeMinorVersion": True}


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
    """Write an identity that is not there yet; return its ID."""
    record = new_identity(group, name, location, dict(tags or {}), new_uuid)
    rows.add("identity", group, name, record, made=LONG_AGO)
    directory.enter(rows, record["principalId"], made=LONG_AGO, name=name)
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
    """Write a VM that is not there yet, with identities named by ID or, in its own group, by name; return its ID.

    An identity that is not there makes a dead attachment.
    """
    vm = new_vm(group, name, location, new_uuid(), tags)
    _attach(rows, vm, new_uuid, system=system, identities=identities)
    rows.add("vm", group, name, vm, made=LONG_AGO)
    add_os_disk(rows, vm, made=LONG_AGO)
    for nic in profile_of(vm)["networkProfile"]["networkInterfaces"]:
        put_interface(rows, vm, nic["id"].rpartition("/")[2], NETWORK_GROUP, new_uuid)
    return str(vm["id"])


def put_operation(
    rows: Rows, group: str, name: str, new_uuid: Callable[[], str], *, now: float, seconds: float
) -> None:
    """Run another user's operation on a VM for so many seconds; raises `KeyError` where there is no such VM."""
    vm = rows.held("vm", group, name)
    vm["state"] = "Updating"
    vm["etag"] += 1
    rows.replace("vm", vm["group"], vm["name"], vm)
    operations.start(rows, vm, new_uuid(), now=now, seconds=seconds, effects=operations.Effects())


def put_extension(rows: Rows, group: str, vm_name: str, name: str, properties: Mapping[str, Any]) -> None:
    """Write an extension on a VM that is there; `properties` as answers carry them."""
    record = new_extension(rows.held("vm", group, vm_name), name, {**_EXTENSION, **properties}, {})
    rows.add("extension", group, record["name"], record, made=LONG_AGO)


def put_scale_set(
    rows: Rows,
    group: str,
    name: str,
    new_uuid: Callable[[], str],
    *,
    mode: str = UNIFORM,
    capacity: int = 0,
    system: bool = False,
    identities: Iterable[str] = (),
    location: str = DEFAULT_LOCATION,
    tags: Mapping[str, str] | None = None,
    extensions: Iterable[tuple[str, Mapping[str, Any]]] = (),
) -> str:
    """Write a scale set that is not there yet, with as many instances as its capacity; return its ID.

    `extensions` are those in the profile of its VMs, each a name and its properties.
    """
    profile: dict[str, Any] = {
        "osProfile": {"computerNamePrefix": name.lower()[:9], "adminUsername": "azureuser"},
        "storageProfile": {"osDisk": {"osType": "Linux", "createOption": "FromImage", "caching": "ReadWrite"}},
    }
    shown = [{"name": one, "properties": {**_EXTENSION, **properties}} for one, properties in extensions]
    if shown:
        profile["extensionProfile"] = {"extensions": shown}
    size = "Standard_DS1_v2"
    scale_set = new_scale_set(
        group, name, location, new_uuid(), mode=mode, size=size, made=USUAL_MADE, tags=tags, profile=profile
    )
    scale_set["capacity"] = capacity
    _attach(rows, scale_set, new_uuid, system=system, identities=identities)
    rows.add(SCALE_SET, group, name, scale_set, made=LONG_AGO)
    for number in range(capacity):
        instance = new_instance(scale_set, number, new_uuid(), USUAL_MADE)
        rows.add(INSTANCE, group, instance["name"], instance, made=LONG_AGO)
    return str(scale_set["id"])


def _attach(
    rows: Rows, record: Record, new_uuid: Callable[[], str], *, system: bool, identities: Iterable[str]
) -> None:
    """Enter identities into the record of a VM or a scale set."""
    if system:
        record["system"] = new_uuid()
        directory.enter(rows, record["system"], made=LONG_AGO, name=record["name"])
    for text in identities:
        resource_id = ResourceId.parse(text) if "/" in text else user_identity_id(SUBSCRIPTION, record["group"], text)
        found = rows.find("identity", resource_id.group, resource_id.name)
        principal_id, client_id = (found["principalId"], found["clientId"]) if found else (new_uuid(), new_uuid())
        record["user"].append({"id": str(resource_id), "principalId": principal_id, "clientId": client_id})
