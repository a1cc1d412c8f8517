"""What Terraform's providers send for an exported folder, as their sources say; their binaries are in no registry.

azurerm creates identities and role assignments by PUT and leaves imported ones as they are. azapi reads the VM, merges
the body into it key by key, and sends a PUT (azapi 2, `MergeObject`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.core.export.languages import hcl_imports, hcl_resources, hcl_string
from tests.program import Program, identity_id

_MSI, _ROLES, _COMPUTE = "2023-01-31", "2022-04-01", "2024-07-01"


def apply_folder(folder: Path, program: Program) -> list[str]:
    """Send what `terraform apply` would; returns the addresses of the resources that were not imported."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf"))]
    resources, imports = hcl_resources(*texts), hcl_imports(*texts)
    for address, resource_id in imports.items():
        assert program.colleague("GET", resource_id, version=_version(address)).status == 200, resource_id
    ids = dict(imports)
    created = [address for address in resources if address not in imports]
    for kind in ("azurerm_user_assigned_identity", "azapi_update_resource", "azurerm_role_assignment"):
        for address in [one for one in created if one.startswith(f"{kind}.")]:
            ids[address] = _APPLIES[kind](resources[address], ids, program)
            program.time.now += 60
    return created


def merged(old: Any, new: Any) -> Any:
    """Merge an object into another as azapi does: keys are compared as they are spelled, `null` replaces."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def _identity(resource: dict[str, Any], _ids: dict[str, str], program: Program) -> str:
    path = identity_id(hcl_string(resource["name"]), hcl_string(resource["resource_group_name"]))
    assert program.colleague("PUT", path, {"location": hcl_string(resource["location"])}).status == 201
    return path


def _machine(resource: dict[str, Any], ids: dict[str, str], program: Program) -> str:
    path = hcl_string(resource["resource_id"])
    now = program.colleague("GET", path).json()
    identity = dict(resource["body"]["identity"])
    identity["type"] = hcl_string(identity["type"])
    if identity.get("userAssignedIdentities"):
        named = identity["userAssignedIdentities"]
        identity["userAssignedIdentities"] = {_key(key, ids): {} for key in named}
    whole = merged(now, {"identity": identity})
    body = {"location": now["location"], "tags": now.get("tags", {}), "identity": whole["identity"]}
    answer = program.colleague("PUT", path, body)
    assert answer.status == 200, answer.body
    return path


def _assignment(resource: dict[str, Any], ids: dict[str, str], program: Program) -> str:
    scope, name = hcl_string(resource["scope"]), hcl_string(resource["name"])
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    properties = {
        "roleDefinitionId": hcl_string(resource["role_definition_id"]),
        "principalId": _principal(resource["principal_id"], ids, program),
        "principalType": hcl_string(resource["principal_type"]),
    }
    answer = program.colleague("PUT", path, {"properties": properties}, version=_ROLES)
    assert answer.status == 201, answer.body
    return path


def _key(key: str, ids: dict[str, str]) -> str:
    found = re.search(r"(azurerm_user_assigned_identity\.\w+)\.id", key)
    return ids[found[1]] if found else hcl_string(key)


def _principal(expression: str, ids: dict[str, str], program: Program) -> str:
    found = re.fullmatch(r"\$\{(\w+\.\w+)\.(principal_id|output\.identity\.principalId)\}", expression)
    if found is None:
        return hcl_string(expression)
    answer = program.colleague("GET", ids[found[1]]).json()
    part = answer["properties"] if found[2] == "principal_id" else answer["identity"]
    return str(part["principalId"])


def _version(address: str) -> str:
    return _ROLES if address.startswith("azurerm_role_assignment.") else _MSI


_APPLIES = {
    "azurerm_user_assigned_identity": _identity,
    "azapi_update_resource": _machine,
    "azurerm_role_assignment": _assignment,
}
