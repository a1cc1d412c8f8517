"""Resource groups and user-assigned identities drawn: documents, rows, and lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vmident.core.consequences import Notice
from vmident.core.rbac.roles import RoleAssignment
from vmident.core.resource_id import ResourceId
from vmident.core.resources import Group, IdentityResource
from vmident.render.document import Document, error_document, roles_member, warning_document
from vmident.render.formats import as_table, without_ids
from vmident.render.human import role_lines
from vmident.render.line import Line, Tone
from vmident.results.changes import ChangeResult, Status
from vmident.results.resources import DeletionResult, GroupResult, IdentityResult

_DELETED = {
    Status.CHANGED: "deleted",
    Status.PLANNED: "would be deleted",
    Status.FAILED: "failed",
    Status.UNKNOWN: "sent, outcome unknown",
    Status.SKIPPED: "skipped",
}


_SPARE = ("tags", "location")
"""Columns that a list does without on a narrow terminal."""
_WITHOUT_ROLES = {
    Status.FAILED: "exists, but some roles are missing",
    Status.UNKNOWN: "exists, but the outcome of some roles is unknown",
}


def group_document(group: Group) -> Document:
    """Return what `group show` and `group list` print of a group."""
    return {"id": str(group.id), "name": group.name, "location": group.location, "tags": dict(group.tags)}


def group_result_document(made: GroupResult) -> Document:
    """Return what `group create` prints."""
    return {**group_document(made.group), "status": made.status.value}


def group_row(group: Group) -> Document:
    """Return a group as one flat row, for a table or tsv."""
    return {"name": group.name, "location": group.location, "tags": _joined(group.tags)}


def identity_resource_document(identity: IdentityResource) -> Document:
    """Return what `identity show` and `identity list` print; what Azure has not said yet is null."""
    return {
        "id": str(identity.id),
        "name": identity.id.name,
        "resourceGroup": identity.id.group,
        "location": identity.location,
        "clientId": identity.client_id,
        "principalId": identity.principal_id,
        "tenantId": identity.tenant_id,
        "tags": dict(identity.tags),
    }


def identity_result_document(made: IdentityResult) -> Document:
    """Return what `identity create` prints."""
    return {
        **identity_resource_document(made.identity),
        "status": made.status.value,
        **roles_member(made.roles),
        "warnings": [warning_document(warning) for warning in made.warnings],
        "error": error_document(made.error) if made.error else None,
    }


def identity_row(identity: IdentityResource) -> Document:
    """Return an identity as one flat row, for a table or tsv."""
    document = identity_resource_document(identity)
    kept = ("name", "resourceGroup", "location", "clientId", "principalId")
    return {key: document[key] for key in kept} | {"tags": _joined(identity.tags)}


def deletion_document(result: DeletionResult) -> Document:
    """Return what `identity delete` prints of one; an identity that was not found has its name as typed, and no id."""
    identity = result.identity
    return {
        "id": str(identity) if identity else None,
        "name": identity.name if identity else result.word,
        "resourceGroup": identity.group if identity else None,
        "status": result.status.value,
        "virtualMachines": list(_vm_documents(result)),
        **roles_member(result.roles),
        "warnings": [warning_document(warning) for warning in result.warnings],
        "error": error_document(result.error) if result.error else None,
    }


def deletion_row(result: DeletionResult) -> Document:
    """Return a deletion as one flat row, for a table or tsv."""
    document = deletion_document(result)
    row = {key: document[key] for key in ("name", "resourceGroup", "status")}
    names = ",".join(vm.name for vm in result.attached)
    return row | {"virtualMachines": names or None, "error": result.error.code if result.error else None}


def group_lines(group: Group, state: str = "") -> Iterator[Line]:
    """Draw one group, and in the heading what became of it."""
    yield Line(f"{group.name}{state}", Tone.HEADING)
    yield from _facts({"location": group.location, "tags": _joined(group.tags), "id": str(group.id)})


def group_result_lines(made: GroupResult) -> Iterator[Line]:
    """Draw what became of a group that was to be there."""
    yield from group_lines(made.group, f": {_made(made.status, is_new=made.before is None)}")


def identity_lines(identity: IdentityResource, state: str = "") -> Iterator[Line]:
    """Draw one identity, and in the heading what became of it."""
    yield Line(f"{_named(identity.id)}{state}", Tone.HEADING)
    facts = {
        "location": identity.location,
        "client": identity.client_id,
        "principal": identity.principal_id,
        "tenant": identity.tenant_id,
        "tags": _joined(identity.tags),
        "id": str(identity.id),
    }
    yield from _facts(facts)


def identity_result_lines(made: IdentityResult) -> Iterator[Line]:
    """Draw what became of an identity that was to be there."""
    yield from identity_lines(made.identity, f": {_made(made.status, is_new=made.before is None)}")
    yield from role_lines(made.roles)


def deletion_lines(result: DeletionResult) -> Iterator[Line]:
    """Draw what became of one identity that was to be deleted, and of what goes with it."""
    name = _named(result.identity) if result.identity else result.word
    yield Line(f"{name}: {_DELETED[result.status]}", Tone.HEADING)
    for one in result.detached:
        yield _detached_line(one)
    yield from role_lines(result.roles)


def deletion_loss_lines(
    identity: ResourceId, roles: Sequence[RoleAssignment], warnings: Sequence[Notice]
) -> Iterator[Line]:
    """Draw an identity that is about to be deleted, and what that takes along."""
    yield Line(f"{_named(identity)} will be deleted{':' if roles or warnings else ''}", Tone.HEADING)
    for one in roles:
        yield Line(f"  - role '{one.role.name}' on {one.scope.title}", Tone.REMOVED)
    for warning in warnings:
        yield Line(f"  ! {warning.message}", Tone.WARNING)


def listing_lines(rows: Sequence[Mapping[str, Any]], none: str, width_columns: int | None = None) -> Iterator[Line]:
    """Draw rows as a table, without IDs, which `show` prints; without rows, `none`."""
    if not rows:
        yield Line(none, Tone.FAINT)
        return
    heading, *others = as_table(without_ids(rows), width_columns=width_columns, spare=_SPARE).splitlines()
    yield Line(heading, Tone.HEADING)
    for text in others:
        yield Line(text)


def _vm_documents(result: DeletionResult) -> Iterator[Document]:
    """Return each VM that has the identity, and whether it keeps it: the status of its change, or `attached`."""
    changes = {one.id: one for one in result.detached}
    for vm in result.attached:
        change = changes.get(vm)
        yield {
            "id": str(vm),
            "status": change.status.value if change else "attached",
            "warnings": [warning_document(warning) for warning in change.warnings] if change else [],
        }


def _detached_line(one: ChangeResult) -> Line:
    vm = _named(one.id) if one.id else one.vm
    if one.status is Status.UNKNOWN:
        return Line(f"  ? VM {vm}: sent, outcome unknown", Tone.WARNING)
    if one.status in {Status.FAILED, Status.SKIPPED}:
        return Line(f"  ! VM {vm}: not detached", Tone.ERROR)
    return Line(f"  - VM {vm}", Tone.REMOVED)


def _made(status: Status, *, is_new: bool) -> str:
    if status is Status.UNCHANGED:
        return "no changes"
    if status is Status.PLANNED:
        return "would be created" if is_new else "would be changed"
    if status in _WITHOUT_ROLES:
        return _WITHOUT_ROLES[status]
    return "created" if is_new else "changed"


def _facts(facts: Mapping[str, str | None]) -> Iterator[Line]:
    known = {name: value for name, value in facts.items() if value}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        yield Line(f"  {name:<{width}}  {value}", Tone.FAINT if name == "id" else Tone.PLAIN)


def _joined(tags: Mapping[str, str]) -> str | None:
    return ", ".join(f"{name}={value}" for name, value in tags.items()) or None


def _named(resource: ResourceId) -> str:
    return f"{resource.name} ({resource.group})"
