"""Rows of `resourcechanges` for tests, made as Azure makes them: by comparing what a VM had with what it has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from vmident.core.history.resource_change import Author, ChangeKind, ResourceChange, Values
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity, identity_document
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id

SUBSCRIPTION = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"
VM = vm_id(SUBSCRIPTION, "rg", "web01")
OTHER_VM = vm_id(SUBSCRIPTION, "rg", "web02")
APP, LOGS = (user_identity_id(SUBSCRIPTION, "rg", name) for name in ("app", "logs"))
ALICE = Author("alice@contoso.com", "User", "Azure Portal", "Microsoft.Compute/virtualMachines/write", "11111111-1111")
SYSTEM = Author("System", "System")


def state(*users: ResourceId, system: str | None = None, ids: str = "p") -> IdentityState:
    known = {user: UserIdentity(f"client-{ids}-{user.name}", f"{ids}-{user.name}") for user in users}
    return IdentityState(SystemIdentity(system, "tenant") if system else None, known)


STATES = [
    state(*users, system=system) for users, system in product(((), (APP,), (LOGS,), (APP, LOGS)), (None, "s1", "s2"))
]


def values(before: IdentityState, after: IdentityState, form: str = ".{}") -> Values:
    """Compare two states leaf by leaf; `form` is how an ID stands in a path."""
    old, new = dict(_leaves(before, form)), dict(_leaves(after, form))
    return {path: (old.get(path), new.get(path)) for path in {*old, *new} if old.get(path) != new.get(path)}


def row(
    at: float, changed: Values, *, vm: ResourceId = VM, by: Author = ALICE, kind: ChangeKind = ChangeKind.UPDATED
) -> ResourceChange:
    return ResourceChange(vm, at, kind, by, changed)


def _leaves(one: IdentityState, form: str) -> Iterator[tuple[str, str]]:
    document: dict[str, Any] = identity_document(one)
    if document["type"] == "None":
        return
    for name in ("type", "principalId", "tenantId"):
        if name in document:
            yield f"identity.{name}", document[name]
    for user, known in document["userAssignedIdentities"].items():
        for member, value in known.items():
            yield f"identity.userAssignedIdentities{form.format(user)}.{member}", value
