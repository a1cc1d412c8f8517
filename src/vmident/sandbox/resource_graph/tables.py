"""The tables that queries read, each made from the sandbox's state when a query names it.

Rows show what the signed-in user may read. What exists lags (wire facts); what a resource holds is shown as it is now.
Tables: Microsoft's 'Azure Resource Graph table and resource type reference'. All have the same columns.
"""

from __future__ import annotations

import random
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from vmident.sandbox.authorization import listing
from vmident.sandbox.resource_graph.kql.errors import NotSupported, TableUnknown
from vmident.sandbox.resource_graph.kql.operators import Table
from vmident.sandbox.resource_graph.views import TYPES, Views
from vmident.sandbox.resource_manager.groups import shown_group, shown_subscription
from vmident.sandbox.tenant import MANAGEMENT_GROUP_TITLES, SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record

_CHANGES_KEPT_SECONDS = 14 * 86_400
COLUMNS = dict.fromkeys(
    ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy"), "string"
) | dict.fromkeys(("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"), "dynamic")

_OTHER_TABLES = """
    advisorresources alertsmanagementresources appserviceresources awsresources azurebusinesscontinuityresources
    chaosresources communitygalleryresources computeresources desktopvirtualizationresources dnsresources
    edgeorderresources elasticsanresources extendedlocationresources featureresources guestconfigurationresources
    healthresourcechanges healthresources impactreportresources insightresources insightsresources iotsecurityresources
    kubernetesconfigurationresources kustoresources maintenanceresources managedserviceresources migrateresources
    networkresources orbitalresources patchassessmentresources patchinstallationresources policyresources quotaresources
    recoveryservicesresources resourcecontainerchanges resourcemanagementresources securityresources
    servicefabricresources servicehealthresources spotresources sportresources supportresources tagsresources
    workloadmonitorresources
"""


class Row(dict[str, Any]):
    """A row of the columns that are cheap; the others are made when a query looks at one.

    There may be thousands of rows, and most queries look at few columns. `make` takes the column looked at, and returns
    that one, or all that are missing for any but `identity`.
    """

    def __init__(self, members: dict[str, Any], make: Callable[[str], dict[str, Any]]) -> None:
        super().__init__(members)
        self._make = make

    def __missing__(self, name: str) -> Any:
        made = self._make(name)
        for column, kind in COLUMNS.items():
            if column in made or name != "identity":
                self.setdefault(column, made.get(column, "" if kind == "string" else None))
        return self[name]


def table_named(call: Call, name: str, types: frozenset[str] | None, *, shows_above: bool = False) -> Table:
    """Return a table by its name in any case; raises `TableUnknown`, and `NotSupported` for one of Azure's others.

    Where `types` are given, in lower case, the table need not have resources of others. With `shows_above`,
    `authorizationresources` has the role assignments above the subscription too.
    """
    makers: dict[str, Callable[[Call], Iterator[Row]]] = {
        "resources": partial(_resources, types=types),
        "resourcecontainers": _containers,
        "authorizationresources": partial(_authorization, shows_above=shows_above),
        "resourcechanges": _changes,
    }
    make = makers.get(name.lower())
    if make is not None:
        return Table(COLUMNS, _shuffled(call, make(call)))
    if name.lower() in _OTHER_TABLES.split():
        raise NotSupported(f"the table '{name}'")
    raise TableUnknown(name)


def _shuffled(call: Call, rows: Iterator[Row]) -> list[Row]:
    """Return the rows in another order at any other time: without an order of its own, a query's pages are random."""
    shuffled = list(rows)
    random.Random(call.now).shuffle(shuffled)  # noqa: S311 - an order, and no secret
    return shuffled


def _resources(call: Call, *, types: frozenset[str] | None) -> Iterator[Row]:
    moment = call.now - call.settings.graph_lag_seconds
    views = Views(call.rows)
    for kind, type_name in TYPES.items():
        if types is not None and type_name.lower() not in types:
            continue
        may_read_all = call.grants.is_allowed(f"{type_name}/read", f"/subscriptions/{SUBSCRIPTION}")
        for record in call.rows.as_of(kind, moment):
            if may_read_all or call.grants.is_allowed(f"{type_name}/read", record["id"]):
                yield _resource(record, kind, views)


