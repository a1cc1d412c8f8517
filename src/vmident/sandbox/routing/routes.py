"""Which handler answers a path and a method, and in which API versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vmident.sandbox import api_versions
from vmident.sandbox.authorization import permissions, role_assignments, role_definitions
from vmident.sandbox.compute import image_versions, virtual_machines, vm_creation
from vmident.sandbox.deployments import handlers as deployments_handlers
from vmident.sandbox.deployments import what_if
from vmident.sandbox.managed_identity import handlers as managed_identity_handlers
from vmident.sandbox.network import handlers as network_handlers
from vmident.sandbox.protocol import operations
from vmident.sandbox.protocol.paging import SKIP_OPTION
from vmident.sandbox.resource_graph import handlers as resource_graph_handlers
from vmident.sandbox.resource_manager import groups, providers, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmident.sandbox.http_messages import Response
    from vmident.sandbox.protocol.call import Call

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
    in_group, in_subscription = (
        network_handlers.lister(kind, of_group=True),
        network_handlers.lister(kind, of_group=False),
    )
    return (
        Route(f"{_GROUP}/{path}", {"GET": in_group}, api_versions.NETWORK, type_name, _PAGED),
        Route(
            f"/subscriptions/{{subscription}}/{path}", {"GET": in_subscription}, api_versions.NETWORK, type_name, _PAGED
        ),
        Route(
            f"{_GROUP}/{path}/{{name}}",
            network_handlers.handlers(kind),
            api_versions.NETWORK,
            type_name,
            elsewhere=frozenset({"PATCH"}),
        ),
    )


def _image_routes() -> tuple[Route, ...]:
    kind, every = image_versions.TYPE, api_versions.COMPUTE
    artifacts = "publishers/{publisher}/artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions"
    path = f"{_IN_SUBSCRIPTION}/microsoft.compute/locations/{{location}}/{artifacts}"
    newest = frozenset({"$expand", "$top", "$orderby"})
    # Whoever has a role in a group alone makes VMs with the Azure CLI, which reads the image first (assumed).
    action = f"Microsoft.Compute/{kind}/read"
    return (
        Route(path, {"GET": image_versions.list_versions}, every, kind, newest, action=action, any_role=True),
        Route(f"{path}/{{version}}", {"GET": image_versions.read_version}, every, kind, action=action, any_role=True),
    )


def _deployment_routes() -> tuple[Route, ...]:
    kind, one = "deployments", f"{_GROUP}/providers/microsoft.resources/deployments/{{deployment}}"
    # What a deployment did is read at a path of its own, without the provider; the other one answers as well.
    operations_at = [f"{_GROUP}/deployments/{{deployment}}/operations", f"{one}/operations"]
    methods = {
        "GET": deployments_handlers.read_deployment,
        "HEAD": deployments_handlers.probe_deployment,
        "PUT": deployments_handlers.write_deployment,
        "DELETE": deployments_handlers.forget_deployment,
    }
    every = api_versions.DEPLOYMENTS
    return (
        Route(one.rpartition("/")[0], {"GET": deployments_handlers.list_deployments}, every, kind, _PAGED),
        Route(one, methods, every, kind),
        Route(
            f"{one}/operationstatuses/{{digits}}",
            {"GET": deployments_handlers.read_status},
            every,
            kind,
            any_query=True,
        ),
        Route(f"{one}/validate", {"POST": deployments_handlers.validate_deployment}, every, kind),
        Route(f"{one}/whatif", {"POST": what_if.predict}, every, kind),
        Route(
            "/subscriptions/{subscription}/operationresults/{token}",
            {"GET": what_if.read_prediction},
            every,
            kind,
            any_query=True,
            action="",
        ),
        *(Route(path, {"GET": deployments_handlers.list_operations}, every, kind) for path in operations_at),
        *(
            Route(f"{path}/{{operation}}", {"GET": deployments_handlers.read_operation}, every, kind)
            for path in operations_at
        ),
    )


ROUTES = (
    Route("/subscriptions", {"GET": groups.list_subscriptions}, api_versions.SUBSCRIPTIONS, action="", cost="tenant"),
    Route(
        "/subscriptions/{subscription}", {"GET": groups.read_subscription}, api_versions.SUBSCRIPTIONS, any_role=True
    ),
    Route(
        "/subscriptions/{subscription}/resourcegroups",
        {"GET": groups.list_groups},
        api_versions.GROUPS,
        options=_FILTERED,
    ),
    Route(
        "/subscriptions/{subscription}/resources",
        {"GET": resources.list_resources},
        api_versions.GROUPS,
        options=_FILTERED,
        action="",
    ),
    Route(
        _GROUP,
        {"GET": groups.read_group, "HEAD": groups.probe_group, "PUT": groups.write_group},
        api_versions.GROUPS,
        elsewhere=frozenset({"DELETE", "PATCH"}),
    ),
    Route(
        f"{_GROUP}/providers/microsoft.compute/virtualmachines",
        {"GET": virtual_machines.list_group_vms},
        api_versions.COMPUTE,
        "virtualMachines",
        _PAGED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.compute/virtualmachines",
        {"GET": virtual_machines.list_vms},
        api_versions.COMPUTE,
        "virtualMachines",
        _PAGED,
    ),
    Route(
        f"{_GROUP}/providers/microsoft.compute/virtualmachines/{{name}}",
        {"GET": virtual_machines.read_vm, "PATCH": virtual_machines.change_vm, "PUT": vm_creation.write_vm},
        api_versions.COMPUTE,
        "virtualMachines",
        frozenset({"$expand"}),
        frozenset({"DELETE"}),
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.compute/locations/{{location}}/operations/{{operation}}",
        {"GET": operations.read_one},
        api_versions.COMPUTE,
        "locations/operations",
        any_query=True,
        action="",
    ),
    *_image_routes(),
    Route(
        f"{_GROUP}/providers/microsoft.managedidentity/userassignedidentities",
        {"GET": managed_identity_handlers.list_group_identities},
        api_versions.IDENTITIES,
        "userAssignedIdentities",
        _PAGED,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/microsoft.managedidentity/userassignedidentities",
        {"GET": managed_identity_handlers.list_identities},
        api_versions.IDENTITIES,
        "userAssignedIdentities",
        _PAGED,
    ),
    Route(
        f"{_GROUP}/providers/microsoft.managedidentity/userassignedidentities/{{name}}",
        {
            "GET": managed_identity_handlers.read_identity,
            "PUT": managed_identity_handlers.write_identity,
            "DELETE": managed_identity_handlers.delete_identity,
        },
        api_versions.IDENTITIES,
        "userAssignedIdentities",
        elsewhere=frozenset({"PATCH"}),
    ),
    Route(
        "/providers/microsoft.resourcegraph/resources",
        {"POST": resource_graph_handlers.answer_query},
        api_versions.GRAPH,
        "resources",
        action="",
        cost="none",
    ),
    Route(
        f"{_AT_SCOPE}/roleassignments",
        {"GET": role_assignments.list_assignments},
        api_versions.ROLES,
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
        api_versions.ROLES,
        "roleAssignments",
    ),
    Route(
        f"{_AT_SCOPE}/roledefinitions",
        {"GET": role_definitions.list_roles},
        api_versions.ROLES,
        "roleDefinitions",
        frozenset({"$filter"}),
        any_role=True,
    ),
    Route(
        f"{_AT_SCOPE}/roledefinitions/{{name}}",
        {"GET": role_definitions.read_role},
        api_versions.ROLES,
        "roleDefinitions",
        elsewhere=frozenset({"PUT", "DELETE"}),
        any_role=True,
    ),
    Route(
        f"{_AT_SCOPE}/permissions", {"GET": permissions.list_permissions}, api_versions.ROLES, "permissions", action=""
    ),
    Route(
        "/subscriptions/{subscription}/providers",
        {"GET": lambda call: providers.list_providers(call, known_types())},
        api_versions.PROVIDERS,
        action="Microsoft.Resources/subscriptions/providers/read",
        any_role=True,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/{{namespace}}",
        {"GET": lambda call: providers.read_provider(call, known_types())},
        api_versions.PROVIDERS,
        action="Microsoft.Resources/subscriptions/providers/read",
        any_role=True,
    ),
    Route(
        f"{_IN_SUBSCRIPTION}/{{namespace}}/register",
        {"POST": lambda call: providers.register(call, known_types())},
        api_versions.PROVIDERS,
        action="{namespace}/register/action",
    ),
    *_network_routes("vnet", "virtualNetworks"),
    *_network_routes("nsg", "networkSecurityGroups"),
    *_network_routes("ip", "publicIPAddresses"),
    *_network_routes("nic", "networkInterfaces"),
    Route(
        f"{_GROUP}/providers/microsoft.network/virtualnetworks/{{name}}/subnets/{{subnet}}",
        {"GET": network_handlers.read_subnet},
        api_versions.NETWORK,
        "virtualNetworks/subnets",
        elsewhere=frozenset({"PUT", "DELETE"}),
    ),
    *_deployment_routes(),
)


def known_types() -> dict[str, dict[str, tuple[str, ...]]]:
    """Give the API versions of every resource type of every namespace, spelled as ARM does."""
    known: dict[str, dict[str, tuple[str, ...]]] = {namespace: {} for namespace in providers.NAMESPACES}
    known["Microsoft.Resources"] = {"resourceGroups": api_versions.GROUPS, "subscriptions": api_versions.SUBSCRIPTIONS}
    for route in ROUTES:
        if route.kind and "/providers/" in route.pattern:
            namespace = route.pattern.rpartition("/providers/")[2].partition("/")[0]
            known[providers.spelled(namespace)][route.kind] = route.versions
    return known
