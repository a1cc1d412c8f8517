"""Results as lines for people. ASCII is enough; colour is the terminal's, chosen by the tone of a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.vm_kind import ONLY_VMS, VmKind, counted_by_kind, kind_of, none_of
from vmident.render.formats import as_table
from vmident.render.line import Line, Tone
from vmident.render.moment import age
from vmident.results.changes import ChangeResult, RoleResult, RoleStatus, Status

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.rbac.roles import RoleAssignment
    from vmident.core.resource_id import ResourceId
    from vmident.core.transition import Transition
    from vmident.core.virtual_machine import VirtualMachine


_SPARE = ("location", "resourceGroup")
"""Columns that a list of VMs does without on a narrow terminal."""
_OLD_SECONDS = 60
HEADINGS = {
    Status.CHANGED: "changed",
    Status.UNCHANGED: "no changes",
    Status.PLANNED: "would change",
    Status.ACCEPTED: "accepted, still running",
    Status.FAILED: "failed",
    Status.UNKNOWN: "sent, outcome unknown",
    Status.SKIPPED: "skipped",
}
_SUMMARY_WORDS = {Status.PLANNED: HEADINGS[Status.PLANNED]}


_ROLE_MARKS = {
    RoleStatus.GRANTED: ("+", Tone.ADDED, ""),
    RoleStatus.EXISTING: ("=", Tone.FAINT, ""),
    RoleStatus.PLANNED: ("+", Tone.ADDED, ""),
    RoleStatus.FAILED: ("!", Tone.ERROR, ": failed"),
    RoleStatus.UNKNOWN: ("?", Tone.WARNING, ": sent, outcome unknown"),
    RoleStatus.ORPHANED: ("!", Tone.WARNING, ": orphaned"),
    RoleStatus.PLANNED_REMOVAL: ("-", Tone.REMOVED, ""),
    RoleStatus.REMOVED: ("-", Tone.REMOVED, ""),
}


def change_lines(result: ChangeResult) -> Iterator[Line]:
    """Draw one change: what the VM had, what it has, and a line for each identity that comes, goes or stays."""
    yield Line(f"{_vm(result.id, result.vm)}: {HEADINGS[result.status]}", Tone.HEADING)
    yield from outcome_lines(result)
    if result.verification:
        from vmident.render.verification import vm_verification_lines

        yield from vm_verification_lines(result.verification)


def outcome_lines(result: ChangeResult) -> Iterator[Line]:
    """Draw what became of a VM without its name; nothing where that is not known."""
    if result.before is None or result.after is None:
        return
    from vmident.core.transition import Transition

    change = Transition(result.before, result.after)
    if change.is_nothing:
        yield Line(f"  now     {result.after.type.value}")
        yield from _identities(result.after, "=", Tone.FAINT)
    else:
        yield Line(f"  before  {result.before.type.value}")
        yield Line(f"  after   {result.after.type.value}")
        yield from difference_lines(change)
    yield from role_lines(result.roles)
    if result.status is Status.PLANNED and result.request:
        yield Line(f"  request {json.dumps(result.request)}", Tone.FAINT)


def role_lines(roles: Sequence[RoleResult]) -> Iterator[Line]:
    """Draw a line for each role assignment that a change makes, finds, leaves behind or deletes."""
    for one in roles:
        mark, tone, note = _ROLE_MARKS[one.status]
        yield Line(f"  {mark} role '{one.role.name}' on {one.scope.title}{note}", tone)


def difference_lines(change: Transition) -> Iterator[Line]:
    """Draw a line for each identity that a change takes away or brings."""
    yield from _identities(_only(change.before, change.removed, change.disables_system), "-", Tone.REMOVED)
    yield from _identities(_only(change.after, change.added, change.enables_system), "+", Tone.ADDED)


def loss_lines(
    vm: ResourceId, change: Transition, orphans: Sequence[RoleAssignment], warnings: Sequence[Notice]
) -> Iterator[Line]:
    """Draw what a VM is about to lose, and what that breaks."""
    yield Line(f"{_vm(vm, vm.name)} will lose:", Tone.HEADING)
    yield from _identities(_only(change.before, change.removed, change.disables_system), "-", Tone.REMOVED)
    for warning in warnings:
        yield Line(f"  ! {warning.message}", Tone.WARNING)
    for one in orphans:
        yield Line(f"  ! Role assignment '{one.role.name}' on {one.scope.title} will be orphaned.", Tone.WARNING)


def vm_lines(machine: VirtualMachine) -> Iterator[Line]:
    """Draw the identities of one VM."""
    yield Line(f"{machine.id.name} ({machine.id.group}, {machine.location})", Tone.HEADING)
    yield Line(f"  type  {machine.identity.type.value}")
    yield from _identities(machine.identity, "*", Tone.PLAIN)


def table_lines(
    rows: Sequence[Mapping[str, Any]],
    age_seconds: float,
    width_columns: int | None = None,
    kinds: Sequence[VmKind] = ONLY_VMS,
) -> Iterator[Line]:
    """Draw VMs one a line, the attached identities by name alone, principals left to `show`.

    `kinds` are those that were listed. The last line counts the VMs. Where it took long to read them, it also shows how
    old the first of them are.
    """
    if not rows:
        yield Line(f"{none_of(kinds)}.", Tone.FAINT)
        return
    has_scale_sets = any(row["kind"] != VmKind.VM.value for row in rows)
    kept = ("name", *(["kind"] if has_scale_sets else []), "resourceGroup", "location", "type")
    short = [{key: row[key] for key in kept} | {"identities": _names(row["userAssignedIdentities"])} for row in rows]
    heading, *others = as_table(short, width_columns=width_columns, spare=_SPARE).splitlines()
    yield Line(heading, Tone.HEADING)
    for text in others:
        yield Line(text)
    number = counted_by_kind(VmKind(row["kind"]) for row in rows)
    since = f", read {age(age_seconds)}" if age_seconds >= _OLD_SECONDS else ""
    yield Line(f"{number}{since}", Tone.FAINT)


def fact_lines(facts: Mapping[str, Any]) -> Iterator[Line]:
    """Draw facts one a line, their names in a column."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        yield Line(f"{name:<{width}}  {value}")


