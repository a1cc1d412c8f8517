"""One VM of a run as JSON text, and back; knows nothing of files."""

from __future__ import annotations

import json
from typing import Any

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity, identity_document, identity_in
from vmident.core.rbac.role_result import RoleResult, RoleStatus
from vmident.core.rbac.roles import Grant, Role
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import ResourceId
from vmident.core.run_record import IdentityDeletion, RunEntry, Stage
from vmident.core.transition import (
    AddUsers,
    Change,
    DisableSystem,
    EnableSystem,
    RemoveAllUsers,
    RemoveUsers,
    SetExactly,
    SetIdentities,
    Transition,
)

_PLAIN: dict[str, type[EnableSystem | DisableSystem | RemoveAllUsers]] = {
    "enable-system": EnableSystem,
    "disable-system": DisableSystem,
    "remove-all-users": RemoveAllUsers,
}
_WITH_IDS: dict[str, type[AddUsers | RemoveUsers]] = {"add-users": AddUsers, "remove-users": RemoveUsers}


def as_text(entry: RunEntry) -> str:
    """Return everything that `entry_in` reads, on one line; the stage stands beside it, not in it."""
    return json.dumps(
        {
            "vm": str(entry.vm),
            "change": _change_document(entry.change),
            "before": identity_document(entry.transition.before),
            "goal": identity_document(entry.transition.after),
            "request": entry.request,
            "grants": [[one.role.id, one.role.name, str(one.scope)] for one in entry.grants],
            "roles": [_role_document(one) for one in entry.roles],
            "after": identity_document(entry.after) if entry.after else None,
            "expected": identity_document(entry.expected) if entry.expected else None,
            "etag": entry.etag,
            "error": [entry.error_code, entry.error_message],
        },
        separators=(",", ":"),
    )


def entry_in(text: str, stage: str) -> RunEntry:
    """Read what `as_text` wrote; raises `ValueError`, `KeyError`, `TypeError` or `BadResourceId` for another shape."""
    kept = json.loads(text)
    error_code, error_message = kept["error"]
    return RunEntry(
        vm=ResourceId.parse(kept["vm"]),
        change=_change_in(kept["change"]),
        transition=Transition(_state_in(kept["before"]), _state_in(kept["goal"])),
        request=kept["request"],
        grants=tuple(Grant(Role(role, name), Scope.parse(scope)) for role, name, scope in kept["grants"]),
        roles=tuple(_role_in(one) for one in kept["roles"]),
        stage=Stage(stage),
        after=_state_in(kept["after"]) if kept["after"] else None,
        expected=_state_in(kept["expected"]) if kept["expected"] else None,
        etag=kept.get("etag"),  # not there before version 0.2
        error_code=error_code,
        error_message=error_message,
    )


def deletion_as_text(deletion: IdentityDeletion) -> str:
    """Return everything that `deletion_in` reads, on one line; the stage stands beside it, not in it."""
    return json.dumps(
        {
            "identity": str(deletion.identity),
            "principal": deletion.principal_id,
            "roles": [_role_document(one) for one in deletion.roles],
            "forced": deletion.is_forced,
            "error": [deletion.error_code, deletion.error_message],
        },
        separators=(",", ":"),
    )


def deletion_in(text: str, stage: str) -> IdentityDeletion:
    """Read what `deletion_as_text` wrote; raises as `entry_in` does."""
    kept = json.loads(text)
    return IdentityDeletion(
        ResourceId.parse(kept["identity"]),
        kept["principal"],
        tuple(_role_in(one) for one in kept["roles"]),
        kept["forced"],
        Stage(stage),
        *kept["error"],
    )


def _role_document(one: RoleResult) -> list[str | None]:
    receiver = str(one.receiver) if one.receiver else None
    return [one.role.id, one.role.name, str(one.scope), one.principal_id, one.status.value, one.id, receiver]


def _role_in(kept: list[Any]) -> RoleResult:
    role, name, scope, principal, status, assignment, *receivers = kept
    # Runs of earlier versions name no receiver.
    receiver = ResourceId.parse(receivers[0]) if receivers and receivers[0] else None
    return RoleResult(Role(role, name), Scope.parse(scope), principal, RoleStatus(status), assignment, receiver)


def _state_in(kept: dict[str, Any]) -> IdentityState:
    if "users" not in kept:
        return identity_in(kept)
    # Before format 3: lists in place of the public JSON.
    users = {ResourceId.parse(id_): UserIdentity(client, principal) for id_, client, principal in kept["users"]}
    return IdentityState(SystemIdentity(*kept["system"]) if kept["system"] else None, users)


def _change_document(change: Change) -> dict[str, Any]:
    if isinstance(change, SetExactly):
        return {"kind": "set", "system": change.system, "ids": _ids_document(change.ids)}
    if isinstance(change, SetIdentities):
        return {
            "kind": "reach",
            "system": change.system,
            "include": _ids_document(change.include),
            "exclude": _ids_document(change.exclude),
            "exactly": None if change.exactly is None else _ids_document(change.exactly),
        }
    if isinstance(change, (AddUsers, RemoveUsers)):
        return {"kind": _name_of(_WITH_IDS, change), "ids": _ids_document(change.ids)}
    return {"kind": _name_of(_PLAIN, change)}


def _change_in(kept: dict[str, Any]) -> Change:
    kind = kept["kind"]
    if kind in _PLAIN:
        return _PLAIN[kind]()
    if kind == "reach":
        exactly = None if kept["exactly"] is None else _ids_in(kept["exactly"])
        return SetIdentities(kept["system"], _ids_in(kept["include"]), _ids_in(kept["exclude"]), exactly)
    ids = _ids_in(kept["ids"])
    return SetExactly(kept["system"], ids) if kind == "set" else _WITH_IDS[kind](ids)


def _ids_document(ids: frozenset[ResourceId]) -> list[str]:
    return [str(one) for one in sorted(ids)]


def _ids_in(kept: list[str]) -> frozenset[ResourceId]:
    return frozenset(ResourceId.parse(one) for one in kept)


def _name_of(kinds: dict[str, Any], change: Change) -> str:
    return next(name for name, kind in kinds.items() if isinstance(change, kind))
