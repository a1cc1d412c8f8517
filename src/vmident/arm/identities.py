"""User-assigned identities through the Resource Manager: find and list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmident.arm.connection import Connection
from vmident.arm.listing import named_in_graph, pages
from vmident.arm.wire import unreadable
from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.core.selection import named
from vmident.errors import BadResourceId, NotFound

API_VERSION = "2023-01-31"


class ArmIdentities:
    """`vmident.ports.Identities`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, identity: ResourceId) -> ResourceId | None:
        """GET the identity; 404 means that there is none."""
        try:
            return _id_of(self._connection.read(str(identity), API_VERSION).body)
        except NotFound:
            return None

    def named(self, subscription: str, name: str) -> Sequence[ResourceId]:
        """Ask Resource Graph; where it does not know exactly one, a list decides."""
        found = named_in_graph(self._connection, subscription, USER_ASSIGNED_IDENTITY, name)
        return found if len(found) == 1 else named(self.list(subscription), name)

    def list(self, subscription: str) -> Iterator[ResourceId]:
        """List the identities of the subscription."""
        path = f"/subscriptions/{subscription}/providers/{USER_ASSIGNED_IDENTITY}"
        return (_id_of(body) for body in pages(self._connection, path, API_VERSION))


def _id_of(body: object) -> ResourceId:
    try:
        return ResourceId.parse(body["id"])  # type: ignore[index]
    except (KeyError, TypeError, AttributeError, BadResourceId) as strange:
        raise unreadable("a user-assigned identity") from strange
