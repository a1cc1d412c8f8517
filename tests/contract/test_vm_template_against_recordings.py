"""Our template and that of the recorded `az vm create`, resource by resource.

Both are flattened to paths and values; every path on which they differ stands in `DIFFERENCES` with its reason, and
every reason is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vmident.core.identity import IdentityState
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import user_identity_id, vm_id
from vmident.core.vm_creation.admin import Admin
from vmident.core.vm_creation.images import Image, OsType
from vmident.core.vm_creation.request import OpenPort, VmRequest, VmSettings
from vmident.core.vm_creation.template import template_for

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
USERS, SYSTEM = "vm-user-identities-2020.json", "vm-system-identity-2020.json"
RECORDED = [(USERS, 7), (USERS, 17), (SYSTEM, 2), (SYSTEM, 12)]

# What differs, as a pattern of the flattened path, and why.
DIFFERENCES = {
    r"\$schema": "The schema of 2019-04-01 knows `scope`, which a role on one resource needs.",
    r".*/apiVersion": "Versions of today.",
    r"variables": "There are none, and ARM does not ask for the member.",
    r"outputs": "Likewise: what is to be shown is read from the resources.",
    r"parameters/adminPassword/metadata/description": "A description that nobody sees.",
    r"publicIPAddresses/properties/publicIPAllocationMethod": "Static: a Standard address has no other.",
    r"publicIPAddresses/sku/name": "Standard: Azure makes no Basic addresses any more.",
    r"virtualMachines/properties/storageProfile/osDisk/name": "Null, so Azure names the disk in either case.",
    r"virtualMachines/properties/storageProfile/osDisk/managedDisk/storageAccountType": "Null, so Azure chooses.",
    r"virtualMachines/properties/storageProfile/osDisk/createOption": "ARM's own spelling, FromImage.",
    r"virtualMachines/identity/type": "ARM's own spelling, with a space after the comma.",
    r"roleAssignments/properties/scope": "Read-only since 2018: an assignment is made at the deployment's group.",
    r"roleAssignments/properties/principalType": "Spares waiting until the directory knows the principal.",
    r"roleAssignments/properties/principalId": "Reads the VM in the version that it is made with.",
    r"roleAssignments/name": "A GUID that is made of the creation's own, where the Azure CLI's is random.",
    r".*/dependsOn": "Full ids, compared apart, where the Azure CLI has types and names.",
}


def exchange(recordings: Path, name: str, index: int) -> tuple[dict[str, Any], str]:
    request = json.loads((recordings / name).read_text(encoding="utf-8"))[index]["request"]
    group = re.search(r"/resourcegroups/([^/]+)/", request["url"], re.IGNORECASE)
    assert group
    return request["body"]["properties"]["template"], group[1]


def request_like(template: dict[str, Any], group: str) -> VmRequest:
    """Ask for the recorded VM: what was typed is read off the template."""
    by_kind = {one["type"].rsplit("/", 1)[-1]: one for one in template["resources"]}
    vm = by_kind["virtualMachines"]
    profile = vm["properties"]["osProfile"]
    keys = profile.get("linuxConfiguration", {}).get("ssh", {}).get("publicKeys", [])
    has_password = "adminPassword" in profile
    identity = vm.get("identity", {})
    users = [one.rsplit("/", 1)[-1] for one in identity.get("userAssignedIdentities", {})]
    role = by_kind.get("roleAssignments")
    grants: tuple[Grant, ...] = ()
    if role:
        properties = role["properties"]
        grants = (Grant(Role(properties["roleDefinitionId"], "Reader"), Scope.parse(properties["scope"])),)
    interface = by_kind["networkInterfaces"]["properties"]["ipConfigurations"][0]["properties"]
    return VmRequest(
        vm_id(SUBSCRIPTION, group, vm["name"]),
        vm["location"],
        VmSettings(
            Image(vm["properties"]["storageProfile"]["imageReference"], OsType.LINUX),
            OsType.LINUX,
            Admin(
                profile["adminUsername"],
                tuple(one["keyData"] for one in keys),
                "A-password-of-theirs" if has_password else None,
            ),
            size=vm["properties"]["hardwareProfile"]["vmSize"],
            open_port=OpenPort.SSH,
        ),
        "seed",
        identities=IdentityState.of(
            system="SystemAssigned" in identity.get("type", ""),
            users=[user_identity_id(SUBSCRIPTION, group, user) for user in users],
        ),
        grants=grants,
        subnet_id=None if "virtualNetworks" in by_kind else interface["subnet"]["id"],
    )


def flattened(template: dict[str, Any]) -> dict[str, Any]:
    """Return every leaf by its path; a resource goes by its type, which no template here has twice."""
    rest = {name: value for name, value in template.items() if name != "resources"}
    resources = {one["type"].rsplit("/", 1)[-1]: {**one, "dependsOn": ""} for one in template["resources"]}
    assert len(resources) == len(template["resources"])
    return dict(_leaves({**rest, **resources}, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    if not items:
        yield path, value
    for name, inner in items:
        yield from _leaves(inner, f"{path}/{name}".lstrip("/"))


def differing(recorded: dict[str, Any], ours: dict[str, Any]) -> set[str]:
    missing = object()
    return {path for path in recorded | ours if recorded.get(path, missing) != ours.get(path, missing)}


@pytest.mark.parametrize(("name", "index"), RECORDED)
def test_our_template_is_the_recorded_one_but_for_what_has_a_reason(recordings: Path, name: str, index: int) -> None:
    recorded, group = exchange(recordings, name, index)
    ours = template_for(request_like(recorded, group))
    unexplained = [
        path
        for path in differing(flattened(recorded), flattened(ours))
        if not any(re.fullmatch(pattern, path) for pattern in DIFFERENCES)
    ]
    assert unexplained == []


def depends(template: dict[str, Any]) -> dict[str, set[str]]:
    """Return of each resource the types and names, in small letters, that it waits for."""
    return {
        one["name"] if "roleAssignments" not in one["type"] else "role": {
            "/".join(needed.lower().split("/")[-3:]) for needed in one["dependsOn"]
        }
        for one in template["resources"]
    }


@pytest.mark.parametrize(("name", "index"), RECORDED)
def test_our_resources_wait_for_those_that_the_recorded_ones_do(recordings: Path, name: str, index: int) -> None:
    recorded, group = exchange(recordings, name, index)
    assert depends(template_for(request_like(recorded, group))) == depends(recorded)


def test_every_reason_is_needed(recordings: Path) -> None:
    met: set[str] = {r".*/dependsOn"}
    for name, index in RECORDED:
        recorded, group = exchange(recordings, name, index)
        for path in differing(flattened(recorded), flattened(template_for(request_like(recorded, group)))):
            met |= {pattern for pattern in DIFFERENCES if re.fullmatch(pattern, path)}
    assert met == set(DIFFERENCES)
