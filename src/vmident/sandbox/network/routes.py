"""Microsoft.Network: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import NETWORK
from vmident.sandbox.routing.route import GROUP, PAGED, SUBSCRIPTION, Route, handler


def _type_routes(kind: str, type_name: str) -> tuple[Route, ...]:
    path = f"providers/microsoft.network/{type_name.lower()}"
    return (
        Route(f"{GROUP}/{path}", {"GET": handler("network.handlers:list_in_group", kind)}, NETWORK, type_name, PAGED),
        Route(
            f"{SUBSCRIPTION}/{path}",
            {"GET": handler("network.handlers:list_in_subscription", kind)},
            NETWORK,
            type_name,
            PAGED,
        ),
        Route(
            f"{GROUP}/{path}/{{name}}",
            {
                "GET": handler("network.handlers:read", kind),
                "PUT": handler("network.handlers:write", kind),
                "PATCH": handler("network.handlers:change", kind),
                "DELETE": handler("network.handlers:delete", kind),
            },
            NETWORK,
            type_name,
        ),
    )


def _child_routes(kind: str, type_name: str, child: str) -> tuple[Route, ...]:
    path = f"{GROUP}/providers/microsoft.network/{type_name.lower()}/{{name}}/{child.lower()}"
    return (
        Route(path, {"GET": handler("network.children:list_children", kind)}, NETWORK, f"{type_name}/{child}"),
        Route(
            f"{path}/{{child}}",
            {
                "GET": handler("network.children:read_child", kind),
                "PUT": handler("network.children:write_child", kind),
                "DELETE": handler("network.children:delete_child", kind),
            },
            NETWORK,
            f"{type_name}/{child}",
        ),
    )


ROUTES = (
    *_type_routes("vnet", "virtualNetworks"),
    *_type_routes("nsg", "networkSecurityGroups"),
    *_type_routes("ip", "publicIPAddresses"),
    *_type_routes("nic", "networkInterfaces"),
    *_child_routes("vnet", "virtualNetworks", "subnets"),
    *_child_routes("nsg", "networkSecurityGroups", "securityRules"),
)
