"""The report of a run of many VMs, in groups of VMs that ended the same way.

M1  Each VM is in exactly one group of changes, and each failed VM in exactly one group of failures.
M2  Failures and warnings are grouped if their texts differ only in the VM's name, its ID or the principal of its
    system-assigned identity. The text of a group has `...` in their place.
M3  A group names its first VMs. A failed VM is left unnamed only if it is on record, where `runs show` lists it.
M4  Where VMs failed for lack of a role, the hint of their group grants the role on their resource group.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from vmident.core.consequences import PRINCIPAL_LOST
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.scope import Scope, group_scope
from vmident.core.shell import command_line
from vmident.core.transition import Transition
from vmident.core.vm_kind import counted
from vmident.render.human import (
    HEADINGS,
    change_lines,
    counted_results,
    loss_lines,
    outcome_lines,
    role_lines,
    summary_line,
    warnings_about,
)
from vmident.render.line import Line, Tone
from vmident.results.changes import ChangeResult, Status

if TYPE_CHECKING:
    from vmident.core.consequences import Notice
    from vmident.core.rbac.roles import RoleAssignment
    from vmident.core.resource_id import ResourceId
    from vmident.errors import VmidentError

T = TypeVar("T")
LossOfOne: TypeAlias = "tuple[ResourceId, Transition, Sequence[RoleAssignment], Sequence[Notice]]"
"""A VM, the change that takes something away from it, the role assignments that will be orphaned, and what breaks."""

_NAMED_AT_MOST = 5
_WAYS_AT_MOST = 10
_OWN = "..."
_VM_ID = re.compile(r"/subscriptions/[^\s'\"]+?/virtualMachine(?:s|ScaleSets)/[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)
_WORD = re.compile(r"[\w-]+(?:\.[\w-]+)*")


class OnRecord(Struct, frozen=True):
    """The run that a report is of, where it is on record, and its VMs: `runs show` names them all."""

    run: str | None = None
    vms: Collection[ResourceId] = frozenset()


class GroupedFailures(Struct, frozen=True):
    """VMs that failed for the same reason: the error in words that hold for all, their number or name, and their names.

    `names` is `None` where it is about one VM.
    """

    results: tuple[ChangeResult, ...]
    error: VmidentError
    about: str
    names: str | None = None


class Names:
    """What VMs of a run are called: their names, and their ids where several have one name."""

    def __init__(self, results: Iterable[ChangeResult]) -> None:
        self._counts = Counter(_name_of(one).lower() for one in results)

    def of(self, result: ChangeResult) -> str:
        """Return what one VM is called."""
        name = _name_of(result)
        return name if self._counts[name.lower()] == 1 else str(result.id or name)

    def of_first(self, results: Sequence[ChangeResult]) -> str:
        """Name the first of several VMs, and tell how many more there are."""
        more = len(results) - _NAMED_AT_MOST
        named = ", ".join(self.of(one) for one in results[:_NAMED_AT_MOST])
        return f"{named} and {more} more" if more > 0 else named


def fleet_lines(results: Sequence[ChangeResult]) -> Iterator[Line]:
    """Draw how a run of many ended: a block for VMs that were changed the same way, and a last line that counts."""
    yield from grouped_change_lines(results)
    yield summary_line(results)


def grouped_change_lines(results: Sequence[ChangeResult]) -> Iterator[Line]:
    """Draw a block for VMs that change the same way, the largest groups of a status first."""
    names = Names(results)
    largest_first = sorted(grouped_changes(results), key=len, reverse=True)
    for status in Status:
        groups = [group for group in largest_first if group[0].status is status]
        for group in groups[:_WAYS_AT_MOST]:
            yield from _group_lines(group, names)
        rest = [result for group in groups[_WAYS_AT_MOST:] for result in group]
        if rest:
            ways = len(groups) - _WAYS_AT_MOST
            yield Line(f"{counted_results(rest)}: {HEADINGS[status]}, in {ways} other ways", Tone.HEADING)
            yield Line(f"  {names.of_first(rest)}", Tone.FAINT)


def grouped_changes(results: Iterable[ChangeResult]) -> list[tuple[ChangeResult, ...]]:
    """Group VMs by status and change, in the order of their first VMs."""
    return _grouped((_way_of(one), one) for one in results)


def grouped_failures(results: Sequence[ChangeResult], record: OnRecord) -> list[GroupedFailures]:
    """Group failed VMs by error, in the order of their first VMs."""
    names = Names(results)
    failures = [(one, one.error) for one in results if one.error]
    groups = _grouped((_reason(error, one), (one, error)) for one, error in failures)
    return [_grouped_failure(tuple(one for one, _ in group), group[0][1], names, record) for group in groups]


def grouped_warning_lines(results: Sequence[ChangeResult]) -> Iterator[Line]:
    """Draw each warning once, with the VMs that it is about."""
    names = Names(results)
    setting = ((one, warning) for one in results for warning in one.warnings)
    for group in _grouped(((warning.code, _common(warning.message, one)), (one, warning)) for one, warning in setting):
        vms = tuple({id(one): one for one, _ in group}.values())
        yield from warnings_about(*_warned(vms, group[0][1], names))


def grouped_losses(losses: Iterable[LossOfOne]) -> list[tuple[LossOfOne, ...]]:
    """Group VMs by what is removed from them, the largest groups first."""
    return sorted(_grouped((_loss_of(one), one) for one in losses), key=len, reverse=True)


def grouped_loss_lines(losses: Iterable[LossOfOne]) -> Iterator[Line]:
    """Draw what many VMs are about to lose, those that lose the same together, and what that breaks."""
    for group in grouped_losses(losses):
        first, *others = group
        _, *lines = loss_lines(*first)
        yield Line(f"{counted(vm for vm, *_ in group)} will lose:", Tone.HEADING)
        named = ", ".join(vm.name for vm, *_ in group[:_NAMED_AT_MOST])
        more = len(group) - _NAMED_AT_MOST
        yield Line(f"  {named}{f' and {more} more' if more > 0 else ''}", Tone.FAINT)
        system = first[1].before.system
        own = {system.principal_id.lower()} if others and system and system.principal_id else set()
        for line in lines:
            yield Line(_replaced(_WORD, line.text, own), line.tone)


def _loss_of(loss: LossOfOne) -> Hashable:
    _, change, orphans, warnings = loss
    roles = tuple((one.role.name, str(one.scope).lower()) for one in orphans)
    # The principal is one VM's own.
    broken = tuple(one.message for one in warnings if one.code != PRINCIPAL_LOST)
    return (change.before.type, change.after.type, change.removed, change.disables_system, roles, broken)


def _warned(vms: Sequence[ChangeResult], warning: Notice, names: Names) -> tuple[str, tuple[Notice, ...]]:
    if len(vms) == 1:
        return names.of(vms[0]), (warning,)
    common = replace(warning, message=_common(warning.message, vms[0]))
    return f"{counted_results(vms)} ({names.of_first(vms)})", (common,)


def _grouped_failure(
    vms: tuple[ChangeResult, ...], error: VmidentError, names: Names, record: OnRecord
) -> GroupedFailures:
    if len(vms) == 1:
        return GroupedFailures(vms, error, names.of(vms[0]))
    common = error.with_message(_common(error.message, vms[0]), _common_hint(error, vms[0]) or None)
    if error.request_id:
        common.request_id = f"{error.request_id} of {names.of(vms[0])}"
    named = [one for place, one in enumerate(vms) if place < _NAMED_AT_MOST or one.id not in record.vms]
    text = ", ".join(names.of(one) for one in named)
    more = len(vms) - len(named)
    show = command_line("vmident", "runs", "show", record.run)
    found = f" and {more} more. To see all: {show}" if more else ""
    return GroupedFailures(vms, common, counted_results(vms), f"{text}{found}")


def _group_lines(group: Sequence[ChangeResult], names: Names) -> Iterator[Line]:
    first = group[0]
    if len(group) == 1:
        yield from change_lines(first)
        return
    yield Line(f"{counted_results(group)}: {HEADINGS[first.status]}", Tone.HEADING)
    yield Line(f"  {names.of_first(group)}", Tone.FAINT)
    if first.before is None or first.after is None:
        return
    if Transition(first.before, first.after).is_nothing:
        # Which identities stay may differ from VM to VM.
        yield Line(f"  now     {first.after.type.value}")
        yield from role_lines(first.roles)
        return
    yield from outcome_lines(
        replace(first, before=_without_principal(first.before), after=_without_principal(first.after))
    )


def _without_principal(state: IdentityState) -> IdentityState:
    """Leave out the principal, which is one VM's own."""
    return replace(state, system=SystemIdentity()) if state.system else state


