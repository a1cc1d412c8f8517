"""Saved plans: JSON that says which version of the format it is, for which cloud and when it was made; no secret."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from msgspec.structs import replace

from vmident.core.consequences import Notice
from vmident.core.desired_state.plan import Plan, PlannedGrant, PlannedVm, planned_vm
from vmident.core.identity import IdentityState, identity_in
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import USER_ASSIGNED_IDENTITY, ResourceId
from vmident.core.shell import command_line
from vmident.core.transition import SetExactly
from vmident.core.vm_kind import is_machine, titled
from vmident.errors import BadPlan, BadResourceId

_FORMAT = "vmident-plan"
_VERSION = 1
_MAKE_AGAIN = "Create the plan again: vmident plan -f FILE --save PLAN"


def header(endpoint: str, made_seconds: float) -> dict[str, Any]:
    """Return what a saved plan begins with; `made_seconds` is epoch time."""
    made = datetime.fromtimestamp(int(made_seconds), timezone.utc).isoformat().replace("+00:00", "Z")
    return {"format": _FORMAT, "version": _VERSION, "endpoint": endpoint, "made": made}


def plan_in(text: str, file: str, endpoint: str) -> Plan:
    """Read a saved plan to apply at `endpoint`.

    What is sent is worked out anew from the states that it names, so that no other request can stand in it. Raises
    `BadPlan` for what is no plan, one of another version, and one for another cloud.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise BadPlan(f"{file} is not a saved plan: it is not JSON ({bad}).", hint=_apply_with_f(file)) from bad
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise BadPlan(f"{file} is not a saved plan.", hint=_apply_with_f(file))
    if document.get("version") != _VERSION:
        raise BadPlan(
            f"{file} is a plan of version {document.get('version')}, but this release reads version {_VERSION}.",
            hint=_MAKE_AGAIN,
        )
    made_for = str(document.get("endpoint"))
    if made_for.rstrip("/").lower() != endpoint.rstrip("/").lower():
        raise BadPlan(
            f"{file} was made for {made_for}, not for {endpoint}.",
            hint="Select the plan's cloud with --cloud or --sandbox.",
        )
    try:
        return Plan(_vms(document["vms"]))
    except (KeyError, TypeError, ValueError, AttributeError, BadResourceId) as bad:
        reason = f"the property {bad} is missing" if isinstance(bad, KeyError) else str(bad)
        raise BadPlan(f"{file} is not a valid plan: {reason}.", hint=_MAKE_AGAIN) from bad


def _apply_with_f(file: str) -> str:
    return f"If it is a desired-state file, use -f: {command_line('vmident', 'apply', '-f', file)}"


def _vms(listed: Any) -> tuple[PlannedVm, ...]:
    vms = tuple(_planned(one) for one in listed)
    if len({one.vm for one in vms}) < len(vms):
        raise ValueError("a VM or scale set is listed twice")
    return vms


def _planned(one: Any) -> PlannedVm:
    before, after = _state(one["before"]), _state(one["after"])
    planned = planned_vm(_machine_id(one["id"]), before, SetExactly(after.system is not None, frozenset(after.users)))
    if planned.request != one["request"]:
        raise ValueError(f"the request for {titled(planned.vm)} does not match its 'before' and 'after'")
    warnings = tuple(Notice(warning["code"], warning["message"]) for warning in one["warnings"])
    grants = tuple(_grant(role) for role in one.get("roleAssignments", ()))
    return replace(planned, warnings=warnings, grants=grants)


def _grant(role: Any) -> PlannedGrant:
    identity = role["identity"]
    return PlannedGrant(
        Grant(Role(str(role["roleDefinitionId"]), str(role["role"])), Scope.parse(role["scope"])),
        _id_of(USER_ASSIGNED_IDENTITY, identity) if identity is not None else None,
        role["principalId"],
        is_there=role["status"] == "existing",
    )


def _state(document: Any) -> IdentityState:
    state = identity_in(document)
    for user in state.users:
        _check_kind(USER_ASSIGNED_IDENTITY, user)
    return state


def _machine_id(text: str) -> ResourceId:
    found = ResourceId.parse(text)
    if not is_machine(found):
        raise ValueError(f"'{text}' is not the ID of a VM or scale set")
    return found


def _id_of(kind: str, text: str) -> ResourceId:
    found = ResourceId.parse(text)
    _check_kind(kind, found)
    return found


def _check_kind(kind: str, found: ResourceId) -> None:
    if not found.is_a(kind):
        raise ValueError(f"'{found}' is not the ID of a '{kind}'")
