"""See to it that a user-assigned identity is there and has its roles."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from vmident.core.rbac.roles import Grant
from vmident.core.shell import command_line
from vmident.errors import OperationFailed
from vmident.ports.ports import Ports
from vmident.results.changes import RoleResult, RoleStatus, Status
from vmident.results.resources import IdentityResult
from vmident.usecases.identity.create import IdentityRequest, create_identity_resource
from vmident.usecases.resolve.roles import RoleNames, find_grants
from vmident.usecases.roles.grant import RoleOutcomes, check_may, grant, role_options, then
from vmident.usecases.roles.plan_assignments import plan_grants_for


def create_identity_with_roles(
    request: IdentityRequest, words: RoleNames, ports: Ports, *, dry_run: bool
) -> IdentityResult:
    """Create the identity if it is missing, and grant it every role that it lacks.

    Roles are looked up, and whether they may be granted, before anything is written. A role that is not granted makes
    the result failed, or unknown where its outcome is; the error says what exists and the command that completes the
    change. Raises what `create_identity_resource`, `find_grants` and `check_may` raise.
    """
    if not words:
        return create_identity_resource(request, ports, dry_run=dry_run)
    grants = find_grants(words, request.id.subscription, request.id.group, ports.roles)
    seen = create_identity_resource(request, ports, dry_run=True)
    planned = tuple(
        plan_grants_for(seen.before.principal_id if seen.before else None, grants, ports.roles.assignments_of)
    )
    check_may(planned, ports)
    if dry_run:
        is_to_do = any(one.status is RoleStatus.PLANNED for one in planned)
        return replace(seen, status=Status.PLANNED if is_to_do else seen.status, roles=planned)
    made = create_identity_resource(request, ports, dry_run=False)
    return _with_roles(made, planned, grants, ports)


def _with_roles(
    made: IdentityResult, planned: Sequence[RoleResult], grants: Sequence[Grant], ports: Ports
) -> IdentityResult:
    outcomes = RoleOutcomes()
    for one in planned:
        if one.status is RoleStatus.EXISTING:
            outcomes.done.append(one)
        else:
            outcomes.attempt(one, lambda one=one: _granted(one, made, ports))  # type: ignore[misc]
    done = tuple(outcomes.done)
    if outcomes.failure:
        identity = made.identity.id
        again = command_line(
            "vmident", "identity", "create", identity.name, "-g", identity.group, *role_options(grants)
        )
        error = outcomes.failure.with_message(
            f"Identity '{made.identity.id.name}' exists, but these roles were not granted: {outcomes.undone}. "
            f"{outcomes.failure.message}",
            hint=then(outcomes.failure, f"To complete the change: {again}"),
        )
        return replace(made, status=outcomes.status, roles=done, error=error)
    has_granted = any(one.status is RoleStatus.GRANTED for one in done)
    return replace(made, status=Status.CHANGED if has_granted else made.status, roles=done)


def _granted(planned: RoleResult, made: IdentityResult, ports: Ports) -> RoleResult:
    if made.identity.principal_id is None:
        raise OperationFailed(f"Azure has not returned the principal ID of identity '{made.identity.id.name}'.")
    return grant(planned, made.identity.principal_id, ports.roles, ports.clock, ports.prompt)
