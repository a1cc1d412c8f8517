"""What a request deploys to: the resource group, the subscription or the management group in its path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization.scopes import check_scope
from vmident.sandbox.deployments.places import Place
from vmident.sandbox.management_groups.handlers import shown_management_group
from vmident.sandbox.resource_manager.groups import shown_group, shown_subscription
from vmident.sandbox.tenant import MANAGEMENT_GROUPS, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows


def place_of(call: Call) -> Place:
    """Return where a request deploys to; raises 404."""
    if "group" in call.words:
        group = call.group()
        return Place(SUBSCRIPTION, group["name"], shown_group(group), shown_subscription())
    if "managementgroup" in call.words:
        check_scope(call.rows, f"{MANAGEMENT_GROUPS}/{call.words['managementgroup']}")
        return Place("", "", {}, {}, shown_management_group(call.words["managementgroup"]))
    return Place(SUBSCRIPTION, "", {}, shown_subscription())


def place_at(rows: Rows, scope: str) -> Place:
    """Return the place of a nested deployment by the id of its scope; a group that is not there yet has only a name."""
    segments = scope.split("/")
    if scope.lower().startswith(f"{MANAGEMENT_GROUPS.lower()}/"):
        return Place("", "", {}, {}, shown_management_group(segments[-1]))
    if len(segments) < 5:
        return Place(SUBSCRIPTION, "", {}, shown_subscription())
    held = rows.find("group", segments[4], "")
    group = shown_group(held) if held else {"id": scope, "name": segments[4]}
    return Place(SUBSCRIPTION, segments[4], group, shown_subscription())


def key_of(call: Call) -> str:
    """Return what a request's deployments are kept below: the group's name, or the id of another scope."""
    return str(call.group()["name"]) if "group" in call.words else place_of(call).scope_id


def with_deployment(place: Place, name: str, location: str | None, properties: Mapping[str, Any]) -> Place:
    """Return a place whose `deployment()` is one that is sent there."""
    template = properties["template"]
    shown = {
        "name": name,
        **({"location": location} if location else {}),
        "properties": {
            "template": {member: template[member] for member in ("$schema", "contentVersion") if member in template},
            "mode": "Incremental",
            "provisioningState": "Accepted",
        },
    }
    return replace(place, deployment=shown)


def kept(place: Place) -> dict[str, Any]:
    """Return a place as it is kept with a deployment."""
    return {
        "subscription_id": place.subscription_id,
        "group_name": place.group_name,
        "group": dict(place.group),
        "subscription": dict(place.subscription),
        "management_group": dict(place.management_group),
        "deployment": dict(place.deployment),
    }


def place_in(record: Record) -> Place:
    """Return the place of a deployment as it was when it was sent: what is deployed does not change with it."""
    return Place(**record["place"])
