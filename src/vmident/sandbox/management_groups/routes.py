"""Microsoft.Management: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import MANAGEMENT_GROUPS
from vmident.sandbox.routing.route import PAGED, Route, handler

_TYPE = "managementGroups"
_PATH = f"/providers/microsoft.management/{_TYPE.lower()}"

# Who may see the groups above their subscription is assumed: everyone who is signed in.
ROUTES = (
    Route(
        _PATH,
        {"GET": handler("management_groups.handlers:list_groups")},
        MANAGEMENT_GROUPS,
        _TYPE,
        PAGED,
        action="",
        cost="tenant",
    ),
    Route(
        f"{_PATH}/{{name}}",
        {"GET": handler("management_groups.handlers:read_group")},
        MANAGEMENT_GROUPS,
        _TYPE,
        frozenset({"$expand", "$recurse", "$filter"}),
        frozenset({"PUT", "PATCH", "DELETE"}),
        action="",
        cost="tenant",
    ),
    Route(
        "/providers/microsoft.management/getentities",
        {"POST": handler("management_groups.handlers:list_entities")},
        MANAGEMENT_GROUPS,
        "getEntities",
        frozenset({"$skiptoken", "$skip", "$top", "$select", "$search", "$filter", "$view", "groupname"}),
        action="",
        cost="tenant",
    ),
)
