"""The access map as a BloodHound OpenGraph file: principals, identities, scopes, and the edges among them.

BloodHound has edges for built-in roles on VMs; these come from the actions of any role and lead to the identity.
Source: the BloodHound documentation, 'OpenGraph schema'. Names of edge kinds may have letters, digits and underscores.
"""

from __future__ import annotations

from typing import Any

from vmident.core.access.edges import FEDERATED, Route, principal_title
from vmident.core.access.inventory import lower, scope_title
from vmident.core.access.rights import How, Privilege
from vmident.core.access.summary import IdentitySummary
from vmident.results.access import SubscriptionReport

_KINDS = {"User": "AZUser", "Group": "AZGroup", "ServicePrincipal": "AZServicePrincipal"}
_EDGES = {
    How.RUN_COMMAND: "VmidentRunCommand",
    How.EXTENSION: "VmidentInstallExtension",
    How.VM_WRITE: "VmidentWriteMachine",
    How.LOGIN: "VmidentSignIn",
    How.ASSIGN: "VmidentAttachIdentity",
    How.FEDERATION_WRITE: "VmidentWriteFederation",
    How.FEDERATED_CREDENTIAL: "VmidentFederatedCredential",
    How.ROLE_WRITE: "VmidentGrantRoles",
}
_HAS_ROLE = "VmidentHasRole"


def report_opengraph(report: SubscriptionReport) -> dict[str, Any]:
    """Return `{"graph": {"nodes": […], "edges": […]}}`; object IDs are in upper case, as BloodHound keeps them."""
    nodes: dict[str, dict[str, Any]] = {}
    edges: list[dict[str, Any]] = []
    for one in report.summary.identities:
        end = _identity_id(one)
        nodes[end] = _node(end, "AZServicePrincipal", one.identity.title, place=one.identity.place)
        for route in report.summary.route_sets[one.routes]:
            start, kind = _principal(route)
            nodes.setdefault(start, _node(start, kind, principal_title(route)))
            edges += [_edge(_EDGES[how], start, end, route) for how in route.hows]
        for role in one.roles:
            scope = lower(role.scope).upper() or "/"
            nodes.setdefault(scope, _node(scope, "AZBase", scope_title(role.scope)))
            privileged = role.privilege is not Privilege.NONE
            properties = {"role": role.role, "privileged": privileged, "eligible": role.eligible}
            edges.append(
                {"kind": _HAS_ROLE, "start": {"value": end}, "end": {"value": scope}, "properties": properties}
            )
    return {"graph": {"nodes": list(nodes.values()), "edges": edges}}


def _identity_id(one: IdentitySummary) -> str:
    return (one.identity.principal_id or one.identity.place).upper()


def _principal(route: Route) -> tuple[str, str]:
    if route.principal_type == FEDERATED or route.principal_id is None:
        return route.source.upper(), "VmidentFederatedCredential"
    return route.principal_id.upper(), _KINDS.get(route.principal_type, "AZBase")


def _node(node_id: str, kind: str, name: str, **properties: str) -> dict[str, Any]:
    return {"id": node_id, "kinds": [kind], "properties": {"name": name, **properties}}


def _edge(kind: str, start: str, end: str, route: Route) -> dict[str, Any]:
    properties = {
        "role": route.role or "",
        "scope": route.scope or "",
        "source": route.source,
        "eligible": route.eligible,
        "condition": route.condition or "",
    }
    return {"kind": kind, "start": {"value": start}, "end": {"value": end}, "properties": properties}
