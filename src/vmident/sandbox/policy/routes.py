"""The routes of Azure Policy below Microsoft.Authorization: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import POLICY_ASSIGNMENTS, POLICY_DEFINITIONS
from vmident.sandbox.routing.route import FILTERED, Route, handler

_PATH = "{scope}/providers/microsoft.authorization"
_LISTED = FILTERED | {"$top", "$expand"}


def _routes(kind: str, module: str, noun: str, versions: tuple[str, ...], *, any_role: bool) -> tuple[Route, ...]:
    place = f"policy.{module}"
    path = f"{_PATH}/{kind.lower()}"
    return (
        Route(path, {"GET": handler(f"{place}:list_{noun}s")}, versions, kind, _LISTED, any_role=any_role),
        Route(
            f"{path}/{{name}}",
            {
                "GET": handler(f"{place}:read_{noun}"),
                "PUT": handler(f"{place}:write_{noun}"),
                "DELETE": handler(f"{place}:delete_{noun}"),
            },
            versions,
            kind,
            frozenset({"$expand"}),
            frozenset({"PATCH"}) if noun == "assignment" else frozenset(),
            any_role=any_role,
        ),
    )


ROUTES = (
    *_routes("policyDefinitions", "definitions", "definition", POLICY_DEFINITIONS, any_role=True),
    *_routes("policySetDefinitions", "initiatives", "initiative", POLICY_DEFINITIONS, any_role=True),
    *_routes("policyAssignments", "assignments.handlers", "assignment", POLICY_ASSIGNMENTS, any_role=False),
)
