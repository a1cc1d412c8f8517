"""What is read of Microsoft Graph's answers, as declared types.

Source: Microsoft Graph's REST reference, version 1.0: `directoryObject: getByIds`, 'List group transitive members',
'Combine multiple HTTP requests using JSON batching'.
"""

from __future__ import annotations

from msgspec import Raw, field

from vmident.arm.wire.types import Body, Text
from vmident.core.access.inventory import DirectoryObject

_KINDS = {
    "#microsoft.graph.user": "User",
    "#microsoft.graph.group": "Group",
    "#microsoft.graph.serviceprincipal": "ServicePrincipal",
    "#microsoft.graph.device": "Device",
    "#microsoft.graph.orgcontact": "Contact",
    "#microsoft.graph.directoryobjectpartnerreference": "ForeignGroup",
}


class ObjectBody(Body):
    """A directory object; all but its ID is left out or null where the caller may not read it."""

    id: str
    kind: Text = field(default=None, name="@odata.type")
    display_name: Text = None
    user_principal_name: Text = None
    visibility: Text = None

    @property
    def principal(self) -> DirectoryObject:
        """The principal; users are named by their user principal name, as display names are not unique."""
        kind = _KINDS.get((self.kind or "").lower(), "Unknown")
        return DirectoryObject(kind, self.user_principal_name or self.display_name or None)


class ObjectsPage(Body):
    """One page of directory objects; `count` is how many there are on all pages, where that was asked for."""

    value: list[ObjectBody]
    next_link: Text = field(default=None, name="@odata.nextLink")
    count: int | None = field(default=None, name="@odata.count")


class BatchedAnswer(Body):
    """The answer to one request of a batch."""

    id: str
    status: int
    headers: dict[str, str] | None = None
    body: Raw = field(default_factory=Raw)


class BatchBody(Body):
    """The answers to a batch, in any order."""

    responses: list[BatchedAnswer]
