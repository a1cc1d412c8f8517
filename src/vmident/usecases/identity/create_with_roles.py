"""See to it that a user-assigned identity is there and has its roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vmident.core.rbac.roles import Grant
from vmident.errors import OperationFailed
from vmident.ports.azure import Roles
from vmident.results.changes import RoleResult, RoleStatus, Status
from vmident.results.resources import IdentityMade
from vmident.usecases.identity.create import IdentityWish, Makers, make_identity
from vmident.usecases.resolve.roles import RoleWords, find_grants
from vmident.usecases.roles.grant import Settling, check_may, grant, role_options
from vmident.usecases.roles.plan_assignments import plan_for


def equip_identity(
    wish: IdentityWish, words: RoleWords, makers: Makers, roles: Roles, *, dry_run: bool
) -> IdentityMade:
    """Make the identity where it is missing, and grant it every role that it lacks.

    Roles are looked up, and whether they may be granted, before anything is written. A role that is not granted makes
    the result failed; its error says what is there and the command that finishes the job. Raises what
    `make_identity`, `find_grants` and `check_may` raise.
    """
    if not words:
        return make_identity(wish, makers, dry_run=dry_run)
    grants = find_grants(words, wish.id.subscription, wish.id.group, roles)
    seen = make_identity(wish, makers, dry_run=True)
    planned = tuple(plan_for(seen.before.principal_id if seen.before else None, grants, roles.held_by))
    check_may(planned, roles)
    if dry_run:
        is_to_do = any(one.status is RoleStatus.PLANNED for one in planned)
        return replace(seen, status=Status.PLANNED if is_to_do else seen.status, roles=planned)
    made = make_identity(wish, makers, dry_run=False)
    return _with_roles(made, planned, grants, makers, roles)


def _with_roles(
    made: IdentityMade, planned: Sequence[RoleResult], grants: Sequence[Grant], makers: Makers, roles: Roles
) -> IdentityMade:
    settling = Settling()
    for one in planned:
        if one.status is RoleStatus.EXISTING:
            settling.done.append(one)
        else:
            settling.attempt(one, lambda one=one: _granted(one, made, makers, roles))  # type: ignore[misc]
    done = tuple(settling.done)
    if settling.failure:
        again = " ".join(["vmident identity create", made.identity.id.name, "-g", made.identity.id.group])
        error = settling.failure.saying(
            f"Identity '{made.identity.id.name}' is there, but without these roles: {settling.undone}. "
            f"{settling.failure.message}",
            hint=f"Finish the job: {again} {' '.join(role_options(grants))}",
        )
        return replace(made, status=Status.FAILED, roles=done, error=error)
    has_granted = any(one.status is RoleStatus.GRANTED for one in done)
    return replace(made, status=Status.CHANGED if has_granted else made.status, roles=done)


def _granted(planned: RoleResult, made: IdentityMade, makers: Makers, roles: Roles) -> RoleResult:
    if made.identity.principal_id is None:
        raise OperationFailed(f"Azure has not said which principal identity '{made.identity.id.name}' has.")
    return grant(planned, made.identity.principal_id, roles, makers.clock, makers.person)
