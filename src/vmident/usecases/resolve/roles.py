"""Which roles, at which scopes, the words after `--role` and `--scope` mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from vmident.core.naming import GUID
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import GROUP_WORD, SUBSCRIPTION_WORD, Scope, scope_named
from vmident.errors import AmbiguousName, BadResourceId, NotFound, UsageError
from vmident.ports.azure import Roles
from vmident.usecases.resolve.suggestions import suggestion

_DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"
_DEFINITION_ID = re.compile(rf"(/.+)?/{_DEFINITIONS}/({GUID.pattern})", re.IGNORECASE)


class RoleNames(Struct, frozen=True):
    """Roles and scopes as typed: every role is granted at every scope."""

    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.roles)


NO_ROLES = RoleNames()


def checked_role_names(roles: Sequence[str] | None, scopes: Sequence[str] | None, *, command: str) -> RoleNames:
    """Refuse, before anything is sent, roles without scopes, scopes without roles, and what can be neither.

    `command` begins the example that the error shows, such as `vmident enable-system myVM`.
    """
    if bool(roles) != bool(scopes):
        given, lacking = ("--role", "--scope") if roles else ("--scope", "--role")
        raise UsageError(
            f"{given} requires {lacking}.",
            hint=f"For example: {command} --role Reader --scope group",
        )
    for scope in scopes or ():
        if scope.strip().lower() not in {SUBSCRIPTION_WORD, GROUP_WORD}:
            Scope.parse(scope)
    words = tuple(role.strip() for role in roles or ())
    for role in words:
        if not role or (role.startswith("/") and not _DEFINITION_ID.fullmatch(role)):
            raise BadResourceId(
                f"'{role}' is not a role name, GUID, or role definition ID.",
                hint=f"A role ID has the form /subscriptions/ID/{_DEFINITIONS}/GUID",
            )
    return RoleNames(words, tuple(scope.strip() for scope in scopes or ()))


def find_grants(words: RoleNames, subscription: str, group: str, roles: Roles) -> tuple[Grant, ...]:
    """Return every role at every scope, each pair once; `subscription` and `group` are what those two words mean.

    Raises `NotFound` with near names, `AmbiguousName` for a name that several custom roles have.
    """
    scopes = [scope_named(word, subscription, group) for word in words.scopes]
    grants = [Grant(_role(word, scope, subscription, roles), scope) for scope in scopes for word in words.roles]
    return tuple({(grant.role.guid, grant.scope): grant for grant in grants}.values())


def _role(word: str, scope: Scope, subscription: str, roles: Roles) -> Role:
    given = _DEFINITION_ID.fullmatch(word)
    guid = given[2] if given else word if GUID.fullmatch(word) else None
    home = f"/subscriptions/{scope.subscription or subscription}"
    if guid:
        try:
            return roles.by_id(f"{home}/{_DEFINITIONS}/{guid}")
        except NotFound as missing:
            raise missing.with_message(f"No role with ID '{guid}' in {home}.", _SEE_ROLES) from missing
    found = roles.named(word, scope)
    if len(found) > 1:
        ids = "\n".join(f"  {role.id}" for role in found)
        raise AmbiguousName(f"{len(found)} roles are named '{word}':\n{ids}", hint="Use the role's ID.")
    if not found:
        raise _no_role_named(word, scope, roles)
    return found[0]


_SEE_ROLES = "To see all roles: az role definition list -o table"


def _no_role_named(word: str, scope: Scope, roles: Roles) -> NotFound:
    alike = suggestion(word, lambda: [role.name for role in roles.all_at(scope)])
    return NotFound(
        f"No role named '{word}' can be granted on {scope.title}.{alike}", code="role-not-found", hint=_SEE_ROLES
    )
