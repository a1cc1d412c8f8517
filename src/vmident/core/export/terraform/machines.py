"""The identities of VMs and scale sets as `azapi_update_resource`.

azapi reads the VM, merges `body` into what it read, and sends all of it as a PUT without an etag; it changes nothing
when the resource is destroyed (source of azapi 2, `azapi_update_resource.go` and `MergeObject`, and its documentation,
read on 2026-11-28). What follows:

Z1  An identity that `body` does not name stays attached.
Z2  A key merges only with the same spelling; Compute refuses one identity under two (wire facts). So an identity that
    is attached already is named as the VM names it.
Z3  `userAssignedIdentities = null` removes the whole map. Nothing detaches one identity and keeps others: ARM takes
    `null` for one in a PATCH alone.
Z4  The type is always named, as in a PATCH (P1 of `core.patch`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vmident.core.export.labels import label
from vmident.core.export.managed_resources import ManagedMachine
from vmident.core.export.terraform.hcl import Value, hcl_comment, hcl_key, hcl_string
from vmident.core.export.terraform.identities import identity_address, resource_block
from vmident.core.resource_id import ResourceId
from vmident.core.vm_kind import kind_of

MACHINE = "azapi_update_resource"
API_VERSION = "2024-07-01"


def machine_address(machine: ResourceId) -> str:
    """Return the address of the resource that sets a VM's identity."""
    return f"{MACHINE}.{label(machine.name, machine)}"


def machine_blocks(machines: Iterable[ManagedMachine]) -> Iterator[str]:
    """Yield a resource for each VM and scale set."""
    for number, one in enumerate(machines):
        if not number:
            yield "\n".join(map(hcl_comment, _BESIDE_ANOTHER_OWNER))
        groups: list[Mapping[str, Value]] = [
            {
                "type": hcl_string(f"{kind_of(one.id).resource_type}@{API_VERSION}"),
                "resource_id": hcl_string(str(one.id)),
                "locks": (hcl_string(str(one.id)),),
            },
            {"body": {"identity": _identity(one)}},
        ]
        if one.type.has_system:
            groups.append({"response_export_values": (hcl_string("identity.principalId"),)})
        yield resource_block(machine_address(one.id), *groups)


_BESIDE_ANOTHER_OWNER = (
    "If Terraform manages one of these VMs elsewhere, add to that resource:",
    "  lifecycle { ignore_changes = [identity] }",
    "Otherwise both resources change the VM's identity in turn.",
)


def _identity(one: ManagedMachine) -> Mapping[str, Value]:
    identity: dict[str, Value] = {"type": hcl_string(one.type.value)}
    if one.is_without_users:
        identity["userAssignedIdentities"] = "null"
    elif one.users:
        identity["userAssignedIdentities"] = {
            hcl_key(spelling) if spelling else f"({identity_address(user)}.id)": {}
            for user, spelling in one.users.items()
        }
    return identity
