"""What a new sandbox holds (design, section 7), and how tests put more into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.authorization import directory, signed_in_user
from vmident.sandbox.compute.vm_view import new_vm
from vmident.sandbox.managed_identity.handlers import new_identity
from vmident.sandbox.protocol import operations
from vmident.sandbox.resource_manager.groups import new_group
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vmident.sandbox.store import Rows

GROUP = "myResourceGroup"
IDENTITY = "myUserAssignedIdentity"
OTHER_IDENTITY = "otherIdentity"
# Made long ago: whatever lags behind has seen it by now.
LONG_AGO = 0.0


def plant(rows: Rows, new_uuid: Callable[[], str]) -> None:
    """Write the seed into empty rows."""
    signed_in_user.introduce(rows)
    put_group(rows, GROUP, DEFAULT_LOCATION)
    for name in (IDENTITY, OTHER_IDENTITY):
        put_identity(rows, GROUP, name, new_uuid)
    put_vm(rows, GROUP, "myVM", new_uuid)
    put_vm(rows, GROUP, "webVM", new_uuid, system=True)
    put_vm(rows, GROUP, "dbVM", new_uuid, identities=(IDENTITY,))
    put_vm(rows, GROUP, "appVM", new_uuid, system=True, identities=(IDENTITY,))


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
    return str(vm["id"])


def put_operation(
    rows: Rows, group: str, name: str, new_uuid: Callable[[], str], *, now: float, seconds: float
) -> None:
    """Have somebody else's operation run on a VM for so many seconds; raises `KeyError` where there is no such VM."""
    vm = rows.held("vm", group, name)
    vm["state"] = "Updating"
    vm["etag"] += 1
    rows.replace("vm", vm["group"], vm["name"], vm)
    operations.start(rows, vm, new_uuid(), now=now, seconds=seconds, attached={})
