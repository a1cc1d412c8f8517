"""Resource groups through the Resource Manager: read, list, make.

Reads go out like every other one; the SDK's client sends the write. Its own lists would follow a link to anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vmident.arm.answers import check_about
from vmident.arm.connection import Connection
from vmident.arm.paging import unread_items
from vmident.arm.pipeline_policy import raw_content
from vmident.arm.wire.resources import group_from_wire
from vmident.core.resources import Group

API_VERSION = "2024-11-01"


class ArmGroups:
    """`vmident.ports.azure.Groups`, as ARM has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, subscription: str, name: str) -> Group:
        """GET the group."""
        path = f"/subscriptions/{subscription}/resourceGroups/{name}"
        answer = self._connection.read(path, API_VERSION)
        return _about(path, group_from_wire(answer.content, answer.request))

    def list(self, subscription: str) -> Iterator[Group]:
        """List the groups of the subscription."""
        path = f"/subscriptions/{subscription}/resourceGroups"
        return map(group_from_wire, unread_items(self._connection, path, API_VERSION))

    def make(self, subscription: str, name: str, location: str, tags: Mapping[str, str]) -> Group:
        """PUT the group once; the tags replace those that it has."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        wanted: dict[str, Any] = {"location": location, "tags": dict(tags)}
        groups = self._connection.sdk(ResourceManagementClient, subscription).resource_groups
        content = self._connection.call(lambda: groups.create_or_update(name, wanted, cls=raw_content))
        return _about(f"/subscriptions/{subscription}/resourceGroups/{name}", group_from_wire(content))


def _about(path: str, group: Group) -> Group:
    check_about(path, group.id)
    return group
