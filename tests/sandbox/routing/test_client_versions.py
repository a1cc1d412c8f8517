"""The sandbox serves the API version that each of Azure's SDKs sends unless it is set to another.

Real clients send real requests: an SDK whose default the sandbox lacks fails here, with the version in the message.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport

from tests.requests_adapter import SenderAdapter
from tests.sandbox.cloud import GROUP, IN_GROUP, IN_SUBSCRIPTION, Cloud
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, TOKEN
from vmident.sandbox.transport.in_process import SandboxNetwork

MISSING = ("NoRegisteredProviderFound", "InvalidApiVersionParameter", "InvalidResourceType", "NotSupportedBySandbox")
IMAGE = ("westus", "Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2")
QUERY = {"query": "resources | project id", "subscriptions": [SUBSCRIPTION]}
CALLS: dict[tuple[str, str], list[Callable[[Any], Any]]] = {
    ("azure.mgmt.compute", "ComputeManagementClient"): [
        lambda compute: compute.virtual_machines.get(GROUP, "myVM"),
        lambda compute: list(compute.virtual_machines.list_all()),
        lambda compute: compute.virtual_machine_images.list(*IMAGE),
        lambda compute: list(compute.disks.list()),
    ],
    ("azure.mgmt.msi", "ManagedServiceIdentityClient"): [
        lambda identities: list(identities.user_assigned_identities.list_by_subscription()),
    ],
    ("azure.mgmt.network", "NetworkManagementClient"): [
        lambda network: list(network.virtual_networks.list_all()),
        lambda network: list(network.network_interfaces.list_all()),
        lambda network: list(network.public_ip_addresses.list_all()),
        lambda network: list(network.network_security_groups.list_all()),
    ],
    ("azure.mgmt.authorization", "AuthorizationManagementClient"): [
        lambda roles: list(roles.role_assignments.list_for_scope(IN_GROUP)),
        lambda roles: list(roles.role_definitions.list(IN_SUBSCRIPTION)),
        lambda roles: list(roles.permissions.list_for_resource_group(GROUP)),
    ],
    ("azure.mgmt.resource.resources", "ResourceManagementClient"): [
        lambda resources: list(resources.resource_groups.list()),
        lambda resources: list(resources.resources.list()),
        lambda resources: list(resources.providers.list()),
    ],
    ("azure.mgmt.resource.deployments", "DeploymentsMgmtClient"): [
        lambda deployments: list(deployments.deployments.list_by_resource_group(GROUP)),
    ],
    ("azure.mgmt.resourcegraph", "ResourceGraphClient"): [lambda graph: graph.resources(QUERY)],
}
OUTSIDE_SUBSCRIPTIONS = ("ResourceGraphClient",)


class Credential:
    """The sandbox's own token."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(TOKEN, 4_000_000_000)


@pytest.fixture
def transport(tmp_path: Path) -> Iterator[RequestsTransport]:
    cloud, session = Cloud(tmp_path), requests.Session()
    session.mount("https://", SenderAdapter(SandboxNetwork(cloud.sandbox)))
    yield RequestsTransport(session=session, session_owner=False)
    session.close()
    cloud.sandbox.close()


@pytest.mark.parametrize(
    ("package", "name", "number"), [(*client, number) for client in CALLS for number in range(len(CALLS[client]))]
)
def test_the_version_that_an_sdk_sends_is_served(
    package: str, name: str, number: int, transport: RequestsTransport
) -> None:
    client = getattr(importlib.import_module(package), name)
    place = () if name in OUTSIDE_SUBSCRIPTIONS else (SUBSCRIPTION,)
    options = {"base_url": ENDPOINT, "credential_scopes": [f"{ENDPOINT}/.default"], "transport": transport}
    try:
        CALLS[package, name][number](client(Credential(), *place, **options))
    except HttpResponseError as refused:
        assert refused.error is None or refused.error.code not in MISSING, str(refused)
        raise


def test_the_version_that_ansible_deletes_disks_with_is_served(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    answer = cloud.send("DELETE", f"{IN_GROUP}/providers/Microsoft.Compute/disks/none?api-version=2017-03-30")
    cloud.sandbox.close()
    assert answer.status == 204
