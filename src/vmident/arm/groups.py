"""Resource groups through the Resource Manager: read, list, make.

Reads go out like every other one; the SDK's client sends the write. Its own lists would follow a link to anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vmident.arm.connection import Connection
from vmident.arm.paging import pages
from vmident.arm.pipeline_policy import body_of
from vmident.arm.standing_wire import group_from_wire
from vmident.core.resources import Group

API_VERSION = "2024-11-01"


class ArmGroups:
    """`vmident.ports.azure.Groups`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, subscription: str, name: str) -> Group:
        """GET the group."""
        path = f"/subscriptions/{subscription}/resourceGroups/{name}"
        return group_from_wire(self._connection.read(path, API_VERSION).body)

    def list(self, subscription: str) -> Iterator[Group]:
        """List the groups of the subscription."""
        path = f"/subscriptions/{subscription}/resourceGroups"
        return (group_from_wire(body) for body in pages(self._connection, path, API_VERSION))

    def make(self, subscription: str, name: str, location: str, tags: Mapping[str, str]) -> Group:
        """PUT the group once; the tags replace those that it has."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        wanted: dict[str, Any] = {"location": location, "tags": dict(tags)}
        groups = self._connection.sdk(ResourceManagementClient, subscription).resource_groups
        return group_from_wire(groups.create_or_update(name, wanted, cls=body_of))