def _way_of(result: ChangeResult) -> Hashable:
    before, after = result.before, result.after
    if before is None or after is None:
        return (result.status,)
    change = Transition(before, after)
    roles = tuple((one.role.name, str(one.scope).lower(), one.status) for one in result.roles)
    request = json.dumps(result.request) if result.status is Status.PLANNED else None
    return (result.status, before.type, after.type, change.added, change.removed, roles, request)


def _reason(error: VmidentError, result: ChangeResult) -> Hashable:
    return (error.code, error.status, _common(error.message, result), _common_hint(error, result))


def _common(text: str, result: ChangeResult) -> str:
    """Leave out of a text what is this VM's own, so that it may hold for others."""
    own = {one.lower() for one in _own_words(result)}
    without_id = _replaced(_VM_ID, text, own)
    return _replaced(_WORD, without_id, own)


def _common_hint(error: VmidentError, result: ChangeResult) -> str:
    """Return the hint with the VM's resource group as the scope of a role in the place of the VM (M4)."""
    hint = error.hint or ""
    if result.id is None:
        return _common(hint, result)
    group = group_scope(result.id.subscription, result.id.group)
    hint = hint.replace(f"on {Scope(str(result.id)).title}", f"on {group.title}")
    return _common(hint.replace(command_line("--scope", result.id), command_line("--scope", group)), result)


def _replaced(pattern: re.Pattern[str], text: str, own: Collection[str]) -> str:
    return pattern.sub(lambda found: _OWN if found[0].lower() in own else found[0], text)


def _own_words(result: ChangeResult) -> Iterator[str]:
    yield result.vm
    if result.id:
        yield from (result.id.name, str(result.id))
    systems = (state.system for state in (result.before, result.after) if state)
    yield from (system.principal_id for system in systems if system and system.principal_id)


def _grouped(keyed: Iterable[tuple[Hashable, T]]) -> list[tuple[T, ...]]:
    groups: dict[Hashable, list[T]] = {}
    for key, one in keyed:
        groups.setdefault(key, []).append(one)
    return [tuple(group) for group in groups.values()]


def _name_of(result: ChangeResult) -> str:
    return result.id.name if result.id else result.vm
