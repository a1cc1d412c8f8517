"""Add to an inventory what Microsoft Graph knows of its principals, where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.core.access.directory import GROUPS_UNREAD, principals_by_tenant, with_directory
from vmident.core.access.inventory import Unread

if TYPE_CHECKING:
    from vmident.core.access.inventory import Inventory
    from vmident.ports.access import Directory

_TENANT_UNKNOWN = Unread("groups", "the tenant of the subscription is not known")


def with_groups(inventory: Inventory, directory: Directory | None) -> Inventory:
    """Return the inventory with groups and names of principals; without a directory they are `unread`."""
    if directory is None:
        return replace(inventory, unread=(GROUPS_UNREAD, *inventory.unread))
    questions = principals_by_tenant(inventory)
    if inventory.assignments and not questions:
        return replace(inventory, unread=(_TENANT_UNKNOWN, *inventory.unread))
    return with_directory(inventory, {tenant: directory.read(tenant, ids) for tenant, ids in questions.items()})