def warning_lines(result: ChangeResult) -> Iterator[Line]:
    """Draw the warnings of a change, each with the VM that it is about."""
    name = result.id.name if result.id else result.vm
    yield from warnings_about(name, result.warnings)


def warnings_about(name: str, warnings: Sequence[Notice]) -> Iterator[Line]:
    """Draw warnings about one thing, each with its name."""
    for warning in warnings:
        yield Line(f"warning: {name}: {warning.message}", Tone.WARNING)


def summary_line(results: Sequence[ChangeResult]) -> Line:
    """Count several changes by how they ended, each once."""
    counts = {status: sum(result.status is status for result in results) for status in Status}
    said = ", ".join(f"{count} {_SUMMARY_WORDS.get(status, status.value)}" for status, count in counts.items() if count)
    return Line(f"{counted_results(results)}: {said}", Tone.HEADING)


def counted_results(results: Sequence[ChangeResult]) -> str:
    """Return `41 VMs`, or `3 VMs and 2 scale sets`; what was not found counts as a VM."""
    return counted_by_kind(kind_of(one.id) if one.id else VmKind.VM for one in results)


def _names(ids: str | None) -> str:
    return ", ".join(user.rsplit("/", 1)[-1] for user in ids.split(",")) if ids else ""


def _vm(vm: ResourceId | None, word: str) -> str:
    return f"{vm.name} ({vm.group})" if vm else word


def _only(state: IdentityState, users: Sequence[ResourceId], system: bool) -> IdentityState:
    return IdentityState(state.system if system else None, {user: state.users[user] for user in users})


def _identities(state: IdentityState, mark: str, tone: Tone) -> Iterator[Line]:
    if state.system:
        yield Line(f"  {mark} system-assigned identity{_system_ids(state.system)}", tone)
    for user, known in state.users.items():
        yield Line(f"  {mark} {user.name} ({user.group}){_user_ids(known)}", tone)


def _system_ids(system: SystemIdentity) -> str:
    return f"  principal {system.principal_id}" if system.principal_id else ""


def _user_ids(known: UserIdentity) -> str:
    return f"  client {known.client_id}" if known.client_id else ""
