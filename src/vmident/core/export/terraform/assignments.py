"""Role assignments as Terraform resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmident.core.export.labels import label
from vmident.core.export.managed_resources import ManagedAssignment
from vmident.core.export.terraform.hcl import hcl_comment, hcl_string
from vmident.core.export.terraform.identities import identity_address, import_block, resource_block
from vmident.core.export.terraform.machines import machine_address
from vmident.core.vm_kind import is_machine, titled

ASSIGNMENT = "azurerm_role_assignment"


def assignment_blocks(assignments: Iterable[ManagedAssignment]) -> Iterator[str]:
    """Yield a resource for each role assignment, with an import where it exists.

    The principal of an identity is a reference to it; that of a system-assigned identity is its ID, or a reference to
    the resource that enables it.
    """
    for one in assignments:
        address = f"{ASSIGNMENT}.{label(one.receiver.name, one.receiver, one.at, one.role_guid)}"
        holder = titled(one.receiver) if is_machine(one.receiver) else f"identity '{one.receiver.name}'"
        heading = hcl_comment(f"Role '{one.role_name}' for {holder}")
        if one.exists:
            yield f"{heading}\n{import_block(address, one.id)}"
        arguments = {
            "name": hcl_string(one.name),
            "scope": hcl_string(one.scope),
            "role_definition_id": hcl_string(one.role_definition_id),
            "principal_id": _principal(one),
            "principal_type": hcl_string("ServicePrincipal"),
        }
        texts = {
            "condition": one.condition,
            "condition_version": one.condition_version,
            "description": one.description,
        }
        arguments.update({name: hcl_string(text) for name, text in texts.items() if text})
        resource = resource_block(address, arguments)
        yield resource if one.exists else f"{heading}\n{resource}"


def _principal(one: ManagedAssignment) -> str:
    if not is_machine(one.receiver):
        return f"{identity_address(one.receiver)}.principal_id"
    if one.principal_id:
        return hcl_string(one.principal_id)
    return f"{machine_address(one.receiver)}.output.identity.principalId"