def _resource(record: Record, kind: str, views: Views) -> Row:
    members = {
        "id": record["id"],
        "name": record.get("extension", record["name"]),
        "type": TYPES[kind].lower(),
        "tenantId": TENANT,
        "kind": "",
        "location": record["location"],
        "resourceGroup": record["group"].lower(),
        "subscriptionId": SUBSCRIPTION,
        "managedBy": "",
        "tags": record["tags"],
    }

    def make(column: str) -> dict[str, Any]:
        if column == "identity":
            return {column: views.identity(kind, record)}
        return views.extended_body(kind, record)

    return Row(members, make)


def _containers(call: Call) -> Iterator[Row]:
    """Make rows of the subscription and of its resource groups."""
    if call.grants.all:
        subscription = shown_subscription()
        chain = [{"name": name, "displayName": title} for name, title in MANAGEMENT_GROUP_TITLES.items()]
        properties = {
            "state": subscription["state"],
            "subscriptionPolicies": subscription["subscriptionPolicies"],
            "managedByTenants": subscription["managedByTenants"],
            "managementGroupAncestorsChain": chain,
        }
        yield _container(
            subscription["id"], subscription["displayName"], "microsoft.resources/subscriptions", properties=properties
        )
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    for record in call.rows.as_of("group", call.now - call.settings.graph_lag_seconds):
        group = shown_group(record)
        if call.grants.is_allowed(action, group["id"]):
            yield _container(
                group["id"],
                group["name"],
                "microsoft.resources/subscriptions/resourcegroups",
                location=group["location"],
                resourceGroup=group["name"].lower(),
                properties=group["properties"],
                tags=record["tags"],
            )


def _authorization(call: Call, *, shows_above: bool) -> Iterator[Row]:
    """Make rows of the role assignments that the user may read, and of the role definitions.

    Both name a role without a subscription, unlike ARM: Microsoft's samples join `properties.roleDefinitionId` with
    `id`, for built-in roles too.
    """
    for assignment in listing.assignments(call.rows):
        if not shows_above and not assignment["properties"]["scope"].startswith("/subscriptions/"):
            continue
        if call.grants.is_allowed("Microsoft.Authorization/roleAssignments/read", assignment["properties"]["scope"]):
            properties = assignment["properties"]
            role = listing.definition_name(properties["roleDefinitionId"])
            properties = properties | {"roleDefinitionId": _definition_id(role)}
            yield _container(assignment["id"], assignment["name"], assignment["type"].lower(), properties=properties)
    for definition in listing.definitions(call.rows):
        name = definition["name"]
        yield _container(
            _definition_id(name),
            name,
            definition["type"].lower(),
            properties=definition["properties"],
            subscriptionId="",
        )


def _changes(call: Call) -> Iterator[Row]:
    """Make rows of the changes of the last 14 days; shape: 'Get resource changes' in the documentation of the graph."""
    for change in call.rows.as_of("change", call.now - call.settings.graph_lag_seconds):
        target, target_type = change["targetResourceId"], change["targetResourceType"]
        made = datetime.fromisoformat(change["timestamp"]).timestamp()
        if made < call.now - _CHANGES_KEPT_SECONDS or not call.grants.is_allowed(f"{target_type}/read", target):
            continue
        kept = ("correlationId", "changedByType", "clientType", "timestamp", "changedBy", "operation")
        attributes = {name: change[name] for name in kept} | {"changesCount": len(change["changes"])}
        # 'Snapshots are not currently supported for deleted resources'; a new one has none before it.
        if change["changeType"] == "Update":
            attributes["previousResourceSnapshotId"] = change["snapshots"][0]
        if change["changeType"] != "Delete":
            attributes["newResourceSnapshotId"] = change["snapshots"][1]
        properties = {
            "targetResourceId": target,
            "targetResourceType": target_type.lower(),
            "changeType": change["changeType"],
            "changes": change["changes"],
            "changeAttributes": attributes,
        }
        yield _container(
            f"{target}/providers/Microsoft.Resources/changes/{change['name']}",
            change["name"],
            "microsoft.resources/changes",
            location=change["location"],
            resourceGroup=change["group"].lower(),
            properties=properties,
        )


def _definition_id(name: str) -> str:
    return f"/providers/Microsoft.Authorization/RoleDefinitions/{name}"


def _container(row_id: str, name: str, type_name: str, **more: Any) -> Row:
    members = {"id": row_id, "name": name, "type": type_name, "tenantId": TENANT, "subscriptionId": SUBSCRIPTION}
    return Row(members | more, lambda _column: {"identity": None})
