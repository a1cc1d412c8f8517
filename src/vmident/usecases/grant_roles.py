"""Grant roles to a principal, patiently while the directory does not know it yet; take away roles that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from vmident.core.pacing import pause_before_retry
from vmident.core.permissions import DELETE_ROLE_ASSIGNMENT, WRITE_ROLE_ASSIGNMENT, allows, way_out
from vmident.core.roles import Grant
from vmident.core.scope import Scope
from vmident.errors import AzureUnavailable, Interrupted, NotAllowed, Throttled, TimedOut, VmidentError
from vmident.ports import Clock, Person, Roles
from vmident.results import RoleResult, RoleStatus

DIRECTORY_SECONDS = 300.0
"""How long a new principal is waited for: the directory takes seconds to minutes to know it (wire facts)."""
TRIES = 6
_NOT_REPLICATED = "PrincipalNotFound"


def check_may(grants: Sequence[RoleResult], roles: Roles) -> None:
    """Raise `NotAllowed` where the caller clearly may not grant or remove what is planned; nothing is written here.

    Where Azure does not say what the caller may do, the write itself tells.
    """
    needed = {RoleStatus.PLANNED: WRITE_ROLE_ASSIGNMENT, RoleStatus.PLANNED_REMOVAL: DELETE_ROLE_ASSIGNMENT}
    for planned in grants:
        action = needed.get(planned.status)
        if action and _clearly_may_not(action, planned.scope, roles):
            raise NotAllowed(
                f"You may not do '{action}' on {planned.scope}, which the role '{planned.role.name}' takes. Nothing "
                "was changed.",
                hint=way_out(action, str(planned.scope), None),
            )


def grant(planned: RoleResult, principal_id: str, roles: Roles, clock: Clock, person: Person) -> RoleResult:
    """Make one planned assignment; gives it as `granted`, or as `existing` where it was there.

    A principal that the directory does not know yet is tried again for `DIRECTORY_SECONDS`; after a lost answer the
    assignment is looked for before it is asked for again. Raises what does not clear.
    """
    wanted = Grant(planned.role, planned.scope)

    def assign() -> RoleResult:
        assignment_id, is_new = roles.assign(wanted, principal_id)
        return _done(planned, principal_id, RoleStatus.GRANTED if is_new else RoleStatus.EXISTING, assignment_id)

    def found() -> RoleResult | None:
        assignment_id = roles.find(wanted, principal_id)
        return _done(planned, principal_id, RoleStatus.GRANTED, assignment_id) if assignment_id else None

    return _patiently(assign, found, planned, clock, person)


def remove(orphan: RoleResult, roles: Roles) -> RoleResult:
    """Delete one assignment that points at nobody."""
    if orphan.id:
        roles.remove(orphan.id)
    return replace(orphan, status=RoleStatus.REMOVED)


def _patiently(
    assign: Callable[[], RoleResult],
    found: Callable[[], RoleResult | None],
    planned: RoleResult,
    clock: Clock,
    person: Person,
) -> RoleResult:
    began, tries = clock.now(), 0
    while True:
        try:
            return assign()
        except VmidentError as failure:
            waited = clock.now() - began
            if not _may_clear(failure, tries, waited):
                raise
            asked_for = failure.retry_after_seconds if isinstance(failure, Throttled) else None
            reason = "the directory does not know the new principal yet" if _is_new(failure) else failure.code
            person.tell(f"role '{planned.role.name}': {reason} ({waited:.0f} s), trying again")
            clock.sleep(pause_before_retry(min(tries, 3), asked_for))
            tries += 1
            done = found() if isinstance(failure, AzureUnavailable) else None
            if done:
                return done


def _may_clear(failure: VmidentError, tries: int, waited_seconds: float) -> bool:
    if _is_new(failure):
        return waited_seconds < DIRECTORY_SECONDS
    return isinstance(failure, (Throttled, AzureUnavailable)) and tries + 1 < TRIES


def _is_new(failure: VmidentError) -> bool:
    return failure.code == _NOT_REPLICATED


def _done(planned: RoleResult, principal_id: str, status: RoleStatus, assignment_id: str | None) -> RoleResult:
    return replace(planned, principal_id=principal_id, status=status, id=assignment_id)


def _clearly_may_not(action: str, scope: Scope, roles: Roles) -> bool:
    try:
        return not allows(roles.permissions(scope), action)
    except (TimedOut, Interrupted):
        raise
    except VmidentError:
        return False
