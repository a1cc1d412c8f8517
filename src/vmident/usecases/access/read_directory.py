"""Add to an estate what Microsoft Graph knows of its principals, where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from vmident.core.access.directory import GROUPS_UNREAD, principals_by_tenant, with_directory
from vmident.core.access.estate import Unread

if TYPE_CHECKING:
    from vmident.core.access.estate import Estate
    from vmident.ports.access import Directory

_TENANT_UNKNOWN = Unread("groups", "the tenant of the subscription is not known")


def with_groups(estate: Estate, directory: Directory | None) -> Estate:
    """Return the estate with groups and names of principals; without a directory they are `unread`."""
    if directory is None:
        return replace(estate, unread=(GROUPS_UNREAD, *estate.unread))
    questions = principals_by_tenant(estate)
    if estate.assignments and not questions:
        return replace(estate, unread=(_TENANT_UNKNOWN, *estate.unread))
    return with_directory(estate, {tenant: directory.read(tenant, ids) for tenant, ids in questions.items()})
