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
                "DELETE": handler("network.handlers:delete", kind),
            },
            NETWORK,
            type_name,
            elsewhere=frozenset({"PATCH"}),
        ),
    )


ROUTES = (
    *_type_routes("vnet", "virtualNetworks"),
    *_type_routes("nsg", "networkSecurityGroups"),
    *_type_routes("ip", "publicIPAddresses"),
    *_type_routes("nic", "networkInterfaces"),
    Route(
        f"{GROUP}/providers/microsoft.network/virtualnetworks/{{name}}/subnets/{{subnet}}",
        {"GET": handler("network.handlers:read_subnet")},
        NETWORK,
        "virtualNetworks/subnets",
        elsewhere=frozenset({"PUT", "DELETE"}),
    ),
)
