"""Where changes of resources are read: Azure's log of who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vmident.core.history.resource_change import ResourceChange
    from vmident.core.resource_id import ResourceId
    from vmident.core.vm_kind import VmKind


class ResourceChanges(Protocol):
    """The changes of VMs, scale sets and identities in the last 14 days; it lags by some minutes.

    Changes of anything but identities are left out. All methods raise what asking Resource Graph raises.
    """

    def of(self, resources: Sequence[ResourceId], since_seconds: float | None = None) -> Iterator[ResourceChange]:
        """Return every change of these resources since a moment (epoch seconds), the newest first."""
        ...

    def newest(self, resources: Sequence[ResourceId]) -> Sequence[ResourceChange]:
        """Return the newest changes of these resources, as many as one request for each tenant gives."""
        ...

    def deleted(
        self,
        subscriptions: Sequence[str],
        group: str | None,
        kinds: Sequence[VmKind],
        since_seconds: float | None = None,
    ) -> Sequence[ResourceId]:
        """Return the VMs and scale sets deleted since a moment, in a resource group or in whole subscriptions."""
        ...
