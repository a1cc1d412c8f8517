# ruff: noqa: INP001, T201, PLW0108, PLR0915 - a script for the Python that Azure's SDKs are installed with
"""A lesson with Azure's Python SDKs, from an empty subscription to an empty one; prints each step as a line of JSON.

Knows nothing of vmident: it is what a user of the SDKs would write, with the endpoint and the credentials of the
environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient

GROUP, REGION = "lesson", "westus"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ASSIGNMENT = "11111111-1111-4111-8111-111111111111"
ROLE = "22222222-2222-4222-8222-222222222222"
CREDENTIAL = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:contoso/web:environment:prod",
    "audiences": ["api://AzureADTokenExchange"],
}
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [
        {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "apiVersion": "2023-01-31",
            "name": "templateIdentity",
            "location": "[resourceGroup().location]",
        }
    ],
}

endpoint, subscription = os.environ["ARM_ENDPOINT"], os.environ["AZURE_SUBSCRIPTION_ID"]
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"],
    os.environ["AZURE_CLIENT_ID"],
    os.environ["AZURE_CLIENT_SECRET"],
    authority=endpoint,
    disable_instance_discovery=True,
)
options: dict[str, Any] = {
    "base_url": endpoint,
    "credential_scopes": [f"{endpoint}/.default"],
    "polling_interval": 0.2,
    "retry_total": 0,
}
resources = ResourceManagementClient(credential, subscription, **options)
compute = ComputeManagementClient(credential, subscription, **options)
network = NetworkManagementClient(credential, subscription, **options)
identities = ManagedServiceIdentityClient(credential, subscription, **options)
roles = AuthorizationManagementClient(credential, subscription, **options)
deployments = DeploymentsMgmtClient(credential, subscription, **options)
graph = ResourceGraphClient(credential, **options)
in_subscription = f"/subscriptions/{subscription}"
in_group = f"{in_subscription}/resourceGroups/{GROUP}"
vm_id = f"{in_group}/providers/Microsoft.Compute/virtualMachines/lessonVM"
identity_id = f"{in_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/lessonIdentity"


def step(command: str, call: Callable[[], Any]) -> Any:
    """Run one step to its end, and print whether it worked; returns what it gave, None where it failed."""
    try:
        given = call()
        if hasattr(given, "result"):
            given = given.result()
        elif hasattr(given, "by_page"):
            given = list(given)
    except Exception as failed:  # noqa: BLE001 - whatever a client raises is what the lesson is there to see
        print(json.dumps({"command": command, "works": False, "error": str(failed)[:400]}), flush=True)
        return None
    print(json.dumps({"command": command, "works": True}), flush=True)
    return given


def vm_body() -> dict[str, Any]:
    """Return a VM with the card that the lesson has made."""
    image = {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}
    nic = f"{in_group}/providers/Microsoft.Network/networkInterfaces/lessonNic"
    return {
        "location": REGION,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B1s"},
            "storageProfile": {
                "imageReference": {**image, "version": "latest"},
                "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
            },
            "osProfile": {
                "computerName": "lessonVM",
                "adminUsername": "azureuser",
                "adminPassword": "Correct-horse-7",
            },
            "networkProfile": {"networkInterfaces": [{"id": nic}]},
        },
    }


def change(kind: str, **named: Any) -> Any:
    """Change the identities of the VM."""
    body: dict[str, Any] = {"identity": {"type": kind}}
    if named:
        body["identity"]["userAssignedIdentities"] = named
    return compute.virtual_machines.begin_update(GROUP, "lessonVM", body)


def main() -> None:
    """Walk through the lesson."""
    for name in [one.name for one in resources.resource_groups.list()]:
        step("resource_groups.begin_delete", lambda name=name: resources.resource_groups.begin_delete(name))
    step(
        "resource_groups.create_or_update",
        lambda: resources.resource_groups.create_or_update(GROUP, {"location": REGION}),
    )
    step("resource_groups.check_existence", lambda: resources.resource_groups.check_existence(GROUP))
    step("resource_groups.update", lambda: resources.resource_groups.update(GROUP, {"tags": {"course": "identities"}}))
    step("resource_groups.list", lambda: resources.resource_groups.list())
    step("providers.get", lambda: resources.providers.get("Microsoft.Compute"))

    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}
    subnet = {"name": "default", "properties": {"addressPrefix": "10.1.0.0/24"}}
    vnet = step(
        "virtual_networks.begin_create_or_update",
        lambda: network.virtual_networks.begin_create_or_update(
            GROUP, "lessonVnet", {"location": REGION, "properties": {**space, "subnets": [subnet]}}
        ),
    )
    subnet_id = vnet.subnets[0].id if vnet else ""
    step(
        "network_security_groups.begin_create_or_update",
        lambda: network.network_security_groups.begin_create_or_update(GROUP, "lessonNsg", {"location": REGION}),
    )
    rule = {
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
        "access": "Allow",
        "direction": "Inbound",
        "priority": 1000,
    }
    step(
        "security_rules.begin_create_or_update",
        lambda: network.security_rules.begin_create_or_update(GROUP, "lessonNsg", "ssh", {"properties": rule}),
    )
    step(
        "subnets.begin_create_or_update",
        lambda: network.subnets.begin_create_or_update(
            GROUP, "lessonVnet", "second", {"properties": {"addressPrefix": "10.1.1.0/24"}}
        ),
    )
    address = step(
        "public_ip_addresses.begin_create_or_update",
        lambda: network.public_ip_addresses.begin_create_or_update(
            GROUP,
            "lessonIp",
            {"location": REGION, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
        ),
    )
    card = {"subnet": {"id": subnet_id}, **({"publicIPAddress": {"id": address.id}} if address else {})}
    step(
        "network_interfaces.begin_create_or_update",
        lambda: network.network_interfaces.begin_create_or_update(
            GROUP,
            "lessonNic",
            {"location": REGION, "properties": {"ipConfigurations": [{"name": "first", "properties": card}]}},
        ),
    )
    step("network_interfaces.list", lambda: network.network_interfaces.list(GROUP))

    made = step(
        "user_assigned_identities.create_or_update",
        lambda: identities.user_assigned_identities.create_or_update(GROUP, "lessonIdentity", {"location": REGION}),
    )
    step(
        "user_assigned_identities.update",
        lambda: identities.user_assigned_identities.update(GROUP, "lessonIdentity", {"tags": {"course": "identities"}}),
    )
    step("user_assigned_identities.get", lambda: identities.user_assigned_identities.get(GROUP, "lessonIdentity"))
    step("user_assigned_identities.list", lambda: identities.user_assigned_identities.list_by_resource_group(GROUP))
    credentials = identities.federated_identity_credentials
    step(
        "federated_identity_credentials.create_or_update",
        lambda: credentials.create_or_update(GROUP, "lessonIdentity", "github", {"properties": CREDENTIAL}),
    )
    step("federated_identity_credentials.list", lambda: credentials.list(GROUP, "lessonIdentity"))
    step("federated_identity_credentials.delete", lambda: credentials.delete(GROUP, "lessonIdentity", "github"))

    machines = compute.virtual_machines
    step(
        "virtual_machines.begin_create_or_update", lambda: machines.begin_create_or_update(GROUP, "lessonVM", vm_body())
    )
    step("virtual_machines.get", lambda: machines.get(GROUP, "lessonVM"))
    step("virtual_machines.get (expand)", lambda: machines.get(GROUP, "lessonVM", expand="instanceView"))
    step("virtual_machines.instance_view", lambda: machines.instance_view(GROUP, "lessonVM"))
    step("virtual_machines.list", lambda: machines.list(GROUP))
    step("virtual_machines.list_all", lambda: machines.list_all())
    step("virtual_machines.begin_update (enable)", lambda: change("SystemAssigned"))
    both = "SystemAssigned, UserAssigned"
    step("virtual_machines.begin_update (attach)", lambda: change(both, **{identity_id: {}}))
    step(
        "system_assigned_identities.get_by_scope", lambda: identities.system_assigned_identities.get_by_scope(vm_id[1:])
    )
    step("virtual_machines.begin_update (detach)", lambda: change("SystemAssigned"))
    step("virtual_machines.begin_update (none)", lambda: change("None"))

    principal = made.principal_id if made else ""
    reader = f"{in_subscription}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    assignment = {"roleDefinitionId": reader, "principalId": principal, "principalType": "ServicePrincipal"}
    step(
        "role_assignments.create",
        lambda: roles.role_assignments.create(in_group, ASSIGNMENT, {"properties": assignment}),
    )
    step("role_assignments.list_for_scope", lambda: roles.role_assignments.list_for_scope(in_group, filter="atScope()"))
    step("role_assignments.delete", lambda: roles.role_assignments.delete(in_group, ASSIGNMENT))
    step("role_definitions.list", lambda: roles.role_definitions.list(in_subscription, filter="roleName eq 'Reader'"))
    permissions = [{"actions": ["Microsoft.Compute/virtualMachines/read"], "notActions": []}]
    definition = {
        "roleName": "Lesson Reader",
        "type": "CustomRole",
        "permissions": permissions,
        "assignableScopes": [in_subscription],
    }
    step(
        "role_definitions.create_or_update",
        lambda: roles.role_definitions.create_or_update(in_subscription, ROLE, {"properties": definition}),
    )
    step("role_definitions.delete", lambda: roles.role_definitions.delete(in_subscription, ROLE))

    deployment = {"properties": {"mode": "Incremental", "template": TEMPLATE}}
    made_by = deployments.deployments
    step("deployments.begin_validate", lambda: made_by.begin_validate(GROUP, "template", deployment))
    step("deployments.begin_what_if", lambda: made_by.begin_what_if(GROUP, "template", deployment))
    step("deployments.begin_create_or_update", lambda: made_by.begin_create_or_update(GROUP, "template", deployment))
    step(
        "resources (Resource Graph)",
        lambda: graph.resources({"query": "resources | count", "subscriptions": [subscription]}),
    )
    step("resources.list_by_resource_group", lambda: resources.resources.list_by_resource_group(GROUP))

    step("virtual_machines.begin_power_off", lambda: machines.begin_power_off(GROUP, "lessonVM"))
    step("virtual_machines.begin_start", lambda: machines.begin_start(GROUP, "lessonVM"))
    step("virtual_machines.begin_restart", lambda: machines.begin_restart(GROUP, "lessonVM"))
    step("virtual_machines.begin_deallocate", lambda: machines.begin_deallocate(GROUP, "lessonVM"))
    step("virtual_machine_sizes.list", lambda: compute.virtual_machine_sizes.list(REGION))
    step("usage.list", lambda: compute.usage.list(REGION))
    step("disks.list_by_resource_group", lambda: compute.disks.list_by_resource_group(GROUP))
    step("virtual_machine_scale_sets.list", lambda: compute.virtual_machine_scale_sets.list(GROUP))

    step("virtual_machines.begin_delete", lambda: machines.begin_delete(GROUP, "lessonVM"))
    step("network_interfaces.begin_delete", lambda: network.network_interfaces.begin_delete(GROUP, "lessonNic"))
    step("public_ip_addresses.begin_delete", lambda: network.public_ip_addresses.begin_delete(GROUP, "lessonIp"))
    step(
        "network_security_groups.begin_delete", lambda: network.network_security_groups.begin_delete(GROUP, "lessonNsg")
    )
    step("virtual_networks.begin_delete", lambda: network.virtual_networks.begin_delete(GROUP, "lessonVnet"))
    step("user_assigned_identities.delete", lambda: identities.user_assigned_identities.delete(GROUP, "lessonIdentity"))
    step("resource_groups.begin_delete", lambda: resources.resource_groups.begin_delete(GROUP))
    step("resources.list (empty)", _nothing_left)


def _nothing_left() -> None:
    left = [one.id for one in resources.resources.list()]
    if left:
        raise RuntimeError(f"Left: {left}")


main()
