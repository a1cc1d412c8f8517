"""Change the identities of the VMs that were named: read them all, ask once, then change one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vmident.core.machine import Machine
from vmident.core.resource_id import ResourceId
from vmident.errors import Interrupted, NotFound, TimedOut, VmidentError
from vmident.results import ChangeResult, RoleStatus, Status
from vmident.usecases.carry_out import carry_out
from vmident.usecases.find_vms import Where, find_vm, not_found_with_near_names
from vmident.usecases.prepare_change import Prepared, Wish, World, loss_of, prepare_change, removing_roles
from vmident.usecases.settle_roles import settle_roles


@dataclass(frozen=True)
class Manner:
    """How changes are to be made: only worked out, or sent and not waited for."""

    dry_run: bool = False
    no_wait: bool = False


@dataclass(frozen=True)
class _Ready:
    word: str
    prepared: Prepared


def change_vms(
    words: Sequence[str | Machine], where: Where, wish: Wish, world: World, manner: Manner
) -> tuple[ChangeResult, ...]:
    """Make `wish` come true on every VM that `words` name; one result a VM, in the order of the words.

    A VM that was read already can stand for its word.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined` and `ConfirmationNeeded`, with nothing written.
    """
    ready = _prepare_all(words, where, wish, world, manner)
    if not manner.dry_run:
        ready, wish = _approved(ready, wish, world)
    results: list[ChangeResult] = []
    for one in ready:
        if isinstance(one, ChangeResult):
            results.append(one)
        elif _has_stopped([*results, *(other for other in ready if isinstance(other, ChangeResult))]):
            results.append(_skipped(one))
        elif manner.dry_run:
            results.append(planned_result(one.word, one.prepared))
        else:
            changed = carry_out(one.word, one.prepared, wish, world, no_wait=manner.no_wait)
            results.append(settle_roles(changed, one.prepared, world))
    return tuple(results)


def _approved(ready: list[_Ready | ChangeResult], wish: Wish, world: World) -> tuple[list[_Ready | ChangeResult], Wish]:
    """Ask about what will be lost, and then whether role assignments that point at nobody are to go too.

    Who says yes to that gets what `--remove-roles` asks for; raises `NotAllowed` where they clearly may not.
    """
    losing = [one for one in ready if isinstance(one, _Ready) and one.prepared.transition.takes_away]
    if not losing:
        return ready, wish
    world.person.approve([loss_of(one.prepared) for one in losing])
    orphans = [orphan for one in losing for orphan in one.prepared.orphans]
    if wish.remove_roles or not orphans or not world.person.wants_roles_removed(orphans):
        return ready, wish
    removing = [
        replace(one, prepared=removing_roles(one.prepared, world.roles)) if isinstance(one, _Ready) else one
        for one in ready
    ]
    return removing, replace(wish, remove_roles=True)


def _prepare_all(
    words: Sequence[str | Machine], where: Where, wish: Wish, world: World, manner: Manner
) -> list[_Ready | ChangeResult]:
    outcomes: list[_Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    for named in words:
        machine = named if isinstance(named, Machine) else None
        word = str(named.id) if isinstance(named, Machine) else named
        if _has_stopped(outcomes):
            outcomes.append(ChangeResult(word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = machine.id if machine else find_vm(word, where, world.machines)
            if vm not in seen:
                seen.add(vm)
                prepared = prepare_change(vm, wish, world, at_rest=not manner.dry_run, seen=machine)
                outcomes.append(_Ready(word, prepared))
        except VmidentError as failure:
            outcomes.append(_failed(word, vm, failure, world))
        except KeyboardInterrupt:
            outcomes.append(ChangeResult(word, Status.FAILED, vm, error=Interrupted("Interrupted. Nothing was sent.")))
    return outcomes


def _failed(word: str, vm: ResourceId | None, failure: VmidentError, world: World) -> ChangeResult:
    if isinstance(failure, TimedOut):
        failure = failure.saying(f"{failure.message} VM '{vm.name if vm else word}' was not changed.")
    if vm and isinstance(failure, NotFound):
        failure = not_found_with_near_names(word, vm, failure, world.machines)
    return ChangeResult(word, Status.FAILED, vm, error=failure)


def _has_stopped(outcomes: Sequence[_Ready | ChangeResult]) -> bool:
    return any(isinstance(one, ChangeResult) and isinstance(one.error, (TimedOut, Interrupted)) for one in outcomes)


def planned_result(word: str, prepared: Prepared) -> ChangeResult:
    """Give what `--dry-run` says of a change."""
    is_to_do = prepared.request or any(one.status is RoleStatus.PLANNED for one in prepared.roles)
    status = Status.PLANNED if is_to_do else Status.UNCHANGED
    return ChangeResult(
        word,
        status,
        id=prepared.machine.id,
        before=prepared.transition.before,
        after=prepared.transition.after,
        request=prepared.request,
        warnings=prepared.warnings,
        roles=prepared.roles,
    )


def _skipped(one: _Ready) -> ChangeResult:
    return ChangeResult(one.word, Status.SKIPPED, one.prepared.machine.id, before=one.prepared.machine.identity)
