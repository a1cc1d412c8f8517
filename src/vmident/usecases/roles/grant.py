"""Grant roles to a principal, retrying while the directory does not know it yet; delete orphaned assignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core.auth.caller import caller_of
from vmident.core.polling import pause_before_retry
from vmident.core.rbac.permissions import DELETE_ROLE_ASSIGNMENT, WRITE_ROLE_ASSIGNMENT, allows, remediation
from vmident.core.rbac.roles import Grant
from vmident.core.rbac.scope import Scope
from vmident.core.shell import command_line
from vmident.errors import Interrupted, NotAllowed, VmidentError
from vmident.ports.azure import Roles
from vmident.ports.clock import Clock
from vmident.ports.ports import Ports
from vmident.ports.prompt import Prompt
from vmident.results.changes import RoleResult, RoleStatus, Status
from vmident.usecases.idempotent_write import Write, write_once

DIRECTORY_SECONDS = 300.0
"""How long a new principal is waited for: the directory takes seconds to minutes to know it (wire facts)."""
_NOT_REPLICATED = "PrincipalNotFound"
_VERBS = {WRITE_ROLE_ASSIGNMENT: "grant", DELETE_ROLE_ASSIGNMENT: "delete the assignment of"}


def check_may(grants: Sequence[RoleResult], ports: Ports) -> None:
    """Raise `NotAllowed` where the caller clearly may not grant or remove what is planned; nothing is written here.

    The command that grants the missing role has the caller's object ID if the token has it. Where Azure does not say
    what the caller may do, the write itself tells.
    """
    needed = {RoleStatus.PLANNED: WRITE_ROLE_ASSIGNMENT, RoleStatus.PLANNED_REMOVAL: DELETE_ROLE_ASSIGNMENT}
    for planned in grants:
        action = needed.get(planned.status)
        if action and _clearly_may_not(action, planned.scope, ports.roles):
            raise NotAllowed(
                f"You do not have permission to {_VERBS[action]} role '{planned.role.name}' on {planned.scope.title} "
                f"({action}). Nothing was changed.",
                hint=remediation(action, str(planned.scope), caller_of(ports.tokens.read().text).object_id),
            )


def grant(planned: RoleResult, principal_id: str, roles: Roles, clock: Clock, prompt: Prompt) -> RoleResult:
    """Create one planned assignment; returns it as `granted`, or as `existing` if it was there.

    A principal that the directory does not know yet is tried again for `DIRECTORY_SECONDS`; after a lost answer the
    assignment is looked for before it is asked for again. Raises what does not clear.
    """
    wanted = Grant(planned.role, planned.scope)
    what = f"grant role '{planned.role.name}' on {planned.scope}"

    def assign() -> RoleResult:
        assignment_id, is_new = roles.assign(wanted, principal_id)
        return _done(planned, principal_id, RoleStatus.GRANTED if is_new else RoleStatus.EXISTING, assignment_id)

    def found() -> RoleResult | None:
        assignment_id = roles.find(wanted, principal_id)
        return _done(planned, principal_id, RoleStatus.GRANTED, assignment_id) if assignment_id else None

    write = Write(assign, found, what, command_to_list(principal_id, planned.scope))
    began, tries = clock.now(), 0
    while True:
        try:
            return write_once(write, clock, prompt)[0]
        except VmidentError as failure:
            waited = clock.now() - began
            if failure.code != _NOT_REPLICATED or waited >= DIRECTORY_SECONDS:
                raise
            prompt.progress(f"{what}: waiting for the new principal to replicate", waited)
            clock.sleep(pause_before_retry(min(tries, 3)))
            tries += 1


class RoleOutcomes(Struct):
    """What has become of each of several assignments so far, and the first failure."""

    done: list[RoleResult] = field(default_factory=list)
    failure: VmidentError | None = None

    def attempt(self, planned: RoleResult, act: Callable[[], RoleResult]) -> None:
        """Do one; after the end of the time allowed or an interruption the others are left undone."""
        if self.failure and self.failure.ends_run:
            self.done.append(replace(planned, status=RoleStatus.FAILED))
            return
        try:
            self.done.append(act())
        except VmidentError as failure:
            self._failed(planned, failure)
        except KeyboardInterrupt:
            self._failed(planned, Interrupted("Interrupted."))

    @property
    def undone(self) -> str:
        """What could not be done, in words."""
        failed = (one for one in self.done if one.status.is_undone)
        return ", ".join(f"'{one.role.name}' on {one.scope}" for one in failed)

    @property
    def status(self) -> Status:
        """How a change ends of which `failure` is the reason: `unknown` where an assignment is."""
        return Status.UNKNOWN if any(one.status is RoleStatus.UNKNOWN for one in self.done) else Status.FAILED

    def _failed(self, planned: RoleResult, failure: VmidentError) -> None:
        self.failure = self.failure or failure
        status = RoleStatus.UNKNOWN if failure.outcome_is_unknown else RoleStatus.FAILED
        self.done.append(replace(planned, status=status))


def then(failure: VmidentError, next_step: str) -> str:
    """Return the hint after a failed assignment: who may grant it, where the account may not, then the next command.

    Each command ends a line, so that it can be copied.
    """
    return f"{failure.hint}\n{next_step}" if isinstance(failure, NotAllowed) and failure.hint else next_step


def role_options(grants: Sequence[Grant]) -> list[str]:
    """Return the words that ask for these grants on a command line."""
    roles = dict.fromkeys(grant.role for grant in grants)
    scopes = dict.fromkeys(grant.scope for grant in grants)
    words = [word for role in roles for word in ("--role", role.name)]
    return words + [word for scope in scopes for word in ("--scope", str(scope))]


def command_to_list(principal_id: str | None, scope: Scope) -> str:
    """Return the command that shows the role assignments of a principal at a scope."""
    return command_line("az", "role", "assignment", "list", "--assignee", principal_id, "--scope", scope)


def command_to_unassign(roles: Sequence[RoleResult]) -> str:
    """Return the command that deletes role assignments."""
    return command_line("az", "role", "assignment", "delete", "--ids", *(one.id for one in roles))


def remove(orphan: RoleResult, roles: Roles, clock: Clock, prompt: Prompt) -> RoleResult:
    """Delete one assignment; after an answer that is lost or cannot be read it is looked for before it is sent again.

    Raises what does not clear.
    """
    assignment_id = orphan.id
    if assignment_id:
        what = f"delete role assignment '{orphan.role.name}' on {orphan.scope}"
        look = command_to_list(orphan.principal_id, orphan.scope)

        def delete() -> bool:
            roles.remove(assignment_id)
            return True

        write_once(Write(delete, lambda: None if roles.exists(assignment_id) else True, what, look), clock, prompt)
    return replace(orphan, status=RoleStatus.REMOVED)


def _done(planned: RoleResult, principal_id: str, status: RoleStatus, assignment_id: str | None) -> RoleResult:
    return replace(planned, principal_id=principal_id, status=status, id=assignment_id)


def _clearly_may_not(action: str, scope: Scope, roles: Roles) -> bool:
    try:
        return not allows(roles.permissions(scope), action)
    except VmidentError as failure:
        if failure.ends_run:
            raise
        return False
