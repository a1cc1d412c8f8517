"""Where the rows that access is decided from are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vmident.core.access.directory import DirectoryAnswer
    from vmident.core.access.inventory import Inventory


class AccessRows(Protocol):
    """The machines, identities, role assignments and whatever else decides access in some subscriptions."""

    def inventory(self, subscriptions: Sequence[str]) -> Inventory:
        """Read the rows of the subscriptions.

        What cannot be read is in `unread` of the inventory, unless it is the machines, identities, role assignments or
        role definitions: without them nothing can be decided, so their error is raised.
        """
        ...

    def inventory_of(self, machines: Sequence[str]) -> Inventory:
        """Read the rows that decide access to these machines without an index; other machines are `unread`."""
        ...


class Directory(Protocol):
    """The principals of Microsoft Entra ID."""

    def read(self, tenant: str, ids: Collection[str]) -> DirectoryAnswer:
        """Read the principals of a tenant by object ID, and the members of the groups among them.

        What cannot be read, for whatever reason but an expired timeout, is in `unread` of the answer.
        """
        ...
