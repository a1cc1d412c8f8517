"""Find who last changed the identities of VMs, for what is shown beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vmident.core.history.entries import HistoryEntry, last_changes
from vmident.errors import VmidentError
from vmident.usecases.history.own_runs import with_own_runs

if TYPE_CHECKING:
    from vmident.core.resource_id import ResourceId
    from vmident.ports.ports import Ports

LastChanges = Mapping["ResourceId", HistoryEntry]


def find_last_changes(resources: Sequence[ResourceId], ports: Ports) -> LastChanges:
    """Return the last known change of each resource that has one.

    Costs one request to Resource Graph, or one for each tenant, however many resources there are, and none without any.
    Nothing is known of what was changed more than 14 days ago, or before the newest 1,000 changes; nor where Resource
    Graph cannot be used, which is not a failure here.
    """
    if not resources:
        return {}
    try:
        rows = ports.resource_changes.newest(resources)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return {}
    return {entry.vm: entry for entry in with_own_runs(last_changes(rows).values(), ports.journal)}
