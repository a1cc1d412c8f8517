"""One row of Resource Graph's `resourcechanges`, as far as identities are concerned.

Source: Microsoft's 'Get resource changes', and published rows of the real table. A row compares two snapshots of a
resource: `values` are texts by path, such as `identity.type`, each before and after, `None` where the property was not
there. Creation and deletion list no values. Where Azure does not know something, it says 'Unspecified' or 'Unknown', or
leaves it empty; all of these are `None` here. 'System' is a change that no request led to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from vmident.core.resource_id import ResourceId

KEPT_DAYS = 14
"""Days for which Azure keeps the rows (Microsoft's 'Get resource changes')."""
SYSTEM = "System"
_UNKNOWN = frozenset({"", "unspecified", "unknown", "null", "00000000-0000-0000-0000-000000000000"})

Values = Mapping[str, tuple[str | None, str | None]]


class ChangeKind(Enum):
    """What became of the resource; the value is its word in JSON."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Author(Struct, frozen=True):
    """Who made a change, as Azure tells it; `None` for what it does not know.

    `changed_by` is a user's name or an application's ID, `changed_by_type` such as `User`, `client_type` such as
    `Azure Portal` or an application's ID, `operation` the permission that was used.
    """

    changed_by: str | None = None
    changed_by_type: str | None = None
    client_type: str | None = None
    operation: str | None = None
    correlation_id: str | None = None

    @property
    def is_system(self) -> bool:
        """Return whether no request led to the change."""
        return SYSTEM in (self.changed_by, self.changed_by_type)


class ResourceChange(Struct, frozen=True):
    """One row; `at_seconds` is epoch time."""

    resource: ResourceId
    at_seconds: float
    kind: ChangeKind
    author: Author
    values: Values


def known(text: str | None) -> str | None:
    """Return what Azure says, `None` where that is only that it does not know."""
    return None if text is None or text.strip().lower() in _UNKNOWN else text
