"""A template that makes a VM and what it needs, as the Azure CLI writes them, and the shortest way to deploy it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.cloud import COMPUTE, IN_GROUP

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud
    from vmident.sandbox.http_messages import Response

NETWORK = "2024-05-01"
RESOURCES = "2025-04-01"
NETWORKS = f"{IN_GROUP}/providers/Microsoft.Network"
DEPLOYMENTS = f"{IN_GROUP}/providers/Microsoft.Resources/deployments"
OPERATIONS = f"{IN_GROUP}/deployments"
VNET_TYPE = "Microsoft.Network/virtualNetworks"
IP_TYPE = "Microsoft.Network/publicIPAddresses"
PASSWORD = "Correct-horse-7"
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
WINDOWS = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-g2",
    "version": "latest",
}

VNET_BODY: dict[str, Any] = {
    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
    "subnets": [{"name": "default", "properties": {"addressPrefix": "10.0.0.0/24"}}],
}


def nic_body(*, vnet: str = "vnet", ip: str | None = None, nsg: str | None = None) -> dict[str, Any]:
    properties: dict[str, Any] = {"subnet": {"id": f"{NETWORKS}/virtualNetworks/{vnet}/subnets/default"}}
    if ip:
        properties["publicIPAddress"] = {"id": f"{NETWORKS}/publicIPAddresses/{ip}"}
    body: dict[str, Any] = {"ipConfigurations": [{"name": "main", "properties": properties}]}
    if nsg:
        body["networkSecurityGroup"] = {"id": f"{NETWORKS}/networkSecurityGroups/{nsg}"}
    return body


def vm_body(*, nic: str = "nic", size: str = "Standard_DS1_v2", **profile: Any) -> dict[str, Any]:
    """Return the properties of a VM; `image` and members of `osProfile` by name replace what is usual."""
    image = profile.pop("image", UBUNTU)
    return {
        "hardwareProfile": {"vmSize": size},
        "storageProfile": {"imageReference": image, "osDisk": {"createOption": "FromImage"}},
        "osProfile": {"adminUsername": "azureuser", "adminPassword": PASSWORD, **profile},
        "networkProfile": {"networkInterfaces": [{"id": f"{NETWORKS}/networkInterfaces/{nic}"}]},
    }


def put(cloud: Cloud, kind: str, name: str, properties: Any, **members: Any) -> Response:
    """PUT a network resource in westus."""
    body = {"location": "westus", "properties": properties, **members}
    return cloud.send("PUT", f"{NETWORKS}/{kind}/{name}?api-version={NETWORK}", body)


def read(cloud: Cloud, kind: str, name: str) -> dict[str, Any]:
    answer = cloud.send("GET", f"{NETWORKS}/{kind}/{name}?api-version={NETWORK}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def put_network(cloud: Cloud) -> None:
    """Create a network, and an interface `nic` in it."""
    assert put(cloud, "virtualNetworks", "vnet", VNET_BODY).status == 201
    assert put(cloud, "networkInterfaces", "nic", nic_body()).status == 201


def resource(kind: str, name: str, properties: Any, *waits: str, **members: Any) -> dict[str, Any]:
    """Return one resource of a template."""
    version = COMPUTE if "Compute" in kind else NETWORK
    known = {"type": kind, "name": name, "apiVersion": version, "location": "westus"}
    return {**known, "dependsOn": list(waits), "properties": properties, **members}


def ip(name: str, *waits: str, **members: Any) -> dict[str, Any]:
    return resource(IP_TYPE, name, {}, *waits, **members)


def vm_resources(*, size: str = "Standard_DS1_v2", **members: Any) -> list[dict[str, Any]]:
    """Return a network, an interface and a VM with a password that is a parameter."""
    return [
        resource("Microsoft.Network/virtualNetworks", "vnet", VNET_BODY),
        resource("Microsoft.Network/networkInterfaces", "nic", nic_body(), "Microsoft.Network/virtualNetworks/vnet"),
        resource(
            "Microsoft.Compute/virtualMachines",
            "newVM",
            vm_body(size=size, adminPassword="[parameters('adminPassword')]"),
            "nic",
            **members,
        ),
    ]


def template(resources: Any, **members: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": resources, **members}


def vm_template(*, size: str = "Standard_DS1_v2", outputs: Any = None, **members: Any) -> dict[str, Any]:
    parameters = {"adminPassword": {"type": "securestring"}}
    return template(vm_resources(size=size, **members), parameters=parameters, outputs=outputs or {})


def sent(content: Any, parameters: Any = None, **members: Any) -> dict[str, Any]:
    """Return the body of a request for a deployment."""
    values = {name: {"value": value} for name, value in (parameters or {}).items()}
    return {"properties": {"template": content, "parameters": values, "mode": "Incremental", **members}}


def deploy(cloud: Cloud, content: Any, parameters: Any = None, name: str = "d") -> Response:
    return cloud.send("PUT", f"{DEPLOYMENTS}/{name}?api-version={RESOURCES}", sent(content, parameters))


def deploy_vm(cloud: Cloud, **members: Any) -> Response:
    return deploy(cloud, vm_template(**members), {"adminPassword": PASSWORD})


def deployed(cloud: Cloud, name: str = "d") -> dict[str, Any]:
    """Return a deployment's properties as they are now."""
    found: dict[str, Any] = cloud.send("GET", f"{DEPLOYMENTS}/{name}?api-version={RESOURCES}").json()["properties"]
    return found


def steps(cloud: Cloud, name: str = "d") -> dict[str, dict[str, Any]]:
    """Return what a deployment has begun, by the name of the resource."""
    answer = cloud.send("GET", f"{OPERATIONS}/{name}/operations?api-version={RESOURCES}").json()["value"]
    return {one["properties"].get("targetResource", {}).get("resourceName", ""): one["properties"] for one in answer}
