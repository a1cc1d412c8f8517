"""The template that makes a VM, its network, its identities and their roles: pure.

The resources, their names and what they depend on are those of `az vm create` (recordings
`vm-user-identities-2020.json`, exchanges 7 and 17, and `vm-system-identity-2020.json`, 2 and 12); versions and defaults
are of today. The template holds no password: `adminPassword` is a parameter of type `securestring`, which Azure neither
stores nor shows.
"""

from __future__ import annotations

import uuid
from typing import Any

from vmident.core.identity import IdentityType
from vmident.core.rbac.roles import Grant
from vmident.core.rbac.scope import Scope, group_scope
from vmident.core.resource_id import VIRTUAL_MACHINE
from vmident.core.vm_creation.admin import computer_name
from vmident.core.vm_creation.network_template import literal, network_resources
from vmident.core.vm_creation.request import VmRequest

Template = dict[str, Any]
Parameters = dict[str, Any]

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
"""The schema of deployments to a group, as Microsoft's template reference has it."""
COMPUTE_VERSION = "2024-07-01"
"""The version that VMs are read with too: in every public cloud."""
AUTHORIZATION_VERSION = "2022-04-01"

_PASSWORD_PARAMETER = {"adminPassword": {"type": "securestring"}}
_NAMESPACE = uuid.UUID("5b5f5f62-1f57-5d0b-9f0c-6d2f4b8f1d55")


def template_for(request: VmRequest) -> Template:
    """Return the template; raises `UsageError` where no computer can have the VM's name."""
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": _PASSWORD_PARAMETER if request.settings.admin.password is not None else {},
        "resources": [
            *network_resources(request),
            _vm(request),
            *(_role_assignment(grant, request) for grant in request.grants_in_template),
        ],
    }


def parameters_for(request: VmRequest) -> Parameters:
    """Return the values of the template's parameters, the password among them: for the request's body alone."""
    password = request.settings.admin.password
    return {} if password is None else {"adminPassword": {"value": password}}


def assignment_name_in_template(grant: Grant, request: VmRequest) -> str:
    """Return the GUID that names a role assignment, made before there is a principal to make it of.

    It differs from one creation to the next. A name that did not would be refused once a VM of that name was deleted
    and is made again: the old assignment stays, and Azure does not change the principal of one.
    """
    return str(uuid.uuid5(_NAMESPACE, f"{request.seed}|{grant.scope}|{grant.role.guid}".lower()))


def assignment_id_in_template(grant: Grant, request: VmRequest) -> str:
    """Return the full id of the role assignment that the template makes for a grant."""
    name = assignment_name_in_template(grant, request)
    return f"{grant.scope}/providers/Microsoft.Authorization/roleAssignments/{name}"


def _vm(request: VmRequest) -> Template:
    image = request.settings.image
    return {
        "type": VIRTUAL_MACHINE,
        "apiVersion": COMPUTE_VERSION,
        "name": request.vm.name,
        "location": request.location,
        "tags": literal(request.settings.tags),
        "dependsOn": [str(request.network_interface)],
        **({"plan": dict(image.plan)} if image.plan else {}),
        "properties": {
            "hardwareProfile": {"vmSize": request.settings.size},
            "networkProfile": {"networkInterfaces": [{"id": str(request.network_interface)}]},
            "storageProfile": {
                "osDisk": {"createOption": "FromImage", "caching": "ReadWrite"},
                "imageReference": dict(image.reference),
            },
            "osProfile": _os_profile(request),
        },
        **_identity(request),
    }


def _os_profile(request: VmRequest) -> Template:
    admin = request.settings.admin
    profile: Template = {
        "computerName": computer_name(request.vm.name, request.settings.os),
        "adminUsername": admin.name,
    }
    if admin.password is not None:
        profile["adminPassword"] = "[parameters('adminPassword')]"
    if admin.keys:
        path = f"/home/{admin.name}/.ssh/authorized_keys"
        profile["linuxConfiguration"] = {
            "disablePasswordAuthentication": admin.password is None,
            "ssh": {"publicKeys": [{"path": path, "keyData": key} for key in admin.keys]},
        }
    return profile


def _identity(request: VmRequest) -> Template:
    identities = request.identities
    if identities.type is IdentityType.NONE:
        return {}
    identity: Template = {"type": identities.type.value}
    if identities.users:
        identity["userAssignedIdentities"] = {str(user): {} for user in identities.users}
    return {"identity": identity}


def _role_assignment(grant: Grant, request: VmRequest) -> Template:
    vm = str(request.vm)
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": AUTHORIZATION_VERSION,
        "name": assignment_name_in_template(grant, request),
        **_scope(grant.scope, request),
        "dependsOn": [vm],
        "properties": {
            "roleDefinitionId": grant.role.id,
            "principalId": f"[reference('{vm}', '{COMPUTE_VERSION}', 'Full').identity.principalId]",
            "principalType": "ServicePrincipal",
        },
    }


def _scope(scope: Scope, request: VmRequest) -> Template:
    """The deployment's own group needs no word; one of its resources is named by the member `scope`."""
    return {} if scope == group_scope(request.vm.subscription, request.vm.group) else {"scope": str(scope)}
