"""Change the identities of the VMs that were named: read them all, ask once, then change one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    wish: Wish


def change_vms(
    words: Sequence[str], where: Where, wish: Wish, world: World, manner: Manner
) -> tuple[ChangeResult, ...]:
    """Make `wish` come true on every VM that `words` name, as `change_each` does."""
    return change_each(dict.fromkeys(words, wish), where, world, manner)


def change_each(wishes: Mapping[str, Wish], where: Where, world: World, manner: Manner) -> tuple[ChangeResult, ...]:
    """Make a wish come true on each VM that the words name; one result a VM, in the order of the words.

    What fails for one VM does not stop the others, except for the end of the time allowed and an interruption: the
    VMs that were not come to are then `skipped`. Raises `Declined` and `ConfirmationNeeded`, with nothing written.
    """
    ready = _prepare_all(wishes, where, world, manner)
    if not manner.dry_run:
        ready = _approved(ready, world)
    results: list[ChangeResult] = []
    for one in ready:
        if isinstance(one, ChangeResult):
            results.append(one)
        elif _has_stopped([*results, *(other for other in ready if isinstance(other, ChangeResult))]):
            results.append(_skipped(one))
        elif manner.dry_run:
            results.append(planned_result(one.word, one.prepared))
        else:
            changed = carry_out(one.word, one.prepared, one.wish, world, no_wait=manner.no_wait)
            results.append(settle_roles(changed, one.prepared, world))
    return tuple(results)


def _approved(ready: list[_Ready | ChangeResult], world: World) -> list[_Ready | ChangeResult]:
    """Ask about what will be lost, and then whether role assignments that point at nobody are to go too.

    Who says yes to that gets what `--remove-roles` asks for; raises `NotAllowed` where they clearly may not.
    """
    losing = [one for one in ready if isinstance(one, _Ready) and one.prepared.transition.takes_away]
    if not losing:
        return ready
    world.person.approve([loss_of(one.prepared) for one in losing])
    orphans = [orphan for one in losing if not one.wish.remove_roles for orphan in one.prepared.orphans]
    if not orphans or not world.person.wants_roles_removed(orphans):
        return ready
    return [_removing(one, world) if isinstance(one, _Ready) else one for one in ready]


def _removing(one: _Ready, world: World) -> _Ready:
    prepared = removing_roles(one.prepared, world.roles)
    return replace(one, prepared=prepared, wish=replace(one.wish, remove_roles=True))


def _prepare_all(wishes: Mapping[str, Wish], where: Where, world: World, manner: Manner) -> list[_Ready | ChangeResult]:
    outcomes: list[_Ready | ChangeResult] = []
    seen: set[ResourceId] = set()
    for word, wish in wishes.items():
        if _has_stopped(outcomes):
            outcomes.append(ChangeResult(word, Status.SKIPPED))
            continue
        vm: ResourceId | None = None
        try:
            vm = find_vm(word, where, world.machines)
            if vm not in seen:
                seen.add(vm)
                outcomes.append(_Ready(word, prepare_change(vm, wish, world, at_rest=not manner.dry_run), wish))
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
