"""User-assigned identities through the Resource Manager: find, list, read, make, delete.

Reads go out like every other one, as attaching an identity needs them too; the SDK's client sends the writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from vmident.arm.answers import check_about, unreadable
from vmident.arm.connection import Connection
from vmident.arm.paging import items_of_one_page, named_in_graph, pages, unread_items
from vmident.arm.pipeline_policy import raw_content
from vmident.arm.wire.resources import identity_resource_from_wire
from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.core.resources import CredentialResource, IdentityResource
from vmident.core.selection import named
from vmident.errors import NotFound

if TYPE_CHECKING:
    from azure.mgmt.msi.v2024_11_30.operations import UserAssignedIdentitiesOperations

API_VERSION = "2023-01-31"
FEDERATED_CREDENTIALS = "2024-11-30"
WITH_ISOLATION = "2024-11-30"


class ArmIdentities:
    """`vmident.ports.azure.Identities`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.find = cache(self._find)
        self.named = cache(self._find_named)
        self.names = cache(self._list_names)

    def _find(self, identity: ResourceId) -> ResourceId | None:
        """GET the identity; 404 means that there is none."""
        try:
            return self.read(identity).id
        except NotFound:
            return None

    def _find_named(self, subscription: str, name: str) -> Sequence[ResourceId]:
        """Take ARM's list where one page is all of it, else ask Resource Graph, which lags.

        Where the graph does not know exactly one, the whole list decides.
        """
        whole = items_of_one_page(self._connection, _list_path(subscription), API_VERSION)
        if whole is not None:
            return named((one.id for one in map(identity_resource_from_wire, whole)), name)
        found = named_in_graph(self._connection, subscription, USER_ASSIGNED_IDENTITY, name)
        return found if len(found) == 1 else named((one.id for one in self.list(subscription)), name)

    def list(self, subscription: str, group: str | None = None) -> Iterator[IdentityResource]:
        """List the identities of the group, else of the subscription."""
        listed = unread_items(self._connection, _list_path(subscription, group), API_VERSION)
        return map(identity_resource_from_wire, listed)

    def list_with_isolation(self, subscription: str) -> Iterator[IdentityResource]:
        """List the identities of the subscription, by an API version that shows `isolationScope`."""
        listed = unread_items(self._connection, _list_path(subscription), WITH_ISOLATION)
        return map(identity_resource_from_wire, listed)

    def _list_names(self, subscription: str, group: str | None = None) -> Sequence[str]:
        return tuple(one.id.name for one in self.list(subscription, group))

    def read(self, identity: ResourceId) -> IdentityResource:
        """GET the identity."""
        answer = self._connection.read(str(identity), API_VERSION)
        return _about(identity, identity_resource_from_wire(answer.content, answer.request))

    def credentials(self, identity: ResourceId) -> Sequence[CredentialResource]:
        """List the federated credentials of the identity."""
        from vmident.arm.access.bodies import CredentialRow

        path = f"{identity}/federatedIdentityCredentials"
        found = pages(self._connection, path, FEDERATED_CREDENTIALS, CredentialRow, "a federated credential")
        return tuple(
            CredentialResource(
                identity,
                row.id.rpartition("/")[2],
                row.properties.issuer or "",
                row.properties.subject or "",
                tuple(row.properties.audiences or ()),
            )
            for row in found
        )

    def make(self, identity: ResourceId, location: str, tags: Mapping[str, str]) -> IdentityResource:
        """PUT the identity once; the tags replace those that it has."""
        from azure.mgmt.msi.v2024_11_30.models import Identity

        wanted = Identity(location=location, tags=dict(tags))
        client = self._client(identity.subscription)
        content = self._connection.call(
            lambda: client.create_or_update(identity.group, identity.name, wanted, cls=raw_content)
        )
        return _about(identity, identity_resource_from_wire(content))

    def delete(self, identity: ResourceId) -> None:
        """DELETE the identity once. Azure answers 200, or 204 for one that is gone already, both without a body.

        Raises `InvalidResponse` for an answer with one.
        """
        try:
            answer = self._connection.delete(str(identity), API_VERSION)
        except NotFound:
            return
        if answer.content:
            raise unreadable("the deletion of an identity", "it has content", answer.request)

    def _client(self, subscription: str) -> UserAssignedIdentitiesOperations:
        from azure.mgmt.msi import ManagedServiceIdentityClient

        client = self._connection.sdk(ManagedServiceIdentityClient, subscription)
        operations: UserAssignedIdentitiesOperations = client.user_assigned_identities
        return operations


def _list_path(subscription: str, group: str | None = None) -> str:
    inside = f"/resourceGroups/{group}" if group else ""
    return f"/subscriptions/{subscription}{inside}/providers/{USER_ASSIGNED_IDENTITY}"


def _about(asked: ResourceId, identity: IdentityResource) -> IdentityResource:
    check_about(asked, identity.id)
    return identity
