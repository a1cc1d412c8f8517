"""Plans, and descriptions of what is there, as documents, rows and lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from vmident.core.desired_state.plan import Plan, PlannedVm
from vmident.core.identity import identity_document
from vmident.core.resource_id import ResourceId
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import counted, kind_of
from vmident.render.document import Document, role_document, warning_document
from vmident.render.formats import as_yaml
from vmident.render.history import entry_document, last_change_lines, last_change_text
from vmident.render.human import change_lines, warning_lines, warnings_about
from vmident.render.line import ONE_BY_ONE_AT_MOST, Line, Tone
from vmident.results.changes import ChangeResult, Status, planned_roles

if TYPE_CHECKING:
    from vmident.core.history.entries import HistoryEntry

    LastChanges = Mapping[ResourceId, HistoryEntry]

_NONE_KNOWN: Mapping[ResourceId, HistoryEntry] = {}
_NOTHING_SELECTED = "No changes. The rules select nothing."
_FOR_EDITORS = (
    "# yaml-language-server: $schema=desired-state.json\n"
    "# To check this file in an editor, save its schema next to it: vmident plan --schema > desired-state.json\n"
)


def plan_document(plan: Plan, last: LastChanges = _NONE_KNOWN) -> Document:
    """Return `{"vms": [VM], "summary": {...}, "warnings"}`.

    A VM is `{"id", "name", "resourceGroup", "before", "after", "request", "roleAssignments"?, "lastChange",
    "warnings"}`. Every VM that a rule selects is there, those without changes with `null` for a request. `last` has who
    last changed the pending VMs, where that is known.
    """
    return {
        "vms": [_planned_document(one, last.get(one.vm)) for one in plan.vms],
        "summary": {
            "vms": len(plan.vms),
            "pending": len(plan.pending),
            "asDescribed": len(plan.vms) - len(plan.pending),
            "enableSystem": sum(one.transition.enables_system for one in plan.pending),
            "disableSystem": sum(one.transition.disables_system for one in plan.pending),
            "attach": sum(len(one.transition.added) for one in plan.pending),
            "detach": sum(len(one.transition.removed) for one in plan.pending),
            "grant": sum(not grant.is_there for one in plan.pending for grant in one.grants),
        },
        "warnings": [warning_document(one) for one in plan.warnings],
    }


def _planned_document(one: PlannedVm, last: HistoryEntry | None) -> Document:
    return {
        "id": str(one.vm),
        "name": one.vm.name,
        "resourceGroup": one.vm.group,
        "kind": kind_of(one.vm).value,
        "before": identity_document(one.before),
        "after": identity_document(one.after),
        "request": one.request,
        **_roles_member(one),
        "lastChange": entry_document(last) if last else None,
        "warnings": [warning_document(warning) for warning in one.warnings],
    }


def _roles_member(one: PlannedVm) -> Document:
    roles = [
        {**role_document(role), "identity": str(grant.receiver) if grant.receiver else None}
        for grant, role in zip(one.grants, planned_roles(one), strict=True)
    ]
    return {"roleAssignments": roles} if roles else {}


def plan_row(one: PlannedVm) -> Document:
    """Return one VM of a plan as one flat row, for a table or tsv."""
    return {
        "name": one.vm.name,
        "resourceGroup": one.vm.group,
        "pending": one.is_pending,
        "before": one.before.type.value,
        "after": one.after.type.value,
        "attach": ",".join(map(str, one.transition.added)) or None,
        "detach": ",".join(map(str, one.transition.removed)) or None,
    }


def plan_lines(plan: Plan, last: LastChanges = _NONE_KNOWN, now_seconds: float = 0.0) -> Iterator[Line]:
    """Draw the VMs that would change as `apply` draws them, many in groups of the same change, and count all.

    Each has who last changed it, where `last` has that; of many, each author has a line.
    """
    results = [*map(_as_result, plan.pending)]
    if len(results) > ONE_BY_ONE_AT_MOST:
        from vmident.render.many import grouped_change_lines

        yield from grouped_change_lines(results)
        yield from last_change_lines(last.values(), now_seconds)
    else:
        for planned, result in zip(plan.pending, results, strict=True):
            yield from change_lines(result)
            if planned.vm in last:
                yield Line(f"  {last_change_text(last[planned.vm], now_seconds)}", Tone.FAINT)
    if not plan.vms:
        yield Line(_NOTHING_SELECTED, Tone.FAINT)
        return
    pending = len(plan.pending)
    yield Line(
        f"{counted(one.vm for one in plan.vms)}: {pending} would change, {len(plan.vms) - pending} unchanged",
        Tone.HEADING,
    )


def nothing_pending_text(plan: Plan) -> str:
    """Return the text for a plan without changes."""
    if not plan.vms:
        return _NOTHING_SELECTED
    match = "matches" if len(plan.vms) == 1 else "match"
    return f"No changes. {counted(one.vm for one in plan.vms)} {match} the desired state."


def plan_warning_lines(plan: Plan, file: str) -> Iterator[Line]:
    """Draw the warnings of a plan: about the rules first, then about VMs, many in groups of the same warning."""
    yield from warnings_about(file, plan.warnings)
    results = [*map(_as_result, plan.pending)]
    if len(results) > ONE_BY_ONE_AT_MOST:
        from vmident.render.many import grouped_warning_lines

        yield from grouped_warning_lines(results)
    else:
        for one in results:
            yield from warning_lines(one)


def _as_result(one: PlannedVm) -> ChangeResult:
    roles = planned_roles(one)
    return ChangeResult(one.vm.name, Status.PLANNED, one.vm, one.before, one.after, one.request, one.warnings, roles)


def state_document(machines: Iterable[VirtualMachine]) -> Document:
    """Return the description that these VMs are as they are: a rule for all VMs that have the same identities."""
    alike: dict[tuple[bool, tuple[ResourceId, ...]], list[ResourceId]] = {}
    for machine in sorted(machines, key=lambda machine: machine.id):
        key = (machine.identity.system is not None, tuple(sorted(machine.identity.users)))
        alike.setdefault(key, []).append(machine.id)
    return {
        "version": 1,
        "rules": [
            {
                "vms": {"ids": [str(vm) for vm in vms]},
                "system": has_system,
                "identities": {"exactly": [str(user) for user in users]},
            }
            for (has_system, users), vms in alike.items()
        ],
    }


def state_row(rule: Document) -> Document:
    """Return one rule of a description of what is there as one flat row, for a table or tsv."""
    return {
        "vms": len(rule["vms"]["ids"]),
        "system": rule["system"],
        "userAssignedIdentities": ",".join(rule["identities"]["exactly"]) or None,
    }


def state_text(document: Document) -> str:
    """Return a description as a YAML file, with the line by which editors find its schema."""
    return f"{_FOR_EDITORS}{as_yaml(document)}"
