"""The management groups above the subscription: a chain that nothing here changes.

Shapes: Microsoft's REST reference for 'Management Groups - List', 'Get' and 'Entities - List', version 2023-04-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import (
    MANAGEMENT_GROUP_TITLES,
    MANAGEMENT_GROUPS,
    PERSON_ID,
    SUBSCRIPTION,
    SUBSCRIPTION_NAME,
    TENANT,
)

if TYPE_CHECKING:
    from vmident.sandbox.protocol.call import Call

_TYPE = "Microsoft.Management/managementGroups"
_NAMES = list(MANAGEMENT_GROUP_TITLES)
_UPDATED = "2024-01-01T00:00:00.0000000Z"


def list_groups(_call: Call) -> Response:
    """Answer all management groups."""
    return json_answer(200, {"value": [_view(name) for name in _NAMES]})


def read_group(call: Call) -> Response:
    """Answer GET of one management group; with its children where `$expand=children` asks for them."""
    name = next((one for one in _NAMES if one.lower() == call.words["name"].lower()), None)
    if name is None:
        raise errors.management_group_not_found(call.words["name"])
    view = shown_management_group(name)
    if "children" in call.query.get("$expand", ""):
        view["properties"]["children"] = _children(name, is_deep=call.query.get("$recurse", "").lower() == "true")
    return json_answer(200, view)


def list_entities(_call: Call) -> Response:
    """Answer the management groups and the subscription, each with what it is below."""
    entities = [
        {
            "id": f"/subscriptions/{SUBSCRIPTION}",
            "type": "/subscriptions",
            "name": SUBSCRIPTION,
            "properties": _entity(SUBSCRIPTION_NAME, _NAMES),
        }
    ]
    for at, name in enumerate(_NAMES):
        properties = _entity(MANAGEMENT_GROUP_TITLES[name], _NAMES[at + 1 :])
        entities.append({"id": f"{MANAGEMENT_GROUPS}/{name}", "type": _TYPE, "name": name, "properties": properties})
    return json_answer(200, {"value": entities, "count": len(entities)})


def _entity(title: str, above: list[str]) -> dict[str, Any]:
    return {
        "tenantId": TENANT,
        "displayName": title,
        "parent": {"id": f"{MANAGEMENT_GROUPS}/{above[0]}"} if above else {"id": None},
        "parentNameChain": above[::-1],
        "parentDisplayNameChain": [MANAGEMENT_GROUP_TITLES[name] for name in above[::-1]],
        "permissions": "view",
        "inheritedPermissions": "view",
    }


def shown_management_group(name: str) -> dict[str, Any]:
    """Return a management group that is there, named in any case, as GET shows it."""
    found = next(one for one in _NAMES if one.lower() == name.lower())
    parent = _parent(found)
    view = _view(found)
    view["properties"]["details"] = {
        "version": 1,
        "updatedTime": _UPDATED,
        "updatedBy": PERSON_ID,
        "parent": None if parent is None else _reference(parent),
    }
    return view


def _view(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"tenantId": TENANT, "displayName": MANAGEMENT_GROUP_TITLES[name]}
    return {"id": f"{MANAGEMENT_GROUPS}/{name}", "type": _TYPE, "name": name, "properties": properties}


def _reference(name: str) -> dict[str, str]:
    return {"id": f"{MANAGEMENT_GROUPS}/{name}", "name": name, "displayName": MANAGEMENT_GROUP_TITLES[name]}


def _parent(name: str) -> str | None:
    return next(iter(_NAMES[_NAMES.index(name) + 1 :]), None)


def _children(name: str, *, is_deep: bool) -> list[dict[str, Any]]:
    at = _NAMES.index(name)
    if at == 0:
        subscription = {"id": f"/subscriptions/{SUBSCRIPTION}", "name": SUBSCRIPTION, "displayName": SUBSCRIPTION_NAME}
        return [{"type": "/subscriptions", **subscription}]
    child: dict[str, Any] = {"type": _TYPE, **_reference(_NAMES[at - 1])}
    return [child | ({"children": _children(_NAMES[at - 1], is_deep=True)} if is_deep else {})]
