"""The one signed-in person: who they are in the directory, and which roles they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.errors import UsageError
from vmident.sandbox.authorization import directory
from vmident.sandbox.authorization.assignment_request import AssignmentRequest
from vmident.sandbox.authorization.built_in_roles import OWNER
from vmident.sandbox.authorization.grants import Grants
from vmident.sandbox.authorization.role_assignments import add_assignment
from vmident.sandbox.authorization.scopes import covers, tidied
from vmident.sandbox.tenant import PERSON_ID, PERSON_NAME, PERSON_TITLE, SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vmident.sandbox.authorization.role import Role
    from vmident.sandbox.rows import Rows

_IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
_GROUP = f"{_IN_SUBSCRIPTION}/resourceGroups/myResourceGroup"
_FIRST_ASSIGNMENT = "9e750001-0e5a-4d5b-8f2b-1b7a5c0ffee3"


def introduce(rows: Rows) -> None:
    """Write the person into empty rows: Owner of the subscription."""
    directory.enter(rows, PERSON_ID, made=0.0, kind=directory.USER, name=PERSON_TITLE, account=PERSON_NAME)
    requested = AssignmentRequest(OWNER, PERSON_ID, directory.USER)
    add_assignment(rows, _FIRST_ASSIGNMENT, _IN_SUBSCRIPTION, requested, made=0.0)


def read_limits(roles: Iterable[Role], limits: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Read what a person is to hold: of each a role's name or GUID and a scope; gives GUIDs and ids, each once.

    A scope is an id, `subscription`, or `group` for the group of the seed. Raises `UsageError` for what is not there.
    """
    known = list(roles)
    return list(dict.fromkeys((_role_name(known, words), _scope(words, scope)) for words, scope in limits))


def limit(rows: Rows, limits: Iterable[tuple[str, str]], new_uuid: Callable[[], str], *, now: float) -> None:
    """Have the person hold what `read_limits` gave, and nothing else."""
    for held in rows.every("assignment", PERSON_ID):
        rows.soft_delete("assignment", PERSON_ID, held["name"], deleted=now)
    for role, scope in limits:
        add_assignment(rows, new_uuid(), scope, AssignmentRequest(role, PERSON_ID, directory.USER), made=now)


def roles_of_person(rows: Rows) -> list[str]:
    """List the person's roles, each as `ROLE on SCOPE`."""
    return [f"{grant.role.title} on {grant.scope}" for grant in Grants(rows, PERSON_ID).all]


def _role_name(roles: Iterable[Role], words: str) -> str:
    role = next((role for role in roles if words.lower() in (role.title.lower(), role.name)), None)
    if role is None:
        names = ", ".join(role.title for role in roles)
        raise UsageError(f"The sandbox has no role '{words}'.", hint=f"Available roles: {names}")
    return role.name


def _scope(role: str, scope: str) -> str:
    whole = tidied({"subscription": _IN_SUBSCRIPTION, "group": _GROUP}.get(scope.lower(), scope))
    if not covers(_IN_SUBSCRIPTION, whole) and not covers(whole, _IN_SUBSCRIPTION):
        message = f"The role '{role}' cannot be assigned at '{scope}', which is not in the sandbox's subscription."
        raise UsageError(
            message, hint=f"Use 'subscription', 'group', or a resource ID that begins with {_IN_SUBSCRIPTION}"
        )
    return whole
