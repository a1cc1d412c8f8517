"""The objects of the directory as Microsoft Graph shows them, and the members of groups.

Shapes: Microsoft Graph's reference of the resource types user, group and servicePrincipal, the members that clients
read. Assumed: that a group with hidden membership shows no members to a caller without Member.Read.Hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.directory import GROUP, SERVICE_PRINCIPAL, USER
from vmident.sandbox.microsoft_graph import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmident.sandbox.protocol.call import SandboxSettings
    from vmident.sandbox.rows import Record, Rows

_TYPES = {USER: "user", GROUP: "group", SERVICE_PRINCIPAL: "servicePrincipal"}
# 'directoryObject should work as all of the resource types, but it doesn't': a comment of the Azure CLI's.
_OF_ANY_TYPE = ("user", "group")


@dataclass(frozen=True)
class DirectoryObjects:
    """The directory at one moment; that of a tenant without `rows` is empty."""

    rows: Rows | None
    now: float
    settings: SandboxSettings

    def may_be_read_by(self, caller: str) -> bool:
        """Return whether a caller may read the directory."""
        found = self._find(caller)
        return found is None or not found.get("blind")

    def by_ids(self, ids: Iterable[str], types: Iterable[str]) -> list[dict[str, Any]]:
        """List those of the objects that exist and are of one of the types."""
        wanted = {one.lower() for one in types}
        if "directoryobject" in wanted:
            wanted |= set(_OF_ANY_TYPE)
        found = filter(None, map(self._find, dict.fromkeys(ids)))
        return [_shown(one) for one in found if _TYPES[one["kind"]].lower() in wanted]

    def members_of(self, group: str, *, with_service_principals: bool) -> list[dict[str, Any]]:
        """List the members of a group and of the groups in it, each once; raises 404."""
        found = self._find(group)
        if found is None or found["kind"] != GROUP:
            raise errors.object_not_found(group)
        members: dict[str, Record] = {}
        waiting = [found]
        while waiting:
            one = waiting.pop()
            for member in filter(None, map(self._find, [] if one["hidden"] else one["members"])):
                if member["id"] not in members:
                    members[member["id"]] = member
                    waiting += [member] if member["kind"] == GROUP else []
        members.pop(found["id"], None)
        return [
            _shown(one)
            for _, one in sorted(members.items())
            if with_service_principals or one["kind"] != SERVICE_PRINCIPAL
        ]

    def _find(self, object_id: str) -> Record | None:
        found = self.rows.find("principal", "", object_id) if self.rows else None
        if found is None or self.now < found["made"] + self.settings.directory_lag_seconds:
            return None
        # Principals of sandboxes that are older than this service have neither ID nor name.
        return {"id": object_id, "name": None, "account": None, **found}


def _shown(one: Record) -> dict[str, Any]:
    body = {"@odata.type": f"#microsoft.graph.{_TYPES[one['kind']]}", "id": one["id"], "displayName": one["name"]}
    if one["kind"] == USER:
        body["userPrincipalName"] = one["account"]
    if one["kind"] == GROUP:
        body |= {"securityEnabled": True, "visibility": "HiddenMembership" if one["hidden"] else None}
    return body
