"""Resource providers: which there are, whether the subscription is registered for them, and how to register.

Shape: Microsoft's REST reference for 'Providers - Get', version 2021-04-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox import errors
from vmident.sandbox.api_versions import LOCATIONS
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vmident.sandbox.protocol.call import Call
    from vmident.sandbox.rows import Record, Rows

    # The API versions of each resource type of each namespace, spelled as ARM does.
    Types = Mapping[str, Mapping[str, Iterable[str]]]

NAMESPACES = (
    "Microsoft.Authorization",
    "Microsoft.Compute",
    "Microsoft.ManagedIdentity",
    "Microsoft.Management",
    "Microsoft.Network",
    "Microsoft.PolicyInsights",
    "Microsoft.ResourceGraph",
    "Microsoft.Resources",
)
_SPELLED = {namespace.lower(): namespace for namespace in NAMESPACES}
# Those that every subscription has, and that cannot be unregistered.
_ALWAYS = {"microsoft.authorization", "microsoft.management", "microsoft.resources", "microsoft.resourcegraph"}


def spelled(namespace: str) -> str:
    """Spell a namespace as ARM does; one that is not there stays as it is."""
    return _SPELLED.get(namespace.lower(), namespace)


def unregister(rows: Rows, namespace: str) -> None:
    """Take a registration away; raises `ValueError` for a namespace that cannot be without one."""
    if namespace.lower() not in _SPELLED.keys() - _ALWAYS:
        raise ValueError(namespace)
    _write(rows, namespace, {"registering_until": None})


def is_registered(rows: Rows, namespace: str) -> bool:
    """Return whether resources of a namespace can be written: from the moment on at which registration begins."""
    if namespace.lower() in _ALWAYS:
        return True
    record = rows.find("provider", "", namespace)
    return record is None or record["registering_until"] is not None


def list_providers(call: Call) -> Response:
    """Answer all providers."""
    types = known_types()
    return json_answer(200, {"value": [_shown(call, namespace, types[namespace]) for namespace in sorted(types)]})


def read_provider(call: Call) -> Response:
    """Answer GET of one provider."""
    return json_answer(200, _asked_for(call, known_types()))


def register(call: Call) -> Response:
    """Answer POST: the provider, which is `Registering` for as long as an operation takes."""
    types = known_types()
    namespace = call.words["namespace"]
    shown = _asked_for(call, types)
    if not is_registered(call.rows, namespace):
        _write(call.rows, namespace, {"registering_until": call.now + call.settings.operation_seconds()})
        shown = _asked_for(call, types)
    return json_answer(200, shown)


def known_types() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the API versions of every resource type of every namespace, spelled as ARM does."""
    # Every table of routes, which a request that is not about providers never needs.
    from vmident.sandbox.routing.routes import every_route

    known: dict[str, dict[str, tuple[str, ...]]] = {namespace: {} for namespace in NAMESPACES}
    versions: dict[str, tuple[str, ...]] = {}
    for route in every_route():
        versions[route.pattern] = route.versions
        if route.kind and "/providers/" in route.pattern:
            namespace = route.pattern.rpartition("/providers/")[2].partition("/")[0]
            known[spelled(namespace)][route.kind] = route.versions
    known["Microsoft.Resources"] |= {
        "resourceGroups": versions["/subscriptions/{subscription}/resourcegroups/{group}"],
        "subscriptions": versions["/subscriptions"],
    }
    return known


def _asked_for(call: Call, types: Types) -> dict[str, Any]:
    namespace = spelled(call.words["namespace"])
    if namespace not in types:
        from vmident.sandbox.resource_manager import azure_types

        real = azure_types.spelled(namespace)
        raise errors.not_in_the_sandbox(f"the provider '{real}'") if real else errors.namespace_invalid(namespace)
    return _shown(call, namespace, types[namespace])


def _shown(call: Call, namespace: str, kinds: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationFree" if namespace.lower() in _ALWAYS else "RegistrationRequired",
        "registrationState": _state(call, namespace),
        "resourceTypes": [
            {"resourceType": kind, "locations": list(LOCATIONS), "apiVersions": sorted(kinds[kind], reverse=True)}
            for kind in sorted(kinds)
        ],
    }


def _state(call: Call, namespace: str) -> str:
    record = call.rows.find("provider", "", namespace)
    if record is None:
        return "Registered"
    until = record["registering_until"]
    if until is None:
        return "NotRegistered"
    return "Registering" if call.now < until else "Registered"


def _write(rows: Rows, namespace: str, record: Record) -> None:
    if rows.find("provider", "", namespace) is None:
        rows.add("provider", "", namespace, record, made=0.0)
    else:
        rows.replace("provider", "", namespace, record)
