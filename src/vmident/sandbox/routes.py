"""Which handler answers a path and a method, and in which API versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vmident.sandbox import (
    deployments,
    graph,
    groups,
    identities,
    image_catalogue,
    machine_creation,
    machines,
    networks,
    operations,
    permissions,
    providers,
    resources,
    role_assignments,
    role_definitions,
    versions,
    what_if,
)
from vmident.sandbox.paging import SKIP_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.call import Call
    from vmident.sandbox.http import Response

    Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """One resource type at one kind of path: `{word}` segments vary, the others compare without regard to case.

    `{scope}` at the beginning is the path of anything. `elsewhere` are the methods that Azure has there and the sandbox
    has not. `action` is the permission that a request needs, where type and method do not say it; empty for none. With
    `any_role` it is enough to have any role anywhere in the subscription.
    """

    pattern: str
    methods: Mapping[str, Handler]
    versions: tuple[str, ...]
    kind: str = ""
    options: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    any_query: bool = False
    action: str | None = None
    any_role: bool = False
    cost: Literal["subscription", "tenant", "none"] = "subscription"


_GROUP = "/subscriptions/{subscription}/resourcegroups/{group}"
_IN_SUBSCRIPTION = "/subscriptions/{subscription}/providers"
_PAGED = frozenset({SKIP_OPTION})
_FILTERED = frozenset({SKIP_OPTION, "$filter"})
_AT_SCOPE = "{scope}/providers/microsoft.authorization"


def _network_routes(kind: str, type_name: str) -> tuple[Route, ...]:
    path = f"providers/microsoft.network/{type_name.lower()}"
    in_group, in_subscription = networks.lister(kind, of_group=True), networks.lister(kind, of_group=False)
    return (
        Route(f"{_GROUP}/{path}", {"GET": in_group}, versions.NETWORK, type_name, _PAGED),
        Route(f"/subscriptions/{{subscription}}/{path}", {"GET": in_subscription}, versions.NETWORK, type_name, _PAGED),
        Route(
            f"{_GROUP}/{path}/{{name}}",
            networks.handlers(kind),
            versions.NETWORK,
            type_name,
            elsewhere=frozenset({"PATCH"}),
        ),
    )


def _image_routes() -> tuple[Route, ...]:
    kind, every = image_catalogue.TYPE, versions.COMPUTE
    artifacts = "publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions"
    path = f"{_IN_SUBSCRIPTION}/microsoft.compute/locations/{{location}}/{artifacts}"
    newest = frozenset({"$expand", "$top", "$orderby"})
    # Whoever has a role in a group alone makes VMs with the Azure CLI, which reads the image first (assumed).
    action = f"Microsoft.Compute/{kind}/read"
    return (
        Route(path, {"GET": image_catalogue.list_versions}, every, kind, newest, action=action, any_role=True),
        Route(f"{path}/{{version}}", {"GET": image_catalogue.read_version}, every, kind, action=action, any_role=True),
    )


def _deployment_routes() -> tuple[Route, ...]:
    kind, one = "deployments", f"{_GROUP}/providers/microsoft.resources/deployments/{{deployment}}"
    # What a deployment did is read at a path of its own, without the provider; the other one answers as well.
    operations_at = [f"{_GROUP}/deployments/{{deployment}}/operations", f"{one}/operations"]
    methods = {
        "GET": deployments.read_deployment,
        "HEAD": deployments.probe_deployment,
        "PUT": deployments.write_deployment,
        "DELETE": deployments.forget_deployment,
    }
    every = versions.DEPLOYMENTS
    return (
        Route(one.rpartition("/")[0], {"GET": deployments.list_deployments}, every, kind, _PAGED),
        Route(one, methods, every, kind),
        Route(f"{one}/operationstatuses/{{digits}}", {"GET": deployments.read_status}, every, kind, any_query=True),
        Route(f"{one}/validate", {"POST": deployments.validate_deployment}, every, kind),
        Route(f"{one}/whatif", {"POST": what_if.predict}, every, kind),
        Route(
            "/subscriptions/{subscription}/operationresults/{token}",
            {"GET": what_if.read_prediction},
            every,
            kind,
            any_query=True,
            action="",
        ),
        *(Route(path, {"GET": deployments.list_operations}, every, kind) for path in operations_at),
        *(Route(f"{path}/{{operation}}", {"GET": deployments.read_operation}, every, kind) for path in operations_at),
    )


ROUTES = (
    Route("/subscriptions", {"GET": groups.list_subscriptions}, versions.SUBSCRIPTIONS, action="", cost="tenant"),
    Route("/subscriptions/{subscription}", {"GET": groups.read_subscription}, versions.SUBSCRIPTIONS, any_role=True),
    Route(
        "/subscriptions/{subscription}/resourcegroups",
        {"GET": groups.list_groups},
        versions.GROUPS,
        options=_FILTERED,
    ),
    Route(
        "/subscriptions/{subscription}/resources",
        {"GET": resources.list_resources},
        versions.GROUPS,
        options=_FILTERED,
        action="",
    ),
    Route(
        _GROUP,
        {"GET": groups.read_group, "HEAD": groups.probe_group, "PUT": groups.write_group},
        versions.GROUPS,
        elsewhere=frozenset({"DELETE", "PATCH"}),
    ),
    Route(
        f"{_GROUP}/providers/microsoft.compute/virtualmachines",
        {"GET": machines.list_group_vms},
        versions.COMPUTE,
        "virtualMachines",
        _PAGED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.compute/virtualmachines",
        {"GET": machines.list_vms},
        versions.COMPUTE,
        "virtualMachines",
        _PAGED,
    ),
    Route(
        f"{_GROUP}/providers/microsoft.compute/virtualmachines/{{name}}",
        {"GET": machines.read_vm, "PATCH": machines.change_vm, "PUT": machine_creation.write_vm},
        versions.COMPUTE,
        "virtualMachines",
        frozenset({"$expand"}),
        frozenset({"DELETE"}),
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.compute/locations/{{location}}/operations/{{operation}}",
        {"GET": operations.read_one},
        versions.COMPUTE,
        "locations/operations",
        any_query=True,
        action="",
    ),
    *_image_routes(),
    Route(
        f"{_GROUP}/providers/microsoft.managedidentity/userassignedidentities",
        {"GET": identities.list_group_identities},
        versions.IDENTITIES,
        "userAssignedIdentities",
        _PAGED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.managedidentity/userassignedidentities",
        {"GET": identities.list_identities},
        versions.IDENTITIES,
        "userAssignedIdentities",
        _PAGED,
    ),
    Route(
        f"{_GROUP}/providers/microsoft.managedidentity/userassignedidentities/{{name}}",
        {
            "GET": identities.read_identity,
            "PUT": identities.write_identity,
            "DELETE": identities.delete_identity,
        },
        versions.IDENTITIES,
        "userAssignedIdentities",
        elsewhere=frozenset({"PATCH"}),
    ),
    Route(
        "/providers/microsoft.resourcegraph/resources",
        {"POST": graph.answer_query},
        versions.GRAPH,
        "resources",
        action="",
        cost="none",
    ),
    Route(
        f"{_AT_SCOPE}/roleassignments",
        {"GET": role_assignments.list_assignments},
        versions.ROLES,
        "roleAssignments",
        frozenset({"$filter"}),
    ),
    Route(
        f"{_AT_SCOPE}/roleassignments/{{name}}",
        {
            "GET": role_assignments.read_assignment,
            "PUT": role_assignments.write_assignment,
            "DELETE": role_assignments.delete_assignment,
        },
        versions.ROLES,
        "roleAssignments",
    ),
    Route(
        f"{_AT_SCOPE}/roledefinitions",
        {"GET": role_definitions.list_roles},
        versions.ROLES,
        "roleDefinitions",
        frozenset({"$filter"}),
        any_role=True,
    ),
    Route(
        f"{_AT_SCOPE}/roledefinitions/{{name}}",
        {"GET": role_definitions.read_role},
        versions.ROLES,
        "roleDefinitions",
        elsewhere=frozenset({"PUT", "DELETE"}),
        any_role=True,
    ),
    Route(f"{_AT_SCOPE}/permissions", {"GET": permissions.list_permissions}, versions.ROLES, "permissions", action=""),
    Route(
        "/subscriptions/{subscription}/providers",
        {"GET": lambda call: providers.list_providers(call, known_types())},
        versions.PROVIDERS,
        action="Microsoft.Resources/subscriptions/providers/read",
        any_role=True,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/{{namespace}}",
        {"GET": lambda call: providers.read_provider(call, known_types())},
        versions.PROVIDERS,
        action="Microsoft.Resources/subscriptions/providers/read",
        any_role=True,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/{{namespace}}/register",
        {"POST": lambda call: providers.register(call, known_types())},
        versions.PROVIDERS,
        action="{namespace}/register/action",
    ),
    *_network_routes("vnet", "virtualNetworks"),
    *_network_routes("nsg", "networkSecurityGroups"),
    *_network_routes("ip", "publicIPAddresses"),
    *_network_routes("nic", "networkInterfaces"),
    Route(
        f"{_GROUP}/providers/microsoft.network/virtualnetworks/{{name}}/subnets/{{subnet}}",
        {"GET": networks.read_subnet},
        versions.NETWORK,
        "virtualNetworks/subnets",
        elsewhere=frozenset({"PUT", "DELETE"}),
    ),
    *_deployment_routes(),
)


def known_types() -> dict[str, dict[str, tuple[str, ...]]]:
    """Give the API versions of every resource type of every namespace, spelled as ARM does."""
    known: dict[str, dict[str, tuple[str, ...]]] = {namespace: {} for namespace in providers.NAMESPACES}
    known["Microsoft.Resources"] = {"resourceGroups": versions.GROUPS, "subscriptions": versions.SUBSCRIPTIONS}
    for route in ROUTES:
        if route.kind and "/providers/" in route.pattern:
            namespace = route.pattern.rpartition("/providers/")[2].partition("/")[0]
            known[providers.spelled(namespace)][route.kind] = route.versions
    return known
