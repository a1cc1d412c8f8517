"""Microsoft.Authorization: which handler answers where."""

from __future__ import annotations

from vmident.sandbox.api_versions import DENY_ASSIGNMENTS, LOCKS, ROLES, SCHEDULE_INSTANCES
from vmident.sandbox.policy.routes import ROUTES as POLICY_ROUTES
from vmident.sandbox.routing.route import Route, handler

_PATH = "{scope}/providers/microsoft.authorization"
_FILTERED = frozenset({"$filter"})

ROUTES = (
    Route(
        f"{_PATH}/roleassignments",
        {"GET": handler("authorization.role_assignments:list_assignments")},
        ROLES,
        "roleAssignments",
        _FILTERED,
    ),
    Route(
        f"{_PATH}/roleassignments/{{name}}",
        {
            "GET": handler("authorization.role_assignments:read_assignment"),
            "PUT": handler("authorization.role_assignments:write_assignment"),
            "DELETE": handler("authorization.role_assignments:delete_assignment"),
        },
        ROLES,
        "roleAssignments",
    ),
    Route(
        f"{_PATH}/roledefinitions",
        {"GET": handler("authorization.role_definitions:list_roles")},
        ROLES,
        "roleDefinitions",
        _FILTERED,
        any_role=True,
    ),
    Route(
        f"{_PATH}/roledefinitions/{{name}}",
        {
            "GET": handler("authorization.role_definitions:read_role"),
            "PUT": handler("authorization.custom_roles:write_role"),
            "DELETE": handler("authorization.custom_roles:delete_role"),
        },
        ROLES,
        "roleDefinitions",
        any_role=True,
    ),
    Route(
        f"{_PATH}/permissions",
        {"GET": handler("authorization.permissions:list_permissions")},
        ROLES,
        "permissions",
        action="",
    ),
    Route(
        f"{_PATH}/denyassignments",
        {"GET": handler("authorization.schedules:list_none")},
        DENY_ASSIGNMENTS,
        "denyAssignments",
        _FILTERED,
    ),
    Route(
        f"{_PATH}/roleassignmentscheduleinstances",
        {"GET": handler("authorization.schedules:list_none")},
        SCHEDULE_INSTANCES,
        "roleAssignmentScheduleInstances",
    ),
    Route(
        f"{_PATH}/roleeligibilityscheduleinstances",
        {"GET": handler("authorization.schedules:list_eligible")},
        SCHEDULE_INSTANCES,
        "roleEligibilityScheduleInstances",
    ),
    Route(f"{_PATH}/locks", {"GET": handler("resource_manager.locks:list_locks")}, LOCKS, "locks", _FILTERED),
    Route(
        f"{_PATH}/locks/{{name}}",
        {
            "GET": handler("resource_manager.locks:read_lock"),
            "PUT": handler("resource_manager.locks:write_lock"),
            "DELETE": handler("resource_manager.locks:delete_lock"),
        },
        LOCKS,
        "locks",
    ),
    *POLICY_ROUTES,
)
